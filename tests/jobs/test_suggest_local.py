"""Suggestions in a clone alone, or pushed without a token: a branch is all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import ConfigError, DeliveryError, InputError, LeaseHeld
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.lease import held_lease
from litmine.jobs.publish.suggest import Outcome, Wish, suggest
from litmine.store import Store
from litmine.store.offers import offers_of
from litmine.store.suggestions import suggestions_of
from tests.support.approvals import approve
from tests.support.github import commit_files, git
from tests.support.papers import paper
from tests.support.suggesting import IDS, LIST, without_line

ONE, TWO, THREE = IDS
BRANCH = "litmine/readme-1"


class Bench:
    """A repository without a server, and approved papers."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.clock = FakeClock(datetime(2026, 7, 1, 14, 0, tzinfo=UTC))
        git(folder.parent, "init", "-q", "-b", "main", str(folder))

    def begin(self, files: dict[str, bytes | None] | None = None) -> None:
        """Commit the list and check it out."""
        commit_files(self.folder / ".git", files or {"README.md": LIST})
        git(self.folder, "reset", "-q", "--hard")

    def context(self, **publish: Any) -> RunContext:
        """The surroundings of a run."""
        return RunContext(Settings(publish=publish), self.store, self.clock)  # type: ignore[arg-type]

    def run(self, publish: dict[str, Any] | None = None, **wish: Any) -> Outcome:
        """Suggest what the list lacks."""
        folder = wish.pop("folder", self.folder)
        return suggest(self.context(**publish or {}), Wish(folder, **wish))

    def approve(self, *ids: str) -> None:
        """Approve papers."""
        approve(
            self.store,
            [paper(one) for one in ids],
            [["inference/memory"]] * len(ids),
            [["quantization"]] * len(ids),
        )

    def listed(self, branch: str, path: str = "README.md") -> set[str]:
        """Which of the papers have a line."""
        text = git(self.folder, "cat-file", "blob", f"{branch}:{path}")
        return {one for one in IDS if one in text}

    def states(self) -> list[str]:
        """How the suggestions stand."""
        with self.store.read() as connection:
            return [one.state for one in suggestions_of(connection)]


@pytest.fixture
def bench(sqlite_store: Store, tmp_path: Path) -> Bench:
    """A repository with a list, and two papers that it lacks."""
    bench = Bench(sqlite_store, tmp_path / "clone")
    bench.begin()
    bench.approve(ONE, TWO)
    return bench


def test_a_branch_with_a_commit(bench: Bench) -> None:
    outcome = bench.run({"git_name": "Night shift", "git_email": "night@example.org"})
    assert (outcome.done, outcome.branch, outcome.url) == ("written", BRANCH, None)
    assert bench.listed(BRANCH) == {ONE, TWO}
    assert bench.listed("main") == set()
    assert git(bench.folder, "status", "--porcelain") == ""
    assert git(bench.folder, "rev-parse", "--abbrev-ref", "HEAD") == "main"
    told = git(bench.folder, "log", "-1", "--format=%an <%ae> %cn %cI%n%B", BRANCH)
    assert told.startswith("Night shift <night@example.org> Night shift 2026-07-01T12:00:00")
    assert "Add 2 papers to README.md" in told
    assert f"- {ONE}; inference/memory 0." in told
    assert "model model-1; approved by Ada; 2026-07-01" in told
    assert bench.run().done == "nothing"
    assert len(git(bench.folder, "rev-list", f"main..{BRANCH}").split()) == 1


def test_the_default_author_is_no_persons_address(bench: Bench) -> None:
    bench.run()
    assert git(bench.folder, "log", "-1", "--format=%an <%ae>", BRANCH) == (
        "litmine <noreply@litmine.invalid>"
    )


def test_more_papers_are_a_commit_on_top_of_what_people_did(bench: Bench) -> None:
    bench.run()
    by_hand = commit_files(bench.folder / ".git", {"notes.md": b"x\n"}, branch=BRANCH)
    bench.approve(THREE)
    outcome = bench.run()
    assert (outcome.done, outcome.added) == ("updated", (THREE,))
    assert git(bench.folder, "rev-parse", f"{BRANCH}^") == by_hand


def test_merged_by_hand(bench: Bench) -> None:
    bench.run()
    git(bench.folder, "merge", "-q", "--ff-only", BRANCH)
    assert bench.run().done == "nothing"
    assert bench.states() == ["merged"]
    bench.approve(THREE)
    assert bench.run().branch == "litmine/readme-2"


def test_squashed_by_hand(bench: Bench) -> None:
    bench.run()
    git(bench.folder, "merge", "-q", "--squash", BRANCH)
    git(bench.folder, "commit", "-q", "-m", "New papers")
    assert bench.run().done == "nothing"
    assert bench.states() == ["merged"]


def test_a_deleted_branch_declines_its_papers(bench: Bench) -> None:
    bench.run()
    git(bench.folder, "branch", "-q", "-D", BRANCH)
    outcome = bench.run()
    assert (outcome.done, outcome.declined) == ("nothing", (ONE, TWO))
    assert bench.run(again=(TWO,)).added == (TWO,)


def test_a_branch_deleted_after_a_merge_without_a_line(bench: Bench) -> None:
    bench.run()
    text = (bench.folder / "README.md").read_bytes()
    merged = git(bench.folder, "cat-file", "blob", f"{BRANCH}:README.md").encode() + b"\n"
    assert merged != text
    (bench.folder / "README.md").write_bytes(without_line(ONE)(merged))
    git(bench.folder, "commit", "-q", "-a", "-m", "One of the two")
    git(bench.folder, "branch", "-q", "-D", BRANCH)
    outcome = bench.run()
    assert (outcome.done, outcome.taken_out, outcome.declined) == ("nothing", (ONE,), ())


@pytest.mark.parametrize("path", ["lists/papers.md", "README.md"])
def test_a_missing_file_is_made(sqlite_store: Store, tmp_path: Path, path: str) -> None:
    bench = Bench(sqlite_store, tmp_path / "clone")
    bench.begin({"LICENSE": b"free\n"})
    bench.approve(ONE, TWO)
    outcome = bench.run(path=path)
    assert (outcome.done, outcome.added) == ("written", (ONE, TWO))
    assert outcome.branch is not None
    assert bench.listed(outcome.branch, path) == {ONE, TWO}
    assert bench.run(path=path).done == "nothing"


def test_every_list_of_a_repository_has_its_own_branch(bench: Bench) -> None:
    assert bench.run().branch == BRANCH
    other = bench.run(path="docs/Our List.md")
    assert other.branch == "litmine/docs-our-list-1"
    assert bench.run({"git_branch": "bot/papers"}, path="third.md").branch == "bot/papers-1"


def test_bare_repositories(bench: Bench, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(bench.folder), str(bare))
    assert bench.run(folder=bare).done == "written"
    assert git(bare, "rev-parse", "--verify", BRANCH)


def test_a_detached_head(bench: Bench) -> None:
    git(bench.folder, "checkout", "-q", "--detach")
    assert bench.run().base == "main"
    git(bench.folder, "branch", "-q", "-m", "main", "trunk")
    with pytest.raises(InputError, match=r"HEAD is detached: name the branch .* with --base"):
        bench.run()
    assert bench.run(base="trunk").done == "nothing"


def test_somebody_on_our_branch(bench: Bench) -> None:
    bench.run()
    git(bench.folder, "checkout", "-q", BRANCH)
    assert bench.run().base == "main"
    bench.approve(THREE)
    with pytest.raises(DeliveryError, match=f"{BRANCH} is checked out in .*: switch to another"):
        bench.run()
    assert git(bench.folder, "status", "--porcelain") == ""
    git(bench.folder, "checkout", "-q", "main")
    assert bench.run().added == (THREE,)
    assert bench.listed(BRANCH) == {ONE, TWO, THREE}


def test_an_empty_repository(sqlite_store: Store, tmp_path: Path) -> None:
    bench = Bench(sqlite_store, tmp_path / "empty")
    bench.approve(ONE)
    with pytest.raises(InputError, match="has no branch main with a commit"):
        bench.run()


def test_a_locked_reference_and_the_run_after_it(bench: Bench) -> None:
    lock = bench.folder / ".git" / "refs" / "heads" / "litmine" / "readme-1.lock"
    lock.parent.mkdir()
    lock.write_text("")
    with pytest.raises(DeliveryError, match="delete the file if no git is running"):
        bench.run()
    lock.unlink()
    outcome = bench.run()
    assert (outcome.branch, outcome.added) == (BRANCH, (ONE, TWO))
    assert bench.states() == ["branch"]


def test_one_run_at_a_time(bench: Bench) -> None:
    with held_lease(bench.store, bench.clock, "suggest"), pytest.raises(LeaseHeld):
        bench.run()


def test_pushing_needs_a_remote(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="has no remote origin: add one"):
        bench.run(push=True)


def test_pushed_without_a_token(bench: Bench, tmp_path: Path) -> None:
    bare = tmp_path / "server.git"
    git(tmp_path, "clone", "-q", "--bare", str(bench.folder), str(bare))
    git(bench.folder, "remote", "add", "origin", str(bare))
    outcome = bench.run(push=True)
    assert (outcome.done, outcome.url) == ("written", f"{bare}#{BRANCH}")
    assert git(bare, "rev-parse", BRANCH) == outcome.commit
    assert git(bench.folder, "rev-parse", BRANCH) == outcome.commit
    # Without --push the clone alone would be looked at, which knows less than the server.
    with pytest.raises(ConfigError, match="give --push"):
        bench.run()
    assert bench.run(push=True).done == "nothing"
    git(bare, "branch", "-D", BRANCH)
    assert bench.run(push=True).declined == (ONE, TWO)


def test_a_branch_made_before_there_was_a_server_is_pushed(bench: Bench, tmp_path: Path) -> None:
    bare = tmp_path / "server.git"
    git(tmp_path, "clone", "-q", "--bare", str(bench.folder), str(bare))
    git(bench.folder, "remote", "add", "origin", str(bare))
    made = bench.run()
    pushed = bench.run(push=True)
    assert (pushed.done, pushed.commit, pushed.declined) == ("described", made.commit, ())
    assert git(bare, "rev-parse", BRANCH) == made.commit


def test_your_own_commits_on_the_clones_branch_are_left_alone(bench: Bench, tmp_path: Path) -> None:
    bare = tmp_path / "server.git"
    git(tmp_path, "clone", "-q", "--bare", str(bench.folder), str(bare))
    git(bench.folder, "remote", "add", "origin", str(bare))
    bench.run(push=True)
    mine = commit_files(bench.folder / ".git", {"mine.md": b"x\n"}, branch=BRANCH)
    bench.approve(THREE)
    outcome = bench.run(push=True)
    assert any("was left alone" in note for note in outcome.notes)
    assert git(bench.folder, "rev-parse", BRANCH) == mine
    assert git(bare, "rev-parse", BRANCH) == outcome.commit


def test_pushing_to_a_server_that_people_push_to(bench: Bench, tmp_path: Path) -> None:
    """A push that comes between our look and our push is taken up, not overwritten."""
    bare = tmp_path / "server.git"
    git(tmp_path, "clone", "-q", "--bare", str(bench.folder), str(bare))
    git(bench.folder, "remote", "add", "origin", str(bare))
    bench.run(push=True)
    bench.approve(THREE)
    marker = tmp_path / "pushed"
    tree = git(bare, "rev-parse", f"{BRANCH}^{{tree}}")
    person = git(bare, "commit-tree", "-p", BRANCH, "-m", "By hand", tree)
    # The server's own hook plays the person who is a moment faster than we are.
    hook = bare / "hooks" / "pre-receive"
    hook.write_text(
        f"#!/bin/sh\n[ -e {marker} ] || {{ touch {marker}; unset GIT_QUARANTINE_PATH; "
        f"git update-ref refs/heads/{BRANCH} {person}; }}\n"
    )
    hook.chmod(0o755)
    outcome = bench.run(push=True)
    assert marker.exists()
    assert outcome.added == (THREE,)
    assert git(bare, "rev-parse", f"{BRANCH}^") == person


def test_unpublishable_lists_are_refused_in_one_line(bench: Bench) -> None:
    commit_files(bench.folder / ".git", {"wide.md": "# Ⓛ\n".encode("utf-16")})
    with pytest.raises(InputError, match="UTF-16"):
        bench.run(path="wide.md")
    with pytest.raises(InputError, match="no path inside a repository"):
        bench.run(path="../README.md")
    with pytest.raises(InputError, match="has no branch gone with a commit"):
        bench.run(base="gone")
    with pytest.raises(ConfigError, match="no name for a branch"):
        bench.run(base="a..b")


def test_nothing_approved(sqlite_store: Store, tmp_path: Path) -> None:
    bench = Bench(sqlite_store, tmp_path / "clone")
    bench.begin()
    assert bench.run().done == "nothing"
    with bench.store.read() as connection:
        assert offers_of(connection, str(bench.folder)) == {}
