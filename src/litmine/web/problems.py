"""Errors as answers: RFC 9457 problem details for the API, a page in the same words elsewhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from litmine.core.errors import LitmineError, Stale, Unauthenticated
from litmine.core.log import get_logger

__all__ = ["MEDIA_TYPE", "ProblemError", "install", "members", "problem"]

MEDIA_TYPE = "application/problem+json"
_FAULT = "something is wrong with litmine itself; nothing was half done, and the log tells more"
_SHOWN = 200
_log = get_logger("litmine.web")


class ProblemError(Exception):
    """A problem that only a web door has: the answer itself, raised.

    Parameters
    ----------
    status : int
        The HTTP status.
    detail : str
        One line that says what to do.
    extra
        Further members of the problem.
    """

    def __init__(self, status: int, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.extra = extra


def members(path: str, status: int, detail: str, **extra: Any) -> dict[str, Any]:
    """Return the members of a problem.

    Parameters
    ----------
    path : str
        Of the request.
    """
    return {
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "detail": detail,
        "instance": path,
        **extra,
    }


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    **extra: Any,
) -> Response:
    """Answer with an error: JSON under /api, a page elsewhere.

    Parameters
    ----------
    detail : str
        One line that says what to do.
    extra
        Further members of the problem, such as ``revision``.
    """
    if of_api(request):
        body = members(request.url.path, status, detail, **extra)
        return JSONResponse(body, status, headers, MEDIA_TYPE)
    answer = request.app.state.services.page(
        request,
        None,
        "error.html",
        {"status": status, "title": _title(status), "detail": detail},
        status,
    )
    answer.headers.update(headers or {})
    return answer  # type: ignore[no-any-return]


def of_api(request: Request) -> bool:
    """Tell whether a request is to the API."""
    return request.url.path == "/api" or request.url.path.startswith("/api/")


def of_ours(error: LitmineError) -> tuple[int, str, dict[str, Any]]:
    """Return status, detail and further members of one of litmine's own errors."""
    extra: dict[str, Any] = {"revision": error.revision} if isinstance(error, Stale) else {}
    return error.http_status, str(error), extra


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _of_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, LitmineError)  # noqa: S101 - registered for no other
    status, detail, extra = of_ours(error)
    headers: dict[str, str] = {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after:
        headers["Retry-After"] = str(int(retry_after) + 1)
    if isinstance(error, Unauthenticated):
        if not of_api(request) and request.method == "GET":
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?{urlencode({'next': wanted})}", 303)
        headers["WWW-Authenticate"] = "Bearer"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("answer", path=request.url.path, status=status, problem=detail)
    return problem(request, status, detail, headers=headers, **extra)


def _of_door(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)  # noqa: S101
    return problem(request, error.status, error.detail, **error.extra)


def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    detail = str(error.detail)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.NOT_FOUND and detail == "Not Found":
        detail = "there is nothing at this address"
    elif error.status_code == HTTPStatus.BAD_REQUEST and "parsing the body" in detail:
        detail = "the body cannot be read; send JSON in UTF-8"
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and detail == "Method Not Allowed":
        detail = f"{request.method} is not possible here; the header Allow says what is"
        headers["Allow"] = ", ".join(_allowed(request)) or headers.get("Allow", "")
    return problem(request, error.status_code, detail, headers=headers)


def _allowed(request: Request) -> list[str]:
    """Return what is possible at an address: the framework tells of its first route only."""
    from litmine.web import api, pages

    found: set[str] = set()
    for router in (*pages.ROUTERS, *api.ROUTERS):
        for route in router.routes:
            if isinstance(route, APIRoute) and route.path_regex.match(request.url.path):
                found |= route.methods or set()
    return sorted(found - {request.method})


def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = [
        # Names can come from the request; surrogates among them cannot be sent back.
        {"where": _sendable(".".join(map(str, one["loc"]))), "problem": _sendable(one["msg"])}
        for one in error.errors()
    ]
    detail = "; ".join(f"{one['where']}: {one['problem']}" for one in found)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=found)


def _sendable(text: str) -> str:
    return text[:_SHOWN].encode("utf-8", "replace").decode()


def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("fault", path=request.url.path, method=request.method, exc_info=error)
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, _FAULT)


def install(app: FastAPI) -> None:
    """Translate every error of `app`."""
    app.add_exception_handler(LitmineError, _of_ours)
    app.add_exception_handler(ProblemError, _of_door)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(Exception, _unexpected)
