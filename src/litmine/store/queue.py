"""The reviewers' queue and the decisions taken on it.

Decisions are only ever added. Undo is a decision too: it names the one it takes back and returns
the paper to the state it had before. The queue row is the present state, kept in the same
transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, select, update

from litmine.core.errors import InputError, NotFound
from litmine.store.schema import decisions, papers, predictions, queue
from litmine.store.sql import batched, upsert

__all__ = [
    "Decision",
    "QueueItem",
    "decide",
    "decisions_of",
    "drop_withdrawn",
    "enqueue",
    "in_state",
    "latest_decision",
    "queue_counts",
    "queue_item",
    "undo",
    "withdrawn_approvals",
]

_STATE_AFTER = {"approve": "approved", "reject": "rejected", "later": "later"}


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One paper in the queue: state, score and the model that gave it."""

    arxiv_id: str
    state: str
    relevance: float
    model_id: str
    enqueued_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as it was taken."""

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


def enqueue(
    connection: Connection,
    model_id: str,
    min_relevance: float,
    now: datetime,
    earlier: Sequence[str] = (),
) -> tuple[int, int]:
    """Bring the queue up to date with what was predicted.

    Papers at or above `min_relevance` that stand nowhere in the queue are added. A paper that
    still waits gets its new score when it was judged again. One that was decided is left alone:
    rejections are remembered for ever.

    Parameters
    ----------
    model_id : str
        The champion, whose predictions count wherever there are any.
    earlier : sequence of str
        Other models, those whose predictions count for more first. A paper that the champion has
        not judged at its present text stands with what they said; models not named come last.

    Returns
    -------
    tuple of int
        Papers added, and waiting papers whose score changed.
    """
    waiting = connection.execute(
        select(predictions.c.arxiv_id, predictions.c.relevance)
        .join(queue, queue.c.arxiv_id == predictions.c.arxiv_id)
        .join(papers, papers.c.arxiv_id == predictions.c.arxiv_id)
        .where(
            predictions.c.model_id == model_id,
            # After a rollback the champion may know only a text that another model has judged
            # anew since.
            predictions.c.content_hash == papers.c.content_hash,
            queue.c.state.in_(("pending", "later")),
            (queue.c.relevance != predictions.c.relevance) | (queue.c.model_id != model_id),
        )
        .order_by(predictions.c.arxiv_id)
    ).all()
    for row in waiting:
        connection.execute(
            update(queue)
            .where(queue.c.arxiv_id == row.arxiv_id)
            .values(relevance=row.relevance, model_id=model_id, changed_at=now)
        )
    fresh = connection.execute(
        select(predictions.c.arxiv_id, predictions.c.relevance)
        .join(papers, papers.c.arxiv_id == predictions.c.arxiv_id)
        .outerjoin(queue, queue.c.arxiv_id == predictions.c.arxiv_id)
        .where(
            predictions.c.model_id == model_id,
            predictions.c.relevance >= min_relevance,
            predictions.c.content_hash == papers.c.content_hash,
            queue.c.arxiv_id.is_(None),
            papers.c.withdrawn.is_(False),
        )
        .order_by(predictions.c.arxiv_id)
    ).all()
    scored = [(row.arxiv_id, row.relevance, model_id) for row in fresh]
    scored += _of_other_models(connection, model_id, min_relevance, earlier)
    upsert(
        connection,
        queue,
        [
            {
                "arxiv_id": arxiv_id,
                "state": "pending",
                "relevance": relevance,
                "model_id": model,
                "enqueued_at": now,
                "changed_at": now,
            }
            for arxiv_id, relevance, model in scored
        ],
        update=(),
    )
    return len(scored), len(waiting)


def _of_other_models(
    connection: Connection, model_id: str, min_relevance: float, earlier: Sequence[str]
) -> list[tuple[str, float, str]]:
    """Papers outside the queue that the champion has not judged, as the others scored them."""
    own = predictions.alias()
    unqueued = (
        papers.c.withdrawn.is_(False),
        queue.c.arxiv_id.is_(None),
        predictions.c.model_id != model_id,
        predictions.c.content_hash == papers.c.content_hash,
    )
    others = (
        select(predictions.c.arxiv_id, predictions.c.model_id, predictions.c.relevance)
        .join(papers, papers.c.arxiv_id == predictions.c.arxiv_id)
        .outerjoin(queue, queue.c.arxiv_id == predictions.c.arxiv_id)
    )
    judged = (
        select(own.c.arxiv_id)
        .where(
            own.c.arxiv_id == predictions.c.arxiv_id,
            own.c.model_id == model_id,
            own.c.content_hash == predictions.c.content_hash,
        )
        .correlate(predictions)
        .exists()
    )
    # Nearly every such paper was queued on its own night, so few are left to look at closely.
    near = connection.execute(
        others.where(*unqueued, predictions.c.relevance >= min_relevance, ~judged)
    ).all()
    rank = {model: place for place, model in enumerate(earlier)}
    best: dict[str, tuple[int, str, float]] = {}
    for part in batched(sorted({row.arxiv_id for row in near})):
        for row in connection.execute(
            others.where(*unqueued, predictions.c.arxiv_id.in_(part))
        ).all():
            found = (rank.get(row.model_id, len(rank)), row.model_id, row.relevance)
            best[row.arxiv_id] = min(best.get(row.arxiv_id, found), found)
    return [
        (arxiv_id, relevance, model)
        for arxiv_id, (_, model, relevance) in sorted(best.items())
        if relevance >= min_relevance
    ]


def drop_withdrawn(connection: Connection) -> list[str]:
    """Take papers that were withdrawn while they waited out of the queue; return their ids.

    Should a later version bring one back, `enqueue` adds it again. Decided papers stay.
    """
    gone = _withdrawn(connection, ("pending", "later"))
    if gone:
        withdrawn = select(papers.c.arxiv_id).where(papers.c.withdrawn.is_(True))
        connection.execute(
            delete(queue).where(
                queue.c.state.in_(("pending", "later")), queue.c.arxiv_id.in_(withdrawn)
            )
        )
    return gone


def withdrawn_approvals(connection: Connection) -> list[str]:
    """Ids of approved papers that arXiv now has as withdrawn: for a person to decide."""
    return _withdrawn(connection, ("approved",))


def _withdrawn(connection: Connection, states: Sequence[str]) -> list[str]:
    rows = connection.execute(
        select(queue.c.arxiv_id)
        .join(papers, papers.c.arxiv_id == queue.c.arxiv_id)
        .where(queue.c.state.in_(states), papers.c.withdrawn.is_(True))
        .order_by(queue.c.arxiv_id)
    )
    return list(rows.scalars())


def in_state(
    connection: Connection, states: Sequence[str], limit: int | None = None
) -> list[QueueItem]:
    """Queue items in any of `states`, most probably relevant first."""
    statement = (
        select(queue)
        .where(queue.c.state.in_(states))
        .order_by(queue.c.relevance.desc(), queue.c.arxiv_id)
    )
    if limit is not None:
        statement = statement.limit(limit)
    return [_item(row) for row in connection.execute(statement)]


def queue_item(connection: Connection, arxiv_id: str) -> QueueItem | None:
    """Return the queue's row of one paper, or None."""
    row = connection.execute(select(queue).where(queue.c.arxiv_id == arxiv_id)).first()
    return None if row is None else _item(row)


def queue_counts(connection: Connection) -> dict[str, int]:
    """Number of papers in each state, all four states named."""
    counts = dict.fromkeys(("pending", "later", "approved", "rejected"), 0)
    for state, n in connection.execute(select(queue.c.state, func.count()).group_by(queue.c.state)):
        counts[state] = int(n)
    return counts


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
) -> int:
    """Take a decision on a queued paper and return its number.

    Raises
    ------
    NotFound
        The paper is not in the queue.
    InputError
        The action is unknown, or an approval names no cell.
    """
    if action not in _STATE_AFTER:
        raise InputError(f"{action!r} is not a decision; use approve, reject or later")
    if action == "approve" and not cells:
        raise InputError(f"an approval needs at least one cell; give {arxiv_id} one first")
    row = connection.execute(
        select(queue).where(queue.c.arxiv_id == arxiv_id).with_for_update()
    ).first()
    if row is None:
        raise NotFound(f"{arxiv_id} is not in the queue; litmine review list shows what is")
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
            decided_at=now,
        )
    ).inserted_primary_key[0]  # type: ignore[index]
    _set_state(connection, arxiv_id, _STATE_AFTER[action], now)
    return int(number)


def undo(
    connection: Connection, *, reviewer: str, now: datetime, arxiv_id: str | None = None
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
        connection.execute(
            select(queue.c.state).where(queue.c.arxiv_id == last.arxiv_id).with_for_update()
        )
        seen, last = last, _standing(connection, arxiv_id)
        if last is not None and last.id == seen.id:
            break
    if last is None:
        raise NotFound("there is no decision to undo" + (f" on {arxiv_id}" if arxiv_id else ""))
    connection.execute(
        decisions.insert().values(
            arxiv_id=last.arxiv_id,
            action="undo",
            cells=[],
            technique=[],
            reviewer=reviewer,
            comment="",
            model_id=last.model_id,
            suggested_cells=[],
            previous_state=_STATE_AFTER[last.action],
            undoes=last.id,
            decided_at=now,
        )
    )
    _set_state(connection, last.arxiv_id, last.previous_state, now)
    return _decision(last)


def latest_decision(connection: Connection, arxiv_id: str) -> Decision | None:
    """Return the last decision on a paper that was not taken back, or None."""
    row = _standing(connection, arxiv_id)
    return None if row is None else _decision(row)


def decisions_of(connection: Connection, state: str) -> dict[str, Decision]:
    """Return the standing decision of every paper that is in `state`, by arXiv id."""
    undone = select(decisions.c.undoes).where(decisions.c.undoes.is_not(None))
    rows = connection.execute(
        select(decisions)
        .join(queue, and_(queue.c.arxiv_id == decisions.c.arxiv_id, queue.c.state == state))
        .where(decisions.c.action != "undo", decisions.c.id.not_in(undone))
        .order_by(decisions.c.id)
    )
    return {row.arxiv_id: _decision(row) for row in rows}


def _standing(connection: Connection, arxiv_id: str | None) -> Row[Any] | None:
    undone = select(decisions.c.undoes).where(decisions.c.undoes.is_not(None))
    statement = select(decisions).where(decisions.c.action != "undo", decisions.c.id.not_in(undone))
    if arxiv_id is not None:
        statement = statement.where(decisions.c.arxiv_id == arxiv_id)
    return connection.execute(statement.order_by(decisions.c.id.desc()).limit(1)).first()


def _set_state(connection: Connection, arxiv_id: str, state: str, now: datetime) -> None:
    connection.execute(
        update(queue).where(queue.c.arxiv_id == arxiv_id).values(state=state, changed_at=now)
    )


def _item(row: Row[Any]) -> QueueItem:
    return QueueItem(row.arxiv_id, row.state, row.relevance, row.model_id, row.enqueued_at)


def _decision(row: Row[Any]) -> Decision:
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
    )
