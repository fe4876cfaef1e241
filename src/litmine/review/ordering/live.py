"""The order in which the queue's pending papers wait for a look.

Starts from the model's calibrated probability and lets the decisions of the last half year correct
it (`litmine.review.ordering.shift`). Near-duplicates stand behind the first of their group, so that
they are decided together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, and_, func, select

from litmine.review.ordering.policies import REASONS, check_policy, interleave
from litmine.review.ordering.shift import shifted
from litmine.store.duplicates import memberships
from litmine.store.queue import QueueItem, in_state, queue_counts
from litmine.store.schema import labels, predictions, queue, vectors
from litmine.store.sql import batched
from litmine.store.vectors import get_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from litmine.store import Store

__all__ = ["Ranked", "order_queue"]

_WINDOW = timedelta(days=182)  # older decisions may follow older rules
_DECIDED = 800  # of them at most, the latest
_UNSURE_CELLS = 5


@dataclass(frozen=True, slots=True)
class Ranked:
    """One pending paper in its place.

    Attributes
    ----------
    score : float
        Probability of being relevant, after what the reviewers decided.
    why : str
        "most probable", "unsure", "new ground", or "near-duplicate" of the paper before it.
    """

    arxiv_id: str
    score: float
    why: str


def order_queue(
    store: Store, policy: str, *, now: datetime, limit: int | None = None
) -> list[Ranked]:
    """Order the pending papers; the same database and `now` give the same order.

    Parameters
    ----------
    policy : str
        ``max``: most probable first. ``uncertainty``: the look that tells most first, in bits:
        the entropy of relevance, and, as far as it is relevant, of its five most unsure cells.
        ``mixed``: of every ten looks eight, one, and one on new ground, least like anything
        decided so far (`litmine.review.ordering.policies`).
    now : datetime
        Aware; decisions of the half year before it count.
    limit : int, optional
        How many to return.

    Raises
    ------
    InputError
        When the policy is unknown.
    """
    check_policy(policy)
    with store.read() as connection:
        pending = in_state(connection, ("pending",))
        if not pending:
            return []
        decided = _decided(connection, now - _WINDOW)
        groups = memberships(connection)
        counts = queue_counts(connection)
        ids = [item.arxiv_id for item in pending]
        matrix = _vectors(connection, [*ids, *(i for i, _, _ in decided)])
        cells = {} if policy == "max" else _cells(connection, pending)
    # Where among its ten the mixed policy stands must not depend on what is left to look at.
    looks = sum(counts.values()) - counts["pending"]
    prior = np.array([item.relevance for item in pending])
    new, seen = matrix[: len(ids)], matrix[len(ids) :]
    known = np.any(seen != 0, axis=1)
    scores = shifted(
        prior,
        new,
        np.array([p for _, p, _ in decided])[known],
        seen[known],
        np.array([approved for _, _, approved in decided], dtype=bool)[known],
    )

    def most_probable() -> NDArray[np.int64]:
        return np.lexsort((-prior, -scores))

    def unsure() -> NDArray[np.int64]:
        bits = _entropy(scores) + scores * np.array(
            [_unsure(cells.get(i), p) for i, p in zip(ids, prior, strict=True)]
        )
        return np.argsort(-bits, kind="stable")

    def new_ground() -> NDArray[np.int64]:
        return _spread(new, seen[known], -(-len(ids) // 10))

    ranks = {"max": most_probable, "uncertainty": unsure, "diverse": new_ground}
    order = [
        Ranked(ids[row], float(scores[row]), REASONS[purpose])
        for row, purpose in interleave(policy, looks, ranks)
    ]
    leads = {i: groups[i].lead_id for i in ids if i in groups}
    return _grouped(order, leads)[:limit]


def _decided(connection: Connection, since: datetime) -> list[tuple[str, float, bool]]:
    """Id, the model's probability and approval of the papers decided last, oldest first.

    Those that made a label: an approval by rule that nobody looked at teaches nothing.
    """
    rows = connection.execute(
        select(queue.c.arxiv_id, queue.c.relevance, queue.c.state)
        .join(labels, and_(labels.c.arxiv_id == queue.c.arxiv_id, labels.c.source == "review"))
        .where(queue.c.state.in_(("approved", "rejected")), queue.c.changed_at >= since)
        .order_by(queue.c.changed_at.desc(), queue.c.arxiv_id)
        .limit(_DECIDED)
    ).all()
    return [(row.arxiv_id, row.relevance, row.state == "approved") for row in reversed(rows)]


def _vectors(connection: Connection, ids: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors by the encoder that most waiting papers have one of; zeros where none is."""
    encoder = connection.execute(
        select(vectors.c.encoder_id)
        .join(queue, queue.c.arxiv_id == vectors.c.arxiv_id)
        .where(queue.c.state == "pending")
        .group_by(vectors.c.encoder_id)
        .order_by(func.count().desc(), vectors.c.encoder_id)
        .limit(1)
    ).scalar()
    if encoder is None:
        return np.zeros((len(ids), 1), np.float32)
    present, found = get_vectors(connection, encoder, list(dict.fromkeys(ids)))
    place = {arxiv_id: row for row, arxiv_id in enumerate(present)}
    matrix = np.zeros((len(ids), found.shape[1]), np.float32)
    rows = [row for row, arxiv_id in enumerate(ids) if arxiv_id in place]
    matrix[rows] = found[[place[ids[row]] for row in rows]]
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.where(lengths > 0, lengths, 1), np.float32)


def _cells(connection: Connection, pending: Sequence[QueueItem]) -> dict[str, dict[str, Any]]:
    """Cell probabilities of each paper by the model that queued it."""
    model = {item.arxiv_id: item.model_id for item in pending}
    found: dict[str, dict[str, Any]] = {}
    for part in batched(list(model)):
        rows = connection.execute(
            select(predictions.c.arxiv_id, predictions.c.model_id, predictions.c.cells).where(
                predictions.c.arxiv_id.in_(part)
            )
        )
        found |= {r.arxiv_id: r.cells for r in rows if r.model_id == model[r.arxiv_id]}
    return found


def _unsure(cells: dict[str, Any] | None, relevance: float) -> float:
    """Mean entropy, in bits, of the most unsure cells if the paper is relevant."""
    if not cells:
        return 0.0
    given = np.minimum(np.array(list(cells.values()), np.float64) / max(relevance, 1e-4), 1.0)
    return float(np.sort(_entropy(given))[-_UNSURE_CELLS:].mean())


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    p = np.clip(p, 1e-9, 1 - 1e-9)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)), np.float64)


def _spread(new: NDArray[np.float32], seen: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The `count` rows of `new` least like `seen` and each other, greedily (Gonzalez, 1985)."""
    likeness = (new @ seen.T).max(axis=1) if len(seen) else new @ new.mean(axis=0)
    # A paper without a vector is like nothing because nothing is known of it: not new ground.
    likeness = np.where(np.any(new != 0, axis=1), likeness, np.float32(2))
    chosen: list[int] = []
    for _ in range(count):
        row = int(np.argmin(likeness))
        if likeness[row] >= 2:
            break
        chosen.append(row)
        likeness = np.maximum(likeness, new @ new[row])
        likeness[row] = 2
    return np.array(chosen, np.int64)


def _grouped(order: Iterable[Ranked], leads: dict[str, str]) -> list[Ranked]:
    """Bring near-duplicates together where the first of them stands, the lead in front."""
    groups: dict[str, list[Ranked]] = {}
    for item in order:
        groups.setdefault(leads.get(item.arxiv_id, item.arxiv_id), []).append(item)
    together: list[Ranked] = []
    for lead, members in groups.items():
        why = members[0].why  # of the member that gives the group its place
        first, *others = sorted(members, key=lambda item: item.arxiv_id != lead)
        together.append(replace(first, why=why))
        together += [replace(item, why="near-duplicate") for item in others]
    return together
