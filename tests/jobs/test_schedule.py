"""The scheduler: arXiv's evenings, missed nights, failures that do not end it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import LeaseHeld, SourceUnavailable
from litmine.core.settings import Settings, load_settings
from litmine.jobs.report import RunReport
from litmine.jobs.schedule import Scheduler, _trigger, is_due, next_run_time
from litmine.store import open_store
from litmine.store.runs import finish_run, start_run

EASTERN = ZoneInfo("America/New_York")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    base = load_settings()
    return base.model_copy(
        update={
            "data_dir": tmp_path,
            "schedule": base.schedule.model_copy(update={"jitter_seconds": 0}),
        }
    )


def test_runs_at_half_past_one_eastern_summer_and_winter(settings: Settings) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    hours = set()
    for _ in range(300):
        moment = next_run_time(settings, moment)
        local = moment.astimezone(EASTERN)
        assert (local.hour, local.minute) == (1, 30)
        assert local.weekday() in {0, 1, 2, 3, 4}
        hours.add(moment.hour)
    assert hours == {5, 6}, "daylight saving moves the run in UTC, not in New York"


def test_trigger_gives_the_calendar_and_jitter_never_runs_early(settings: Settings) -> None:
    jittery = settings.model_copy(
        update={"schedule": settings.schedule.model_copy(update={"jitter_seconds": 600})}
    )
    trigger = _trigger(jittery)
    now = datetime(2026, 7, 13, 12, tzinfo=UTC)
    planned = next_run_time(settings, now)
    for _ in range(20):
        fired = trigger.get_next_fire_time(None, now)
        assert planned <= fired <= planned + timedelta(seconds=600)
    following = trigger.get_next_fire_time(fired, fired)
    assert following.date() > fired.date()


def test_a_night_is_due_until_a_run_of_it_is_done(settings: Settings) -> None:
    planned = next_run_time(settings, datetime(2026, 7, 14, 12, tzinfo=UTC))
    after = planned + timedelta(hours=1)
    assert is_due(settings, after)
    assert not is_due(settings, planned + timedelta(hours=21)), "older than the grace time"
    with open_store(settings.database) as store, store.write() as connection:
        start_run(connection, "early", "nightly", "here", planned - timedelta(hours=3))
        finish_run(connection, "early", "done", planned, {}, None)
        start_run(connection, "bad", "nightly", "here", planned + timedelta(minutes=1))
        finish_run(connection, "bad", "failed", planned, {}, None)
    assert is_due(settings, after), "neither an earlier night's run nor a failed one counts"
    with open_store(settings.database) as store, store.write() as connection:
        start_run(connection, "good", "nightly", "here", planned + timedelta(minutes=2))
        finish_run(connection, "good", "done", planned, {}, None)
    assert not is_due(settings, after)


@pytest.mark.parametrize(
    "trouble", [LeaseHeld("another run"), SourceUnavailable("arXiv is down"), None]
)
def test_trouble_of_one_night_does_not_end_the_scheduler(
    trouble: Exception | None, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_settings: Settings) -> RunReport:
        if trouble is not None:
            raise trouble
        report = RunReport("r", datetime(2026, 7, 14, tzinfo=UTC))
        report.problem = "two papers are missing"
        return report

    Scheduler(settings, run).fire()
    said = capsys.readouterr().err
    assert (str(trouble) if trouble else "two papers are missing") in said


def test_missed_night_is_made_up_at_start_and_stop_ends_it(settings: Settings) -> None:
    planned = next_run_time(settings, datetime(2026, 7, 14, 12, tzinfo=UTC))
    ran = threading.Event()

    def run(_settings: Settings) -> RunReport:
        ran.set()
        return RunReport("r", planned)

    scheduler = Scheduler(settings, run, FakeClock(planned + timedelta(hours=2)))
    thread = threading.Thread(target=scheduler.start)
    thread.start()
    try:
        assert ran.wait(20)
    finally:
        scheduler.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_start_waits_when_the_night_is_done(settings: Settings) -> None:
    planned = next_run_time(settings, datetime(2026, 7, 14, 12, tzinfo=UTC))
    with open_store(settings.database) as store, store.write() as connection:
        start_run(connection, "good", "nightly", "here", planned + timedelta(minutes=2))
        finish_run(connection, "good", "done", planned, {}, None)
    ran: list[Any] = []
    scheduler = Scheduler(
        settings,
        lambda s: ran.append(s),
        FakeClock(planned + timedelta(hours=2)),  # type: ignore[arg-type,func-returns-value]
    )
    thread = threading.Thread(target=scheduler.start)
    thread.start()
    try:
        for _ in range(100):
            if scheduler.running:
                break
            threading.Event().wait(0.05)
        assert scheduler.running
    finally:
        scheduler.stop()
        thread.join(20)
    assert ran == []
