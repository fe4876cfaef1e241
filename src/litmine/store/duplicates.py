"""Groups of papers that are nearly the same: each member names the first of its group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select

from litmine.store.meta import get_meta, put_meta
from litmine.store.schema import duplicates, papers, queue
from litmine.store.sql import batched, upsert

__all__ = [
    "Compared",
    "Duplicate",
    "Membership",
    "came_at",
    "compared",
    "drop_memberships",
    "duplicates_of",
    "memberships",
    "put_memberships",
    "queue_now",
    "queued_since",
    "queued_titles",
    "set_compared",
]

_COMPARED_KEY = "duplicates_compared"


@dataclass(frozen=True, slots=True)
class Membership:
    """One paper's place in a group.

    Attributes
    ----------
    lead_id : str
        First paper of the group; it has no row of its own.
    similarity : float
        Cosine of the two papers' vectors, 1 where only the titles were compared.
    reason : str
        ``title`` (the same title) or ``text`` (nearly the same words).
    """

    arxiv_id: str
    lead_id: str
    similarity: float
    reason: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Another paper of the same group; `state` is the queue's, None where it is not in it."""

    arxiv_id: str
    title: str
    state: str | None
    similarity: float
    reason: str


def put_memberships(connection: Connection, items: Sequence[Membership]) -> None:
    """Store memberships, replacing those of the same papers."""
    upsert(
        connection,
        duplicates,
        [
            {
                "arxiv_id": one.arxiv_id,
                "lead_id": one.lead_id,
                "similarity": one.similarity,
                "reason": one.reason,
            }
            for one in items
        ],
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """How far the queue was searched: its newest arrival, and how many papers came with it."""

    newest: datetime
    papers: int


def queue_now(connection: Connection) -> Compared | None:
    """Return how far the queue reaches, or None where it is empty."""
    newest = connection.execute(select(func.max(queue.c.enqueued_at))).scalar()
    return None if newest is None else Compared(newest, came_at(connection, newest))


def came_at(connection: Connection, moment: datetime) -> int:
    """Return how many papers of the queue entered it at exactly this time."""
    return connection.execute(
        select(func.count()).select_from(queue).where(queue.c.enqueued_at == moment)
    ).scalar_one()


def compared(connection: Connection) -> Compared | None:
    """Return how far the queue was searched for duplicates, or None where it never was."""
    value = get_meta(connection, _COMPARED_KEY)
    if value is None:
        return None
    newest, papers_with_it = value.split(" ")
    return Compared(datetime.fromisoformat(newest), int(papers_with_it))


def set_compared(connection: Connection, mark: Compared) -> None:
    """Remember how far the queue was searched."""
    put_meta(connection, _COMPARED_KEY, f"{mark.newest.isoformat()} {mark.papers}")


def queued_titles(connection: Connection) -> dict[str, str]:
    """Title of every queued paper, by arXiv id."""
    rows = connection.execute(
        select(queue.c.arxiv_id, papers.c.title)
        .join(papers, papers.c.arxiv_id == queue.c.arxiv_id)
        .order_by(queue.c.arxiv_id)
    )
    return {row.arxiv_id: row.title for row in rows}


def queued_since(connection: Connection, mark: Compared | None) -> list[str]:
    """Papers that entered the queue after a mark was set; without one, all of them."""
    statement = select(queue.c.arxiv_id).order_by(queue.c.arxiv_id)
    if mark is None:
        pass
    elif came_at(connection, mark.newest) == mark.papers:
        statement = statement.where(queue.c.enqueued_at > mark.newest)
    else:  # more came at the very same time
        statement = statement.where(queue.c.enqueued_at >= mark.newest)
    return list(connection.execute(statement).scalars())


def drop_memberships(connection: Connection, ids: Sequence[str]) -> None:
    """Take papers out of their groups."""
    for part in batched(ids):
        connection.execute(delete(duplicates).where(duplicates.c.arxiv_id.in_(part)))


def memberships(connection: Connection) -> dict[str, Membership]:
    """Return every membership, by arXiv id."""
    return {
        row.arxiv_id: Membership(row.arxiv_id, row.lead_id, row.similarity, row.reason)
        for row in connection.execute(select(duplicates))
    }


def duplicates_of(connection: Connection, ids: Sequence[str]) -> dict[str, list[Duplicate]]:
    """Return the other papers in the groups of those of `ids` that are in one, by arXiv id."""
    wanted = set(ids)
    leads: set[str] = set()
    for part in batched(ids):
        rows = connection.execute(
            select(duplicates.c.lead_id).where(
                or_(duplicates.c.arxiv_id.in_(part), duplicates.c.lead_id.in_(part))
            )
        )
        leads.update(rows.scalars())
    groups: dict[str, dict[str, tuple[float, str]]] = {}
    for part in batched(sorted(leads)):
        for row in connection.execute(select(duplicates).where(duplicates.c.lead_id.in_(part))):
            groups.setdefault(row.lead_id, {})[row.arxiv_id] = (row.similarity, row.reason)
    members = sorted({*leads, *(i for group in groups.values() for i in group)})
    told: dict[str, tuple[str, str | None]] = {}
    for part in batched(members):
        for row in connection.execute(
            select(papers.c.arxiv_id, papers.c.title, queue.c.state)
            .outerjoin(queue, queue.c.arxiv_id == papers.c.arxiv_id)
            .where(papers.c.arxiv_id.in_(part))
        ):
            told[row.arxiv_id] = (row.title, row.state)
    found: dict[str, list[Duplicate]] = {}
    for lead, group in groups.items():
        for one in sorted({lead, *group} & wanted):
            for other in sorted({lead, *group} - {one}):
                if other in told:
                    similarity, reason = group.get(other) or group[one]
                    found.setdefault(one, []).append(
                        Duplicate(other, *told[other], similarity, reason)
                    )
    return found
