"""Keeping the nightly run going: APScheduler on arXiv's announcement calendar.

APScheduler's job stores keep their jobs as pickles, which litmine does not read; the one job here
is known beforehand, so it stands in memory. What must survive a restart is whether a night was
missed, and that is in the database: at start, a night without a finished run is made up at once,
unless it is older than the misfire grace time. Two schedulers, or a scheduler and a cron job, are
kept apart by the lease of the run itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import LeaseHeld, LitmineError
from litmine.core.log import get_logger
from litmine.core.settings import Settings
from litmine.jobs.report import RunReport
from litmine.sources.calendar import latest_night, next_announcement
from litmine.store import open_store
from litmine.store.runs import last_runs

__all__ = ["Scheduler", "is_due", "next_run_time"]

_log = get_logger(__name__)
_JOB = "nightly"


def next_run_time(settings: Settings, after: datetime) -> datetime:
    """Return the first planned run later than `after` (aware), in UTC.

    That is the configured delay after an announcement at 20:00 Eastern: by default 01:30, when
    OAI-PMH is complete (about 22:30) and the feeds, which turn over at midnight, tell of the same
    night. Daylight saving and holidays are the calendar's.
    """
    delay = timedelta(minutes=settings.schedule.delay_minutes)
    return next_announcement(after - delay).announced_at + delay


def is_due(settings: Settings, now: datetime) -> bool:
    """Tell whether the latest night still wants its run, and is recent enough to be made up."""
    delay = timedelta(minutes=settings.schedule.delay_minutes)
    planned = latest_night(now - delay).announced_at + delay
    if now - planned > timedelta(hours=settings.schedule.misfire_grace_hours):
        return False
    with open_store(settings.database) as store, store.read() as connection:
        done = [run for run in last_runs(connection, _JOB, 20) if run.state == "done"]
    return not any(run.started_at >= planned for run in done)


class Scheduler:
    """Runs the nightly run on every announcement night until it is stopped.

    Parameters
    ----------
    settings : Settings
    run : callable
        Does one night and returns its report (`litmine.jobs.nightly.run_nightly`).
    clock : Clock, optional
    """

    def __init__(
        self,
        settings: Settings,
        run: Callable[[Settings], RunReport],
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._run = run
        self._clock = clock or SystemClock()
        self._scheduler: Any = None

    def start(self) -> None:
        """Make up a missed night, then wait for the next ones; returns when stopped."""
        from apscheduler.schedulers.blocking import BlockingScheduler

        schedule = self._settings.schedule
        self._scheduler = BlockingScheduler(timezone="UTC")
        self._scheduler.add_job(
            self.fire,
            trigger=_trigger(self._settings),
            id=_JOB,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=int(schedule.misfire_grace_hours * 3600),
        )
        if is_due(self._settings, self._clock.now()):
            _log.info("missed_night_made_up")
            self._scheduler.add_job(self.fire, id="made-up")
        _log.info("scheduled", next_run=str(next_run_time(self._settings, self._clock.now())))
        self._scheduler.start()

    @property
    def running(self) -> bool:
        """Whether `start` is waiting for the next night."""
        return self._scheduler is not None and bool(self._scheduler.running)

    def stop(self) -> None:
        """End `start`; a run under way is finished first."""
        if self.running:
            self._scheduler.shutdown(wait=True)

    def fire(self) -> None:
        """Run one night; whatever goes wrong is logged, and the next night is tried again."""
        try:
            report = self._run(self._settings)
        except LeaseHeld as error:
            _log.warning("night_skipped", reason=str(error))
            return
        except LitmineError as error:
            _log.error("night_failed", error=str(error), exit_code=error.exit_code)
            return
        if report.problem:
            _log.error("night_failed", error=report.problem, run=report.run_id)
        else:
            _log.info("night_done", run=report.run_id, changed=report.changed)
        _log.info("scheduled", next_run=str(next_run_time(self._settings, self._clock.now())))


def _trigger(settings: Settings) -> Any:
    import random

    from apscheduler.triggers.base import BaseTrigger

    class AnnouncementTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler ships no types
        """Fires after each announcement, by arXiv's calendar rather than by weekday."""

        def get_next_fire_time(
            self, previous_fire_time: datetime | None, now: datetime
        ) -> datetime:
            # From the last planned moment on, so that coalescing sees every missed night.
            start = max(previous_fire_time, now) if previous_fire_time else now
            jitter = random.uniform(0, settings.schedule.jitter_seconds)  # noqa: S311
            planned = next_run_time(settings, start)
            return planned + timedelta(seconds=jitter)

    return AnnouncementTrigger()
