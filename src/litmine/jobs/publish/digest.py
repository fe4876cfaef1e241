"""The digest of a night: which night, whether it is time, and what the doors ask for.

`tell_night` is the last step of the nightly run. It comes after the run is recorded, since whether
a night is done does not depend on a mail server, and it never makes a run fail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from litmine.core.clock import Clock
from litmine.core.errors import (
    Incomplete,
    InputError,
    LeaseHeld,
    LeaseLost,
    LitmineError,
    NotFound,
    SourceError,
    StoreError,
)
from litmine.core.log import get_logger
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.lease import held_lease
from litmine.jobs.progress import Progress, SilentProgress
from litmine.jobs.publish.outbox import (
    Plan,
    Target,
    clear_interrupted,
    lay_down,
    name_of,
    planned,
    send_again,
    send_all,
    targets,
)
from litmine.jobs.report import RunReport, StageReport, write_report
from litmine.publish.digest.mail import Outcome, compose, send_mail
from litmine.publish.digest.webhook import post
from litmine.sources.calendar import latest_night
from litmine.store import Store
from litmine.store.deliveries import Delivery, deliveries_of, digests_like, recent_deliveries
from litmine.store.runs import finish_run, last_runs, put_stage

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "DigestStatus",
    "Sending",
    "digest_status",
    "frozen",
    "preview",
    "send_digest",
    "send_test",
    "tell_night",
]

_log = get_logger(__name__)
_LEASE = "digest"
#: A server that greylists takes a mail some minutes later.
_PAUSES = (60.0, 240.0, 600.0)
#: After 20:00 Eastern the feeds still show the night before until midnight.
_TURNOVER = timedelta(hours=4)
_TEST = "This is a test of litmine's digest: what sends it and where it goes are set up rightly."
_PATIENCE = timedelta(hours=3)
_PASSING = frozenset(e.exit_code for e in (SourceError, StoreError, Incomplete))


@dataclass(frozen=True, slots=True)
class Sending:
    """What came of sending a digest.

    Attributes
    ----------
    night : date
    name : str or None
        None: nothing was made, since there was no news.
    before, rows : tuple of Delivery
        As they stood before and as they stand now.
    """

    night: date
    name: str | None
    before: tuple[Delivery, ...] = ()
    rows: tuple[Delivery, ...] = ()

    @property
    def sent(self) -> list[Delivery]:
        """What was sent this time."""
        done = {(r.channel, r.target) for r in self.before if r.state == "sent"}
        return [r for r in self.rows if r.state == "sent" and (r.channel, r.target) not in done]

    @property
    def problems(self) -> list[str]:
        """What is not with its recipient, in a line each."""
        return [_problem(row) for row in self.rows if row.state != "sent"]

    def summary(self) -> str:
        """One line for a report."""
        if self.name is None:
            return "no news, nothing sent"
        if not self.sent and not self.problems:
            return f"the digest of {self.night} was sent before"
        said = [f"sent to {len(self.sent)} of {len(self.rows)}"]
        for state in ("waiting", "unsure", "failed"):
            if number := sum(row.state == state for row in self.rows):
                said.append(f"{number} {state}")
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class DigestStatus:
    """Who gets digests, and what became of the last ones."""

    recipients: tuple[tuple[str, str], ...]
    rows: tuple[Delivery, ...]


def tell_night(
    settings: Settings,
    store: Store,
    clock: Clock,
    report: RunReport,
    progress: Progress | None = None,
    *,
    patient: bool = False,
) -> None:
    """Send the digest of the night that `report` is about; the report gets a stage more.

    Nothing happens where no recipient is set. Whatever goes wrong is told as a warning.

    Parameters
    ----------
    patient : bool
        Somebody tries a failed night again: a failure that may pass is told only when the night
        is three hours overdue.
    """
    if not targets(settings):
        return
    progress = progress or SilentProgress()
    began = clock.now()
    progress.start("digest")
    state = "done"
    try:
        summary = _tell(settings, store, clock, report, progress, patient=patient)
    except LeaseHeld:
        summary = "another process is sending it"
    except LitmineError as error:
        state, summary = "failed", str(error)
        report.warnings.append(f"the digest was not sent: {error}")
        _log.error("digest_failed", error=str(error))
    progress.finish(f"digest: {summary}")
    seconds = (clock.now() - began).total_seconds()
    report.stages.append(StageReport("digest", state, seconds, {}, summary))
    try:
        _record(settings, store, clock, report)
    except LitmineError as error:
        _log.warning("digest_not_recorded", error=str(error))


def _tell(
    settings: Settings,
    store: Store,
    clock: Clock,
    report: RunReport,
    progress: Progress,
    *,
    patient: bool,
) -> str:
    now = clock.now()
    if report.exit_code == LeaseLost.exit_code:
        return "left to the run that took over"
    with store.read() as connection:
        night = _night(connection, report.night, now)
    if night is None:
        return "no announcement, nothing to tell"
    if patient and report.exit_code in _PASSING and now < _overdue(settings, now):
        return "held back, since the night will be tried again"
    context = _context(settings, store, clock, progress)
    context.run_id = report.run_id
    sending = _send(context, night, _PAUSES)
    report.warnings += [f"digest: {problem}" for problem in sending.problems]
    return sending.summary()


def _record(settings: Settings, store: Store, clock: Clock, report: RunReport) -> None:
    """Add the stage to what the run has told of itself."""
    stage = report.stages[-1]
    state = "done" if report.state == "done" else "failed"
    with store.write() as connection:
        put_stage(
            connection,
            report.run_id,
            len(report.stages),
            stage.stage,
            stage.state,
            round(stage.seconds, 3),
            stage.counts,
        )
        finish_run(connection, report.run_id, state, clock.now(), report.as_json(), report.night)
    write_report(report, settings.outputs / "reports")


def _night(connection: Connection, read: date | None, now: datetime) -> date | None:
    """Return the night that a run at `now` is about, which read the feed of the night `read`.

    None at weekends and on holidays.
    """
    since = now - _TURNOVER
    latest = latest_night(since)
    today = latest.day if since - latest.announced_at < timedelta(days=1) else None
    if read is None:
        return today
    if today is None or not digests_like(connection, name_of(read)):
        return read
    # The feed is late: it still shows a night that was told already.
    late = timedelta(0) < today - read <= timedelta(days=7)
    return today if late else read


def _overdue(settings: Settings, now: datetime) -> datetime:
    planned_at = latest_night(now - _TURNOVER).announced_at
    return planned_at + timedelta(minutes=settings.schedule.delay_minutes) + _PATIENCE


def _context(
    settings: Settings, store: Store, clock: Clock, progress: Progress | None = None
) -> RunContext:
    return RunContext(settings, store, clock, progress or SilentProgress())


def _send(
    context: RunContext,
    night: date,
    pauses: Sequence[float] = (),
    *,
    again: bool = False,
) -> Sending:
    with held_lease(context.store, context.clock, _LEASE) as lease:
        context.lease = lease
        clear_interrupted(context)
        name = lay_down(context, night, again=again, all_the_same=again)
        return _sent(context, night, name, pauses)


def _sent(
    context: RunContext, night: date, name: str | None, pauses: Sequence[float] = ()
) -> Sending:
    if name is None:
        return Sending(night, None)
    with context.store.read() as connection:
        before = deliveries_of(connection, [name])
    return Sending(night, name, tuple(before), tuple(send_all(context, name, pauses)))


def send_digest(
    settings: Settings,
    store: Store,
    clock: Clock,
    *,
    night: date | None = None,
    again: bool = False,
) -> Sending:
    """Send a digest by hand, with one attempt for each recipient that has not got it.

    Parameters
    ----------
    night : date, optional
        One that was made before; by default the latest night, made now if need be.
    again : bool
        Send another one: of the latest night with what came since, of a given night as it was.

    Raises
    ------
    InputError
        Nobody is to get digests, by the settings; or `night` has none.
    LeaseHeld
        Another process is sending.
    """
    _require_targets(settings)
    context = _context(settings, store, clock)
    if night is None:
        with store.read() as connection:
            night = _latest(connection, clock.now())
        return _send(context, night, again=again)
    frozen(store, night)  # there is one
    with held_lease(store, clock, _LEASE) as lease:
        context.lease = lease
        clear_interrupted(context)
        with store.read() as connection:
            name = digests_like(connection, name_of(night))[-1]
        if again:
            name = send_again(context, night, name)
        return _sent(context, night, name)


def preview(settings: Settings, store: Store, clock: Clock) -> list[Plan]:
    """Return what would be sent now, and to whom; nothing is stored.

    Without recipients it is what the first one would get.
    """
    with store.read() as connection:
        night = _latest(connection, clock.now())
    whom = targets(settings) or [Target("mail", "nobody yet", quiet_nights=False)]
    return planned(_context(settings, store, clock), night, whom)


def send_test(settings: Settings, clock: Clock) -> list[tuple[Target, Outcome]]:
    """Send a message that says that it is a test to everybody, once, without the outbox.

    Raises
    ------
    InputError
        Nobody is to get digests, by the settings.
    """
    _require_targets(settings)
    now = clock.now()
    outcomes = []
    for target in targets(settings):
        mark = hashlib.sha256(f"{target.name}\n{now.isoformat()}".encode()).hexdigest()[:24]
        if target.channel == "webhook":
            body = {"type": "litmine.test", "timestamp": now.isoformat(), "data": {"text": _TEST}}
            content = json.dumps(body).encode()
            outcomes.append((target, post(settings.webhook, f"msg_{mark}", content, now)))
            continue
        sender = settings.mail.sender
        content = compose(
            sender,
            target.name,
            "litmine: a test",
            f"{_TEST}\n",
            f"<!doctype html><title>litmine: a test</title><p>{_TEST}</p>\n",
            message_id=f"test.{mark}@{sender.rpartition('@')[2]}",
            made_at=now,
        )
        outcomes.append((target, send_mail(settings.mail, target.name, content, lambda: True)))
    return outcomes


def frozen(store: Store, night: date) -> list[Delivery]:
    """Return the rows of the last digest of a night.

    Raises
    ------
    NotFound
        There is none.
    """
    with store.read() as connection:
        names = digests_like(connection, name_of(night))
        rows = deliveries_of(connection, names[-1:])
    if not rows:
        raise NotFound(f"no digest was made for {night}; litmine digest status shows which were")
    return rows


def digest_status(settings: Settings, store: Store, limit: int = 20) -> DigestStatus:
    """Return who gets digests, and what became of the last ones."""
    with store.read() as connection:
        rows = recent_deliveries(connection, limit)
    who = tuple((target.channel, target.name) for target in targets(settings))
    return DigestStatus(who, tuple(rows))


def _latest(connection: Connection, now: datetime) -> date:
    runs = last_runs(connection, "nightly", 1)
    read = runs[0].night if runs else None
    return _night(connection, read, now) or latest_night(now - _TURNOVER).day


def _require_targets(settings: Settings) -> None:
    if not targets(settings):
        raise InputError(
            "nobody gets digests yet: set mail.host, mail.sender and mail.recipients, or "
            "webhook.url and webhook.secret (docs/digest.md)"
        )


def _problem(row: Delivery) -> str:
    return f"{row.channel} to {row.target}: {row.state}: {row.problem or 'not tried yet'}"
