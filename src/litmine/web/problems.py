"""Errors as answers: RFC 9457 problem details for the API, a page in the same words elsewhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from litmine.core.errors import LitmineError, Stale, Unauthenticated
from litmine.core.log import get_logger

__all__ = ["MEDIA_TYPE", "install", "problem"]

MEDIA_TYPE = "application/problem+json"
_log = get_logger("litmine.web")


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
    title = HTTPStatus(status).phrase
    if request.url.path.startswith("/api/"):
        body = {
            "type": "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "instance": request.url.path,
        }
        return JSONResponse(body | extra, status, headers, MEDIA_TYPE)
    answer = request.app.state.services.page(
        request, None, "error.html", {"status": status, "title": title, "detail": detail}, status
    )
    answer.headers.update(headers or {})
    return answer  # type: ignore[no-any-return]


def _of_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, LitmineError)  # noqa: S101 - registered for no other
    extra: dict[str, Any] = {"revision": error.revision} if isinstance(error, Stale) else {}
    headers: dict[str, str] = {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after:
        headers["Retry-After"] = str(int(retry_after) + 1)
    if isinstance(error, Unauthenticated):
        if not request.url.path.startswith("/api/") and request.method == "GET":
            return RedirectResponse("/login", 303)
        headers["WWW-Authenticate"] = "Bearer"
    if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("answer", path=request.url.path, status=error.http_status, problem=str(error))
    return problem(request, error.http_status, str(error), headers=headers, **extra)


def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    detail = str(error.detail)
    if error.status_code == HTTPStatus.NOT_FOUND and detail == "Not Found":
        detail = "there is nothing at this address"
    return problem(request, error.status_code, detail, headers=dict(error.headers or {}))


def _of_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = [
        {"where": ".".join(str(part) for part in one["loc"]), "problem": one["msg"]}
        for one in error.errors()
    ]
    detail = "; ".join(f"{one['where']}: {one['problem']}" for one in found)
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=found)


def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("fault", path=request.url.path, method=request.method, exc_info=error)
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "something is wrong with litmine itself; nothing was half done, and the log tells more",
    )


def install(app: FastAPI) -> None:
    """Translate every error of `app`."""
    app.add_exception_handler(LitmineError, _of_ours)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(Exception, _unexpected)
