"""What arXiv announced, night by night, and what of it is missing here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from litmine.store.schema import announcements, papers
from litmine.store.sql import batched, upsert

__all__ = [
    "Announcement",
    "announced_counts",
    "announced_papers",
    "latest_night",
    "missing",
    "nights_since",
    "put_announcements",
]


@dataclass(frozen=True, slots=True)
class Announcement:
    """One line of a night's announcement; type is new, cross, replace or replace-cross."""

    night: date
    arxiv_id: str
    announce_type: str
    version: int | None = None


# A paper announced in several listings of one night keeps the strongest type.
_STRENGTH = {"new": 3, "cross": 2, "replace": 1, "replace-cross": 0}


def put_announcements(connection: Connection, items: Iterable[Announcement]) -> int:
    """Store announcements (idempotent, in any order); return how many distinct ones there were."""
    best: dict[tuple[date, str], Announcement] = {}
    for item in items:
        _add(best, item)
    given = len(best)
    for night in {night for night, _ in best}:
        for part in batched([i for n, i in best if n == night]):
            for row in connection.execute(
                select(announcements).where(
                    announcements.c.night == night, announcements.c.arxiv_id.in_(part)
                )
            ):
                _add(best, Announcement(**row._mapping))
    upsert(
        connection,
        announcements,
        [
            {
                "night": a.night,
                "arxiv_id": a.arxiv_id,
                "announce_type": a.announce_type,
                "version": a.version,
            }
            for a in best.values()
        ],
    )
    return given


def _add(best: dict[tuple[date, str], Announcement], item: Announcement) -> None:
    key = (item.night, item.arxiv_id)
    old = best.get(key, item)
    kind = max(
        old.announce_type, item.announce_type, key=lambda kind: (_STRENGTH.get(kind, -1), kind)
    )
    version = max(old.version or 0, item.version or 0) or None
    best[key] = Announcement(*key, kind, version)


def missing(connection: Connection, night: date) -> list[str]:
    """Ids announced on `night` that are not stored, or stored in an older version, in id order.

    This is the reconciliation: announced minus stored, which must end at nothing.
    """
    rows = connection.execute(
        select(announcements.c.arxiv_id)
        .outerjoin(papers, papers.c.arxiv_id == announcements.c.arxiv_id)
        .where(
            announcements.c.night == night,
            papers.c.arxiv_id.is_(None)
            | (func.coalesce(papers.c.version, 0) < func.coalesce(announcements.c.version, 0)),
        )
        .order_by(announcements.c.arxiv_id)
    )
    return list(rows.scalars())


def announced_counts(connection: Connection, night: date) -> dict[str, int]:
    """Number of papers announced on `night`, by type."""
    rows = connection.execute(
        select(announcements.c.announce_type, func.count())
        .where(announcements.c.night == night)
        .group_by(announcements.c.announce_type)
        .order_by(announcements.c.announce_type)
    )
    return {kind: int(n) for kind, n in rows}


def nights_since(connection: Connection, day: date) -> list[date]:
    """Nights from `day` on of which announcements are stored, oldest first."""
    rows = connection.execute(
        select(announcements.c.night)
        .where(announcements.c.night >= day)
        .distinct()
        .order_by(announcements.c.night)
    )
    return list(rows.scalars())


def latest_night(connection: Connection) -> date | None:
    """Newest night of which announcements are stored."""
    return connection.execute(select(func.max(announcements.c.night))).scalar()


def announced_papers(connection: Connection, limit: int) -> list[str]:
    """Ids of stored papers that a night announced as new or cross-listed, newest night first."""
    night = func.max(announcements.c.night)
    rows = connection.execute(
        select(announcements.c.arxiv_id)
        .join(papers, papers.c.arxiv_id == announcements.c.arxiv_id)
        .where(announcements.c.announce_type.in_(("new", "cross")), papers.c.withdrawn.is_(False))
        .group_by(announcements.c.arxiv_id)
        .order_by(night.desc(), announcements.c.arxiv_id)
        .limit(limit)
    )
    return list(rows.scalars())
