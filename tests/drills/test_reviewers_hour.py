"""A reviewer's hour in a real browser, by the keyboard alone, with everything that can go wrong.

Two reviewers at once on one queue; the network is cut, answers get lost, a page is loaded again,
and the server is killed in the middle of it. Afterwards each key press that a page acknowledged is
in the database once, the audit log tells it, undo was right, and nobody was overwritten unseen.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from litmine.core import resources
from litmine.core.clock import FakeClock, SystemClock
from litmine.core.settings import Settings
from litmine.jobs.nightly import Models, run_nightly
from litmine.review.people.accounts import Accounts
from litmine.review.people.logins import Logins
from litmine.standin import StandinServer, load_records
from litmine.store import Store, open_store
from litmine.store.queue import queue_counts
from tests.support.hour import Reviewer, reckon, replay
from tests.support.light import HashEncoder, KeywordClassifier, write_small_corpus
from tests.support.web import fill_queue
from tests.support.web_process import WebProcess
from tests.support.world import settings_for

pytestmark = [pytest.mark.browser, pytest.mark.drill, pytest.mark.timeout(600)]

SEED = 20260630


def review(
    browser: Browser, store: Store, environment: dict[str, str], log: Path, wanted: int
) -> dict[str, int]:
    """Let two people take `wanted` decisions between them; return counts of what came of it."""
    accounts, logins = Accounts(store), Logins(store)
    with WebProcess(environment, log) as server:
        crowd = []
        for number, (name, policy) in enumerate((("Ada", "max"), ("Bea", "uncertainty"))):
            user = accounts.add_user(name, "reviewer", by="tests")
            accounts.set_preferences(name, {"policy": policy})
            context = browser.new_context(base_url=server.url)
            opened = logins.open_session(user, via="link")
            context.add_cookies([{"name": "litmine", "value": opened.secret, "url": server.url}])
            crowd.append(Reviewer(name, context, SEED + number))
        ada, bea = crowd
        for one in crowd:
            one.open_queue()

        def decide(many: int, *, patient: bool = True) -> None:
            for _ in range(many):
                for one in crowd:
                    one.decide(patient=patient)

        def network_cut() -> None:
            ada.offline(True)
            decide(4, patient=False)
            bea.offline(True)
            decide(2, patient=False)
            for one in crowd:
                one.offline(False)

        def lost_answers() -> None:
            for one in crowd:
                one.lose_an_answer()
            decide(5)

        def kill() -> None:
            decide(3)
            server.kill()  # with whatever is on its way just now
            decide(3, patient=False)
            server.start()

        def load_again() -> None:
            decide(3)
            ada.open_queue()
            decide(2)

        def one_paper() -> None:
            paper = ada.waits()
            if paper is None:
                ada.press("j")
                return
            bea.open_queue(paper)
            bea.offline(True)
            ada.press("x")
            ada.settle()
            if bea.waits() == paper:
                bea.press("l")
            bea.offline(False)

        def second_thoughts() -> None:
            decide(3)
            for one in crowd:
                one.settle()
                one.press("u", "Backspace")

        turns: list[Callable[[], None]] = [
            *(network_cut, second_thoughts, one_paper),
            *(lost_answers, kill, load_again),
        ]
        turn = 0
        while sum(one.stored() for one in crowd) < wanted:
            decide(5)
            if turn < max(len(turns), wanted // 25):
                turns[turn % len(turns)]()
            turn += 1
        for one in crowd:
            one.settle()
        counts = reckon(store, {one.name: replay(one) for one in crowd})
        for one in crowd:
            one.page.context.close()
    return counts


def test_sixty_decisions_on_invented_papers(
    browser: Browser, sqlite_store: Store, tmp_path: Path
) -> None:
    fill_queue(sqlite_store, SystemClock(), 120)
    url = sqlite_store.engine.url.render_as_string(hide_password=False)
    environment = {"LITMINE_DATA_DIR": str(tmp_path / "data"), "LITMINE_DATABASE_URL": url}
    counts = review(browser, sqlite_store, _environment(**environment), tmp_path / "log", 60)
    assert counts["standing"] >= 60
    assert counts["refused"]
    assert counts["undone"] >= 4


@pytest.mark.shared
def test_an_hour_on_a_real_night(
    browser: Browser, night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_small_corpus(tmp_path / "resources", resources.corpus_dir())
    monkeypatch.setenv("LITMINE_RESOURCES", str(root))
    settings = _judge(night, tmp_path / "data")
    environment = _environment(LITMINE_DATA_DIR=str(tmp_path / "data"), LITMINE_RESOURCES=str(root))
    with open_store(settings.database) as store:
        with store.read() as connection:
            assert queue_counts(connection)["pending"] == 486
        counts = review(browser, store, environment, tmp_path / "log", 300)
    assert counts["standing"] >= 300
    assert counts["refused"]
    assert counts["undone"] >= 4


def _environment(**extra: str) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": os.environ["HOME"], "LITMINE_LOG__LEVEL": "error", **extra}


def _judge(night: Path, data: Path) -> Settings:
    """Put the night into a queue, with models that cost nothing."""
    with StandinServer(load_records([night])) as server:
        settings = settings_for(server, data)
        report = run_nightly(
            settings,
            since=date(2026, 6, 30),
            clock=FakeClock(datetime(2026, 6, 30, 6, tzinfo=UTC)),
            models=lambda _s: Models(HashEncoder(), KeywordClassifier()),  # type: ignore[arg-type]
        )
    assert report.state == "done"
    return settings
