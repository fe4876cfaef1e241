"""Suggestions when GitHub fails, or litmine is stopped anywhere: one pull request in the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from litmine.core.errors import ConfigError, DeliveryError
from litmine.jobs.context import RunContext
from litmine.jobs.publish.suggest_place import Place
from litmine.publish.suggest.github import GitHub
from litmine.store import Store
from tests.support.github import TOKEN, git, github_standin
from tests.support.suggesting import IDS, Desk, make_desk, without_line

ONE, TWO, THREE = IDS
BRANCH = "litmine/readme-1"
PULLS = "/api/v3/repos/ada/papers/pulls"


@pytest.fixture
def desk(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A list at the stand-in, and two approved papers that it lacks."""
    monkeypatch.setattr("litmine.publish.suggest.github.PAUSE", 0.0)
    with github_standin(tmp_path / "github") as github:
        desk = make_desk(sqlite_store, tmp_path, github)
        desk.approve(ONE, TWO)
        yield desk


def assert_right(desk: Desk, again: bool = True) -> None:
    """Run once more: one pull request with both papers, and nothing left to do."""
    if again:
        desk.run()
    assert len(desk.github.pulls) == 1
    assert desk.github.pulls[7].title == "Add 2 papers to README.md"
    assert desk.listed(BRANCH) == {ONE, TWO}
    assert sorted(desk.github.branches()) == [BRANCH, "main"]
    assert len(git(desk.github.bare, "rev-list", f"main..{BRANCH}").split()) == 1
    assert desk.offers() == {ONE: "offered", TWO: "offered"}
    (held,) = desk.suggestions()
    assert (held.state, held.number, held.papers) == ("open", 7, (ONE, TWO))
    assert held.head == desk.github.branches()[BRANCH]
    assert git(desk.clone, "rev-parse", BRANCH) == held.head
    assert desk.run().done == "nothing"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"status": 401, "body": {"message": "Bad credentials"}}, "refuses the token"),
        (
            {"status": 403, "body": {"message": "Resource not accessible by integration"}},
            r"needs to write contents and pull requests \(Resource not accessible",
        ),
        ({"status": 404, "body": {"message": "Not Found"}}, "knows no ada/papers"),
        ({"status": 200, "body": b"<html>welcome</html>"}, "is not GitHub's API"),
        ({"status": 200, "body": b"[1, 2]"}, "is not GitHub's API"),
        ({"status": 200, "body": b'{"cut'}, "is not GitHub's API"),
        ({"status": 500}, "GitHub answered 500"),
        ({"status": 0}, "cannot be reached"),
        ({"status": 429, "headers": {"Retry-After": "900"}}, "asks us to wait 900 s"),
    ],
)
def test_a_server_that_fails_is_told_in_one_line(
    desk: Desk, fault: dict[str, Any], message: str
) -> None:
    # The pull requests alone: the first look at the repository goes well.
    ordered = desk.github.fail(f"(GET|POST) {PULLS}", **fault, times=99)
    with pytest.raises((ConfigError, DeliveryError), match=message) as caught:
        desk.run()
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)
    ordered.times = 0
    assert desk.run().number == 7


@pytest.mark.parametrize("body", [b"<html>welcome</html>", b"[1, 2]", b'{"cut', b"{}"])
def test_an_address_that_is_not_githubs(desk: Desk, body: bytes) -> None:
    desk.github.fail("GET /api/v3/repos/ada/papers", 200, body=body, times=99)
    with pytest.raises(DeliveryError, match=r"publish\.github_api is not GitHub's API"):
        desk.run()
    assert list(desk.github.branches()) == ["main"]


def test_a_rate_limit_that_ends_soon_is_waited_for(desk: Desk) -> None:
    began = desk.clock.now()
    desk.github.fail(f"GET {PULLS}", 403, headers={"Retry-After": "20"})
    desk.github.fail(f"POST {PULLS}", 429, headers={"Retry-After": "5"})
    assert desk.run().number == 7
    assert desk.clock.now() - began >= timedelta(seconds=25)
    assert_right(desk, again=False)


def test_a_rate_limit_that_ends_late_is_told(desk: Desk) -> None:
    reset = int(datetime.now(UTC).timestamp()) + 1800
    limit = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    body = {"message": "API rate limit exceeded for user ID 1."}
    desk.github.fail(f"GET {PULLS}", 403, headers=limit, body=body)
    with pytest.raises(DeliveryError, match=r"GitHub asks us to wait 1[78]") as caught:
        desk.run()
    assert 1700 < (caught.value.retry_after or 0) < 1900


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("status", [500, 502, 0])
def test_a_pull_request_is_opened_once_whatever_is_heard_of_it(
    desk: Desk, status: int, late: bool
) -> None:
    desk.github.fail(f"POST {PULLS}", status, late=late)
    assert desk.run().number == 7
    assert_right(desk, again=False)


@pytest.mark.parametrize("late", [True, False])
def test_a_server_that_hangs(desk: Desk, monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    monkeypatch.setattr("litmine.publish.suggest.github.TIMEOUT", 1)
    desk.github.fail(f"POST {PULLS}", 500, hang=1.5, late=late)
    assert desk.run().number == 7
    assert_right(desk, again=False)


def test_a_pull_request_that_somebody_else_opened_is_taken(desk: Desk) -> None:
    desk.github.fail(f"POST {PULLS}", 500, times=99)
    with pytest.raises(DeliveryError, match="answered 500"):
        desk.run()
    desk.github.faults.clear()
    status, _ = desk.github.answer(
        "POST",
        "/repos/ada/papers/pulls",
        {},
        {"head": BRANCH, "base": "main", "title": "By hand", "body": "Mine"},
    )
    assert status == 201
    assert desk.run().number == 7
    pull = desk.github.pulls[7]
    assert pull.title == "By hand"
    assert pull.body.endswith("\nMine")
    assert ONE in pull.body


def test_what_github_refuses_is_quoted(desk: Desk) -> None:
    problem = {"message": "Validation Failed", "errors": [{"message": "Only robots\nmay"}]}
    desk.github.fail(f"POST {PULLS}", 422, body=problem)
    with pytest.raises(DeliveryError) as caught:
        desk.run()
    assert str(caught.value) == (
        "GitHub refuses to open a pull request: Validation Failed; Only robots may"
    )
    assert_right(desk)


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "refuses the login"), (403, "write access to contents"), (500, "run again later")],
)
def test_a_push_that_fails(desk: Desk, status: int, message: str) -> None:
    # Late: the server has taken it, and we do not hear so.
    desk.github.fail("POST .*/git-receive-pack", status, late=True, times=2)
    with pytest.raises(DeliveryError, match=message):
        desk.run()
    desk.github.faults.clear()
    assert_right(desk)


def test_the_server_may_be_down_for_days(desk: Desk) -> None:
    desk.run()
    desk.approve(THREE)
    desk.github.fail(".*", 503, times=99)
    for _ in range(3):
        with pytest.raises(DeliveryError, match="answered 503"):
            desk.run()
        desk.clock.advance(86400)
    desk.github.faults.clear()
    assert desk.run().added == (THREE,)


class Killed(BaseException):
    """Stands for the end of the process."""


Step = tuple[type, str, int]
WRITES: list[Step] = [(RunContext, "write", n) for n in (1, 2, 3, 4)]
BOTH: list[Step] = [*WRITES, (Place, "put", 1), (Place, "follow", 1)]


def kill(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, nth: int, after: bool) -> None:
    """Let the n-th call of a step be the last thing the process does."""
    original, seen = getattr(owner, name), [0]

    def due() -> bool:
        seen[0] += 1
        return seen[0] == nth

    @contextmanager
    def transaction(self: Any) -> Iterator[Any]:
        last = due()
        with original(self) as connection:
            yield connection
            if last and not after:
                raise Killed  # not committed
        if last:
            raise Killed

    def step(self: Any, *args: Any, **kwargs: Any) -> Any:
        last = due()
        if last and not after:
            raise Killed
        result = original(self, *args, **kwargs)
        if last:
            raise Killed
        return result

    monkeypatch.setattr(owner, name, transaction if name == "write" else step)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("owner", "name", "nth"), [*BOTH, (GitHub, "open", 1)])
def test_stopped_anywhere_the_next_run_makes_it_good(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, nth: int, after: bool
) -> None:
    with monkeypatch.context() as patch:
        kill(patch, owner, name, nth, after)
        with pytest.raises(Killed):
            desk.run()
    assert_right(desk)


@pytest.mark.parametrize(("owner", "name", "nth"), [*BOTH, (GitHub, "describe", 1)])
def test_stopped_on_top_of_an_open_suggestion(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, owner: type, name: str, nth: int
) -> None:
    desk.run()
    text = without_line(TWO)(desk.github.text(branch=BRANCH))
    desk.github.commit({"README.md": text}, BRANCH)
    desk.approve(THREE)
    with monkeypatch.context() as patch:
        kill(patch, owner, name, nth, after=True)
        with pytest.raises(Killed):
            desk.run()
    desk.run()
    assert list(desk.github.pulls) == [7]
    assert desk.listed(BRANCH) == {ONE, THREE}
    assert desk.offers() == {ONE: "offered", TWO: "removed", THREE: "offered"}
    assert desk.suggestions()[0].papers == (ONE, THREE)
    assert THREE in desk.github.pulls[7].body
    assert len(git(desk.github.bare, "rev-list", f"main..{BRANCH}").split()) == 3
    assert desk.run().done == "nothing"


def test_stopped_before_the_push_and_the_world_moves_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        kill(patch, Place, "put", 1, after=False)
        with pytest.raises(Killed):
            desk.run()
    line = f"| 2026-06 | x | [By hand](https://arxiv.org/abs/{ONE}) | arXiv |\n".encode()
    desk.github.commit({"README.md": desk.github.text() + line})
    outcome = desk.run()
    assert (outcome.branch, outcome.added) == (BRANCH, (TWO,))
    assert desk.offers() == {ONE: "present", TWO: "offered"}


def test_stopped_after_opening_and_people_are_faster(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pull request is closed before we even know its number."""
    with monkeypatch.context() as patch:
        kill(patch, GitHub, "open", 1, after=True)
        with pytest.raises(Killed):
            desk.run()
    desk.github.close(7)
    outcome = desk.run()
    assert (outcome.done, outcome.declined) == ("nothing", (ONE, TWO))
    assert list(desk.github.pulls) == [7]


def test_outcomes_are_plain_data(desk: Desk) -> None:
    from dataclasses import asdict

    told = json.loads(json.dumps(asdict(desk.run())))
    assert told["number"] == 7
