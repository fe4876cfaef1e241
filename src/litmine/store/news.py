"""What has come since somebody last looked: into the queue, and out of it as an approval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from litmine.store.queue import QueueItem
from litmine.store.schema import decisions, drift, queue

__all__ = [
    "NewDecision",
    "alarms_since",
    "approvals_after",
    "last_decision",
    "oldest",
    "queued_since",
]

_OPEN = ("pending", "later", "disputed")


@dataclass(frozen=True, slots=True)
class NewDecision:
    """An approval by its number; whether it still stands, its paper's row tells."""

    id: int
    arxiv_id: str
    decided_at: datetime


def queued_since(connection: Connection, moment: datetime) -> list[QueueItem]:
    """Return the papers that came into the queue after `moment` and are open, best first."""
    columns = [queue.c[name] for name in QueueItem.__slots__]
    rows = connection.execute(
        select(*columns)
        .where(queue.c.state.in_(_OPEN), queue.c.enqueued_at > moment)
        .order_by(queue.c.relevance.desc(), queue.c.arxiv_id)
    )
    return [QueueItem(*row) for row in rows]


def oldest(connection: Connection) -> datetime | None:
    """Return since when the open paper waits that has waited longest."""
    return connection.execute(
        select(func.min(queue.c.enqueued_at)).where(queue.c.state.in_(_OPEN))
    ).scalar()


def last_decision(connection: Connection) -> int:
    """Return the number of the newest decision; 0 without any."""
    return int(connection.execute(select(func.max(decisions.c.id))).scalar() or 0)


def approvals_after(
    connection: Connection, number: int, since: datetime | None = None
) -> list[NewDecision]:
    """Return the approvals with a higher number, or later ones, of papers still approved.

    Only the last approval of each paper, newest first.
    """
    statement = (
        select(func.max(decisions.c.id).label("id"))
        .join(queue, queue.c.arxiv_id == decisions.c.arxiv_id)
        .where(
            decisions.c.action == "approve",
            decisions.c.id > number,
            queue.c.state == "approved",
        )
        .group_by(decisions.c.arxiv_id)
    )
    if since is not None:
        statement = statement.where(decisions.c.decided_at > since)
    newest = statement.subquery()
    rows = connection.execute(
        select(decisions.c.id, decisions.c.arxiv_id, decisions.c.decided_at)
        .join(newest, newest.c.id == decisions.c.id)
        .order_by(decisions.c.id.desc())
    )
    return [NewDecision(row.id, row.arxiv_id, row.decided_at) for row in rows]


def alarms_since(connection: Connection, moment: datetime) -> list[str]:
    """Return the drift alarms of the nights that were computed after `moment`, oldest first."""
    rows = connection.execute(
        select(drift.c.alarms).where(drift.c.computed_at > moment).order_by(drift.c.night)
    )
    return [alarm for row in rows for alarm in row.alarms]
