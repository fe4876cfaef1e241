"""One paper, and the papers of the last nights, as assistants are told of them.

What reviewers said in an open opinion, who decided and what they noted stays with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from litmine.core.errors import NotFound
from litmine.core.paper import Paper, parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.mcp.finding import AUTHORS
from litmine.mcp.shapes import (
    EvidenceSentence,
    Neighbour,
    NewPaper,
    NewPapers,
    PaperDetails,
    SaidBy,
    State,
)
from litmine.store import Store
from litmine.store.announcements import latest_night
from litmine.store.decisions import Decision, latest_decisions
from litmine.store.labels import StoredLabel, label_of
from litmine.store.newest import Newcomer, newcomers
from litmine.store.papers import get_papers
from litmine.store.predictions import StoredPrediction, get_predictions, predictions_of
from litmine.store.queue import queue_item
from litmine.store.sql import batched

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["new_papers", "paper_details", "telling_sentences"]

_ARXIV = "https://arxiv.org"
_SENTENCES = 4


def paper_details(store: Store, paper: str) -> PaperDetails:
    """Return what is known of one paper: stored, or only labelled.

    Raises
    ------
    InputError
        It is no arXiv id.
    NotFound
        It is not known.
    """
    arxiv_id = parse_arxiv_id(paper).id
    with store.read() as connection:
        stored = get_papers(connection, [arxiv_id]).get(arxiv_id)
        label = label_of(connection, arxiv_id)
        if stored is None and label is None:
            raise NotFound(
                f"{arxiv_id} is not known here: no night that was read announced it, and it is "
                "not in the labelled library"
            )
        item = queue_item(connection, arxiv_id)
        judged = _judged(connection, arxiv_id, item.model_id if item else None)
        taken = latest_decisions(connection, [arxiv_id]).get(arxiv_id)
    approval = taken if taken and item and item.state == "approved" else None
    said_by, cells, techniques = _said(approval, label, judged)
    return PaperDetails(
        id=arxiv_id,
        **_facts(stored, label),
        state=cast("State | None", item.state if item else None),
        cells=list(cells),
        technique=list(techniques),
        said_by=said_by,
        decided_on=approval.decided_at.date() if approval else None,
        relevance=None if judged is None else round(judged.relevance, 4),
        suggested_cells=(
            {cell: round(judged.cells.get(cell, 0.0), 4) for cell in judged.assigned}
            if judged
            else {}
        ),
        evidence=telling_sentences(stored, judged) if stored and judged else [],
        neighbours=[_neighbour(one) for one in judged.neighbours] if judged else [],
    )


def new_papers(
    store: Store,
    since: date | None,
    limit: int,
    *,
    stage: str | None = None,
    resource: str | None = None,
    technique: str | None = None,
) -> NewPapers:
    """Return papers of the queue that were announced from a night on; by default the last one.

    Raises
    ------
    InputError
        A name is not of the taxonomy.
    """
    taxonomy = load_taxonomy()
    wanted = _Wanted(
        taxonomy.stage(stage).id if stage else "",
        taxonomy.resource(resource).id if resource else "",
        taxonomy.technique(technique).id if technique else "",
    )
    with store.read() as connection:
        last = latest_night(connection)
        if last is None:
            note = "No night has been read yet; litmine nightly reads one."
            return NewPapers(since=None, until=None, total=0, items=[], notes=[note])
        first = since or last
        found = newcomers(connection, first)
        if wanted.anything:
            chosen = [one for part in batched(found) for one in _those(connection, part, wanted)]
        else:
            chosen = found
        listed = _listed(connection, chosen[:limit])
    notes = []
    if first > last:
        notes.append(f"The last night that was read is {last}; nothing is known of later ones.")
    return NewPapers(since=first, until=last, total=len(chosen), items=listed, notes=notes)


def telling_sentences(paper: Paper, judged: StoredPrediction) -> list[EvidenceSentence]:
    """Return the sentences that moved the judgement most, the strongest first.

    None where nothing was recorded, or what was is of an earlier text.
    """
    recorded = judged.evidence
    if not recorded or judged.content_hash != paper.content_hash:
        return []
    spans = recorded.get("sentences") or []
    weights = (recorded.get("relevance") or {}).get("sentences") or []
    texts = {"title": paper.title, "abstract": paper.abstract}
    told = [
        EvidenceSentence(text=texts[field][start:end].strip(), weight=round(float(weight), 4))
        for (field, start, end), weight in zip(spans, weights, strict=False)
        if field == "abstract"
    ]
    return sorted(told, key=lambda one: -abs(one.weight))[:_SENTENCES]


@dataclass(frozen=True, slots=True)
class _Wanted:
    stage: str
    resource: str
    technique: str

    @property
    def anything(self) -> bool:
        return bool(self.stage or self.resource or self.technique)

    def fits(self, cells: Sequence[str], techniques: Sequence[str]) -> bool:
        pairs = [cell.split("/") for cell in cells]
        axes = any(
            (not self.stage or stage == self.stage)
            and (not self.resource or resource == self.resource)
            for stage, resource in pairs
        )
        return (axes or not (self.stage or self.resource)) and (
            not self.technique or self.technique in techniques
        )


def _those(connection: Connection, part: Sequence[Newcomer], wanted: _Wanted) -> list[Newcomer]:
    said = _said_of(connection, part)
    return [one for one in part if wanted.fits(said[one.arxiv_id][1], said[one.arxiv_id][2])]


def _listed(connection: Connection, chosen: Sequence[Newcomer]) -> list[NewPaper]:
    said = _said_of(connection, chosen)
    stored = get_papers(connection, [one.arxiv_id for one in chosen])
    judged = _judgements(connection, chosen)
    listed = []
    for one in chosen:
        paper = stored[one.arxiv_id]
        said_by, cells, techniques = said[one.arxiv_id]
        telling = telling_sentences(paper, judged[one.arxiv_id]) if one.arxiv_id in judged else []
        listed.append(
            NewPaper(
                id=one.arxiv_id,
                title=paper.title,
                authors=list(paper.authors[:AUTHORS]),
                more_authors=max(0, len(paper.authors) - AUTHORS),
                published=paper.published,
                night=one.night,
                url=paper.url,
                state=cast("State", one.state),
                relevance=round(one.relevance, 4),
                cells=list(cells),
                technique=list(techniques),
                said_by=said_by,
                sentence=next((said.text for said in telling if said.weight > 0), None),
            )
        )
    return listed


def _said_of(
    connection: Connection, papers: Sequence[Newcomer]
) -> dict[str, tuple[SaidBy | None, Sequence[str], Sequence[str]]]:
    """Return who names cells and techniques, and which, for papers of the queue."""
    approved = [one.arxiv_id for one in papers if one.state == "approved"]
    taken = latest_decisions(connection, approved)
    judged = _judgements(connection, papers)
    return {
        one.arxiv_id: _said(taken.get(one.arxiv_id), None, judged.get(one.arxiv_id))
        for one in papers
    }


def _judgements(connection: Connection, papers: Sequence[Newcomer]) -> dict[str, StoredPrediction]:
    by_model: dict[str, list[str]] = {}
    for one in papers:
        by_model.setdefault(one.model_id, []).append(one.arxiv_id)
    found: dict[str, StoredPrediction] = {}
    for model_id, ids in by_model.items():
        found |= get_predictions(connection, model_id, ids)
    return found


def _judged(connection: Connection, arxiv_id: str, model_id: str | None) -> StoredPrediction | None:
    """Return the queue's judgement of a paper, else any."""
    found = predictions_of(connection, arxiv_id)
    return next((one for one in found if one.model_id == model_id), next(iter(found), None))


def _said(
    approval: Decision | None, label: StoredLabel | None, judged: StoredPrediction | None
) -> tuple[SaidBy | None, Sequence[str], Sequence[str]]:
    if approval is not None:
        return "reviewer", approval.cells, approval.technique
    if label is not None and label.source != "review" and (label.cells or label.technique):
        return ("list" if label.source == "list" else "label"), label.cells, label.technique
    if judged is not None and (judged.assigned or judged.technique):
        return "model", judged.assigned, judged.technique
    return None, (), ()


def _facts(paper: Paper | None, label: StoredLabel | None) -> dict[str, Any]:
    if paper is not None:
        return {
            "title": paper.title,
            "abstract": paper.abstract,
            "authors": list(paper.authors),
            "categories": list(paper.categories),
            "published": paper.published,
            "version": paper.version,
            "withdrawn": paper.withdrawn,
            "url": paper.url,
            "pdf_url": f"{_ARXIV}/pdf/{paper.arxiv_id}",
        }
    assert label is not None  # noqa: S101 - one of the two is known
    return {
        "title": label.title,
        "abstract": None,
        "authors": [],
        "categories": [],
        "published": label.published,
        "version": None,
        "withdrawn": False,
        "url": f"{_ARXIV}/abs/{label.arxiv_id}",
        "pdf_url": f"{_ARXIV}/pdf/{label.arxiv_id}",
    }


def _neighbour(found: dict[str, Any]) -> Neighbour:
    return Neighbour(
        id=found["id"],
        title=found["title"],
        similarity=round(found["similarity"], 4),
        cells=list(found["cells"]),
        url=f"{_ARXIV}/abs/{found['id']}",
    )
