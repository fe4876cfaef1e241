"""The runs as people look at them: what each did, how long it took, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import NotFound
from litmine.store import Store
from litmine.store.leases import current
from litmine.store.runs import Run, RunStage, get_run, runs_page, stages_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["RunPage", "RunStory", "list_runs", "tell_run"]


@dataclass(frozen=True, slots=True)
class RunStory:
    """One run.

    Attributes
    ----------
    state : str
        ``running``, ``done``, ``failed``, ``abandoned``, or ``interrupted``: it never ended, and
        nobody holds its lease.
    night : date or None
        The last night that it read.
    seconds : float or None
        None until it ended.
    problem : str or None
        Why it failed or is incomplete, in one line.
    changed : bool
        Whether it changed anything.
    stages : tuple of RunStage
        Those it has finished, in order.
    summaries : mapping
        By stage: what came of it, in words.
    queue : mapping
        Papers of the queue by state, after the run.
    model_id, encoder_id : str
        Empty where it did not come to judging.
    """

    run_id: str
    kind: str
    night: date | None
    state: str
    started_at: datetime
    finished_at: datetime | None
    seconds: float | None
    problem: str | None
    changed: bool
    warnings: tuple[str, ...]
    stages: tuple[RunStage, ...]
    summaries: Mapping[str, str]
    queue: Mapping[str, int]
    model_id: str
    encoder_id: str

    @property
    def added(self) -> int | None:
        """Papers that came into the queue; None where it did not come to that."""
        return next((s.counts.get("added") for s in self.stages if s.stage == "enqueue"), None)


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs, newest first; `next` is where the next page starts, or None."""

    runs: tuple[RunStory, ...]
    next: tuple[datetime, str] | None


def list_runs(
    store: Store,
    *,
    before: tuple[datetime, str] | None = None,
    limit: int = 30,
    clock: Clock | None = None,
) -> RunPage:
    """Return a page of runs.

    Parameters
    ----------
    before : tuple, optional
        `RunPage.next` of the page before.
    """
    with store.read() as connection:
        found = runs_page(connection, before=before, limit=limit + 1)
        shown = found[:limit]
        stories = tuple(_story(connection, run, clock or SystemClock()) for run in shown)
    last = shown[-1] if len(found) > limit else None
    return RunPage(stories, None if last is None else (last.started_at, last.run_id))


def tell_run(store: Store, run_id: str, *, clock: Clock | None = None) -> RunStory:
    """Return one run.

    Raises
    ------
    NotFound
        There is no such run.
    """
    with store.read() as connection:
        run = get_run(connection, run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id[:40]}; the page of runs shows those there are")
        return _story(connection, run, clock or SystemClock())


def _story(connection: Connection, run: Run, clock: Clock) -> RunStory:
    report: dict[str, Any] = run.report or {}
    state = run.state
    if state == "running":
        held = current(connection, run.kind)
        if held is None or held[1] <= clock.now():
            state = "interrupted"
    seconds = report.get("seconds")
    if seconds is None and run.finished_at is not None:
        seconds = (run.finished_at - run.started_at).total_seconds()
    return RunStory(
        run_id=run.run_id,
        kind=run.kind,
        night=run.night,
        state=state,
        started_at=run.started_at,
        finished_at=run.finished_at,
        seconds=seconds,
        problem=report.get("problem"),
        changed=bool(report.get("changed")),
        warnings=tuple(report.get("warnings") or ()),
        stages=tuple(stages_of(connection, run.run_id)),
        summaries={one["stage"]: one.get("summary") or "" for one in report.get("stages") or ()},
        queue=dict(report.get("queue") or {}),
        model_id=report.get("model_id") or "",
        encoder_id=report.get("encoder_id") or "",
    )
