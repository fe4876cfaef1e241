"""Keeping the nightly run going: APScheduler on arXiv's announcement calendar.

APScheduler's job stores keep their jobs as pickles, which litmine does not read; the one job here
is known beforehand, so it stands in memory. What must survive a restart is whether a night was
missed, and that is in the database: at start, a night without a finished run is made up at once,
unless it is older than the misfire grace time. A night that failed for a reason that passes (arXiv
or the database did not answer, another run was under way, papers are missing) is tried again every
half hour for as long. Two schedulers, or a scheduler and a cron job, are kept apart by the lease
of the run itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import Incomplete, LeaseHeld, LitmineError, SourceError, StoreError
from litmine.core.log import get_logger
from litmine.core.settings import Settings
from litmine.jobs.report import RunReport
from litmine.sources.calendar import latest_night, next_announcement
from litmine.store import open_store
from litmine.store.runs import last_runs

__all__ = ["Scheduler", "is_due", "next_run_time"]

_log = get_logger(__name__)
_JOB = "nightly"
_RETRY_SECONDS = 1800.0
_LOOK_SECONDS = 0.5  # how soon a wish to stop is seen
#: Exit codes of what may pass by itself; a wrong setting or a damaged model does not.
_PASSING = frozenset(e.exit_code for e in (SourceError, StoreError, LeaseHeld, Incomplete))


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
    retry_seconds : float
        Pause before a night that failed is tried again.
    """

    def __init__(
        self,
        settings: Settings,
        run: Callable[[Settings], RunReport],
        clock: Clock | None = None,
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        self._settings = settings
        self._run = run
        self._clock = clock or SystemClock()
        self._retry_seconds = retry_seconds
        self._scheduler: Any = None
        self._asked_to_stop = False
        self._stopping = threading.Event()
        self._turn = threading.Lock()

    def start(self) -> None:
        """Make up a missed night, then wait for the next ones; returns when stopped."""
        from apscheduler.schedulers.background import BackgroundScheduler

        schedule = self._settings.schedule
        due = is_due(self._settings, self._clock.now())
        if due:
            _log.info("missed_night_made_up")
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            self.fire,
            trigger=_trigger(self._settings),
            id=_JOB,
            coalesce=True,
            max_instances=2,  # one may wait for its turn, see fire
            misfire_grace_time=int(schedule.misfire_grace_hours * 3600),
            **({"next_run_time": datetime.now(UTC)} if due else {}),
        )
        _log.info("scheduled", next_run=str(next_run_time(self._settings, self._clock.now())))
        try:
            self._scheduler.start()
            while not self._asked_to_stop:
                self._stopping.wait(_LOOK_SECONDS)
        finally:
            self._stopping.set()
            if self.running:
                self._scheduler.shutdown(wait=True)

    @property
    def running(self) -> bool:
        """Whether `start` is waiting for the next night."""
        return self._scheduler is not None and bool(self._scheduler.running)

    def stop(self) -> None:
        """Let `start` return, once a run under way is finished; it is not tried again.

        Fit for a signal handler: it takes no lock and raises nothing, which APScheduler might
        catch, or be broken by, in the middle of its work.
        """
        self._asked_to_stop = True

    def fire(self) -> None:
        """Run one night, and again if need be; whatever goes wrong, the next night has its turn."""
        first = self._turn.acquire(blocking=False)
        if not first:
            self._turn.acquire()  # the night before is still under way, or being tried again
        try:
            if first or self._still_due():
                self._run_until_done()
        finally:
            self._turn.release()
        _log.info("scheduled", next_run=str(next_run_time(self._settings, self._clock.now())))

    def _run_until_done(self) -> None:
        while not self._attempt() and self._still_due():
            _log.info("night_tried_again_later", seconds=self._retry_seconds)
            self._stopping.wait(self._retry_seconds)
            if not self._still_due():  # stopped, or somebody else did it meanwhile
                return

    def _still_due(self) -> bool:
        if self._stopping.is_set():
            return False
        try:
            return is_due(self._settings, self._clock.now())
        except StoreError as error:
            _log.error("database_unavailable", error=str(error))
            return True

    def _attempt(self) -> bool:
        """Run one night; tell whether that was it, for good or because trying again is no use."""
        try:
            report = self._run(self._settings)
        except LeaseHeld as error:
            _log.warning("night_put_off", reason=str(error))
            return False
        except LitmineError as error:
            _log.error("night_failed", error=str(error), exit_code=error.exit_code)
            return error.exit_code not in _PASSING
        except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the next nights
            _log.error("night_failed", error=repr(error), exit_code=1, exc_info=True)
            return True
        if report.problem:
            _log.error("night_failed", error=report.problem, run=report.run_id)
            return report.exit_code not in _PASSING
        _log.info("night_done", run=report.run_id, changed=report.changed)
        return True


def _trigger(settings: Settings) -> Any:
    import random

    from apscheduler.triggers.base import BaseTrigger

    class AnnouncementTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler ships no types
        """Fires after each announcement, by arXiv's calendar rather than by weekday."""

        def get_next_fire_time(
            self, previous_fire_time: datetime | None, now: datetime
        ) -> datetime:
            # From the last planned moment on, not from now: coalescing keeps the latest of the
            # nights that a sleeping machine missed, and that one may still be within the grace.
            start = previous_fire_time or now
            jitter = random.uniform(0, settings.schedule.jitter_seconds)  # noqa: S311
            planned = next_run_time(settings, start)
            return planned + timedelta(seconds=jitter)

    return AnnouncementTrigger()
