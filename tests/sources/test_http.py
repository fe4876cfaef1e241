"""The polite transport: who asks, how long it waits, when it gives up."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.core.clock import FakeClock
from litmine.core.errors import (
    MalformedResponse,
    RateLimited,
    SourceError,
    SourceUnavailable,
)
from litmine.core.gate import NullGate
from litmine.sources.http import HttpTransport, parse_retry_after, user_agent
from litmine.standin import StandinServer

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


class RecordingGate:
    """A gate that doubles its cool-down and remembers what it was told, in order."""

    def __init__(self):
        self.events = []
        self.open = 0

    @contextmanager
    def slot(self):
        assert self.open == 0, "two requests at once"
        self.open += 1
        self.events.append("slot")
        try:
            yield
        finally:
            self.open -= 1
            self.events.append("end")

    def ok(self):
        assert self.open == 1
        self.events.append("ok")

    def throttled(self, retry_after):
        assert self.open == 1
        self.events.append(("throttled", retry_after))
        count = sum(1 for e in self.events if e[0] == "throttled")
        return max(30.0 * 2 ** (count - 1), retry_after or 0.0)


@contextmanager
def answering(*replies):
    """Serve the given (status, headers, body) one after the other; the last one for ever."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = replies[min(len(seen), len(replies) - 1)]
            seen.append((self.path, dict(self.headers)))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value.format(port=self.server.server_address[1]))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fetch(url, transport, **options):
    return transport.fetch(url, lambda a: a.content, accept="text/xml", **options)


def test_tells_who_asks_and_what_it_accepts():
    with (
        answering((200, {}, b"yes")) as (url, seen),
        HttpTransport(NullGate(), agent=user_agent("ops@example.org")) as transport,
    ):
        assert fetch(f"{url}/x", transport, params={"a": "b c"}) == b"yes"
    path, headers = seen[0]
    assert path == "/x?a=b+c"
    assert headers["User-Agent"].startswith("litmine/")
    assert "mailto:ops@example.org" in headers["User-Agent"]
    assert headers["Accept"] == "text/xml"


def test_every_request_and_every_redirect_waits_at_the_gate():
    gate = RecordingGate()
    with (
        answering((301, {"Location": "/new"}, b""), (200, {}, b"here")) as (url, seen),
        HttpTransport(gate, clock=FakeClock()) as transport,
    ):
        assert fetch(f"{url}/old", transport) == b"here"
    assert [path for path, _ in seen] == ["/old", "/new"]
    assert gate.events == ["slot", "ok", "end", "slot", "ok", "end"]


@pytest.mark.parametrize(
    "location",
    ["http://elsewhere.example/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://[", "", "//"],
)
def test_redirects_lead_to_known_hosts_only(location):
    with (
        answering((302, {"Location": location}, b"")) as (url, seen),
        HttpTransport(NullGate(), clock=FakeClock()) as transport,
        pytest.raises(SourceError, match="redirects to"),
    ):
        fetch(url, transport)
    assert len(seen) == 1


def test_a_redirect_may_lead_to_an_allowed_host_but_not_round_in_circles():
    with (
        answering((302, {"Location": "http://localhost:{port}/again"}, b"")) as (url, seen),
        HttpTransport(NullGate(), clock=FakeClock(), allowed_hosts=["localhost"]) as transport,
        pytest.raises(SourceError, match="redirects"),
    ):
        fetch(url, transport)
    assert 2 <= len(seen) <= 6


def test_cool_down_doubles_and_retry_after_is_a_floor():
    clock, gate = FakeClock(NOW), RecordingGate()
    replies = [(429, {}, b""), (406, {}, b""), (503, {"Retry-After": "300"}, b""), (200, {}, b"ok")]
    with answering(*replies) as (url, _), HttpTransport(gate, clock=clock) as transport:
        assert fetch(url, transport) == b"ok"
    assert clock.slept == [30.0, 60.0, 300.0]
    told = [e for e in gate.events if e[0] == "throttled"]
    assert told == [("throttled", None), ("throttled", None), ("throttled", 300.0)]
    assert gate.events[-2:] == ["ok", "end"]


def test_retry_after_as_a_date_counts_from_the_servers_clock():
    clock = FakeClock(NOW)
    reply = (429, {"Retry-After": "Wed, 01 Jul 2026 05:02:00 GMT"}, b"")
    with (
        answering(reply, (200, {}, b"ok")) as (url, _),
        HttpTransport(NullGate(), clock=clock, max_cooldown=10**9) as transport,
    ):
        # The loopback server's Date is the machine's: long after, so nothing is left to wait.
        assert fetch(url, transport) == b"ok"
    assert clock.slept == []
    assert parse_retry_after("Wed, 01 Jul 2026 04:02:00 GMT", NOW) == 120.0
    assert parse_retry_after("Tue, 30 Jun 2026 04:02:00 GMT", NOW) == 0.0


@pytest.mark.parametrize("value", [None, "", "soon", "-5", "1.5e3", "٣", "9" * 40, "Wed, 99 Foo"])
def test_an_unreadable_retry_after_counts_as_none(value):
    assert parse_retry_after(value, NOW) is None


@given(st.text(max_size=40))
def test_any_retry_after_is_read_or_ignored(value):
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or seconds >= 0


def test_a_long_cool_down_is_reported_at_once():
    clock = FakeClock(NOW)
    with (
        answering((429, {"Retry-After": "7200"}, b"")) as (url, seen),
        HttpTransport(NullGate(), clock=clock, max_cooldown=600) as transport,
        pytest.raises(RateLimited, match="wait 7200 s") as caught,
    ):
        fetch(url, transport)
    assert caught.value.retry_after == 7200
    assert (len(seen), clock.slept) == (1, [])


def test_server_errors_are_tried_again_with_growing_pauses_then_given_up():
    clock = FakeClock(NOW)
    with (
        answering((500, {}, b"")) as (url, seen),
        HttpTransport(NullGate(), clock=clock, max_attempts=4) as transport,
        pytest.raises(SourceUnavailable, match=r"4 attempts.*HTTP 500"),
    ):
        fetch(url, transport)
    assert len(seen) == 4
    assert clock.slept == [2.0, 4.0, 8.0]


def test_a_refusal_is_not_tried_again():
    with answering((404, {}, b"no")) as (url, seen), HttpTransport(NullGate()) as transport:
        with pytest.raises(SourceError, match="HTTP 404"):
            fetch(url, transport)
        assert len(seen) == 1


def test_nobody_there_is_found_out_soon():
    with answering((200, {}, b"")) as (url, _):
        pass  # the port is free again
    clock = FakeClock()
    with (
        HttpTransport(NullGate(), clock=clock, max_attempts=9) as transport,
        pytest.raises(SourceUnavailable, match="could not be reached in 3 attempts"),
    ):
        fetch(url, transport)
    assert sum(clock.slept) < 10
    with (
        HttpTransport(NullGate(), clock=FakeClock(), max_attempts=2) as transport,
        pytest.raises(SourceUnavailable, match="could not be reached in 2 attempts"),
    ):
        fetch(url, transport)


@pytest.mark.parametrize("url", ["", "no-scheme", "http://", "ftp://127.0.0.1/x", "http://[::1"])
def test_an_address_that_is_none_is_a_clean_error(url):
    with (
        HttpTransport(NullGate(), clock=FakeClock(), max_attempts=2) as transport,
        pytest.raises(SourceError) as caught,
    ):
        fetch(url, transport)
    assert "\n" not in str(caught.value)


def test_an_answer_that_is_too_large_is_not_kept():
    with (
        answering((200, {}, b"x" * 5000)) as (url, seen),
        HttpTransport(NullGate(), clock=FakeClock(), max_bytes=1000) as transport,
        pytest.raises(SourceError, match="larger than 1,000 bytes"),
    ):
        fetch(url, transport)
    assert len(seen) == 1


def test_a_compressed_bomb_is_stopped_at_the_limit():
    import gzip

    body = gzip.compress(b"\0" * 5_000_000)
    with (
        answering((200, {"Content-Encoding": "gzip"}, body)) as (url, _),
        HttpTransport(NullGate(), clock=FakeClock(), max_bytes=100_000) as transport,
        pytest.raises(SourceError, match="larger than"),
    ):
        fetch(url, transport)


def test_damaged_compression_is_tried_again_then_malformed():
    with (
        answering((200, {"Content-Encoding": "gzip"}, b"not gzip at all")) as (url, seen),
        HttpTransport(NullGate(), clock=FakeClock(), max_attempts=3) as transport,
        pytest.raises(MalformedResponse),
    ):
        fetch(url, transport)
    assert len(seen) == 3


def test_the_deadline_holds_for_an_answer_that_drips():
    ticks = iter(range(0, 10_000, 40))
    slow = {"deadline": 50, "max_attempts": 1, "monotonic": lambda: float(next(ticks))}
    with (
        answering((200, {}, b"x" * 200_000)) as (url, _),
        HttpTransport(NullGate(), clock=FakeClock(), **slow) as transport,
        pytest.raises(SourceUnavailable, match="within 50 s"),
    ):
        fetch(url, transport)


def test_a_silent_server_meets_the_read_timeout():
    line = {"arxiv_id": "2606.00001", "title": "T", "abstract": "A", "day": "2026-06-30"}
    with (
        StandinServer([line], faults=["slow:wait=20"]) as server,
        HttpTransport(NullGate(), clock=FakeClock(), read_timeout=0.1, max_attempts=1) as transport,
        pytest.raises(SourceUnavailable, match="ReadTimeout"),
    ):
        fetch(server.oai_url, transport)


def test_unreadable_answers_are_tried_again_and_the_last_word_is_the_parsers():
    calls = []

    def parse(answer):
        calls.append(answer)
        if len(calls) < 3:
            raise MalformedResponse("cut")
        return "read"

    with (
        answering((200, {}, b"")) as (url, _),
        HttpTransport(NullGate(), clock=FakeClock()) as transport,
    ):
        assert transport.fetch(url, parse, accept="text/xml") == "read"
    assert len(calls) == 3
