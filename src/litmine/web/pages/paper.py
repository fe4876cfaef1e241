"""One paper: what is known of it, what was decided on it, and deciding anew."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from litmine.classify.registry import champion_order
from litmine.core.errors import Forbidden, InputError, NotFound, Stale
from litmine.core.paper import parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.review.dossier import Dossier, open_dossier
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings
from litmine.web.api.shapes import entry
from litmine.web.reading import reading
from litmine.web.services import Services

__all__ = ["dossier_of", "router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_NUMBERS = 2**31 - 1
Reviewer = Annotated[Principal, require("reviewer")]
Revision = Annotated[int, Form(ge=0, le=_NUMBERS)]


@router.post("/papers/{arxiv_id:path}/decide")
def decide(
    arxiv_id: str,
    request: Request,
    s: Surroundings,
    who: Reviewer,
    action: Annotated[Literal["approve", "reject", "later"], Form()],
    revision: Revision,
    cell: Annotated[list[str] | None, Form(max_length=25)] = None,
    technique: Annotated[list[str] | None, Form(max_length=2)] = None,
    comment: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Decide on a paper from its page; a conflict shows who was faster, and what they did."""
    cells, named = cell or [], [one for one in technique or () if one]
    said = comment.replace("\x00", "").replace("\r\n", "\n").strip()
    given = {"cells": cells, "technique": named, "comment": said}
    try:
        s.desk(who).decide(arxiv_id, action, cells, named, said, revision=revision)
    except (Stale, Forbidden, InputError) as error:
        return _again(request, s, who, arxiv_id, error, given)
    return _done(arxiv_id)


@router.post("/papers/{arxiv_id:path}/undo")
def undo(
    arxiv_id: str, request: Request, s: Surroundings, who: Reviewer, revision: Revision
) -> Response:
    """Take back what stands on a paper: one's own open opinion, else the decision."""
    try:
        s.desk(who).undo(arxiv_id, revision=revision)
    except (Stale, Forbidden, InputError) as error:
        return _again(request, s, who, arxiv_id, error, {})
    return _done(arxiv_id)


@router.get("/papers/{arxiv_id:path}")
def paper(
    arxiv_id: str,
    request: Request,
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
) -> Response:
    """Show a paper; another way of writing its id leads to the one address it has."""
    try:
        known = parse_arxiv_id(arxiv_id).id
    except InputError as error:
        raise NotFound(str(error)) from None
    if known != arxiv_id:
        return RedirectResponse(f"/papers/{known}", 303)
    return _show(request, s, who, dossier_of(s, who, known))


def dossier_of(s: Services, who: Principal, arxiv_id: str) -> Dossier:
    """Return what is known of a paper, as far as `who` may see it."""
    return open_dossier(
        s.store,
        s.desk(who),
        arxiv_id,
        threshold=s.settings.queue.min_relevance,
        order=lambda: champion_order(s.settings),
    )


def _again(
    request: Request,
    s: Services,
    who: Principal,
    arxiv_id: str,
    error: Stale | Forbidden | InputError,
    given: Mapping[str, Any],
) -> Response:
    if isinstance(error, NotFound):
        raise error
    dossier = dossier_of(s, who, arxiv_id)
    status = HTTPStatus(error.http_status)
    return _show(request, s, who, dossier, problem=str(error), given=given, status=status)


def _done(arxiv_id: str) -> Response:
    return RedirectResponse(f"/papers/{parse_arxiv_id(arxiv_id).id}#decision", 303)


def _show(
    request: Request,
    s: Services,
    who: Principal,
    dossier: Dossier,
    *,
    problem: str = "",
    given: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    item, judged = dossier.item, dossier.prediction
    taxonomy = load_taxonomy()
    own = [one for one in item.opinions if one.reviewer == who.name] if item else []
    chosen: Mapping[str, Any] = given or {}
    if not given and item is not None and judged is not None:
        stands = own[-1] if own else item.decision
        approved = stands is not None and stands.action == "approve"
        cells, technique = judged.assigned, judged.technique
        if stands is not None and approved:
            cells, technique = stands.cells, stands.technique
        chosen = {"cells": cells, "technique": technique, "comment": ""}
    values = {
        "dossier": dossier,
        "paper": dossier.paper,
        "row": item,
        "judged": judged,
        "accounts": reading(entry(item, who.name)).accounts if item is not None else (),
        "own": own[-1] if own else None,
        "chosen": chosen,
        "problem": problem,
        "stages": taxonomy.stages,
        "resources": taxonomy.resources,
        "techniques": taxonomy.techniques,
        "guesses": _guesses(judged.techniques) if judged is not None else [],
    }
    return s.page(request, who, "paper.html", values, status)


def _guesses(probabilities: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(probabilities.items(), key=lambda pair: (-pair[1], pair[0]))[:5]
