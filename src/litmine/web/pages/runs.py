"""The nightly runs, and one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from litmine.core.errors import InputError
from litmine.jobs.diary import list_runs, tell_run
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings, cursor_from, cursor_to
from litmine.web.queries import link

__all__ = ["router", "run_place"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


def run_place(cursor: str | None) -> tuple[datetime, str] | None:
    """Read the place of a page of runs out of a cursor.

    Raises
    ------
    InputError
        The cursor is of another list.
    """
    place = cursor_from(cursor)
    if not place:
        return None
    try:
        at = datetime.fromisoformat(place["at"])
        run_id = str(place["id"])
        if at.tzinfo is None or "\x00" in run_id:
            raise ValueError
        at.astimezone()  # a moment at the edge of the calendar has no other time zone
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InputError("the cursor is of another list; start without one") from None
    return at, run_id


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
