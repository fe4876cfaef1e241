"""Who did what and when."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from litmine.review.activity import KINDS, activity, actors
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings
from litmine.web.queries import link

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

_PATH = "/activity"


@router.get(_PATH)
def activity_page(
    request: Request,
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    kind: Annotated[str, Query(max_length=40)] = "",
    actor: Annotated[str, Query(max_length=200)] = "",
    paper: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> HTMLResponse:
    """Show the audit trail in words, newest first."""
    trusted = who.may("maintainer")
    page = activity(s.store, kind=kind, actor=actor, paper=paper, before=before, accounts=trusted)
    given = {"kind": kind, "actor": actor, "paper": paper}
    values = {
        "entries": page.entries,
        "kinds": [name for name in KINDS if trusted or name != "accounts"],
        "actors": actors(s.store, accounts=trusted),
        "asked": given,
        "filtered": any(given.values()),
        "first": link(_PATH, given) if before else None,
        "next": link(_PATH, given, before=str(page.next)) if page.next else None,
    }
    return s.page(request, who, "activity.html", values)
