"""The Python client against a real server: every operation, its errors, and what it tries again."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pydantic import BaseModel

from litmine.client import Client, UnexpectedAnswer, Unreachable
from litmine.client.stream import events_in
from litmine.core.errors import (
    Forbidden,
    InputError,
    NotFound,
    Stale,
    TooManyAttempts,
    Unauthenticated,
)
from litmine.search.sync import sync_as_set
from litmine.store.audit import audit_entries
from litmine.store.decisions import decide
from litmine.store.rule_decisions import put_rule_decision
from litmine.store.runs import start_run
from litmine.web.api.document import describe
from litmine.web.feed import Feed
from tests.support.api import running
from tests.support.rows import NOW
from tests.support.web import fill_queue

#: Operations that no token may use.
NOT_FOR_TOKENS = {"createToken", "revokeToken"}

#: How the client calls each operation; `ids` are papers that wait, each used once.
CALLS = {
    "listQueue": lambda c, ids: c.queue(policy="max", limit=3),
    "listDisputes": lambda c, ids: c.disputes(),
    "getEntry": lambda c, ids: c.entry(ids[0]),
    "decide": lambda c, ids: c.approve(ids[1], ["inf/mem"], ["quantization"], "solid"),
    "decideMany": lambda c, ids: c.decide_many([{"id": ids[2], "revision": 0, "action": "later"}]),
    "undoPaper": lambda c, ids: c.undo(c.later(ids[3]).id),
    "undoDecision": lambda c, ids: c.undo(number=c.reject(ids[4]).decision.number),
    "undoLast": lambda c, ids: (c.reject(ids[5]), c.undo())[1],
    "listDecisions": lambda c, ids: c.decisions(
        reviewer="May", action="approve", since=datetime(2026, 1, 1, tzinfo=UTC), paper=ids[1]
    ),
    "streamEvents": lambda c, ids: next(c.events()),
    "listLibrary": lambda c, ids: c.library(sort="title", cell="inference/memory"),
    "exportLibrary": lambda c, ids: c.export("ris", cell="inference/memory", until=NOW.date()),
    "getMatrix": lambda c, ids: c.matrix(reviewer="May"),
    "search": lambda c, ids: c.search("frugal", scope="everything"),
    "getSimilar": lambda c, ids: c.similar(ids[0], scope="everything"),
    "findSimilar": lambda c, ids: c.similar(*ids[:2], text="a cache", scope="everything"),
    "getIndex": lambda c, ids: c.index(),
    "saveSearch": lambda c, ids: c.save_search("Mine", "frugal"),
    "listSearches": lambda c, ids: c.saved_searches(),
    "getSearch": lambda c, ids: c.saved_search(1),
    "changeSearch": lambda c, ids: c.change_search(1, digest=False),
    "getNews": lambda c, ids: c.news(1),
    "visitSearch": lambda c, ids: c.visit_search(1),
    "renewFeed": lambda c, ids: c.renew_feed(1),
    "deleteSearch": lambda c, ids: (c.saved_search(1), c.delete_search(1))[0],
    "getPaper": lambda c, ids: c.paper(ids[1]),
    "getHistory": lambda c, ids: c.history(ids[1]),
    "listActivity": lambda c, ids: c.activity(kind="decisions", actor="May"),
    "listAllRuns": lambda c, ids: c.runs(),
    "getRun": lambda c, ids: c.run("run-1"),
    "listModels": lambda c, ids: c.models(),
    "getAgreement": lambda c, ids: c.agreement(),
    "getRules": lambda c, ids: c.rules(),
    "checkRuleDecision": lambda c, ids: c.check_rule(1, "right"),
    "getStatus": lambda c, ids: c.status(),
    "getTaxonomy": lambda c, ids: c.taxonomy(),
    "listAudit": lambda c, ids: c.audit(actor="May", action="approve", subject=ids[1]),
    "exportAudit": lambda c, ids: list(c.export_audit()),
    "getDescription": lambda c, ids: c.description(),
    "getMe": lambda c, ids: c.me(),
    "getPreferences": lambda c, ids: c.preferences(),
    "putPreferences": lambda c, ids: c.set_preferences(theme="dark"),
    "listTokens": lambda c, ids: c.tokens(),
    "listUsers": lambda c, ids: c.users(),
    "addUser": lambda c, ids: c.add_user("Nel", "reader", "correct horse battery"),
    "changeUser": lambda c, ids: c.change_user(1, disabled=False),
    "createLink": lambda c, ids: c.login_link(1),
}


@pytest.fixture
def dialect():
    """The database plays no part here."""
    return "sqlite"


class Recorder:
    """Notes which route answered each request."""

    def __init__(self, app):
        self.app, self.state, self.names = app, app.state, []

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                self.names.append(getattr(scope.get("route"), "name", None))


@pytest.fixture
def server(app):
    app.state.feed = Feed(app.state.services.store, interval=0.05)
    with running(app) as started:
        yield started


def operations_of(recorder):
    parts = [name.split("_") for name in recorder.names if name]
    return {first + "".join(word.title() for word in rest) for first, *rest in parts}


def client_of(server, name="Ada", role="reviewer", **options):
    return Client(server.url, server.token(name, role), **({"pause": 0.0} | options))


def parts(found):
    """Every model in an answer."""
    if isinstance(found, BaseModel):
        yield found
    elif isinstance(found, list):
        for one in found:
            yield from parts(one)


def test_every_operation_has_a_method_that_calls_it(app, store, queue_ids):
    names = {
        operation["operationId"]
        for methods in describe(app)["paths"].values()
        for operation in methods.values()
    }
    assert set(CALLS) | NOT_FOR_TOKENS == names
    sync_as_set(app.state.services.settings, store)
    app.state.feed = Feed(store, interval=0.05)
    with store.write() as connection:
        start_run(connection, "run-1", "nightly", "host", NOW)
        number = decide(
            connection,
            queue_ids[6],
            "approve",
            reviewer="rule",
            now=NOW,
            cells=["inference/memory"],
        )
        put_rule_decision(connection, number, "rule:auto-approve", True)
    recorder = Recorder(app)
    with running(recorder) as server, client_of(server, "May", "maintainer") as client:
        for name, call in CALLS.items():
            recorder.names.clear()
            found = call(client, queue_ids)
            assert isinstance(found, (dict, bytes)) or list(parts(found)), name
            # It is noted just after the client has its answer.
            deadline = time.monotonic() + 10
            while name not in operations_of(recorder) and time.monotonic() < deadline:
                time.sleep(0.01)
            assert name in operations_of(recorder)


def test_a_review_from_end_to_end(server, queue_ids, store):
    with client_of(server) as ada, client_of(server, "Bo") as bo:
        entries = list(ada.each_entry(policy="max"))
        assert [entry.id for entry in entries] == queue_ids
        taken = ada.approve(queue_ids[0], revision=entries[0].revision)
        assert (taken.state, taken.decision.reviewer) == ("approved", "Ada")
        with pytest.raises(Stale, match="Ada") as stale:
            bo.reject(queue_ids[0], revision=entries[0].revision)
        assert stale.value.revision == 1
        assert bo.reject(queue_ids[0], "no saving").state == "rejected"
        assert bo.undo(queue_ids[0]).state == "approved"
        assert [one.action for one in ada.decisions().items] == ["undo", "reject", "approve"]
        results = ada.decide_many(
            [
                {"id": queue_ids[1], "revision": 0, "action": "reject"},
                {"id": queue_ids[0], "revision": 0, "action": "reject"},
            ]
        )
        assert [one.status for one in results] == [200, 412]
        assert ada.status().queue.approved == 1
        assert ada.taxonomy().cells[0].count("/") == 1


def test_errors_are_those_of_the_rest_of_litmine(server, queue_ids):
    with client_of(server, "Rea", "reader") as reader:
        with pytest.raises(Forbidden):
            reader.approve(queue_ids[0])
        with pytest.raises(NotFound):
            reader.entry("2606.99999")
        with pytest.raises(InputError, match="arXiv id"):
            reader.entry("nonsense")
        with pytest.raises(InputError):
            reader.queue(limit=1000)
        with pytest.raises(InputError, match="not both"):
            reader.undo(queue_ids[0], number=1)
    with Client(server.url, "wrong") as nobody, pytest.raises(Unauthenticated):
        nobody.queue()
    for address in ("ftp://host", "host:80", "http://"):
        with pytest.raises(InputError):
            Client(address, "t")


def test_a_key_of_ones_own_is_sent(server, queue_ids, store):
    with client_of(server) as one, client_of(server) as other:
        first = one.approve(queue_ids[0], key="mine")
        assert other.approve(queue_ids[0], key="mine") == first
    with store.read() as connection:
        assert len(audit_entries(connection, actions=("approve",))) == 1


class Flaky(BaseHTTPRequestHandler):
    """Answers as the server's list says; None: hangs up without a word."""

    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        self.rfile.read(length)
        status, kind, body = self.server.answers.pop(0) or (None, None, None)
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = _answer

    def log_message(self, *_):
        pass


@pytest.fixture
def flaky():
    server = HTTPServer(("127.0.0.1", 0), Flaky)
    server.answers, server.asked = [], []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


OUTCOME = (
    200,
    "application/json",
    b'{"id": "2606.00001", "state": "rejected", "revision": 1, "decision": null,'
    b' "opinion": null, "undone": null, "withdrawn": null, "new": "member"}',
)
PROBLEM = "application/problem+json"
FAULT = (500, PROBLEM, b'{"status": 500, "detail": "a fault"}')


def test_a_decision_is_sent_again_under_the_same_key(flaky):
    flaky.answers = [None, FAULT, (502, "text/html", b"<p>a proxy"), OUTCOME]
    with Client(flaky.url, "secret", pause=0.0) as client:
        assert client.reject("2606.00001", revision=0).state == "rejected"
    headers = [headers for _, _, headers in flaky.asked]
    assert len({one["Idempotency-Key"] for one in headers}) == 1
    assert {one["If-Match"] for one in headers} == {'"0"'}
    assert {one["Authorization"] for one in headers} == {"Bearer secret"}


def test_attempts_are_bounded(flaky):
    flaky.answers = [FAULT] * 3
    with (
        Client(flaky.url, "t", attempts=3, pause=0.0) as client,
        pytest.raises(UnexpectedAnswer, match="a fault"),
    ):
        client.reject("2606.00001", revision=0)
    assert len(flaky.asked) == 3
    flaky.answers = [None] * 2
    with (
        Client(flaky.url, "t", attempts=2, pause=0.0) as client,
        pytest.raises(Unreachable),
    ):
        client.status()


def test_what_the_client_did_wrong_is_not_sent_again(flaky):
    too_many = (429, PROBLEM, b'{"status": 429, "detail": "wait"}')
    flaky.answers = [too_many]
    with Client(flaky.url, "t", pause=0.0) as client, pytest.raises(TooManyAttempts) as error:
        client.status()
    assert error.value.retry_after == 7.0
    assert len(flaky.asked) == 1


def test_what_cannot_name_itself_is_sent_once(flaky):
    flaky.answers = [None]
    with Client(flaky.url, "t", pause=0.0) as client, pytest.raises(Unreachable):
        client.add_user("Nel", "reader")
    flaky.answers = [FAULT]
    with Client(flaky.url, "t", pause=0.0) as client, pytest.raises(UnexpectedAnswer):
        client.add_user("Nel", "reader")
    assert len(flaky.asked) == 2


def test_another_server_is_recognised(flaky):
    page = (200, "text/html", b"<p>hello")
    moved = (301, "text/html", b"")
    gone = (404, "text/html", b"<p>nothing")
    for answer in (page, moved, gone):
        flaky.answers = [answer]
        with Client(flaky.url, "t") as client, pytest.raises(UnexpectedAnswer):
            client.status()
    event = (200, "text/event-stream", b"event: queue\ndata: {}\n\n")
    flaky.answers = [event]
    with Client(flaky.url, "t") as client, pytest.raises(UnexpectedAnswer):
        next(client.events())


def test_events_go_on_behind_the_last_one(server, queue_ids):
    feed = server.app.state.feed
    with client_of(server) as ada:
        following = ada.events()
        first = next(following)
        assert first.counts.pending == 12
        ada.reject(queue_ids[0])
        second = next(following)
        assert [(one.id, one.action) for one in second.changed] == [(queue_ids[0], "reject")]
        # The connection breaks: nothing that happens meanwhile is lost.
        for listener in list(feed._listeners):
            feed.stop()
            listener.news.set()
        deadline = time.monotonic() + timedelta(seconds=10).total_seconds()
        while feed.connections and time.monotonic() < deadline:
            time.sleep(0.01)
        feed._stopped = False
        ada.reject(queue_ids[1])
        third = next(following)
        assert queue_ids[1] in {one.id for one in third.changed}
        following.close()


def test_events_are_given_up_when_the_server_does_not_come_back(flaky):
    flaky.answers = [None, None]
    with Client(flaky.url, "t", attempts=2, pause=0.0) as client, pytest.raises(Unreachable):
        next(client.events(after=5))
    assert [headers["Last-Event-ID"] for _, _, headers in flaky.asked] == ["5", "5"]


def test_a_stream_is_read_as_the_standard_has_it():
    data = (
        '{"last": %d, "counts": {"pending": 1, "later": 0, "disputed": 0, "approved": 0,'
        ' "rejected": 0}, "changed": []}'
    )
    lines = [
        ": a comment",
        "retry: 2000",
        "",
        "event: other",
        "data: {}",
        "",
        "id: 4",
        "event:queue",
        f"data:{data % 4}",
        "",
        "event: queue",
        *(f"data: {part}" for part in (data % 5).split(" ", 1)),
        "",
        "event: queue",
        f"data: {data % 6}",  # cut off before its empty line
    ]
    assert [event.last for event in events_in(lines)] == [4, 5]


def test_every_entry_comes_also_when_those_at_the_end_of_each_page_are_decided(
    server, store, fake_clock, queue_ids, monkeypatch
):
    monkeypatch.setattr("litmine.client.queue_calls._AT_ONCE", 10)
    ids = fill_queue(store, fake_clock, count=45)
    order = server.app.state.services.order
    # At once, where it is otherwise made in the background.
    monkeypatch.setattr(order, "of", order._rank)
    with client_of(server) as ada:
        seen = []
        for number, entry in enumerate(ada.each_entry(policy="max")):
            seen.append(entry.id)
            # The cursor of a page names its last papers, and all of them are decided.
            if 10 <= number < 20 or number > 32:
                ada.reject(entry.id, revision=entry.revision)
    assert sorted(seen) == ids
