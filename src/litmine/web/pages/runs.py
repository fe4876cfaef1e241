"""The nightly runs, and one of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from litmine.jobs.diary import list_runs, tell_run
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings, cursor_to
from litmine.web.queries import link, run_place

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


@router.get("/runs")
def runs(
    request: Request,
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> HTMLResponse:
    """Show the runs, newest first."""
    page = list_runs(s.store, before=run_place(cursor), clock=s.clock)
    following = None
    if page.next is not None:
        at, run_id = page.next
        following = link("/runs", {}, cursor=cursor_to(at=at.isoformat(), id=run_id))
    values = {"runs": page.runs, "next": following, "first": "/runs" if cursor else None}
    return s.page(request, who, "runs.html", values)


@router.get("/runs/{run_id}")
def run(
    run_id: str,
    request: Request,
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
) -> HTMLResponse:
    """Show one run: its stages, what they counted, what went wrong."""
    story = tell_run(s.store, run_id.replace("\x00", ""), clock=s.clock)
    return s.page(request, who, "run.html", {"run": story})
