"""One stored paper: what is known of it and what was decided on it."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import APIRouter
from fastapi.responses import Response

from litmine.client.models import Source, State, Suggestion
from litmine.client.papers import HistoryStep, Judgement, PaperHistory, PaperRecord
from litmine.core.paper import parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.review.dossier import Dossier, history
from litmine.review.dossier import HistoryStep as Step
from litmine.store.predictions import StoredPrediction
from litmine.web.access import Principal, require
from litmine.web.api.common import Known, Surroundings, answer
from litmine.web.api.queue import PaperId
from litmine.web.api.shapes import (
    decision,
    duplicate,
    evidence,
    facts,
    neighbour,
    opinion,
    share,
    techniques,
)
from litmine.web.pages.paper import dossier_of

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["papers"])


@router.get(
    "/papers/{arxiv_id:path}/history",
    response_model=PaperHistory,
    dependencies=[require("reader")],
)
def get_history(arxiv_id: PaperId, s: Surroundings, known: Known = None) -> Response:
    """Every decision on a stored paper, undos among them, oldest first."""
    found = parse_arxiv_id(arxiv_id).id
    body = PaperHistory(id=found, steps=[_step(one) for one in history(s.store, found)])
    return answer(body, known)


@router.get("/papers/{arxiv_id:path}", response_model=PaperRecord)
def get_paper(
    arxiv_id: PaperId,
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    known: Known = None,
) -> Response:
    """Everything known of a stored paper, whether it is in the queue or not."""
    return answer(_record(dossier_of(s, who, arxiv_id)), known)


def _record(dossier: Dossier) -> PaperRecord:
    paper, item, judged = dossier.paper, dossier.item, dossier.prediction
    return PaperRecord(
        **facts(paper),
        state=cast("State", item.queue.state) if item else None,
        revision=item.queue.revision if item else None,
        unqueued=dossier.unqueued,
        judgement=_judgement(judged) if judged else None,
        evidence=evidence(paper, judged) if judged else None,
        duplicates=[duplicate(one) for one in item.duplicates] if item else [],
        decision=decision(item.decision) if item and item.decision else None,
        opinions=[opinion(one) for one in item.opinions] if item else [],
        opinions_given=item.opinions_given if item else 0,
        history=[_step(one) for one in dossier.history],
    )


def _judgement(judged: StoredPrediction) -> Judgement:
    taxonomy = load_taxonomy()
    return Judgement(
        model_id=judged.model_id,
        relevance=share(judged.relevance),
        relevant=None if judged.relevant < 0 else bool(judged.relevant),
        suggestion=Suggestion(cells=list(judged.assigned), technique=list(judged.technique)),
        cells={cell: share(judged.cells.get(cell, 0.0)) for cell in taxonomy.cells},
        techniques=techniques(judged.techniques, taxonomy),
        neighbours=[neighbour(one) for one in judged.neighbours],
    )


def _step(step: Step) -> HistoryStep:
    taken = step.decision
    return HistoryStep(
        number=taken.number,
        action=cast("Literal['approve', 'reject', 'later', 'undo']", taken.action),
        cells=list(taken.cells),
        technique=list(taken.technique),
        reviewer=taken.reviewer,
        comment=taken.comment,
        source=cast("Source", taken.source),
        decided_at=taken.decided_at,
        undoes=taken.undoes,
        undone_by=taken.undone_by,
        stands=step.stands,
        opinions=[opinion(one) for one in step.opinions],
    )
