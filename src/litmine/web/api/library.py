"""The library and activity."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from litmine.client.models import Page
from litmine.client.papers import (
    Activity,
    CellCount,
    LibraryMatrix,
    LibraryPage,
    LibraryPaper,
)
from litmine.review.activity import activity
from litmine.review.library import ApprovedPaper, MatrixCell, browse, matrix
from litmine.web.access import Principal, require
from litmine.web.api.common import (
    Clean,
    Cursor,
    Known,
    Limit,
    Surroundings,
    answer,
    cursor_to,
    number_below,
)
from litmine.web.api.shapes import decision
from litmine.web.queries import Asked, library_place

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")


@router.get(
    "/library",
    response_model=LibraryPage,
    tags=["library"],
    dependencies=[require("reader")],
)
def list_library(
    s: Surroundings, query: Asked, cursor: Cursor = None, limit: Limit = 50, known: Known = None
) -> Response:
    """Approved papers, each with the decision that stands now."""
    page = browse(s.store, query, after=library_place(cursor), limit=limit)
    following = None
    if page.next is not None:
        following = cursor_to(key=page.next[0], id=page.next[1])
    items = [_library_paper(one) for one in page.papers]
    return answer(LibraryPage(items=items, next=following, total=page.total), known)


@router.get(
    "/library/matrix",
    response_model=LibraryMatrix,
    tags=["library"],
    dependencies=[require("reader")],
)
def get_matrix(s: Surroundings, query: Asked, known: Known = None) -> Response:
    """How many approved papers stand in each cell."""
    counted = matrix(s.store, query)
    body = LibraryMatrix(
        papers=counted.papers,
        cells={name: _count(one) for name, one in counted.cells.items()},
        stages={name: _count(one) for name, one in counted.stages.items()},
        resources={name: _count(one) for name, one in counted.resources.items()},
    )
    return answer(body, known)


@router.get("/activity", response_model=Page[Activity], tags=["audit"])
def list_activity(
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    kind: Annotated[
        str,
        Query(
            max_length=40,
            description="decisions, undone, double review, rules, models or accounts; "
            "empty: everything",
        ),
    ] = "",
    actor: Annotated[str, Query(max_length=200, description="only theirs"), Clean] = "",
    paper: Annotated[str, Query(max_length=200, description="only on this one"), Clean] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
    known: Known = None,
) -> Response:
    """Who did what and when, newest first; what concerns accounts only for maintainers."""
    page = activity(
        s.store,
        kind=kind,
        actor=actor,
        paper=paper,
        before=number_below(cursor),
        limit=limit,
        accounts=who.may("maintainer"),
    )
    body = Page[Activity](
        items=[
            Activity(
                number=one.number,
                at=one.at,
                actor=one.actor,
                action=one.action,
                said=one.said,
                subject=one.subject,
                title=one.title,
                cells=list(one.cells),
                note=one.note,
            )
            for one in page.entries
        ],
        next=None if page.next is None else cursor_to(before=page.next),
    )
    return answer(body, known)


def _library_paper(one: ApprovedPaper) -> LibraryPaper:
    return LibraryPaper(
        id=one.paper.arxiv_id,
        title=one.paper.title,
        authors=list(one.paper.authors),
        categories=list(one.paper.categories),
        published=one.paper.published,
        url=one.paper.url,
        withdrawn=one.paper.withdrawn,
        cells=list(one.decision.cells),
        technique=list(one.decision.technique),
        decision=decision(one.decision),
        revision=one.revision,
    )


def _count(one: MatrixCell) -> CellCount:
    return CellCount(papers=one.papers, share=one.share)
