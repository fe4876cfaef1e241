"""What a person asks for in an address, the same on a page and in the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Depends, Query

from litmine.core.errors import InputError
from litmine.review.library import LibraryQuery
from litmine.web.api.common import cursor_from

__all__ = ["Asked", "library_place", "link", "run_place"]


def _library_query(
    stage: Annotated[str, Query(max_length=40, description="id of a stage")] = "",
    resource: Annotated[str, Query(max_length=40, description="id of a resource")] = "",
    cell: Annotated[str, Query(max_length=80, description="stage/resource")] = "",
    technique: Annotated[str, Query(max_length=60, description="id of a technique")] = "",
    text: Annotated[
        str, Query(max_length=200, description="words, each in title, abstract or authors")
    ] = "",
    month: Annotated[str, Query(max_length=7, description="first submitted in: YYYY-MM")] = "",
    reviewer: Annotated[str, Query(max_length=200, description="who decided")] = "",
    sort: Annotated[Literal["newest", "title"], Query(description="order of the list")] = "newest",
) -> LibraryQuery:
    return LibraryQuery(stage, resource, cell, technique, text, month, reviewer, sort)


Asked = Annotated[LibraryQuery, Depends(_library_query)]


def library_place(cursor: str | None) -> tuple[str, str] | None:
    """Read the place of a page of the library out of a cursor.

    Raises
    ------
    InputError
        The cursor is of another list.
    """
    place = cursor_from(cursor)
    if not place:
        return None
    key, arxiv_id = place.get("key"), place.get("id")
    if not isinstance(key, str) or not isinstance(arxiv_id, str) or "\x00" in key + arxiv_id:
        raise InputError("the cursor is of another list; start without one")
    return key, arxiv_id


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
        at = at.astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InputError("the cursor is of another list; start without one") from None
    return at, run_id


def link(path: str, given: Mapping[str, str], **changes: str | None) -> str:
    """Return an address with these parameters; those changed to None are left out."""
    kept = {k: v for k, v in {**given, **changes}.items() if v}
    return f"{path}?{urlencode(kept)}" if kept else path
