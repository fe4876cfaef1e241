"""The library: approved papers as a list and as the matrix of stages and resources."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.formats.registry import FORMATS
from litmine.review.library import LibraryQuery, browse, matrix, reviewers
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings, cursor_to
from litmine.web.pages.list_feeds import FEED_FILTERS
from litmine.web.pages.list_feeds import PATH as FEED
from litmine.web.queries import Asked, library_place, link

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_LIST, _MATRIX = "/library", "/library/matrix"


@router.get(_LIST)
def library_list(
    request: Request,
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    query: Asked,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> HTMLResponse:
    """Show approved papers, page by page."""
    page = browse(s.store, query, after=library_place(cursor))
    following = None
    if page.next is not None:
        key, arxiv_id = page.next
        following = link(_LIST, query.given, cursor=cursor_to(key=key, id=arxiv_id))
    values = {
        "papers": page.papers,
        "total": page.total,
        "first": link(_LIST, query.given) if cursor else None,
        "next": following,
    }
    return s.page(request, who, "library.html", values | _common(s, query, "list"))


@router.get(_MATRIX)
def library_matrix(
    request: Request,
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    query: Asked,
) -> HTMLResponse:
    """Show how many approved papers stand in each cell."""
    counted = matrix(s.store, query)
    # A link from the matrix replaces what was asked about cells, and keeps the rest.
    rest = {k: v for k, v in query.given.items() if k not in {"stage", "resource", "cell"}}
    values = {
        "matrix": counted,
        "total": counted.papers,
        "to_cell": lambda cell: link(_LIST, rest, cell=cell),
        "to_stage": lambda stage: link(_LIST, rest, stage=stage),
        "to_resource": lambda resource: link(_LIST, rest, resource=resource),
    }
    return s.page(request, who, "library_matrix.html", values | _common(s, query, "matrix"))


def _common(s: Surroundings, query: LibraryQuery, view: str) -> dict[str, object]:
    path = _MATRIX if view == "matrix" else _LIST
    taxonomy = load_taxonomy()
    return {
        "view": view,
        "stages": [(stage.id, stage.name) for stage in taxonomy.stages],
        "resources": [(resource.id, resource.name) for resource in taxonomy.resources],
        "techniques": [(technique.id, technique.name) for technique in taxonomy.techniques],
        "asked": query,
        "reviewers": [(name, name) for name in reviewers(s.store)],
        "without": {name: link(path, query.given, **{name: None}) for name in query.filters},
        "clear": path,
        "as_list": link(_LIST, query.given),
        "as_matrix": link(_MATRIX, query.given),
        "as_json": link(f"/api/v1{path}", query.given),
        "downloads": [
            (one.label, link("/api/v1/export", query.filters, format=one.name))
            for one in FORMATS.values()
        ],
        "feed": link(FEED, {k: v for k, v in query.filters.items() if k in FEED_FILTERS}),
    }
