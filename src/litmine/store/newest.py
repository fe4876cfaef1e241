"""Papers of the queue by the nights that announced them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from litmine.store.schema import announcements, papers, queue

__all__ = ["Newcomer", "newcomers"]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A paper of the queue that some night announced.

    Attributes
    ----------
    night : date
        The last one to announce it as new or cross-listed.
    model_id : str
        The model that the queue's score is of.
    """

    arxiv_id: str
    night: date
    state: str
    relevance: float
    model_id: str


def newcomers(connection: Connection, since: date) -> list[Newcomer]:
    """Papers of the queue that were announced from a night on, most probably relevant first.

    What was only replaced is not new; what was rejected or withdrawn is left out.
    """
    night = func.max(announcements.c.night).label("night")
    rows = connection.execute(
        select(queue.c.arxiv_id, night, queue.c.state, queue.c.relevance, queue.c.model_id)
        .join(announcements, announcements.c.arxiv_id == queue.c.arxiv_id)
        .join(papers, papers.c.arxiv_id == queue.c.arxiv_id)
        .where(
            announcements.c.night >= since,
            announcements.c.announce_type.in_(("new", "cross")),
            queue.c.state != "rejected",
            papers.c.withdrawn.is_(False),
        )
        .group_by(queue.c.arxiv_id, queue.c.state, queue.c.relevance, queue.c.model_id)
        .order_by(queue.c.relevance.desc(), queue.c.arxiv_id)
    )
    return [
        Newcomer(row.arxiv_id, row.night, row.state, row.relevance, row.model_id) for row in rows
    ]
