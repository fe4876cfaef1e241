"""What the endpoints share: paging, conditional requests, and requests that are done once."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Annotated, Any

from fastapi import Depends, Header, Query
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel

from litmine.core.errors import InputError
from litmine.store.idempotency import Once
from litmine.web.problems import ProblemError
from litmine.web.services import Services, services

__all__ = [
    "NUMBERS",
    "Clean",
    "Cursor",
    "IfMatch",
    "Key",
    "Known",
    "Limit",
    "Surroundings",
    "answer",
    "cursor_from",
    "cursor_to",
    "matches",
    "number_below",
    "once",
    "revision_of",
]

#: The greatest number that the databases give a row.
NUMBERS = 2**31 - 1

_REVISION = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)


def _printable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the character NUL cannot be stored")
    return text


#: Text that both databases can hold.
Clean = AfterValidator(_printable)

Surroundings = Annotated[Services, Depends(services)]

Limit = Annotated[int, Query(ge=1, le=100, description="items on a page")]

Cursor = Annotated[
    str | None,
    Query(max_length=1000, description="`next` of the page before; none: the first page"),
]

Known = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        max_length=2000,
        description="ETag of the answer you have: 304 when it still holds",
    ),
]

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description='revision that you looked at, as in its ETag: `"3"`',
        examples=['"3"'],
    ),
]

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,128}$",
        description="any text of your own, such as a UUID: the same request sent again with it is "
        "answered again and not done again; kept for 30 days",
        examples=["0b5d7c1e-6f1c-4a53-9f0e-2f9c3f2b7a10"],
    ),
]


def cursor_to(**place: Any) -> str:
    """Pack a place in a list into a cursor."""
    packed = json.dumps(place, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def cursor_from(cursor: str | None) -> dict[str, Any]:
    """Unpack a cursor; empty for None.

    Raises
    ------
    InputError
        It is none of ours.
    """
    if cursor is None:
        return {}
    try:
        raw = base64.b64decode(
            (cursor + "=" * (-len(cursor) % 4)).encode("ascii"), altchars=b"-_", validate=True
        )
        place = json.loads(raw)
    except (ValueError, RecursionError):
        place = None
    if not isinstance(place, dict):
        raise InputError("the cursor is not one that this API has given; start without one")
    return place


def number_below(cursor: str | None) -> int | None:
    """Read the number out of the cursor of a list that goes downwards; None: the first page.

    Raises
    ------
    InputError
        The cursor is of another list.
    """
    before = cursor_from(cursor).get("before")
    if before is None or (isinstance(before, int) and 0 < before <= NUMBERS):
        return before
    raise InputError("the cursor is of another list; start without one")


def answer(
    body: BaseModel,
    known: str | None,
    *,
    etag: str | None = None,
    counts: BaseModel | None = None,
    status: int = 200,
) -> Response:
    """Answer with JSON and an ETag, or with 304 when the client has it already.

    Parameters
    ----------
    known : str or None
        The If-None-Match of the request.
    etag : str, optional
        The revision's; by default a weak one of the content.
    counts : BaseModel, optional
        The content that makes one answer differ from another, if it is not all of `body`.
    """
    content = body.model_dump_json().encode()
    told = content if counts is None else counts.model_dump_json().encode()
    tag = etag or f'W/"{hashlib.sha256(told).hexdigest()[:24]}"'
    # A revision does not count everything that an item tells (its duplicates), so a browser is not
    # to answer from its own store.
    keep = "private, no-cache" if etag is None else "no-store"
    headers = {"ETag": tag, "Cache-Control": keep, "Vary": "Authorization, Cookie"}
    if known is not None and matches(known, tag):
        return Response(status_code=304, headers=headers)
    return Response(content, status, headers, "application/json")


def matches(known: str, tag: str) -> bool:
    """Tell whether an If-None-Match names this ETag."""
    # If-None-Match compares weakly (RFC 9110, 13.1.2).
    bare = tag.removeprefix("W/")
    return known.strip() == "*" or bare in {
        one.strip().removeprefix("W/") for one in known.split(",")
    }


def revision_of(if_match: str | None) -> int:
    """Read the revision out of If-Match.

    Raises
    ------
    ProblemError
        428: it is missing.
    InputError
        It is not one revision.
    """
    if if_match is None:
        raise ProblemError(428, 'send the revision that you looked at, for instance If-Match: "3"')
    found = _REVISION.fullmatch(if_match.strip())
    if found is None:
        raise InputError('If-Match takes one revision in quotes, such as "3"')
    return int(found[1])


def once(key: str | None, *request: Any) -> Once | None:
    """Name a request that is to be done once; None without a key.

    The revision is no part of it: whoever lost the answer may look at the paper again before they
    send the request again.
    """
    if key is None:
        return None
    asked = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return Once(key, hashlib.sha256(asked.encode()).hexdigest())
