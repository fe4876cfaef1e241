"""The reviewer's desk: what waits, what the model suggests, and decisions that can be undone.

Every decision, its audit entry and the label it makes (an approved or rejected paper becomes
evidence for later ones) are one transaction. The rules are in `litmine.review.ruling`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import InputError, NotFound
from litmine.core.paper import Paper, parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.review.ruling import Outcome, Reviewer, Ruling, rule, take_back_last
from litmine.store import Store
from litmine.store.decisions import Decision, decision, latest_decisions
from litmine.store.duplicates import Duplicate, duplicates_of
from litmine.store.idempotency import Once, recall, remember
from litmine.store.opinions import Opinion, open_by, open_opinions, opinions_by_id
from litmine.store.papers import get_papers
from litmine.store.predictions import StoredPrediction, get_predictions
from litmine.store.queue import QueueItem, in_state, queue_counts, queue_items

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Reasons", "ReviewDesk", "ReviewItem"]

_TECHNIQUES = 2
_COMMENT = 2000
_WAITING = ("pending", "later")


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
    opinions : tuple of Opinion
        Open opinions that the reader may see: their own, and both once a dispute is open.
    opinions_given : int
        How many open opinions there are, seen or not.
    duplicates : tuple of Duplicate
        Other papers that are nearly the same.
    """

    paper: Paper
    queue: QueueItem
    prediction: StoredPrediction
    decision: Decision | None
    opinions: tuple[Opinion, ...] = ()
    opinions_given: int = 0
    duplicates: tuple[Duplicate, ...] = ()

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
    source : str
        Through which door: ``cli``, ``web``, ``api`` or ``rule``; stored with every decision.
    double : bool
        Whether two reviewers must agree before anything is decided.
    adjudicator : bool
        Whether this one may settle a dispute they took part in, and overrule what stands.

    Raises
    ------
    InputError
        When the reviewer has no name.
    """

    def __init__(
        self,
        store: Store,
        reviewer: str,
        clock: Clock | None = None,
        *,
        source: str = "cli",
        double: bool = False,
        adjudicator: bool = False,
    ) -> None:
        name = " ".join(reviewer.split())
        if not name or len(name) > 200:
            raise InputError("a reviewer needs a name (--reviewer) of at most 200 characters")
        self._store = store
        self._who = Reviewer(name, source, double, adjudicator)
        self._clock = clock or SystemClock()

    def waiting(
        self, limit: int | None = None, states: Sequence[str] = ("pending",)
    ) -> list[ReviewItem]:
        """Return papers in `states`, most probably relevant first."""
        with self._store.read() as connection:
            return self._items(connection, in_state(connection, states, limit))

    def items(self, ids: Sequence[str]) -> list[ReviewItem]:
        """Return those of `ids` that stand in the queue, in the order of `ids`."""
        with self._store.read() as connection:
            rows = queue_items(connection, ids)
            return self._items(connection, [rows[i] for i in ids if i in rows])

    def answered(self) -> set[str]:
        """Return the papers on which this reviewer has an open opinion: they wait for others."""
        with self._store.read() as connection:
            return open_by(connection, self._who.name)

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
        found = self.items([arxiv_id])
        if not found:
            raise NotFound(f"{arxiv_id} is not in the queue; litmine review list shows what is")
        return found[0]

    def decide(
        self,
        paper_id: str,
        action: str,
        cells: Sequence[str] | None = None,
        technique: Sequence[str] | None = None,
        comment: str = "",
        *,
        revision: int | None = None,
        once: Once | None = None,
    ) -> Outcome:
        """Decide on a paper, or give one of two opinions on it.

        Parameters
        ----------
        action : str
            ``approve``, ``reject`` or ``later``.
        cells : sequence of str, optional
            "stage/resource", short forms such as "inf/mem" allowed; the suggestion by default.
            Only approvals have any.
        technique : sequence of str, optional
            Technique ids; the suggestion by default.
        revision : int, optional
            The queue's revision that the reviewer looked at.
        once : Once, optional
            Names the request, so that the same one sent again is answered and not done again.

        Raises
        ------
        InputError
            An unknown action, cell or technique; nothing is suggested and no cell was given.
        NotFound
            The paper is not in the queue.
        Stale
            Somebody changed it since the reviewer looked.
        Forbidden
            A dispute is settled by one of the two who made it.
        """
        taxonomy = load_taxonomy()
        arxiv_id = parse_arxiv_id(paper_id).id
        if action not in {"approve", "reject", "later"}:
            raise InputError(f"{action!r} is not a decision; use approve, reject or later")
        if len(comment) > _COMMENT:
            raise InputError(f"a comment has at most {_COMMENT:,} characters")
        given = None if cells is None else taxonomy.parse_cells(cells)
        named = None if technique is None else tuple(taxonomy.technique(t).id for t in technique)
        if named is not None and len(set(named)) > _TECHNIQUES:
            raise InputError(f"a paper has at most {_TECHNIQUES} techniques; name the main ones")

        def act(connection: Connection) -> Outcome:
            row = queue_items(connection, [arxiv_id]).get(arxiv_id)
            if row is None:
                raise NotFound(f"{arxiv_id} is not in the queue; litmine review list shows what is")
            prediction = get_predictions(connection, row.model_id, [arxiv_id])[arxiv_id]
            approving = action == "approve"
            wanted = Ruling(
                arxiv_id,
                action,
                (prediction.assigned if given is None else given) if approving else (),
                (prediction.technique if named is None else named) if approving else (),
                comment,
                prediction.assigned,
                revision,
            )
            return rule(connection, self._who, wanted, self._clock.now())

        return self._once(once, act)

    def approve(
        self,
        paper_id: str,
        cells: Sequence[str] | None = None,
        technique: Sequence[str] | None = None,
        comment: str = "",
    ) -> Outcome:
        """Approve a paper, as suggested or with other cells and techniques; see `decide`."""
        return self.decide(paper_id, "approve", cells, technique, comment)

    def reject(self, paper_id: str, comment: str = "") -> Outcome:
        """Reject a paper; it never comes back by itself. See `decide`."""
        return self.decide(paper_id, "reject", comment=comment)

    def later(self, paper_id: str, comment: str = "") -> Outcome:
        """Put a paper aside. See `decide`."""
        return self.decide(paper_id, "later", comment=comment)

    def undo(
        self,
        paper_id: str | None = None,
        *,
        number: int | None = None,
        revision: int | None = None,
        once: Once | None = None,
    ) -> Outcome:
        """Take back a decision or an opinion.

        Parameters
        ----------
        paper_id : str, optional
            Take back what stands on this paper, whoever decided it.
        number : int, optional
            Take back this decision, whoever took it.
        revision, once
            As for `decide`.

        Without `paper_id` and `number` it is the last thing that this reviewer did.

        Raises
        ------
        NotFound
            There is nothing to take back.
        InputError
            The decision was taken back already, or a later one stands on the paper.
        Stale
            Somebody changed the paper since the reviewer looked.
        """
        arxiv_id = None if paper_id is None else parse_arxiv_id(paper_id).id

        def act(connection: Connection) -> Outcome:
            return take_back_last(
                connection,
                self._who,
                self._clock.now(),
                arxiv_id=arxiv_id,
                number=number,
                revision=revision,
            )

        return self._once(once, act)

    def _once(self, once: Once | None, act: Callable[[Connection], Outcome]) -> Outcome:
        with self._store.write() as connection:
            if once is None:
                return act(connection)
            told = recall(connection, self._who.name, once)
            if told is not None:
                return _retold(connection, told)
            outcome = act(connection)
            remember(connection, self._who.name, once, _told(outcome), self._clock.now())
            return outcome

    def _items(self, connection: Connection, rows: Sequence[QueueItem]) -> list[ReviewItem]:
        ids = [row.arxiv_id for row in rows]
        papers = get_papers(connection, ids)
        predictions = {
            model: get_predictions(
                connection, model, [r.arxiv_id for r in rows if r.model_id == model]
            )
            for model in {row.model_id for row in rows}
        }
        standing = latest_decisions(connection, ids)
        given = open_opinions(connection, ids)
        alike = duplicates_of(connection, ids)
        return [
            ReviewItem(
                papers[row.arxiv_id],
                row,
                predictions[row.model_id][row.arxiv_id],
                standing.get(row.arxiv_id),
                tuple(
                    one
                    for one in given.get(row.arxiv_id, ())
                    if one.reviewer == self._who.name or row.state not in _WAITING
                ),
                len(given.get(row.arxiv_id, ())),
                tuple(alike.get(row.arxiv_id, ())),
            )
            for row in rows
        ]


def _told(outcome: Outcome) -> dict[str, Any]:
    """Give an outcome as it is remembered: the numbers of what was stored."""
    return {
        "arxiv_id": outcome.arxiv_id,
        "state": outcome.state,
        "revision": outcome.revision,
        "decision": outcome.decision and outcome.decision.id,
        "opinion": outcome.opinion and outcome.opinion.id,
        "undone": outcome.undone and outcome.undone.id,
        "withdrawn": outcome.withdrawn and outcome.withdrawn.id,
    }


def _retold(connection: Connection, told: dict[str, Any]) -> Outcome:
    def taken(name: str) -> Decision | None:
        return None if told[name] is None else decision(connection, told[name])

    def said(name: str) -> Opinion | None:
        return None if told[name] is None else opinions_by_id(connection, [told[name]])[0]

    return Outcome(
        told["arxiv_id"],
        told["state"],
        told["revision"],
        taken("decision"),
        said("opinion"),
        taken("undone"),
        said("withdrawn"),
        replayed=True,
    )
