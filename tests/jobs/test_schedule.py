"""The scheduler: arXiv's evenings, missed nights, failures that do not end it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import (
    ConfigError,
    Incomplete,
    LeaseHeld,
    ModelError,
    SourceUnavailable,
)
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
    "trouble",
    [LeaseHeld("another run"), SourceUnavailable("arXiv is down"), ValueError("a fault"), None],
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

    weekend = FakeClock(datetime(2026, 7, 12, 12, tzinfo=UTC))  # nothing is due any more
    Scheduler(settings, run, weekend).fire()
    said = capsys.readouterr().err
    assert (str(trouble) if trouble else "two papers are missing") in said


def report_of(moment: datetime, problem: str | None = None, code: int = 0) -> RunReport:
    report = RunReport("r", moment)
    report.problem, report.exit_code = problem, code
    return report


class Nights:
    """Stands for `run_nightly`: fails as told, then succeeds and records it."""

    def __init__(self, clock: FakeClock, *failures: Exception | RunReport) -> None:
        self.clock = clock
        self.failures = list(failures)
        self.ran = 0

    def __call__(self, settings: Settings) -> RunReport:
        self.ran += 1
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return failure
        now = self.clock.now()
        with open_store(settings.database) as store, store.write() as connection:
            start_run(connection, f"good-{self.ran}", "nightly", "here", now)
            finish_run(connection, f"good-{self.ran}", "done", now, {}, None)
        return report_of(now)


def test_a_night_that_failed_for_a_passing_reason_is_tried_again(settings: Settings) -> None:
    planned = next_run_time(settings, datetime(2026, 7, 14, 12, tzinfo=UTC))
    clock = FakeClock(planned + timedelta(minutes=1))
    nights = Nights(
        clock,
        SourceUnavailable("arXiv is down"),
        LeaseHeld("another run"),
        report_of(planned, "papers are missing", Incomplete.exit_code),
    )
    Scheduler(settings, nights, clock, retry_seconds=0).fire()
    assert nights.ran == 4


@pytest.mark.parametrize("trouble", [ConfigError("wrong"), ModelError("damaged"), ValueError("x")])
def test_a_night_that_cannot_succeed_is_not_tried_again(
    trouble: Exception, settings: Settings
) -> None:
    planned = next_run_time(settings, datetime(2026, 7, 14, 12, tzinfo=UTC))
    clock = FakeClock(planned + timedelta(minutes=1))
    nights = Nights(clock, trouble)
    Scheduler(settings, nights, clock, retry_seconds=0).fire()
    assert nights.ran == 1


def test_trying_again_ends_with_the_grace_time(settings: Settings) -> None:
    planned = next_run_time(settings, datetime(2026, 7, 16, 12, tzinfo=UTC))  # before a weekend
    clock = FakeClock(planned)
    tries = []

    def run(_settings: Settings) -> RunReport:
        tries.append(clock.now())
        clock.advance(5 * 3600)
        raise SourceUnavailable("arXiv is down")

    Scheduler(settings, run, clock, retry_seconds=0).fire()
    assert len(tries) == 5


def test_stop_does_not_wait_for_the_next_try(settings: Settings) -> None:
    planned = next_run_time(settings, datetime(2026, 7, 14, 12, tzinfo=UTC))
    clock = FakeClock(planned + timedelta(minutes=1))
    failed = threading.Event()

    def run(_settings: Settings) -> RunReport:
        failed.set()
        raise SourceUnavailable("arXiv is down")

    scheduler = Scheduler(settings, run, clock, retry_seconds=3600)
    thread = threading.Thread(target=scheduler.start)
    thread.start()
    try:
        assert failed.wait(20)
    finally:
        scheduler.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_a_machine_that_slept_through_nights_still_runs_the_last_one(settings: Settings) -> None:
    """Coalescing keeps the last missed night; only that one need be within the grace time."""
    first = next_run_time(settings, datetime(2026, 7, 13, 12, tzinfo=UTC))
    trigger = _trigger(settings)
    woken = first + timedelta(days=2, hours=1)
    missed, moment = [], first
    while moment <= woken:
        missed.append(moment)
        moment = trigger.get_next_fire_time(moment, woken)
    assert missed == [first, first + timedelta(days=1), first + timedelta(days=2)]
    assert moment > woken


def test_slow_start_does_not_lose_the_missed_night(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """APScheduler drops a job that starts more than a second late, unless told otherwise."""
    from apscheduler.schedulers.background import BackgroundScheduler

    start = BackgroundScheduler.start

    def slow(self: BackgroundScheduler) -> None:
        threading.Event().wait(1.5)
        start(self)

    monkeypatch.setattr(BackgroundScheduler, "start", slow)
    planned = next_run_time(settings, datetime(2026, 7, 14, 12, tzinfo=UTC))
    ran = threading.Event()

    def run(_settings: Settings) -> RunReport:
        ran.set()
        return report_of(planned)

    scheduler = Scheduler(settings, run, FakeClock(planned + timedelta(hours=2)))
    thread = threading.Thread(target=scheduler.start)
    thread.start()
    try:
        assert ran.wait(20)
    finally:
        scheduler.stop()
        thread.join(20)


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


def test_a_night_that_comes_while_another_is_under_way_waits_for_its_turn(
    settings: Settings,
) -> None:
    """The run under way began before the new night was announced, so it does not cover it."""
    planned = next_run_time(settings, datetime(2026, 7, 14, 12, tzinfo=UTC))
    clock = FakeClock(planned - timedelta(minutes=5))
    nights = Nights(clock)
    begun, go_on = threading.Event(), threading.Event()

    def run(given: Settings) -> RunReport:
        if nights.ran == 0:
            begun.set()
            assert go_on.wait(20)
            report = nights(given)
            clock.advance(600)
            return report
        return nights(given)

    scheduler = Scheduler(settings, run, clock)
    threads = [threading.Thread(target=scheduler.fire) for _ in range(2)]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert nights.ran == 2
