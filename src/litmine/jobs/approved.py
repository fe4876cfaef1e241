"""The papers that are published: what reviewers approved, and the labelled library beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import select

from litmine.core.paper import Paper
from litmine.publish.entry import Approval, ListEntry
from litmine.store.decisions import Decision, decisions_of
from litmine.store.labels import all_labels
from litmine.store.papers import get_papers
from litmine.store.predictions import get_scores
from litmine.store.schema import queue

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["approved_entries", "library_entries"]


def approved_entries(connection: Connection) -> list[ListEntry]:
    """Return everything that reviewers approved, by arXiv id."""
    decisions = decisions_of(connection, "approved")
    papers = get_papers(connection, list(decisions))
    scores = _scores(connection, decisions.values())
    return [
        ListEntry.from_paper(
            papers[arxiv_id],
            decision.cells,
            decision.technique,
            approval=_approval(decision, scores.get(arxiv_id)),
        )
        for arxiv_id, decision in sorted(decisions.items())
    ]


def library_entries(connection: Connection) -> list[ListEntry]:
    """Return the labelled papers of the library that nobody has decided on, by arXiv id.

    Only those that are relevant and have cells: labelled under the codebook. Papers of public
    lists whose cells nobody has judged are left out. Many were never pulled and have no abstract.
    """
    decided = set(
        connection.execute(
            select(queue.c.arxiv_id).where(queue.c.state.in_(("approved", "rejected")))
        ).scalars()
    )
    labels = {
        label.arxiv_id: label
        for label in all_labels(connection)
        if label.source == "gold"
        and label.relevant == 1
        and label.cells
        and label.arxiv_id not in decided
    }
    papers = get_papers(connection, list(labels))
    return [
        ListEntry.from_paper(
            papers.get(arxiv_id)
            or Paper(arxiv_id=arxiv_id, title=label.title, abstract="", published=label.published),
            label.cells,
            label.technique,
            source="label",
        )
        for arxiv_id, label in sorted(labels.items())
    ]


def _scores(
    connection: Connection, decisions: Iterable[Decision]
) -> dict[str, tuple[float, dict[str, float]]]:
    """What the model that a reviewer saw had said, by arXiv id."""
    by_model: dict[str, list[str]] = defaultdict(list)
    for decision in decisions:
        if decision.model_id:
            by_model[decision.model_id].append(decision.arxiv_id)
    found: dict[str, tuple[float, dict[str, float]]] = {}
    for model_id, ids in by_model.items():
        found |= get_scores(connection, model_id, ids)
    return found


def _approval(decision: Decision, scores: tuple[float, dict[str, float]] | None) -> Approval:
    relevance, cells = scores or (None, {})
    return Approval(
        reviewer=decision.reviewer,
        decided_at=decision.decided_at,
        model_id=decision.model_id,
        relevance=relevance,
        scores={cell: cells[cell] for cell in decision.cells if cell in cells},
        comment=decision.comment,
    )
