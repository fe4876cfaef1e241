"""The search box: an id goes to its paper, words give a list, also while they are typed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from litmine.review.lookup import MOST_CHARACTERS, look_up
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/search")
def search(
    request: Request,
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    q: Annotated[str, Query(max_length=2 * MOST_CHARACTERS)] = "",
    part: Annotated[str | None, Header(alias="HX-Request")] = None,
) -> Response:
    """Find papers; with HX-Request only the list, for the box while somebody types."""
    found = look_up(s.store, q)
    if found.paper_id and found.stored and not part:
        return RedirectResponse(f"/papers/{found.paper_id}", 303)
    template = "search_hits.html" if part else "search.html"
    answer = s.page(request, who, template, {"found": found, "query": found.text})
    answer.headers["Vary"] = "HX-Request"
    return answer
