"""litmine publish --git and litmine suggestions at the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litmine.cli import app
from litmine.cli.publish_git import told
from litmine.core.errors import ConfigError, DeliveryError, InputError, LitmineError
from litmine.jobs.publish.suggest import Outcome
from litmine.store import open_store
from tests.support.github import TOKEN, git, github_standin
from tests.support.suggesting import IDS, Desk, make_desk, without_line

ONE, TWO, THREE = IDS


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A data folder with two approvals, and a list at the stand-in."""
    monkeypatch.setattr("litmine.publish.suggest.github.PAUSE", 0.0)
    with (
        github_standin(tmp_path / "github") as github,
        open_store(f"sqlite:///{tmp_path / 'litmine.db'}") as store,
    ):
        desk = make_desk(store, tmp_path, github)
        desk.approve(ONE, TWO)
        for name, value in {
            "DATA_DIR": str(tmp_path),
            "PUBLISH__GITHUB_TOKEN": TOKEN,
            "PUBLISH__GITHUB_API": github.api,
            "LOG__LEVEL": "error",
        }.items():
            monkeypatch.setenv(f"LITMINE_{name}", value)
        yield desk


def run(*args: object) -> Result:
    """Run a command; its own errors are raised."""
    result = CliRunner().invoke(app, [str(one) for one in args])
    if isinstance(result.exception, LitmineError):
        raise result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_from_approval_to_merge(desk: Desk) -> None:
    said = run("publish", "--git", desk.clone, "--dry-run").output
    assert said == "would add 2 papers to README.md on a new branch\n"
    said = run("publish", "--git", desk.clone).output
    assert said.startswith(
        "added 2 papers to README.md on a new branch: litmine/readme-1, pull request #7 http://"
    )
    said = run("publish", "--git", desk.clone).output
    assert said.startswith("nothing new for README.md; a suggestion stands: litmine/readme-1, ")
    desk.github.merge(7, without_line(TWO))
    said = run("publish", "--git", desk.clone).output
    assert said == (f"nothing new for README.md\nnot suggested again, taken out by hand: {TWO}\n")
    assert "merged" in run("suggestions", "list").output
    left = run("suggestions", "left-out").output
    assert left.startswith(f"{TWO}    removed")
    facts = json.loads(run("publish", "--git", desk.clone, "--again", TWO, "--json").output)
    assert (facts["done"], facts["added"], facts["number"]) == ("written", [TWO], 8)
    assert run("suggestions", "left-out").output == "Nothing is left out.\n"


def test_left_out_papers_are_let_in_again(desk: Desk) -> None:
    run("publish", "--git", desk.clone)
    desk.github.close(7)
    run("publish", "--git", desk.clone)
    assert [one["why"] for one in json.loads(run("suggestions", "left-out", "--json").output)] == [
        "declined",
        "declined",
    ]
    assert run("suggestions", "again", ONE).output == f"{ONE} can be put forward again\n"
    with pytest.raises(InputError, match=r"2606\.00001 is not left out"):
        run("suggestions", "again", ONE)
    with pytest.raises(InputError, match="name arXiv ids, or give --all"):
        run("suggestions", "again")
    assert run("suggestions", "again", "--all").output == f"{TWO} can be put forward again\n"
    (first,) = json.loads(run("suggestions", "list", "--json").output)
    assert (first["state"], first["papers"]) == ("closed", [ONE, TWO])
    assert run("suggestions", "list", "--list", "other").output.startswith("No suggestions;")
    assert "added 2 papers" in run("publish", "--git", desk.clone).output


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (["--git", "nowhere"], InputError, "nowhere is not a folder"),
        (["--git", ".", "--path", "../x"], InputError, "no path inside a repository"),
        (["--git", "."], InputError, "is not a git repository"),
    ],
)
def test_mishaps_are_one_line(
    desk: Desk, args: list[str], error: type[LitmineError], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        run("publish", *args)
    assert "\n" not in str(caught.value)


def test_failures_have_their_exit_codes(desk: Desk) -> None:
    desk.github.fail(".*", 401, body={"message": "Bad credentials"}, times=99)
    with pytest.raises(ConfigError) as refused:
        run("publish", "--git", desk.clone)
    assert refused.value.exit_code == 2
    desk.github.faults.clear()
    desk.github.fail(".*", 429, headers={"Retry-After": "900"}, times=99)
    with pytest.raises(DeliveryError) as limited:
        run("publish", "--git", desk.clone)
    assert limited.value.exit_code == 8


def test_outcomes_in_words() -> None:
    base = {"target": "t", "path": "README.md", "base": "main"}
    many = tuple(f"2606.{n:05}" for n in range(12))
    lines = told(
        Outcome("nothing", **base, declined=many, notes=tuple(f"n\x1b[31m{n}" for n in range(25)))  # type: ignore[arg-type]
    )
    assert lines[1].endswith("2606.00009 and 2 more")
    assert lines[-1] == "note: and 5 more; --json tells all"
    assert not any("\x1b" in line for line in lines)
    assert told(Outcome("described", **base, branch="b", number=7)) == [  # type: ignore[arg-type]
        "brought the suggestion up to date: b, pull request #7"
    ]


def test_the_way_of_the_night(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the nightly run does with the setting."""
    from litmine.core.settings import load_settings
    from litmine.jobs.context import RunContext
    from litmine.jobs.publish.night import publish_night

    monkeypatch.setenv("LITMINE_PUBLISH__GIT", str(desk.clone))
    monkeypatch.setenv("LITMINE_PUBLISH__SITE", "false")
    context = RunContext(load_settings(), desk.store, desk.clock)
    assert publish_night(context).suggested == 2
    assert publish_night(context).suggested == 0
    assert git(desk.clone, "rev-parse", "litmine/readme-1")
    desk.github.fail(".*", 500, times=99)
    assert publish_night(context).suggested == 0
    assert any("answered 500" in warning for warning in context.warnings)
