"""What arXiv announced, night by night, and what of it is missing here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from litmine.store.schema import announcements, papers
from litmine.store.sql import upsert

__all__ = ["Announcement", "announced_counts", "latest_night", "missing", "put_announcements"]


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
    """Store announcements (idempotent); return how many distinct ones there were."""
    best: dict[tuple[date, str], Announcement] = {}
    for item in items:
        key = (item.night, item.arxiv_id)
        old = best.get(key)
        if old is None or _STRENGTH.get(item.announce_type, -1) > _STRENGTH.get(
            old.announce_type, -1
        ):
            best[key] = item
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
    return len(best)


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


def latest_night(connection: Connection) -> date | None:
    """Newest night of which announcements are stored."""
    return connection.execute(select(func.max(announcements.c.night))).scalar()
