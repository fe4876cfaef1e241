"""From the problems that the server tells of to the errors that the rest of litmine raises."""

from __future__ import annotations

from typing import Any

import httpx

from litmine.core.errors import (
    Forbidden,
    InputError,
    LitmineError,
    NotFound,
    Stale,
    TooManyAttempts,
    Unauthenticated,
)

__all__ = ["UnexpectedAnswer", "Unreachable", "error_of"]

_PLAIN: dict[int, type[LitmineError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    413: InputError,
    422: InputError,
    428: InputError,
}


class Unreachable(LitmineError):
    """The server could not be reached, or went away, as often as was tried."""

    exit_code = 3
    http_status = 503


class UnexpectedAnswer(LitmineError):
    """The answer is none of this API: another server, a proxy's page, or a fault of the server."""

    exit_code = 3
    http_status = 502


def error_of(response: httpx.Response) -> LitmineError:
    """Return the error that a response tells of; its body was read."""
    told = _members(response)
    status = response.status_code
    detail = str(told.get("detail") or told.get("title") or "")
    if not detail:
        return UnexpectedAnswer(f"{response.request.url.path}: {status} {response.reason_phrase}")
    if status == 412:
        revision = told.get("revision")
        return Stale(detail, revision if isinstance(revision, int) else 0)
    if status == 429:
        wait = response.headers.get("Retry-After", "")
        return TooManyAttempts(detail, float(wait) if wait.isdecimal() else 0.0)
    return _PLAIN.get(status, UnexpectedAnswer)(detail)


def _members(response: httpx.Response) -> dict[str, Any]:
    if "json" not in response.headers.get("Content-Type", ""):
        return {}
    try:
        told = response.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
