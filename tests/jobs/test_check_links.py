"""A round over links: what is asked, what is remembered, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import InputError, LeaseLost
from litmine.core.paper import Paper
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.publish.check_links import (
    LinkReport,
    check_links,
    links_of_entries,
    links_of_file,
)
from litmine.publish.entry import ListEntry
from litmine.publish.links.probe import Limits, Prober
from litmine.store import Store
from litmine.store.links import known_links
from tests.support.link_server import LinkServer, link_server

_LITMINE = str(Path(sys.executable).with_name("litmine"))
LIMITS = Limits(gap=0.0, connect=2.0, each=1.0, private=True)


@pytest.fixture
def server() -> Iterator[LinkServer]:
    with link_server() as running:
        yield running


async def _here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def _make(agent: str, limits: Limits) -> Prober:
    return Prober(agent, limits, resolve=_here)


@pytest.fixture
def context(sqlite_store: Store, fake_clock: FakeClock, tmp_path: Path) -> RunContext:
    return RunContext(Settings(data_dir=tmp_path), sqlite_store, clock=fake_clock)


def _round(context: RunContext, *urls: str, **more: object) -> LinkReport:
    options = {"limits": LIMITS, "make_prober": _make} | more
    return check_links(context, {url: ["list.md:1"] for url in urls}, **options)  # type: ignore[arg-type]


def test_results_are_kept_and_only_old_ones_asked_again(
    context: RunContext, server: LinkServer, fake_clock: FakeClock
) -> None:
    good, gone = server.url("/good"), server.url("/gone")
    server.answers["/gone"] = "404"
    first = _round(context, good, gone)
    assert first.counts == {"ok": 1, "suspect": 1}
    assert (first.asked, first.left) == (2, 0)
    assert _round(context, good, gone).asked == 0
    fake_clock.sleep(timedelta(days=1).total_seconds())
    second = _round(context, good, gone)
    assert second.counts == {"broken": 1, "ok": 1}
    assert second.asked == 1
    (broken,) = second.of("broken")
    assert (broken.link.url, broken.link.failures, broken.places) == (gone, 2, ("list.md:1",))
    # What is known is told without asking.
    third = _round(context, gone)
    assert (third.counts, third.asked) == ({"broken": 1}, 0)
    assert _round(context, good, gone, again=True).asked == 2


def test_arxiv_is_never_asked(context: RunContext, server: LinkServer) -> None:
    report = _round(
        context,
        "https://arxiv.org/abs/2401.00001",
        "https://www.arxiv.org/pdf/2401.00001",
        "http://export.arxiv.org/abs/2401.00001",
        server.url("/x", "notarxiv.org"),
    )
    assert (report.arxiv, report.asked) == (3, 1)


def test_a_host_that_wants_rest_gets_it_and_the_rest_is_left(
    context: RunContext, server: LinkServer
) -> None:
    busy = [server.url(f"/busy?{n}", "busy.test") for n in range(4)]
    report = _round(context, *busy, server.url("/page", "other.test"))
    assert report.resting == ("busy.test",)
    assert report.counts == {"ok": 1, "unknown": 1}
    assert report.left == 3
    assert len([path for path in server.paths() if "busy" in path]) == 1


def test_a_round_ends_in_time_and_keeps_what_it_learnt(
    context: RunContext, server: LinkServer
) -> None:
    limits = Limits(gap=0.0, connect=5.0, each=30.0, total=0.5, private=True)
    urls = [server.url("/good", "a.test"), server.url("/hang", "b.test")]
    report = _round(context, *urls, limits=limits)
    assert (report.asked, report.left) == (1, 1)
    with context.store.read() as connection:
        assert list(known_links(connection)) == [urls[0]]


def test_the_limit_takes_new_ones_first_then_the_oldest(
    context: RunContext, server: LinkServer, fake_clock: FakeClock
) -> None:
    urls = [server.url(f"/{n}") for n in range(3)]
    _round(context, urls[0])
    fake_clock.sleep(60)
    _round(context, urls[1])
    fake_clock.sleep(timedelta(days=40).total_seconds())
    report = _round(context, *urls, most=2)
    assert (report.asked, report.left) == (2, 1)
    assert set(server.paths()[-2:]) == {"/2", "/0"}


def test_a_run_that_was_fenced_off_stops(
    context: RunContext, server: LinkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise LeaseLost("another run took over")

    monkeypatch.setattr("litmine.jobs.publish.check_links.put_links", lost)
    with pytest.raises(LeaseLost):
        _round(context, *(server.url(f"/{n}") for n in range(30)))


def test_too_long_addresses_are_not_kept(context: RunContext, server: LinkServer) -> None:
    assert _round(context, server.url("/" + "x" * 2000)).links == ()


def test_links_of_papers() -> None:
    paper = Paper("2401.00001", "T", "A.", doi="10.18653/v1/2024.acl-long.1")
    entries = [
        ListEntry.from_paper(paper, ["inference/memory"], ["pruning"]),
        ListEntry("2401.00002", "U", None, doi="10.18653/v1/2024.acl-long.1"),
        ListEntry("2401.00003", "V", None, url="https://a.example/v#x"),
    ]
    assert links_of_entries(entries) == {
        "https://arxiv.org/abs/2401.00001": ["2401.00001"],
        "https://arxiv.org/abs/2401.00002": ["2401.00002"],
        "https://aclanthology.org/2024.acl-long.1": ["2401.00001", "2401.00002"],
        "https://a.example/v": ["2401.00003"],
    }


def test_links_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text("[a](https://a.example/x)\n\n[b](https://a.example/x) https://b.example\n")
    assert links_of_file(path) == {
        "https://a.example/x": ["README.md:1", "README.md:3"],
        "https://b.example": ["README.md:3"],
    }


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", "folder"])
def test_what_is_no_text_is_said_in_a_line(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "list.md"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "folder":
        path.mkdir()
    with pytest.raises(InputError, match="Markdown file"):
        links_of_file(path)


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LITMINE_DATA_DIR": str(folder),
        "COLUMNS": "200",
    }


def _command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_LITMINE, "links", *arguments],
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_tells_and_exits(tmp_path: Path, server: LinkServer) -> None:
    server.answers |= {"/gone": "404", "/old": f"301 {server.url('/new')}", "/busy2": "403"}
    path = tmp_path / "README.md"
    names = ("good", "gone", "old", "busy2")
    path.write_text("\n".join(f"[x]({server.url('/' + name)})" for name in names))
    flags = ("check", "--file", str(path), "--gap", "0.2", "--allow-private")
    first = _command(tmp_path, *flags)
    assert first.returncode == 0, first.stderr
    assert f"suspect  {server.url('/gone')}  (HTTP 404)  in README.md:2" in first.stdout
    assert f"now {server.url('/new')}" in first.stdout
    assert "unknown" in first.stdout
    shown = json.loads(_command(tmp_path, "show", "--json").stdout)
    assert {one["outcome"] for one in shown} == {"suspect", "moved"}
    # As if the first time had been yesterday.
    import sqlite3

    with sqlite3.connect(tmp_path / "litmine.db") as database:
        database.execute("UPDATE links SET checked_at = datetime(checked_at, '-1 day')")
    database.close()
    second = _command(tmp_path, *flags, "--json")
    assert second.returncode == 7, second.stderr
    told = json.loads(second.stdout)
    assert told["counts"] == {"broken": 1, "moved": 1, "ok": 1, "unknown": 1}
    assert _command(tmp_path, "forget", server.url("/gone")).returncode == 0
    assert _command(tmp_path, "forget", server.url("/gone")).returncode == 2


def test_in_earnest_nothing_private_is_asked(tmp_path: Path, server: LinkServer) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"[x]({server.url('/secret')})")
    done = _command(tmp_path, "check", "--file", str(path))
    assert done.returncode == 0, done.stderr
    assert "private network" in done.stdout
    assert server.asked == []


@pytest.mark.drill
def test_a_kill_loses_little_and_the_next_round_goes_on(tmp_path: Path, server: LinkServer) -> None:
    path = tmp_path / "README.md"
    urls = [server.url(f"/{n}") for n in range(32)]
    path.write_text("\n".join(urls))
    flags = ("check", "--file", str(path), "--gap", "0.2", "--allow-private", "--json")
    running = subprocess.Popen(
        [_LITMINE, "links", *flags], env=_environment(tmp_path), stdout=subprocess.DEVNULL
    )
    while len(server.asked) < 24:
        time.sleep(0.02)
        assert running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait()
    before = len(server.asked)
    done = _command(tmp_path, *flags)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["counts"] == {"ok": 32}
    # At least the twenty of the first commit were not asked again.
    assert len(server.asked) - before <= 12
