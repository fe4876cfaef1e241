"""The codebook: the definitions of the taxonomy and the rules of deciding."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from litmine.core.taxonomy import load_taxonomy
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/codebook")
def codebook(
    request: Request,
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    fragment: Annotated[bool, Query()] = False,
) -> HTMLResponse:
    """Show the codebook; as a fragment without the frame, for the dialog of the queue page."""
    template = "codebook_text.html" if fragment else "codebook.html"
    return s.page(request, who, template, {"book": load_taxonomy(), "fragment": fragment})
