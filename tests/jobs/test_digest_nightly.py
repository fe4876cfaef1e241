"""The nightly run and its digest: sent last, also by a night that failed; never by a rehearsal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import ModelError
from litmine.core.settings import Settings
from litmine.jobs.diary import tell_run
from litmine.jobs.nightly import Models, run_nightly
from litmine.jobs.rehearsal import rehearse_nightly
from litmine.jobs.report import RunReport
from litmine.standin import StandinServer
from litmine.store import open_store
from litmine.store.queue import queue_counts
from tests.support.smtp import Mailbox, mail_settings, smtp_server
from tests.support.world import NIGHT

Run = Callable[..., RunReport]


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def told(world: Settings, box: Mailbox) -> Iterator[Settings]:
    """Settings under which somebody gets a digest."""
    with smtp_server(box) as port:
        yield world.model_copy(update={"mail": mail_settings(port)})


@pytest.fixture
def run(told: Settings, clock: FakeClock, light_models: Any) -> Run:
    def once(settings: Settings = told, **changes: Any) -> RunReport:
        return run_nightly(
            settings, **({"clock": clock, "since": NIGHT, "models": light_models} | changes)
        )

    return once


def test_a_night_ends_with_its_digest(run: Run, told: Settings, box: Mailbox) -> None:
    report = run()
    (mail,) = box.taken
    assert mail.message["Subject"].startswith("litmine, 14 July 2026: ")
    assert f"{report.queue['pending']} new to review" in mail.message["Subject"]
    assert "arXiv announced" in mail.text
    assert report.stages[-1].stage == "digest"
    # The diary of the run knows it, in the database and in the file.
    with open_store(told.database) as store:
        story = tell_run(store, report.run_id)
    assert (story.state, story.stages[-1].stage) == ("done", "digest")
    assert story.summaries["digest"] == "sent to 1 of 1"
    saved = json.loads((told.outputs / "reports" / f"{report.run_id}.json").read_text("utf-8"))
    assert saved["stages"][-1]["stage"] == "digest"


def test_a_second_run_of_the_night_sends_nothing(run: Run, box: Mailbox) -> None:
    run()
    again = run()
    assert len(box.taken) == 1
    assert not again.changed
    assert again.stages[-1].summary == "the digest of 2026-07-14 was sent before"


def test_a_night_that_failed_says_so(
    run: Run, told: Settings, box: Mailbox, arxiv: StandinServer
) -> None:
    def damaged(_: Settings) -> Models:
        raise ModelError("models/classifier is damaged: restore it from the release")

    report = run(models=damaged)
    assert report.exit_code == 5
    (mail,) = box.taken
    assert mail.message["Subject"] == "litmine, 14 July 2026: the night failed"
    assert "models/classifier is damaged" in mail.text
    # Mended the same night: no second mail, and the news are in the next one.
    report = run()
    assert report.exit_code == 0
    assert len(box.taken) == 1


def test_nobody_reaches_arxiv(run: Run, told: Settings, box: Mailbox, arxiv: StandinServer) -> None:
    arxiv.stop()
    run()
    (mail,) = box.taken
    assert "the night failed" in mail.message["Subject"]
    assert "The run failed" in mail.text


def test_a_fault_of_ours_is_told_and_raised(run: Run, told: Settings, box: Mailbox) -> None:
    def broken(_: Settings) -> Models:
        raise ZeroDivisionError("a fault of ours")

    with pytest.raises(ZeroDivisionError):
        run(models=broken)
    (mail,) = box.taken
    assert "ZeroDivisionError: a fault of ours" in mail.text


def test_a_mail_server_that_is_away_fails_no_night(run: Run, told: Settings, box: Mailbox) -> None:
    mail = told.mail.model_copy(update={"port": 1})
    report = run(told.model_copy(update={"mail": mail}))
    assert (report.state, report.exit_code) == ("done", 0)
    assert report.stages[-1].summary == "sent to 0 of 1, 1 waiting"
    assert "digest: mail to ada@example.org: waiting" in report.warnings[-1]
    with open_store(told.database) as store, store.read() as connection:
        assert queue_counts(connection)["pending"] == report.queue["pending"]


def test_a_rehearsal_and_a_run_without_arxiv_send_nothing(
    run: Run, told: Settings, box: Mailbox, clock: FakeClock, light_models: Any
) -> None:
    rehearse_nightly(told, since=NIGHT, clock=clock, models=light_models)
    run(pull=False)
    assert box.taken == []


def test_it_costs_nothing_where_nobody_gets_one(run: Run, world: Settings) -> None:
    report = run(world)
    assert "digest" not in [stage.stage for stage in report.stages]
    code = (
        "import sys; import litmine.jobs.nightly;"
        "print([m for m in sys.modules if 'digest' in m and m.startswith('litmine.jobs')"
        " or m == 'smtplib' or m == 'litmine.publish.digest.mail'])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
