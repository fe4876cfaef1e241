"""SIGKILL at every request of a suggestion, before and after the server carries it out.

A git that was pushing when its litmine was killed may live on and finish: the next run meets that
too.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from litmine.store import open_store
from tests.support.github import TOKEN, git, github_standin
from tests.support.suggesting import IDS, Desk, make_desk, without_line

pytestmark = pytest.mark.drill

ONE, TWO, THREE = IDS
BRANCH = "litmine/readme-1"


class Runs:
    """Processes that suggest, one at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._running = 0
        self._known = threading.Event()

    def run(self, desk: Desk, kill_at: int = 0, *, after: bool = False) -> str | None:
        """Let one run; return what it says, or None when it was killed at its n-th request."""
        before = len(desk.github.requests)

        def on(count: int, done: bool) -> None:
            if count - before == kill_at and done is after:
                self._known.wait(60)
                os.kill(self._running, signal.SIGKILL)

        self._known.clear()
        desk.github.on = on
        assert self._process.stdin is not None
        database = desk.store.url.removeprefix("sqlite:///")
        self._process.stdin.write(f"{database} {desk.clone} {desk.github.api}\n")
        self._process.stdin.flush()
        self._running = int(self._read().removeprefix("process "))
        self._known.set()
        said = None
        while not (line := self._read()).startswith("ended "):
            said = line.removeprefix("said ")
        assert line in {"ended 0", f"ended {-signal.SIGKILL}"}
        return said if line == "ended 0" else None

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    """Processes to kill."""
    driver = Path(__file__).with_name("suggest_driver.py")
    environment = os.environ | {
        "LITMINE_PUBLISH__GITHUB_TOKEN": TOKEN,
        "LITMINE_LOG__LEVEL": "error",
        "PYTHONPATH": str(driver.parents[2]),
    }
    command = [sys.executable, str(driver)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield Runs(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def worlds(tmp_path: Path, migrated_sqlite: Path) -> Callable[[], object]:
    """Make a list at a stand-in, a clone, a database with two approvals; as often as wanted."""
    numbers = iter(range(1000))

    @contextmanager
    def make() -> Iterator[Desk]:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        shutil.copyfile(migrated_sqlite, folder / "litmine.db")
        with (
            github_standin(folder / "github") as github,
            open_store(f"sqlite:///{folder / 'litmine.db'}", migrate=False) as store,
        ):
            desk = make_desk(store, folder, github)
            desk.approve(ONE, TWO)
            yield desk

    return make


def sweep(
    worlds: Callable[[], object],
    runs: Runs,
    prepare: Callable[[Desk], None],
    check: Callable[[Desk], None],
    moments: tuple[bool, ...] = (False, True),
) -> int:
    """Kill at every request, before and after it, each in a world of its own; count the kills."""
    with worlds() as desk:  # type: ignore[attr-defined]
        prepare(desk)
        before = len(desk.github.requests)
        assert runs.run(desk) in {"written", "updated"}
        requests = len(desk.github.requests) - before
        check(desk)
    assert requests >= 8
    killed = 0
    for nth in range(1, requests + 1):
        for after in moments:
            with worlds() as desk:  # type: ignore[attr-defined]
                prepare(desk)
                killed += runs.run(desk, nth, after=after) is None
                said = runs.run(desk)
                assert said in {"written", "updated", "described", "nothing"}, said
                check(desk)
    return killed


def test_a_new_suggestion(worlds: Callable[[], object], runs: Runs) -> None:
    def check(desk: Desk) -> None:
        assert [pull.title for pull in desk.github.pulls.values()] == ["Add 2 papers to README.md"]
        assert sorted(desk.github.branches()) == [BRANCH, "main"]
        assert desk.listed(BRANCH) == {ONE, TWO}
        assert len(git(desk.github.bare, "rev-list", f"main..{BRANCH}").split()) == 1
        (held,) = desk.suggestions()
        assert (held.state, held.number, held.papers) == ("open", 7, (ONE, TWO))
        assert held.head == desk.github.branches()[BRANCH]
        assert desk.offers() == {ONE: "offered", TWO: "offered"}

    assert sweep(worlds, runs, lambda desk: None, check) >= 15


def test_a_suggestion_that_is_open(worlds: Callable[[], object], runs: Runs) -> None:
    def prepare(desk: Desk) -> None:
        assert runs.run(desk) == "written"
        text = without_line(TWO)(desk.github.text(branch=BRANCH))
        desk.github.commit({"README.md": text}, BRANCH)
        desk.approve(THREE)

    def check(desk: Desk) -> None:
        assert list(desk.github.pulls) == [7]
        assert sorted(desk.github.branches()) == [BRANCH, "main"]
        assert desk.listed(BRANCH) == {ONE, THREE}
        assert len(git(desk.github.bare, "rev-list", f"main..{BRANCH}").split()) == 3
        assert desk.github.pulls[7].title == "Add 2 papers to README.md"
        assert THREE in desk.github.pulls[7].body
        (held,) = desk.suggestions()
        assert (held.state, held.papers) == ("open", (ONE, THREE))
        assert desk.offers() == {ONE: "offered", TWO: "removed", THREE: "offered"}

    # Killed before a request is killed after the one before it, and after what came between.
    assert sweep(worlds, runs, prepare, check, moments=(False,)) >= 8
