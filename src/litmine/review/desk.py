"""The reviewer's desk: what waits, what the model suggests, and decisions that can be undone.

Every decision, its audit entry and the label it makes (an approved or rejected paper becomes
evidence for later ones) are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import InputError, NotFound
from litmine.core.paper import Paper, parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.store import Store
from litmine.store.audit import record
from litmine.store.decisions import Decision, decide, latest_decision, undo
from litmine.store.labels import StoredLabel, delete_label, put_labels
from litmine.store.papers import get_papers
from litmine.store.predictions import StoredPrediction, get_predictions
from litmine.store.queue import QueueItem, in_state, queue_counts, queue_item

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Reasons", "ReviewDesk", "ReviewItem"]

_TECHNIQUES = 2


@dataclass(frozen=True, slots=True)
class Reasons:
    """What moved the relevance of a paper most.

    Attributes
    ----------
    sentence : str
        The sentence without which relevance would fall furthest; empty when none speaks for it.
    words_for, words_against : tuple of str
        Strongest first.
    """

    sentence: str
    words_for: tuple[str, ...]
    words_against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One paper on the desk.

    Attributes
    ----------
    queue : QueueItem
        State and score.
    prediction : StoredPrediction
        Suggested cells and techniques with probabilities, and the labelled neighbours.
    decision : Decision or None
        The decision that stands.
    """

    paper: Paper
    queue: QueueItem
    prediction: StoredPrediction
    decision: Decision | None

    @property
    def reasons(self) -> Reasons | None:
        """Read off the stored evidence; None without any, or when it is of an earlier text."""
        evidence = self.prediction.evidence
        if not evidence or self.prediction.content_hash != self.paper.content_hash:
            return None
        account = evidence.get("relevance")
        if not account:
            return None
        words = account["words"]
        weights = account["sentences"]
        sentence = ""
        if weights and max(weights) > 0:
            field, start, end = evidence["sentences"][weights.index(max(weights))]
            sentence = {"title": self.paper.title, "abstract": self.paper.abstract}[field][
                start:end
            ]
        return Reasons(
            sentence,
            tuple(term for term, weight in words if weight > 0),
            tuple(term for term, weight in reversed(words) if weight < 0),
        )


class ReviewDesk:
    """Reads the queue and takes decisions for one reviewer.

    Parameters
    ----------
    store : Store
    reviewer : str
        Who decides; stored with every decision.
    clock : Clock, optional

    Raises
    ------
    InputError
        When the reviewer has no name.
    """

    def __init__(self, store: Store, reviewer: str, clock: Clock | None = None) -> None:
        name = " ".join(reviewer.split())
        if not name or len(name) > 200:
            raise InputError("a reviewer needs a name (--reviewer) of at most 200 characters")
        self._store = store
        self._reviewer = name
        self._clock = clock or SystemClock()

    def waiting(
        self, limit: int | None = None, states: Sequence[str] = ("pending",)
    ) -> list[ReviewItem]:
        """Return papers in `states`, most probably relevant first."""
        with self._store.read() as connection:
            return self._items(connection, in_state(connection, states, limit))

    def counts(self) -> dict[str, int]:
        """Return the number of papers in each state of the queue."""
        with self._store.read() as connection:
            return queue_counts(connection)

    def show(self, paper_id: str) -> ReviewItem:
        """Return one paper of the queue.

        Raises
        ------
        InputError
            `paper_id` is no arXiv id.
        NotFound
            It is not in the queue.
        """
        arxiv_id = parse_arxiv_id(paper_id).id
        with self._store.read() as connection:
            item = queue_item(connection, arxiv_id)
            if item is None:
                raise NotFound(f"{arxiv_id} is not in the queue; litmine review list shows what is")
            return self._items(connection, [item])[0]

    def approve(
        self,
        paper_id: str,
        cells: Sequence[str] | None = None,
        technique: Sequence[str] | None = None,
        comment: str = "",
    ) -> Decision:
        """Approve a paper, as suggested or with other cells and techniques.

        Parameters
        ----------
        cells : sequence of str, optional
            "stage/resource", short forms such as "inf/mem" allowed; the suggestion by default.
        technique : sequence of str, optional
            Technique ids; the suggestion by default.

        Raises
        ------
        InputError
            A cell or technique is unknown, or nothing is suggested and no cell was given.
        NotFound
            The paper is not in the queue.
        """
        return self._decide(paper_id, "approve", cells, technique, comment)

    def reject(self, paper_id: str, comment: str = "") -> Decision:
        """Reject a paper; it never comes back by itself."""
        return self._decide(paper_id, "reject", (), (), comment)

    def later(self, paper_id: str, comment: str = "") -> Decision:
        """Put a paper aside."""
        return self._decide(paper_id, "later", (), (), comment)

    def undo(self, paper_id: str | None = None) -> Decision:
        """Take back the last standing decision (of one paper, when named) and return it.

        Raises
        ------
        NotFound
            There is nothing to take back.
        """
        arxiv_id = None if paper_id is None else parse_arxiv_id(paper_id).id
        now = self._clock.now()
        with self._store.write() as connection:
            taken_back = undo(connection, reviewer=self._reviewer, now=now, arxiv_id=arxiv_id)
            self._relabel(connection, taken_back.arxiv_id)
            record(
                connection, now, self._reviewer, "undo", taken_back.arxiv_id, undoes=taken_back.id
            )
        return taken_back

    def _decide(
        self,
        paper_id: str,
        action: str,
        cells: Sequence[str] | None,
        technique: Sequence[str] | None,
        comment: str,
    ) -> Decision:
        taxonomy = load_taxonomy()
        arxiv_id = parse_arxiv_id(paper_id).id
        given = None if cells is None else taxonomy.parse_cells(cells)
        named = None if technique is None else tuple(taxonomy.technique(t).id for t in technique)
        if named is not None and len(set(named)) > _TECHNIQUES:
            raise InputError(f"a paper has at most {_TECHNIQUES} techniques; name the main ones")
        now = self._clock.now()
        with self._store.write() as connection:
            item = queue_item(connection, arxiv_id)
            if item is None:
                raise NotFound(f"{arxiv_id} is not in the queue; litmine review list shows what is")
            prediction = get_predictions(connection, item.model_id, [arxiv_id])[arxiv_id]
            decide(
                connection,
                arxiv_id,
                action,
                reviewer=self._reviewer,
                now=now,
                cells=prediction.assigned if given is None else given,
                technique=prediction.technique if named is None else named,
                comment=comment,
                suggested_cells=prediction.assigned,
            )
            self._relabel(connection, arxiv_id)
            decision = latest_decision(connection, arxiv_id)
            if decision is None:
                raise NotFound(f"{arxiv_id}: the decision just taken is not there")
            record(
                connection,
                now,
                self._reviewer,
                action,
                arxiv_id,
                decision=decision.id,
                cells=list(decision.cells),
                technique=list(decision.technique),
            )
        return decision

    def _relabel(self, connection: Connection, arxiv_id: str) -> None:
        # The label follows the decision that stands; without one, the paper has none from review.
        decision = latest_decision(connection, arxiv_id)
        if decision is None or decision.action == "later":
            delete_label(connection, arxiv_id, "review")
            return
        paper = get_papers(connection, [arxiv_id])[arxiv_id]
        label = StoredLabel(
            arxiv_id=arxiv_id,
            source="review",
            title=paper.title,
            published=paper.published,
            relevant=1,
            cells=decision.cells,
            technique=decision.technique,
        )
        if decision.action == "reject":
            label = replace(label, relevant=0, cells=(), technique=())
        put_labels(connection, [label])

    def _items(self, connection: Connection, rows: Sequence[QueueItem]) -> list[ReviewItem]:
        papers = get_papers(connection, [row.arxiv_id for row in rows])
        predictions = {
            model: get_predictions(
                connection, model, [r.arxiv_id for r in rows if r.model_id == model]
            )
            for model in {row.model_id for row in rows}
        }
        return [
            ReviewItem(
                papers[row.arxiv_id],
                row,
                predictions[row.model_id][row.arxiv_id],
                latest_decision(connection, row.arxiv_id),
            )
            for row in rows
        ]
