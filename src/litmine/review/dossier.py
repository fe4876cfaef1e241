"""Everything known of one paper, whether it is in the queue or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from litmine.core.errors import NotFound
from litmine.core.paper import Paper, parse_arxiv_id
from litmine.review.desk import ReviewDesk, ReviewItem
from litmine.store import Store
from litmine.store.history import PastDecision, past_decisions
from litmine.store.opinions import Opinion, opinions_by_id
from litmine.store.papers import get_papers
from litmine.store.predictions import StoredPrediction, predictions_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Dossier", "HistoryStep", "history", "open_dossier"]


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One decision on a paper.

    Attributes
    ----------
    stands : bool
        Whether it is the decision that counts now.
    opinions : tuple of Opinion
        The closed opinions it was made of, under double review.
    """

    decision: PastDecision
    stands: bool
    opinions: tuple[Opinion, ...] = ()


@dataclass(frozen=True, slots=True)
class Dossier:
    """One paper.

    Attributes
    ----------
    item : ReviewItem or None
        As it lies on the reviewer's desk; None where it is not in the queue.
    prediction : StoredPrediction or None
        Of the queue's model, else of the model that counts most; None where no model judged it.
    unqueued : str
        Why it is not in the queue, in one sentence; empty where it is.
    history : tuple of HistoryStep
        Oldest first.
    """

    paper: Paper
    item: ReviewItem | None
    prediction: StoredPrediction | None
    unqueued: str
    history: tuple[HistoryStep, ...]

    @property
    def state(self) -> str:
        """Its state in the queue; ``stored`` where it is not in it."""
        return "stored" if self.item is None else self.item.queue.state

    @property
    def revision(self) -> int:
        """The queue's revision; 0 outside the queue."""
        return 0 if self.item is None else self.item.queue.revision


def open_dossier(
    store: Store,
    desk: ReviewDesk,
    paper_id: str,
    *,
    threshold: float,
    order: Callable[[], Sequence[str]] = tuple,
) -> Dossier:
    """Return what is known of a paper.

    Parameters
    ----------
    desk : ReviewDesk
        Of whoever looks: it shows only the opinions they may see.
    threshold : float
        Least probability of relevance that enters the queue.
    order : callable
        Tells the models whose predictions count, first to last; asked for papers outside the queue.

    Raises
    ------
    InputError
        `paper_id` is no arXiv id.
    NotFound
        The paper is not stored.
    """
    arxiv_id = parse_arxiv_id(paper_id).id
    queued = desk.items([arxiv_id])
    item = queued[0] if queued else None
    with store.read() as connection:
        paper = get_papers(connection, [arxiv_id]).get(arxiv_id)
        if paper is None:
            raise NotFound(f"{arxiv_id} is not stored here: no night that was read announced it")
        steps = _history(connection, arxiv_id)
        if item is not None:
            return Dossier(item.paper, item, item.prediction, "", steps)
        judged = predictions_of(connection, arxiv_id)
    rank = {model: place for place, model in enumerate(order())}
    judged.sort(key=lambda one: (rank.get(one.model_id, len(rank)), one.model_id))
    present = [one for one in judged if one.content_hash == paper.content_hash]
    prediction = next(iter(present or judged), None)
    return Dossier(paper, None, prediction, _why(paper, prediction, threshold), steps)


def history(store: Store, paper_id: str) -> tuple[HistoryStep, ...]:
    """Return the decisions on a paper, oldest first.

    Raises
    ------
    InputError
        `paper_id` is no arXiv id.
    NotFound
        The paper is not stored.
    """
    arxiv_id = parse_arxiv_id(paper_id).id
    with store.read() as connection:
        if not get_papers(connection, [arxiv_id]):
            raise NotFound(f"{arxiv_id} is not stored here: no night that was read announced it")
        return _history(connection, arxiv_id)


def _history(connection: Connection, arxiv_id: str) -> tuple[HistoryStep, ...]:
    taken = past_decisions(connection, arxiv_id)
    closed = {
        one.id: one
        for one in opinions_by_id(connection, [i for step in taken for i in step.opinions])
        # One that was opened again, when the decision was undone, is blind again.
        if one.decision_id is not None
    }
    standing = [one.number for one in taken if one.action != "undo" and one.undone_by is None]
    return tuple(
        HistoryStep(
            one,
            bool(standing) and one.number == standing[-1],
            tuple(closed[i] for i in one.opinions if i in closed),
        )
        for one in taken
    )


def _why(paper: Paper, prediction: StoredPrediction | None, threshold: float) -> str:
    if paper.withdrawn:
        return "Its authors have withdrawn it."
    if prediction is None:
        return "No model has judged it yet: the next nightly run does."
    if prediction.content_hash != paper.content_hash:
        return "Its text has changed since it was judged: the next nightly run judges it again."
    if prediction.decided_by == "first-stage":
        return "Its words alone put it far from the field."
    if prediction.relevance < threshold:
        return (
            f"Its probability of relevance, {prediction.relevance:.1%}, is below {threshold:.1%}, "
            "the least that enters the queue."
        )
    return "It enters the queue with the next nightly run."
