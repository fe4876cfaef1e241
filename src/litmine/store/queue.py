"""The reviewers' queue: one row a paper, its present state and score.

Each row counts its changes (`revision`): whoever decides can name the one they looked at, and is
refused when somebody else was faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from litmine.core.errors import NotFound, Stale
from litmine.store.schema import papers, predictions, queue
from litmine.store.sql import batched, upsert

__all__ = [
    "STATES",
    "QueueItem",
    "drop_withdrawn",
    "enqueue",
    "in_state",
    "lock",
    "move",
    "queue_counts",
    "queue_item",
    "queue_items",
    "queue_mark",
    "withdrawn_approvals",
]

STATES = ("pending", "later", "disputed", "approved", "rejected")
_OPEN = ("pending", "later", "disputed")


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One paper in the queue: state, score and the model that gave it; `revision` counts."""

    arxiv_id: str
    state: str
    relevance: float
    model_id: str
    enqueued_at: datetime
    revision: int = 0


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
            # Somebody may have decided since it was read: a decision is never rescored.
            .where(queue.c.arxiv_id == row.arxiv_id, queue.c.state.in_(("pending", "later")))
            .values(
                relevance=row.relevance,
                model_id=model_id,
                revision=queue.c.revision + 1,
                changed_at=now,
            )
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
    gone = _withdrawn(connection, _OPEN)
    if gone:
        withdrawn = select(papers.c.arxiv_id).where(papers.c.withdrawn.is_(True))
        connection.execute(
            delete(queue).where(queue.c.state.in_(_OPEN), queue.c.arxiv_id.in_(withdrawn))
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


def queue_items(connection: Connection, ids: Sequence[str]) -> dict[str, QueueItem]:
    """Return the queue's rows of those of `ids` that have one, by arXiv id."""
    found = {}
    for part in batched(ids):
        for row in connection.execute(select(queue).where(queue.c.arxiv_id.in_(part))):
            found[row.arxiv_id] = _item(row)
    return found


def queue_mark(connection: Connection) -> tuple[int, int, datetime | None]:
    """Return a value that differs after every change of the queue."""
    rows, revisions, newest = connection.execute(
        select(
            func.count(), func.coalesce(func.sum(queue.c.revision), 0), func.max(queue.c.changed_at)
        ).select_from(queue)
    ).one()
    return int(rows), int(revisions), newest


def queue_counts(connection: Connection) -> dict[str, int]:
    """Number of papers in each state, all states named."""
    counts = dict.fromkeys(STATES, 0)
    for state, n in connection.execute(select(queue.c.state, func.count()).group_by(queue.c.state)):
        counts[state] = int(n)
    return counts


def lock(connection: Connection, arxiv_id: str, revision: int | None = None) -> QueueItem:
    """Return the queue's row of one paper and keep others from changing it in the meantime.

    Parameters
    ----------
    revision : int, optional
        The one that whoever asks has looked at.

    Raises
    ------
    NotFound
        The paper is not in the queue.
    Stale
        The row has another revision by now.
    """
    row = connection.execute(
        select(queue).where(queue.c.arxiv_id == arxiv_id).with_for_update()
    ).first()
    if row is None:
        raise NotFound(f"{arxiv_id} is not in the queue; litmine review list shows what is")
    if revision is not None and row.revision != revision:
        raise Stale(
            f"{arxiv_id} has changed in the meantime: look at it again, then decide", row.revision
        )
    return _item(row)


def move(connection: Connection, arxiv_id: str, state: str, now: datetime) -> int:
    """Put a paper into a state and return its new revision."""
    statement = (
        update(queue)
        .where(queue.c.arxiv_id == arxiv_id)
        .values(state=state, revision=queue.c.revision + 1, changed_at=now)
        .returning(queue.c.revision)
    )
    return int(connection.execute(statement).scalar_one())


def _item(row: Row[Any]) -> QueueItem:
    return QueueItem(
        row.arxiv_id, row.state, row.relevance, row.model_id, row.enqueued_at, row.revision
    )
