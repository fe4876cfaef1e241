"""Trying addresses against a real server with faults: bounded, polite, never inside."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from litmine.publish.links.probe import HostResting, Limits, Prober, is_public
from litmine.publish.links.standing import Probe
from tests.support.link_server import LinkServer, link_server

FAST = Limits(gap=0.0, connect=2.0, each=1.0)
_NAMES = {
    "a.test": ["127.0.0.1"],
    "b.test": ["127.0.0.1"],
    "doi.org": ["127.0.0.1"],
    "inside.test": ["10.0.0.7"],
    "mixed.test": ["127.0.0.1", "192.168.1.1"],
    "metadata.test": ["169.254.169.254"],
    "six.test": ["::1"],
    "none.test": [],
}


@pytest.fixture
def server() -> Iterator[LinkServer]:
    with link_server() as running:
        yield running


async def _resolve(host: str, port: int) -> list[str]:
    if host in _NAMES:
        return _NAMES[host]
    if host.replace(".", "").replace(":", "").isalnum() and any(c.isdigit() for c in host):
        return [host]
    raise OSError("no such name")


def _permit(address: str, port: int) -> str:
    """As in earnest, but for the test's own server."""
    return "" if address == "127.0.0.1" or is_public(address) else "in a private network"


def _try(*urls: str, limits: Limits = FAST) -> list[Probe | HostResting]:
    async def go() -> list[Probe | HostResting]:
        results: list[Probe | HostResting] = []
        async with Prober("litmine-test (+mailto:ops@example.org)", limits, resolve=_resolve,
                          permit=_permit) as prober:  # fmt: skip
            for url in urls:
                try:
                    results.append(await prober.probe(url))
                except HostResting as resting:
                    results.append(resting)
        return results

    return asyncio.run(go())


def _one(url: str, limits: Limits = FAST) -> Probe:
    (probe,) = _try(url, limits=limits)
    assert isinstance(probe, Probe)
    return probe


def test_a_page_that_is_there_is_asked_once_by_head(server: LinkServer) -> None:
    assert _one(server.url("/page?x=1#part")) == Probe(200)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("HEAD", "/page?x=1")
    assert "ops@example.org" in asked.headers["user-agent"]


@pytest.mark.parametrize(
    ("path", "status"), [("/get-only", 200), ("/lies-to-head", 200), ("/range", 206)]
)
def test_get_for_one_byte_where_head_does_not_help(
    server: LinkServer, path: str, status: int
) -> None:
    assert _one(server.url(path)).status == status
    assert [(one.method, one.headers.get("range")) for one in server.asked] == [
        ("HEAD", None),
        ("GET", "bytes=0-0"),
    ]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500])
def test_a_status_is_told_as_it_is(server: LinkServer, status: int) -> None:
    server.answers["/x"] = str(status)
    assert _one(server.url("/x")) == Probe(status)


def test_redirects_for_good_tell_the_new_place(server: LinkServer) -> None:
    server.answers |= {"/old": "301 /newer", "/newer": f"308 {server.url('/page', 'b.test')}"}
    assert _one(server.url("/old", "a.test")) == Probe(200, server.url("/page", "b.test"))
    assert [one.headers["host"].split(":")[0] for one in server.asked] == [
        "a.test",
        "a.test",
        "b.test",
    ]


def test_a_passing_redirect_is_no_move(server: LinkServer) -> None:
    server.answers |= {"/old": "301 /now", "/now": "302 /page"}
    assert _one(server.url("/old")) == Probe(200)


def test_a_redirect_to_nothing_is_not_found(server: LinkServer) -> None:
    server.answers |= {"/old": "302 /gone", "/gone": "404"}
    assert _one(server.url("/old")).status == 404


def test_the_front_page_is_no_answer(server: LinkServer) -> None:
    server.answers["/paper/1"] = "301 /"
    probe = _one(server.url("/paper/1"))
    assert "front page" in probe.problem


def test_redirects_end(server: LinkServer) -> None:
    server.answers["/loop"] = "302 /loop"
    probe = _one(server.url("/loop"))
    assert "more than 5 redirects" in probe.problem
    assert len(server.asked) == 6


def test_a_resolver_is_not_followed(server: LinkServer) -> None:
    server.answers |= {"/10.1/x": "302 http://publisher.test/x", "/10.1/none": "404"}
    assert _one(server.url("/10.1/x", "doi.org")) == Probe(302)
    assert _one(server.url("/10.1/none", "doi.org")).status == 404


@pytest.mark.parametrize(
    "place",
    ["http://inside.test/", "http://mixed.test/", "http://metadata.test/latest/meta-data",
     "http://10.1.2.3/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://six.test/",
     "http://0.0.0.0/", "http://192.168.0.1/", "file:///etc/passwd", "gopher://a.test/",
     "http://user:secret@a.test/", "http://none.test/", "//inside.test/x"],
)  # fmt: skip
def test_nothing_inside_is_asked_directly_or_by_redirect(server: LinkServer, place: str) -> None:
    if place.startswith("http"):
        assert _one(place).status is None
    server.answers["/door"] = f"302 {place}"
    probe = _one(server.url("/door", "a.test"))
    assert probe.status is None
    assert probe.problem
    assert server.paths() == ["/door"]


def test_in_earnest_this_machine_is_private(server: LinkServer) -> None:
    async def go() -> Probe:
        async with Prober("litmine", FAST) as prober:
            return await prober.probe(server.url("/page"))

    assert "private network" in asyncio.run(go()).problem
    assert server.asked == []


def test_a_name_that_changes_its_mind_is_asked_once(server: LinkServer) -> None:
    """The address that was checked is the address that is connected to."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    async def turning(host: str, port: int) -> list[str]:
        return answers.pop(0)

    async def go() -> Probe:
        async with Prober("litmine", FAST, resolve=turning, permit=_permit) as prober:
            return await prober.probe(server.url("/page", "turning.test"))

    assert asyncio.run(go()).status == 200
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("path", "problem"),
    [("/hang", "time"), ("/drip", "time"), ("/cut", ""), ("/garbage", ""), ("/long-head", "")],
)
def test_bad_servers_tell_nothing(server: LinkServer, path: str, problem: str) -> None:
    probe = _one(server.url(path))
    assert probe.status is None
    assert probe.problem
    assert problem in probe.problem


def test_an_endless_page_is_left(server: LinkServer) -> None:
    assert _one(server.url("/huge")) == Probe(200)
    assert server.sent < 20 * 2**20


def test_nobody_listens_or_has_the_name() -> None:
    assert _one("http://127.0.0.1:1/").status is None
    assert "resolved" in _one("http://nobody.invalid/").problem
    assert _one("http://a.test:99999/").problem


@pytest.mark.parametrize("path", ["/busy", "/down"])
def test_a_host_that_asks_for_it_is_left_alone(server: LinkServer, path: str) -> None:
    first, second = _try(server.url(path, "a.test"), server.url("/page", "a.test"))
    assert isinstance(second, HostResting)
    assert isinstance(first, Probe)
    assert first.status in {429, 503}
    assert len(server.asked) == 1


def test_a_silent_host_is_left_alone_after_three_tries(server: LinkServer) -> None:
    limits = Limits(gap=0.0, connect=1.0, each=0.1)
    urls = [server.url(f"/hang?{n}", "a.test") for n in range(5)]
    results = _try(*urls, server.url("/page", "b.test"), limits=limits)
    assert [isinstance(one, HostResting) for one in results] == [False] * 3 + [True] * 2 + [False]
    assert len(server.paths()) == 4


def test_one_host_is_asked_one_at_a_time_with_a_pause(server: LinkServer) -> None:
    async def go() -> None:
        limits = Limits(gap=0.15, connect=2.0, each=2.0)
        async with Prober("litmine", limits, resolve=_resolve, permit=_permit) as prober:
            await asyncio.gather(
                *(prober.probe(server.url(f"/{n}", "a.test")) for n in range(4)),
                *(prober.probe(server.url(f"/b{n}", "b.test")) for n in range(2)),
            )

    asyncio.run(go())
    times = sorted(one.at for one in server.asked if one.headers["host"].startswith("a.test"))
    assert len(times) == 4
    assert all(later - earlier >= 0.14 for earlier, later in itertools.pairwise(times))


def test_so_many_at_once_and_no_more(server: LinkServer) -> None:
    async def many(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async def release() -> int:
        while len(server.asked) < 3:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        asked = len(server.asked)
        server.held.set()
        return asked

    async def go() -> tuple[int, list[Probe]]:
        limits = Limits(at_once=3, gap=0.0, connect=10.0, each=10.0)
        async with Prober("litmine", limits, resolve=many, permit=_permit) as prober:
            waiting = asyncio.create_task(release())
            urls = (server.url("/wait", f"h{n}.test") for n in range(9))
            probes = await asyncio.gather(*map(prober.probe, urls))
            return await waiting, probes

    at_once, probes = asyncio.run(go())
    assert at_once == 3
    assert probes == [Probe(200)] * 9


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:a00:1::", False),
        ("2001:0:53aa:64c:0:0:f5ff:fffe", False),
        ("2001:db8::1", False),
        ("not an address", False),
        ("", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public
