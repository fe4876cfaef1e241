"""Writes must come from our own pages: the session's CSRF token, and the origin the browser names.

A bearer token is no such risk: browsers do not send it by themselves.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from litmine.core.errors import Forbidden
from litmine.web.access import principal_of
from litmine.web.auth.identity import bearer_token

__all__ = ["FIELD", "HEADER", "protect"]

HEADER = "X-CSRF-Token"
FIELD = "csrf"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_FORM = "application/x-www-form-urlencoded"  # no page of ours sends files


async def protect(request: Request) -> None:
    """Refuse a write that another site may have caused (a dependency of every route).

    The login forms, which come before there is a session, are guarded by the origin alone.

    Raises
    ------
    Forbidden
        It comes from another origin, or without the session's token.
    """
    if request.method in _SAFE or bearer_token(request) is not None:
        return
    _same_origin(request)
    principal = await run_in_threadpool(principal_of, request)
    if principal is None or principal.via != "session":
        return
    given = request.headers.get(HEADER)
    if given is None and request.headers.get("content-type", "").startswith(_FORM):
        field = (await request.form()).get(FIELD)
        given = field if isinstance(field, str) else None
    if given is None or not hmac.compare_digest(given.encode(), principal.csrf.encode()):
        raise Forbidden("this page is out of date: load it again, then repeat what you did")


def _same_origin(request: Request) -> None:
    # Older browsers send no Sec-Fetch-Site, and none send it over plain HTTP beyond loopback.
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    if site not in {"same-origin", "none"} or not (origin is None or _is_ours(request, origin)):
        raise Forbidden("this request comes from another site")


def _is_ours(request: Request, origin: str) -> bool:
    public = request.app.state.services.settings.web.public_url
    if public:
        parts = urlsplit(public)
        if origin == f"{parts.scheme}://{parts.netloc}":
            return True
    # Its host is one of ours: the shield has looked at it.
    host = request.headers.get("host", "")
    return origin == f"{request.url.scheme}://{host}"
