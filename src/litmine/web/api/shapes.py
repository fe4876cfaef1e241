"""From rows to what the API answers with; the shapes themselves are in `litmine.client.models`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from litmine.client.models import (
    Decision,
    Duplicate,
    Entry,
    Evidence,
    Explanation,
    LabelledPaper,
    Mark,
    Opinion,
    Outcome,
    PaperVersion,
    SentenceWeight,
    Source,
    State,
    Suggestion,
    TechniqueGuess,
    WordWeight,
)
from litmine.core.paper import Paper
from litmine.core.taxonomy import Taxonomy, load_taxonomy
from litmine.review import Outcome as Came
from litmine.review import ReviewItem
from litmine.store.decisions import Decision as StoredDecision
from litmine.store.duplicates import Duplicate as StoredDuplicate
from litmine.store.opinions import Opinion as StoredOpinion
from litmine.store.predictions import StoredPrediction

__all__ = [
    "decision",
    "duplicate",
    "entry",
    "evidence",
    "facts",
    "neighbour",
    "opinion",
    "outcome",
    "share",
    "techniques",
]

_ARXIV = "https://arxiv.org"
_TECHNIQUES = 5


def facts(paper: Paper) -> dict[str, Any]:
    """Return the fields of `PaperFacts`."""
    return {
        "id": paper.arxiv_id,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": list(paper.authors),
        "categories": list(paper.categories),
        "published": paper.published,
        "updated": paper.updated,
        "version": paper.version,
        "versions": [
            PaperVersion(version=v.version, submitted=v.submitted) for v in paper.versions
        ],
        "url": paper.url,
        "pdf_url": f"{_ARXIV}/pdf/{paper.arxiv_id}",
        "comments": paper.comments,
        "journal_ref": paper.journal_ref,
        "doi": paper.doi,
        "withdrawn": paper.withdrawn,
    }


def entry(item: ReviewItem, reviewer: str, why: str = "") -> Entry:
    """Build what a reviewer needs to decide on one paper.

    Parameters
    ----------
    item : ReviewItem
        As the reviewer's own desk shows it.
    reviewer : str
        Whose desk: their own open opinion stands apart.
    why : str
        Why the paper stands where it stands in the queue.
    """
    paper, row, judged = item.paper, item.queue, item.prediction
    taxonomy = load_taxonomy()
    own = [one for one in item.opinions if one.reviewer == reviewer]
    return Entry(
        **facts(paper),
        state=cast("State", row.state),
        revision=row.revision,
        relevance=share(row.relevance),
        relevant=None if judged.relevant < 0 else bool(judged.relevant),
        model_id=row.model_id,
        enqueued_at=row.enqueued_at,
        suggestion=Suggestion(cells=list(judged.assigned), technique=list(judged.technique)),
        cells={cell: share(judged.cells.get(cell, 0.0)) for cell in taxonomy.cells},
        techniques=techniques(judged.techniques, taxonomy),
        evidence=evidence(paper, judged),
        neighbours=[neighbour(one) for one in judged.neighbours],
        duplicates=[duplicate(other) for other in item.duplicates],
        claims=[],
        decision=decision(item.decision) if item.decision else None,
        opinion=opinion(own[-1]) if own else None,
        opinions=[opinion(one) for one in item.opinions],
        opinions_given=item.opinions_given,
        why=why,
    )


def decision(taken: StoredDecision) -> Decision:
    """Build one decision."""
    return Decision(
        number=taken.id,
        action=cast("Literal['approve', 'reject', 'later', 'undo']", taken.action),
        cells=list(taken.cells),
        technique=list(taken.technique),
        reviewer=taken.reviewer,
        comment=taken.comment,
        decided_at=taken.decided_at,
        source=cast("Source", taken.source),
    )


def opinion(given: StoredOpinion) -> Opinion:
    """Build one opinion."""
    return Opinion(
        number=given.id,
        action=cast("Literal['approve', 'reject']", given.action),
        cells=list(given.cells),
        technique=list(given.technique),
        reviewer=given.reviewer,
        comment=given.comment,
        given_at=given.given_at,
    )


def outcome(came: Came) -> Outcome:
    """Build what came of a decision."""
    return Outcome(
        id=came.arxiv_id,
        state=cast("State", came.state),
        revision=came.revision,
        decision=decision(came.decision) if came.decision else None,
        opinion=opinion(came.opinion) if came.opinion else None,
        undone=decision(came.undone) if came.undone else None,
        withdrawn=opinion(came.withdrawn) if came.withdrawn else None,
    )


def duplicate(other: StoredDuplicate) -> Duplicate:
    """Build another paper of the same group."""
    return Duplicate(
        id=other.arxiv_id,
        title=other.title,
        state=cast("State | None", other.state),
        similarity=other.similarity,
        reason=other.reason,
    )


def evidence(paper: Paper, judged: StoredPrediction) -> Evidence | None:
    """Build what moved the judgement; None without a record, or when it is of an earlier text."""
    recorded = judged.evidence
    if not recorded or judged.content_hash != paper.content_hash:
        return None
    account = recorded.get("relevance")
    if not account:
        return None
    spans = recorded.get("sentences") or []
    places = recorded.get("terms") or {}
    return Evidence(
        relevance=_explanation(account, spans, places),
        cells={
            cell: _explanation(one, spans, places)
            for cell, one in (recorded.get("cells") or {}).items()
        },
    )


def _explanation(
    account: dict[str, Any], spans: Sequence[Sequence[Any]], places: dict[str, Any]
) -> Explanation:
    words = [WordWeight(term=term, weight=weight) for term, weight in account.get("words") or []]
    marks = [
        Mark(field=field, start=start, end=end, term=word.term, weight=word.weight)
        for word in words
        for field, start, end in places.get(word.term, ())
    ]
    return Explanation(
        sentences=[
            SentenceWeight(field=field, start=start, end=end, weight=weight)
            for (field, start, end), weight in zip(
                spans, account.get("sentences") or [], strict=False
            )
        ],
        marks=sorted(marks, key=lambda m: (m.field != "title", m.start, -m.end)),
        words=words,
    )


def techniques(probabilities: dict[str, float], taxonomy: Taxonomy) -> list[TechniqueGuess]:
    """Build the most probable techniques."""
    names = {technique.id: technique.name for technique in taxonomy.techniques}
    best = sorted(probabilities.items(), key=lambda pair: (-pair[1], pair[0]))[:_TECHNIQUES]
    return [
        TechniqueGuess(id=id_, name=names.get(id_, id_), probability=share(probability))
        for id_, probability in best
    ]


def neighbour(found: dict[str, Any]) -> LabelledPaper:
    """Build a labelled paper that is near in meaning."""
    return LabelledPaper(
        id=found["id"],
        title=found["title"],
        similarity=found["similarity"],
        cells=list(found["cells"]),
        url=f"{_ARXIV}/abs/{found['id']}",
    )


def share(probability: float) -> float:
    """Return a stored probability within its bounds."""
    # Rounding can carry a stored probability over the edge.
    return min(1.0, max(0.0, float(probability)))
