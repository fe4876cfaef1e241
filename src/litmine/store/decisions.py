"""Decisions on queued papers.

Decisions are only ever added. Undo is a decision too: it names the one it takes back and returns
the paper to the state it had before. The queue's row is moved in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select

from litmine.core.errors import InputError, NotFound
from litmine.store.queue import lock, move
from litmine.store.schema import decisions, queue
from litmine.store.sql import batched

__all__ = [
    "STATE_AFTER",
    "Decision",
    "decide",
    "decision",
    "decision_of",
    "decisions_of",
    "is_undone",
    "last_by",
    "last_decided_at",
    "latest_decision",
    "latest_decisions",
    "take_back",
    "undo",
]

#: Where a decision puts a paper.
STATE_AFTER = {"approve": "approved", "reject": "rejected", "later": "later"}


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as it was taken.

    Attributes
    ----------
    undoes : int or None
        The decision that this one takes back.
    revision : int
        The queue's revision of the paper after it.
    source : str
        ``cli``, ``web``, ``api`` or ``rule``.
    opinions : tuple of int
        The opinions that it closes, under double review.
    """

    id: int
    arxiv_id: str
    action: str
    cells: tuple[str, ...]
    technique: tuple[str, ...]
    reviewer: str
    comment: str
    model_id: str | None
    suggested_cells: tuple[str, ...]
    undoes: int | None
    decided_at: datetime
    previous_state: str = "pending"
    revision: int = 0
    source: str = "cli"
    opinions: tuple[int, ...] = ()


def decide(
    connection: Connection,
    arxiv_id: str,
    action: str,
    *,
    reviewer: str,
    now: datetime,
    cells: Sequence[str] = (),
    technique: Sequence[str] = (),
    comment: str = "",
    suggested_cells: Sequence[str] = (),
    revision: int | None = None,
    source: str = "cli",
    opinions: Sequence[int] = (),
) -> int:
    """Take a decision on a queued paper and return its number.

    Raises
    ------
    NotFound
        The paper is not in the queue.
    Stale
        `revision` is given and is not the present one.
    InputError
        The action is unknown, or an approval names no cell.
    """
    if action not in STATE_AFTER:
        raise InputError(f"{action!r} is not a decision; use approve, reject or later")
    if action == "approve" and not cells:
        raise InputError(f"an approval needs at least one cell; give {arxiv_id} one first")
    row = lock(connection, arxiv_id, revision)
    after = move(connection, arxiv_id, STATE_AFTER[action], now)
    number = connection.execute(
        decisions.insert().values(
            arxiv_id=arxiv_id,
            action=action,
            cells=list(cells),
            technique=list(technique),
            reviewer=reviewer,
            comment=comment,
            model_id=row.model_id,
            suggested_cells=list(suggested_cells),
            previous_state=row.state,
            undoes=None,
            revision=after,
            source=source,
            opinions=list(opinions) or None,
            decided_at=now,
        )
    ).inserted_primary_key[0]  # type: ignore[index]
    return int(number)


def undo(
    connection: Connection,
    *,
    reviewer: str,
    now: datetime,
    arxiv_id: str | None = None,
    source: str = "cli",
) -> Decision:
    """Take back the last decision that still stands (of one paper, when named); return it.

    Raises
    ------
    NotFound
        There is nothing to undo.
    """
    last = _standing(connection, arxiv_id)
    while last is not None:
        # Two reviewers may reach for the same decision: the second one waits for the row here, and
        # then looks again.
        lock(connection, last.arxiv_id)
        seen, last = last, _standing(connection, arxiv_id)
        if last is not None and last.id == seen.id:
            break
    if last is None:
        raise NotFound("there is no decision to undo" + (f" on {arxiv_id}" if arxiv_id else ""))
    found = decision_of(last)
    take_back(connection, found, found.previous_state, reviewer=reviewer, now=now, source=source)
    return found


def take_back(
    connection: Connection,
    taken: Decision,
    state: str,
    *,
    reviewer: str,
    now: datetime,
    source: str = "cli",
) -> int:
    """Add the decision that undoes `taken` and put the paper into `state`; return its number.

    The caller holds the paper's row (`litmine.store.queue.lock`) and knows that `taken` stands.
    """
    after = move(connection, taken.arxiv_id, state, now)
    number = connection.execute(
        decisions.insert().values(
            arxiv_id=taken.arxiv_id,
            action="undo",
            cells=[],
            technique=[],
            reviewer=reviewer,
            comment="",
            model_id=taken.model_id,
            suggested_cells=[],
            previous_state=STATE_AFTER[taken.action],
            undoes=taken.id,
            revision=after,
            source=source,
            opinions=None,
            decided_at=now,
        )
    ).inserted_primary_key[0]  # type: ignore[index]
    return int(number)


def decision(connection: Connection, number: int) -> Decision | None:
    """Return a decision by its number, or None."""
    row = connection.execute(select(decisions).where(decisions.c.id == number)).first()
    return None if row is None else decision_of(row)


def is_undone(connection: Connection, number: int) -> bool:
    """Tell whether a decision was taken back."""
    found = select(decisions.c.id).where(decisions.c.undoes == number).limit(1)
    return connection.execute(found).first() is not None


def latest_decision(connection: Connection, arxiv_id: str) -> Decision | None:
    """Return the last decision on a paper that was not taken back, or None."""
    row = _standing(connection, arxiv_id)
    return None if row is None else decision_of(row)


def latest_decisions(connection: Connection, ids: Sequence[str]) -> dict[str, Decision]:
    """Return the last standing decision of each of `ids` that has one."""
    found: dict[str, Decision] = {}
    for part in batched(ids):
        for row in connection.execute(
            select(decisions)
            .where(decisions.c.arxiv_id.in_(part), *_stands())
            .order_by(decisions.c.id)
        ):
            found[row.arxiv_id] = decision_of(row)
    return found


def last_by(connection: Connection, reviewer: str) -> Decision | None:
    """Return the last decision of a reviewer that was not taken back, or None."""
    row = connection.execute(
        select(decisions)
        .where(decisions.c.reviewer == reviewer, *_stands())
        .order_by(decisions.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else decision_of(row)


def last_decided_at(connection: Connection) -> datetime | None:
    """Return when anything was decided or taken back last; None before the first decision."""
    last = select(decisions.c.decided_at).order_by(decisions.c.decided_at.desc()).limit(1)
    return connection.execute(last).scalar_one_or_none()


def decisions_of(connection: Connection, state: str) -> dict[str, Decision]:
    """Return the standing decision of every paper that is in `state`, by arXiv id."""
    rows = connection.execute(
        select(decisions)
        .join(queue, and_(queue.c.arxiv_id == decisions.c.arxiv_id, queue.c.state == state))
        .where(*_stands())
        .order_by(decisions.c.id)
    )
    return {row.arxiv_id: decision_of(row) for row in rows}


def _stands() -> tuple[ColumnElement[bool], ...]:
    later = decisions.alias()
    undone = select(later.c.id).where(later.c.undoes == decisions.c.id).correlate(decisions)
    return (decisions.c.action != "undo", ~undone.exists())


def _standing(connection: Connection, arxiv_id: str | None) -> Row[Any] | None:
    statement = select(decisions).where(*_stands())
    if arxiv_id is not None:
        statement = statement.where(decisions.c.arxiv_id == arxiv_id)
    return connection.execute(statement.order_by(decisions.c.id.desc()).limit(1)).first()


def decision_of(row: Row[Any]) -> Decision:
    """Make a decision of a row that has all columns of the table."""
    return Decision(
        id=row.id,
        arxiv_id=row.arxiv_id,
        action=row.action,
        cells=tuple(row.cells),
        technique=tuple(row.technique),
        reviewer=row.reviewer,
        comment=row.comment,
        model_id=row.model_id,
        suggested_cells=tuple(row.suggested_cells),
        undoes=row.undoes,
        decided_at=row.decided_at,
        previous_state=row.previous_state,
        revision=row.revision,
        source=row.source,
        opinions=tuple(row.opinions or ()),
    )
