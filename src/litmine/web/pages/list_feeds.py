"""Atom feeds of the approved papers, whole or in part.

Feed readers cannot log in, and what is approved is meant for everybody: these feeds are open. They
tell nothing of reviewers, scores or what still waits.
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response

from litmine.core.taxonomy import load_taxonomy
from litmine.jobs.approved import approved_entries
from litmine.publish.entry import ListEntry
from litmine.publish.formats.atom import MEDIA_TYPE, atom
from litmine.publish.formats.feeds import authority_of, list_feed
from litmine.publish.selection import Selection
from litmine.store import Store
from litmine.store.decisions import last_decided_at
from litmine.web.access import require
from litmine.web.api.common import Surroundings
from litmine.web.crowd import in_turn
from litmine.web.memo import Memo
from litmine.web.pages.feeds import FRESH, has_already, site_of
from litmine.web.queries import link

__all__ = ["FEED_FILTERS", "PATH", "router"]

router = APIRouter(include_in_schema=False)

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
PATH = "/feeds/approved.atom"
FEED_FILTERS = ("stage", "resource", "cell", "technique")


def _approved(store: Store) -> tuple[list[ListEntry], datetime]:
    """The list, and when it changed last: a paper that was taken out leaves no trace in it."""
    with store.read() as connection:
        return approved_entries(connection), last_decided_at(connection) or _BEGINNING


# A crowd of readers must not have the whole list read for each of them. A decision is told at
# once, what the night learns of a paper within a quarter of an hour.
_LIST: Memo[tuple[list[ListEntry], datetime]] = Memo(
    _approved, lambda: int(time.monotonic() // FRESH)
)


@router.get(PATH, dependencies=[require("public")])
@in_turn
def approved_feed(
    request: Request,
    s: Surroundings,
    stage: Annotated[str, Query(max_length=40)] = "",
    resource: Annotated[str, Query(max_length=40)] = "",
    cell: Annotated[str, Query(max_length=80)] = "",
    technique: Annotated[str, Query(max_length=60)] = "",
    known: Annotated[str | None, Header(alias="If-None-Match", max_length=2000)] = None,
    since: Annotated[str | None, Header(alias="If-Modified-Since", max_length=100)] = None,
) -> Response:
    """Tell the papers approved last."""
    part = Selection(stage, resource, cell, technique)
    base = site_of(request, s)
    asked: dict[str, str] = {name: getattr(part, name) for name in FEED_FILTERS}
    entries, decided = _LIST.of(s.store)
    feed = list_feed(
        entries,
        load_taxonomy(),
        selection=part,
        title=s.settings.publish.title,
        address=base + link(PATH, asked),
        page=base + link("/library", asked),
        authority=authority_of(s.settings.web.public_url),
    )
    content = atom(feed)
    changed = max(feed.updated, decided.astimezone(UTC).replace(microsecond=0))
    tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(changed, usegmt=True),
        "Cache-Control": "private, no-cache",
    }
    if has_already(known, since, tag, changed):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=MEDIA_TYPE)
