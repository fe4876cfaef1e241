"""Runs and their stages: what was done, when, how long it took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from litmine.store.schema import run_stages, runs
from litmine.store.sql import upsert

__all__ = [
    "Run",
    "RunStage",
    "abandon_open_runs",
    "finish_run",
    "get_run",
    "last_runs",
    "put_stage",
    "runs_page",
    "stages_of",
    "start_run",
]


@dataclass(frozen=True, slots=True)
class Run:
    """One run as stored; `report` is None until it ended."""

    run_id: str
    kind: str
    night: date | None
    state: str
    host: str
    started_at: datetime
    finished_at: datetime | None
    report: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class RunStage:
    """One stage of a run as stored: how it ended, how long it took (seconds), what it counted."""

    position: int
    stage: str
    state: str
    seconds: float
    counts: dict[str, Any]


def start_run(connection: Connection, run_id: str, kind: str, host: str, now: datetime) -> None:
    """Record that a run began."""
    connection.execute(
        runs.insert().values(run_id=run_id, kind=kind, state="running", host=host, started_at=now)
    )


def abandon_open_runs(connection: Connection, kind: str, now: datetime) -> list[str]:
    """Mark runs that never ended (killed, power cut) as abandoned; return their ids.

    Call it under the lease: whoever holds it knows that no other run is alive.
    """
    open_ids = list(
        connection.execute(
            select(runs.c.run_id).where(runs.c.kind == kind, runs.c.state == "running")
        ).scalars()
    )
    connection.execute(
        update(runs).where(runs.c.run_id.in_(open_ids)).values(state="abandoned", finished_at=now)
    )
    return open_ids


def put_stage(
    connection: Connection,
    run_id: str,
    position: int,
    stage: str,
    state: str,
    seconds: float,
    counts: dict[str, Any],
) -> None:
    """Record one stage of a run."""
    upsert(
        connection,
        run_stages,
        [
            {
                "run_id": run_id,
                "position": position,
                "stage": stage,
                "state": state,
                "seconds": seconds,
                "counts": counts,
            }
        ],
    )


def finish_run(
    connection: Connection,
    run_id: str,
    state: str,
    now: datetime,
    report: dict[str, Any],
    night: date | None,
) -> None:
    """Record how a run ended."""
    connection.execute(
        update(runs)
        .where(runs.c.run_id == run_id)
        .values(state=state, finished_at=now, report=report, night=night)
    )


def last_runs(connection: Connection, kind: str, limit: int = 1) -> list[Run]:
    """Return the newest runs of a kind, newest first."""
    rows = connection.execute(
        select(runs)
        .where(runs.c.kind == kind)
        .order_by(runs.c.started_at.desc(), runs.c.run_id.desc())
        .limit(limit)
    )
    return [_run(row) for row in rows]


def runs_page(
    connection: Connection,
    *,
    before: tuple[datetime, str] | None = None,
    limit: int = 30,
) -> list[Run]:
    """Return runs of every kind, newest first.

    Parameters
    ----------
    before : tuple, optional
        When the last run of the page before started, and its id.
    """
    statement = select(runs).order_by(runs.c.started_at.desc(), runs.c.run_id.desc()).limit(limit)
    if before is not None:
        at, run_id = before
        statement = statement.where(
            or_(
                runs.c.started_at < at,
                and_(runs.c.started_at == at, runs.c.run_id < run_id),
            )
        )
    return [_run(row) for row in connection.execute(statement)]


def get_run(connection: Connection, run_id: str) -> Run | None:
    """Return a run, or None."""
    row = connection.execute(select(runs).where(runs.c.run_id == run_id)).first()
    return None if row is None else _run(row)


def stages_of(connection: Connection, run_id: str) -> list[RunStage]:
    """Return the stages that a run has finished, in order."""
    rows = connection.execute(
        select(run_stages).where(run_stages.c.run_id == run_id).order_by(run_stages.c.position)
    )
    return [RunStage(row.position, row.stage, row.state, row.seconds, row.counts) for row in rows]


def _run(row: Row[Any]) -> Run:
    return Run(
        run_id=row.run_id,
        kind=row.kind,
        night=row.night,
        state=row.state,
        host=row.host,
        started_at=row.started_at,
        finished_at=row.finished_at,
        report=row.report,
    )
