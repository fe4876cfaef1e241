"""The classifiers: the champion, past ones, how they compared, and drift."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from litmine.jobs.overview import overview
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/models")
def models(
    request: Request, s: Surroundings, who: Annotated[Principal, require("reader")]
) -> HTMLResponse:
    """Show the models. Changing the champion compares models first, which takes the terminal."""
    return s.page(request, who, "models.html", {"told": overview(s.settings, s.store)})
