"""Suggestions with pull requests, against a stand-in GitHub on loopback."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from litmine.core.errors import ConfigError, DeliveryError, InputError
from litmine.store import Store, open_store
from tests.support.github import TOKEN, git, github_standin
from tests.support.suggesting import IDS, LIST, Desk, make_desk, without_line

ONE, TWO, THREE = IDS
BRANCH = "litmine/readme-1"
SECOND = "litmine/readme-2"


@pytest.fixture
def desk(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A list at the stand-in, and two approved papers that it lacks."""
    monkeypatch.setattr("litmine.publish.suggest.github.PAUSE", 0.0)
    with github_standin(tmp_path / "github") as github:
        desk = make_desk(sqlite_store, tmp_path, github)
        desk.approve(ONE, TWO)
        yield desk


def test_a_suggestion_is_a_branch_a_commit_and_a_pull_request(desk: Desk) -> None:
    head = git(desk.clone, "rev-parse", "HEAD")
    outcome = desk.run()
    assert (outcome.done, outcome.added, outcome.number) == ("written", (ONE, TWO), 7)
    assert desk.listed() == set()
    assert desk.listed(BRANCH) == {ONE, TWO}
    pull = desk.github.pulls[7]
    assert (pull.head, pull.base, pull.title) == (BRANCH, "main", "Add 2 papers to README.md")
    for arxiv_id in (ONE, TWO):
        row = next(line for line in pull.body.splitlines() if f"abs/{arxiv_id})" in line)
        assert "inference/memory 0." in row
        assert "model-1" in row
        assert "Ada" in row
        assert "2026-07-01" in row
    before, after = LIST, desk.github.text(branch=BRANCH)
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert len(added) == 2
    assert set(before.splitlines()) <= set(after.splitlines())
    # Nobody's work was touched.
    assert git(desk.clone, "symbolic-ref", "HEAD") == "refs/heads/my-own-work"
    assert git(desk.clone, "rev-parse", "HEAD") == head
    assert (desk.clone / "README.md").read_text() == "half done work"
    assert git(desk.clone, "diff", "--cached", "--name-only") == "LICENSE"
    assert git(desk.clone, "rev-parse", BRANCH) == outcome.commit


def test_a_second_run_with_nothing_new_does_nothing(desk: Desk) -> None:
    desk.run()
    tips, offers = desk.github.branches(), desk.offers()
    before = desk.suggestions()
    desk.clock.advance(86400)
    outcome = desk.run()
    assert (outcome.done, outcome.added, outcome.number) == ("nothing", (), 7)
    assert desk.github.branches() == tips
    assert desk.github.asked("(POST|PATCH) .*/pulls.*") == 1
    assert desk.github.pulls[7].edits == 0
    assert (desk.offers(), desk.suggestions()) == (offers, before)


def test_an_open_suggestion_gets_a_commit_on_top(desk: Desk) -> None:
    first = desk.run()
    # Somebody works on it in the meantime.
    mended = desk.github.text(branch=BRANCH).replace(b"Quantization |", b"Quantisation |")
    by_hand = desk.github.commit({"README.md": mended, "notes.md": b"mine\n"}, BRANCH)
    desk.approve(THREE)
    outcome = desk.run()
    assert (outcome.done, outcome.added, outcome.number) == ("updated", (THREE,), 7)
    assert desk.listed(BRANCH) == {ONE, TWO, THREE}
    assert git(desk.github.bare, "rev-parse", f"{BRANCH}^") == by_hand
    assert git(desk.github.bare, "merge-base", "--is-ancestor", first.commit or "", BRANCH) == ""
    assert desk.github.text("notes.md", BRANCH) == b"mine\n"
    assert set(mended.splitlines()) <= set(desk.github.text(branch=BRANCH).splitlines())
    pull = desk.github.pulls[7]
    assert pull.title == "Add 3 papers to README.md"
    assert THREE in pull.body
    assert len(desk.github.pulls) == 1
    assert git(desk.clone, "rev-parse", BRANCH) == outcome.commit


def test_what_people_write_around_our_words_stays(desk: Desk) -> None:
    desk.run()
    pull = desk.github.pulls[7]
    pull.title = "For the July meeting"
    pull.body = f"Please look!\n\n{pull.body}\n- [ ] checked by Grace\n"
    desk.approve(THREE)
    desk.run()
    assert pull.title == "For the July meeting"
    assert pull.body.startswith("Please look!\n\n<!-- litmine:begin")
    assert pull.body.rstrip().endswith("- [ ] checked by Grace")
    assert pull.body.count("<!-- litmine:begin") == 1
    assert THREE in pull.body


def test_a_merged_suggestion_is_followed_by_a_new_one(desk: Desk) -> None:
    desk.run()
    desk.github.merge(7)
    assert desk.run().done == "nothing"
    assert desk.suggestions()[0].state == "merged"
    desk.approve(THREE)
    outcome = desk.run()
    assert (outcome.done, outcome.added, outcome.branch) == ("written", (THREE,), SECOND)
    assert desk.github.pulls[8].title == "Add 1 paper to README.md"
    assert desk.offers()[ONE] == "offered"


@pytest.mark.parametrize("squash", [False, True])
@pytest.mark.parametrize("keep", [False, True])
def test_a_line_taken_out_before_merging_is_not_suggested_again(
    desk: Desk, squash: bool, keep: bool
) -> None:
    desk.run()
    desk.github.merge(7, without_line(TWO), squash=squash, keep=keep)
    outcome = desk.run()
    assert (outcome.done, outcome.taken_out) == ("nothing", (TWO,))
    assert desk.listed() == {ONE}
    assert desk.offers() == {ONE: "offered", TWO: "removed"}
    desk.approve(THREE)
    assert desk.run().added == (THREE,)
    assert desk.listed(SECOND) == {ONE, THREE}


def test_again_lifts_what_was_taken_out(desk: Desk) -> None:
    desk.run()
    desk.github.merge(7, without_line(TWO))
    desk.run()
    outcome = desk.run(again=(TWO,))
    assert (outcome.done, outcome.added, outcome.taken_out) == ("written", (TWO,), ())
    assert desk.run().done == "nothing"
    with pytest.raises(InputError, match=r"2606\.00009 is not approved"):
        desk.run(again=("2606.00009",))


def test_a_line_taken_out_of_an_open_suggestion_is_not_put_back(desk: Desk) -> None:
    desk.run()
    text = without_line(ONE)(desk.github.text(branch=BRANCH))
    desk.github.commit({"README.md": text}, BRANCH)
    outcome = desk.run()
    assert (outcome.added, outcome.taken_out) == ((), (ONE,))
    assert desk.listed(BRANCH) == {TWO}
    assert desk.suggestions()[0].papers == (TWO,)
    assert f"abs/{ONE})" not in desk.github.pulls[7].body  # the words say what the branch says
    desk.approve(THREE)
    assert desk.run().added == (THREE,)
    assert desk.listed(BRANCH) == {TWO, THREE}
    desk.run(again=(ONE,))
    assert desk.listed(BRANCH) == {ONE, TWO, THREE}


def test_a_line_that_goes_from_the_list_later_is_not_put_back(desk: Desk) -> None:
    desk.run()
    desk.github.merge(7)
    desk.run()
    desk.github.commit({"README.md": without_line(ONE)(desk.github.text())})
    assert desk.run().taken_out == (ONE,)


def test_a_list_that_is_gone_is_not_a_list_with_lines_taken_out(desk: Desk) -> None:
    desk.run()
    desk.github.merge(7)
    desk.run()
    desk.github.commit({"README.md": None})
    outcome = desk.run()
    assert outcome.taken_out == ()
    assert set(outcome.added) == {ONE, TWO}


def test_the_papers_of_a_closed_suggestion_are_declined(desk: Desk) -> None:
    desk.run()
    desk.github.close(7)
    outcome = desk.run()
    assert (outcome.done, outcome.declined) == ("nothing", (ONE, TWO))
    desk.approve(THREE)
    assert desk.run().added == (THREE,)
    assert [one.state for one in desk.suggestions()] == ["closed", "open"]
    assert desk.run(again=(ONE,)).added == (ONE,)
    assert desk.run().declined == (TWO,)


def test_a_closed_suggestion_whose_branch_is_gone_is_declined(desk: Desk) -> None:
    desk.run()
    desk.github.close(7)
    desk.github.delete(BRANCH)
    assert desk.run().declined == (ONE, TWO)


def test_an_open_suggestion_whose_branch_is_gone_is_not_made_twice(desk: Desk) -> None:
    desk.run()
    desk.github.delete(BRANCH)
    outcome = desk.run()
    assert outcome.done == "nothing"
    assert "its branch is gone" in outcome.notes[0]
    assert list(desk.github.pulls) == [7]


def test_a_suggestion_that_is_opened_again_stands_again(desk: Desk) -> None:
    desk.run()
    desk.github.close(7)
    assert desk.run().declined == (ONE, TWO)
    desk.github.reopen(7)
    desk.approve(THREE)
    outcome = desk.run()
    assert (outcome.done, outcome.number, outcome.declined) == ("updated", 7, ())
    assert desk.listed(BRANCH) == {ONE, TWO, THREE}


def test_what_people_add_by_hand_is_not_suggested(desk: Desk) -> None:
    line = b"| 2026-06 | x | [By hand](https://doi.org/10.48550/arXiv.2606.00001) | arXiv |\n"
    desk.github.commit({"README.md": LIST + line})
    assert desk.run().added == (TWO,)
    assert desk.offers() == {ONE: "present", TWO: "offered"}


def test_a_merge_that_the_branch_does_not_show_yet_is_waited_for(desk: Desk) -> None:
    desk.run()
    before = desk.github.branches()["main"]
    desk.github.merge(7)
    desk.github.now = desk.clock.now()
    desk.github.pulls[7].merged_at = f"{desk.clock.now() - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    merged = desk.github.branches()["main"]
    git(desk.github.bare, "update-ref", "refs/heads/main", before)
    outcome = desk.run()
    assert outcome.done == "nothing"
    assert "does not show it yet" in outcome.notes[0]
    assert desk.offers() == {ONE: "offered", TWO: "offered"}
    git(desk.github.bare, "update-ref", "refs/heads/main", merged)
    assert desk.run().taken_out == ()


def test_an_approval_taken_back_is_told_in_the_body(desk: Desk) -> None:
    from litmine.store.decisions import undo

    desk.run()
    with desk.store.write() as connection:
        undo(connection, reviewer="Ada", now=desk.clock.now(), arxiv_id=ONE)
    assert desk.run().done == "described"
    assert f"Approval taken back since:** {ONE}." in desk.github.pulls[7].body
    assert desk.run().done == "nothing"


def test_after_the_loss_of_the_database_an_open_pull_request_is_known_again(
    desk: Desk, migrated_sqlite: Path, tmp_path: Path
) -> None:
    desk.run()
    shutil.copyfile(migrated_sqlite, tmp_path / "second.db")
    with open_store(f"sqlite:///{tmp_path / 'second.db'}", migrate=False) as second:
        _and_its_loss(desk, second)


def _and_its_loss(desk: Desk, second: Store) -> None:
    desk.store = second
    desk.approve(ONE, TWO, THREE)
    outcome = desk.run()
    assert (outcome.done, outcome.number, outcome.added) == ("updated", 7, (THREE,))
    assert list(desk.github.pulls) == [7]
    assert desk.offers() == dict.fromkeys(IDS, "offered")
    desk.github.close(7)
    assert desk.run().declined == IDS


def test_two_databases_do_not_fight_over_a_branch(desk: Desk) -> None:
    desk.github.commit({"README.md": b"theirs\n"}, BRANCH)
    desk.github.commit({"README.md": b"theirs\n"}, "litmine/readme-41")
    assert desk.run().branch == "litmine/readme-42"


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    outcome = desk.run(dry_run=True)
    assert (outcome.done, outcome.added, outcome.branch) == ("written", (ONE, TWO), None)
    assert list(desk.github.branches()) == ["main"]
    assert desk.suggestions() == []
    assert desk.offers() == {}
    assert desk.github.asked("POST .*/pulls") == 0
    desk.run()
    desk.github.close(7)
    assert desk.run(dry_run=True).declined == (ONE, TWO)
    assert desk.offers() == {ONE: "offered", TWO: "offered"}


def test_the_token_stays_out_of_sight(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    desk.run()
    desk.github.fail("POST .*/git-receive-pack", 500, times=99)
    desk.approve(THREE)
    with pytest.raises(DeliveryError) as caught:
        desk.run()
    said = "".join(capfd.readouterr()) + str(caught.value) + repr(desk.context().settings)
    assert TOKEN not in said
    for path in (desk.clone / ".git").rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
    assert all(TOKEN not in path for _, path, _ in desk.github.requests)


def test_the_token_goes_to_no_other_server(desk: Desk) -> None:
    git(desk.clone, "remote", "set-url", "origin", "https://git.example.org/ada/papers.git")
    with pytest.raises(ConfigError, match=r"git\.example\.org/ada/papers\.git is not a repository"):
        desk.run()


def test_a_user_and_password_in_the_remote_are_not_shown(desk: Desk) -> None:
    git(desk.clone, "remote", "set-url", "origin", "https://ada:pw@git.example.org/x.git")
    with pytest.raises(ConfigError) as caught:
        desk.run()
    assert "pw" not in str(caught.value)


ROW = b"| 2026-06 | New | [Added by a person](https://arxiv.org/abs/2401.0000%d) | arXiv |\n"


def conflicting(desk: Desk, number: int = 2) -> bytes:
    """Somebody adds a line to the list where the suggestion has its own."""
    head, table, rows = desk.github.text().partition(b"|:---:|:---:|:---|:---:|\n")
    assert table
    text = head + table + ROW % number + rows
    desk.github.commit({"README.md": text, "other.md": b"x\n"})
    return text


def is_mergeable(desk: Desk) -> bool:
    """Whether a person can press the button."""
    git(desk.clone, "fetch", "-q", str(desk.github.bare), "main", BRANCH)
    tips = desk.github.branches()
    done = subprocess.run(
        ["git", "merge-tree", "--write-tree", tips["main"], tips[BRANCH]],
        cwd=desk.clone,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def test_a_suggestion_that_conflicts_is_brought_into_step(desk: Desk) -> None:
    first = desk.run()
    text = conflicting(desk)
    assert not is_mergeable(desk)
    outcome = desk.run()
    assert (outcome.done, outcome.added, outcome.number) == ("refreshed", (), 7)
    assert is_mergeable(desk)
    parents = git(desk.github.bare, "log", "-1", "--format=%P", BRANCH).split()
    assert parents == [first.commit, desk.github.branches()["main"]]
    merged = desk.github.text(branch=BRANCH)
    assert set(text.splitlines()) <= set(merged.splitlines())
    assert desk.listed(BRANCH) == {ONE, TWO}
    assert desk.github.text("other.md", BRANCH) == b"x\n"
    assert desk.run().done == "nothing"
    assert desk.suggestions()[0].papers == (ONE, TWO)
    conflicting(desk, 3)
    desk.approve(THREE)
    outcome = desk.run()
    assert (outcome.done, outcome.added) == ("updated", (THREE,))
    assert is_mergeable(desk)
    desk.github.merge(7, squash=True)
    assert desk.run().done == "nothing"
    assert desk.offers() == dict.fromkeys(IDS, "offered")


def test_a_suggestion_without_conflict_is_left_as_it_is(desk: Desk) -> None:
    desk.run()
    desk.github.commit({"README.md": b"One line above\n" + desk.github.text(), "x": b"x"})
    assert is_mergeable(desk)
    assert desk.run().done == "nothing"


def test_a_line_that_people_add_while_it_is_suggested_stands_once(desk: Desk) -> None:
    desk.run()
    line = f"| 2026-06 | x | [By hand](https://arxiv.org/abs/{ONE}) | arXiv |\n".encode()
    desk.github.commit({"README.md": desk.github.text() + line})
    outcome = desk.run()
    assert outcome.done == "refreshed"
    assert desk.github.text(branch=BRANCH).count(ONE.encode()) == 1
    assert desk.suggestions()[0].papers == (TWO,)
    assert f"abs/{ONE})" not in desk.github.pulls[7].body
    assert desk.run().done == "nothing"
    desk.github.merge(7)
    assert desk.run().taken_out == ()


def test_a_conflict_in_what_people_worked_on_is_theirs(desk: Desk) -> None:
    desk.run()
    mended = desk.github.text(branch=BRANCH).replace(b"Quantization |", b"Quantisation |")
    by_hand = desk.github.commit({"README.md": mended}, BRANCH)
    conflicting(desk)
    outcome = desk.run()
    assert outcome.done == "nothing"
    assert "merge main into it by hand" in outcome.notes[0]
    assert desk.github.branches()[BRANCH] == by_hand
    desk.approve(THREE)
    assert desk.run().added == (THREE,)
    assert git(desk.github.bare, "rev-parse", f"{BRANCH}^") == by_hand
