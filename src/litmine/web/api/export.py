"""The approved papers as a file in one of the formats that others read."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from litmine.core.errors import InputError
from litmine.jobs.publish.export import exported, found_by, saved_search
from litmine.publish.formats.registry import FORMATS, format_of
from litmine.publish.selection import Selection
from litmine.review.library import LibraryQuery
from litmine.search.saved import MOST_NAME, SavedSearches
from litmine.store.library import library_ids
from litmine.web.access import Principal, require
from litmine.web.api.common import Clean, Known, Surroundings, matches
from litmine.web.crowd import in_turn
from litmine.web.finding import making
from litmine.web.problems import ProblemError
from litmine.web.queries import Asked
from litmine.web.services import Services

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")

Name = Literal["bibtex", "ris", "csl", "csv", "jsonl", "parquet", "atom", "markdown"]

# Each format has a description of its own; OpenAPI could tell little of them.
_FILES: dict[str, dict[str, str]] = {one.media_type: {} for one in FORMATS.values()}


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"description": "The file.", "content": _FILES}, 503: {}},
    tags=["library"],
)
@in_turn
def export_library(
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    query: Asked,
    form: Annotated[Name, Query(alias="format", description="of the file")],
    since: Annotated[date | None, Query(description="first submitted then or later")] = None,
    until: Annotated[date | None, Query(description="first submitted then or earlier")] = None,
    saved: Annotated[
        str,
        Query(
            max_length=MOST_NAME,
            description="only what one of your saved searches finds: its name or number",
        ),
        Clean,
    ] = "",
    labelled: Annotated[
        bool,
        Query(
            description="with the labelled papers that nobody decided on; not together with "
            "text, month or reviewer"
        ),
    ] = False,
    abstracts: Annotated[
        bool, Query(description="with abstracts, where the format has a place for them")
    ] = False,
    known: Known = None,
) -> Response:
    """The approved papers as a file, all or some of them, newest first.

    The same approvals give the same bytes. docs/formats.md tells what stands in each format.
    """
    part = Selection(
        query.stage, query.resource, query.cell, query.technique, since=since, until=until
    )
    only = _only(s, query, labelled=labelled)
    if saved:
        if making(s.searcher) is not None:
            # An empty file would look as if there were no papers.
            raise ProblemError(503, "the search index is being made; try again in a minute")
        searches = SavedSearches(s.store, s.searcher, s.clock)
        one = saved_search(searches.of(who.name), saved)
        found = found_by(s.searcher, one.query, one.scope)
        only = found if only is None else only & found
    chosen = format_of(form)
    data = exported(s.store, chosen, part, library=labelled, only=only, abstracts=abstracts)
    tag = f'"{hashlib.sha256(data).hexdigest()[:24]}"'
    name = "-".join(word for word in ("litmine", part.name) if word)
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Cookie",
        "Content-Disposition": f'attachment; filename="{name}.{chosen.ending}"',
    }
    if known is not None and matches(known, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=chosen.media_type)


def _only(s: Services, query: LibraryQuery, *, labelled: bool) -> set[str] | None:
    """Return the papers that fulfil what only the library's own query can tell; None: any."""
    if not (query.text or query.month or query.reviewer):
        return None
    if labelled:
        raise InputError("labelled papers are not filtered by text, month or reviewer")
    rest = replace(query, stage="", resource="", cell="", technique="")
    with s.store.read() as connection:
        return library_ids(connection, rest.wanted)
