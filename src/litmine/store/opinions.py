"""Opinions: what each of two reviewers said of a paper before a decision was made of them.

An opinion is open until a decision closes it or its giver withdraws it; its content never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from litmine.store.schema import opinions
from litmine.store.sql import batched

__all__ = [
    "Opinion",
    "close_opinions",
    "give_opinion",
    "last_open_by",
    "open_by",
    "open_opinions",
    "opinions_by_id",
    "opinions_on",
    "reopen_opinions",
    "withdraw_opinions",
]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one reviewer said of one paper.

    Attributes
    ----------
    action : str
        ``approve`` or ``reject``.
    decision_id : int or None
        The decision that closed it; None while it is open.
    """

    id: int
    arxiv_id: str
    reviewer: str
    action: str
    cells: tuple[str, ...]
    technique: tuple[str, ...]
    comment: str
    model_id: str | None
    suggested_cells: tuple[str, ...]
    source: str
    decision_id: int | None
    given_at: datetime
    withdrawn_at: datetime | None = None

    def agrees_with(self, other: Opinion) -> bool:
        """Whether both would do the same with the paper, in the same cells."""
        return self.action == other.action and set(self.cells) == set(other.cells)


def give_opinion(
    connection: Connection,
    arxiv_id: str,
    action: str,
    *,
    reviewer: str,
    now: datetime,
    cells: Sequence[str],
    technique: Sequence[str],
    comment: str,
    model_id: str,
    suggested_cells: Sequence[str],
    source: str,
) -> Opinion:
    """Store an opinion and return it."""
    number = connection.execute(
        opinions.insert().values(
            arxiv_id=arxiv_id,
            reviewer=reviewer,
            action=action,
            cells=list(cells),
            technique=list(technique),
            comment=comment,
            model_id=model_id,
            suggested_cells=list(suggested_cells),
            source=source,
            decision_id=None,
            given_at=now,
            withdrawn_at=None,
        )
    ).inserted_primary_key[0]  # type: ignore[index]
    return opinions_by_id(connection, [int(number)])[0]


def open_opinions(connection: Connection, ids: Sequence[str]) -> dict[str, list[Opinion]]:
    """Return the open opinions on each of `ids` that has any, oldest first."""
    found: dict[str, list[Opinion]] = {}
    for part in batched(ids):
        for row in connection.execute(
            select(opinions).where(opinions.c.arxiv_id.in_(part), *_IS_OPEN).order_by(opinions.c.id)
        ):
            found.setdefault(row.arxiv_id, []).append(_opinion(row))
    return found


def open_by(connection: Connection, reviewer: str) -> set[str]:
    """Return the papers on which a reviewer has an open opinion."""
    rows = connection.execute(
        select(opinions.c.arxiv_id).where(opinions.c.reviewer == reviewer, *_IS_OPEN)
    )
    return set(rows.scalars())


def last_open_by(connection: Connection, reviewer: str) -> Opinion | None:
    """Return the newest open opinion of a reviewer, or None."""
    row = connection.execute(
        select(opinions)
        .where(opinions.c.reviewer == reviewer, *_IS_OPEN)
        .order_by(opinions.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else _opinion(row)


def opinions_on(connection: Connection, arxiv_id: str) -> list[Opinion]:
    """Return every opinion on a paper that was not withdrawn, open or closed, oldest first."""
    rows = connection.execute(
        select(opinions)
        .where(opinions.c.arxiv_id == arxiv_id, opinions.c.withdrawn_at.is_(None))
        .order_by(opinions.c.id)
    )
    return [_opinion(row) for row in rows]


def opinions_by_id(connection: Connection, numbers: Sequence[int]) -> list[Opinion]:
    """Return opinions by their numbers, in the order of the numbers."""
    rows = connection.execute(
        select(opinions).where(opinions.c.id.in_(list(numbers))).order_by(opinions.c.id)
    )
    return [_opinion(row) for row in rows]


def close_opinions(connection: Connection, numbers: Sequence[int], decision_id: int) -> None:
    """Mark opinions as closed by a decision."""
    _set(connection, numbers, decision_id=decision_id)


def reopen_opinions(connection: Connection, numbers: Sequence[int]) -> None:
    """Mark opinions as open again: the decision made of them was taken back."""
    _set(connection, numbers, decision_id=None)


def withdraw_opinions(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Take opinions back; they stay on record."""
    _set(connection, numbers, decision_id=None, withdrawn_at=now)


_IS_OPEN = (opinions.c.decision_id.is_(None), opinions.c.withdrawn_at.is_(None))


def _set(connection: Connection, numbers: Sequence[int], **values: Any) -> None:
    if numbers:
        connection.execute(
            update(opinions).where(opinions.c.id.in_(list(numbers))).values(**values)
        )


def _opinion(row: Row[Any]) -> Opinion:
    return Opinion(
        id=row.id,
        arxiv_id=row.arxiv_id,
        reviewer=row.reviewer,
        action=row.action,
        cells=tuple(row.cells),
        technique=tuple(row.technique),
        comment=row.comment,
        model_id=row.model_id,
        suggested_cells=tuple(row.suggested_cells),
        source=row.source,
        decision_id=row.decision_id,
        given_at=row.given_at,
        withdrawn_at=row.withdrawn_at,
    )
