"""Logging in (by password, by link, through OpenID Connect) and out."""

from __future__ import annotations

from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from litmine.core.errors import LitmineError, NotFound, TooManyAttempts, Unauthenticated
from litmine.review.people.accounts import Accounts
from litmine.review.people.logins import Logins
from litmine.store.accounts import User
from litmine.web.access import Principal, require
from litmine.web.auth.identity import (
    accounts,
    client_address,
    forget_cookie,
    is_secure,
    logins,
    open_session,
    session_secret,
)
from litmine.web.auth.oidc import OpenIdLogin, account_of
from litmine.web.services import Services, services

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Anyone = Annotated[Principal | None, require("public")]
Ours = Annotated[Services, Depends(services)]
_UNDER_WAY = "litmine-oidc"


@router.get("/login")
def show_login(
    request: Request, ours: Ours, who: Anyone, onward: Annotated[str, Query(alias="next")] = "/"
) -> Response:
    """The form, or onward for whoever is logged in already."""
    if who is not None:
        return RedirectResponse(_path(onward), 303)
    return _form(request, ours, onward)


@router.post("/login")
def log_in(
    request: Request,
    ours: Ours,
    who: Anyone,
    people: Annotated[Accounts, Depends(accounts)],
    name: Annotated[str, Form(max_length=1000)] = "",
    password: Annotated[str, Form(max_length=4000)] = "",
    onward: Annotated[str, Form(alias="next", max_length=2000)] = "/",
) -> Response:
    """Name and password."""
    try:
        user = people.authenticate(name, password, client_address(request))
    except (Unauthenticated, TooManyAttempts) as error:
        return _form(request, ours, onward, error, name)
    return _welcome(request, user, "password", onward)


@router.get("/login/link/{secret}")
def show_link(request: Request, ours: Ours, who: Anyone, secret: str) -> Response:
    """A button that uses the link up.

    Opening the address changes nothing: mail scanners, chat previews and browsers that load pages
    ahead open links too, and would use up what is good once.
    """
    return ours.page(request, None, "login_link.html", {"secret": secret, "who_now": who})


@router.post("/login/link/{secret}")
def use_link(
    request: Request,
    ours: Ours,
    who: Anyone,
    doors: Annotated[Logins, Depends(logins)],
    secret: str,
) -> Response:
    """Log in by a link."""
    try:
        user = doors.use_link(secret)
    except Unauthenticated as error:
        return _form(request, ours, "/", error)
    return _welcome(request, user, "link", "/")


@router.post("/logout")
def log_out(request: Request, who: Anyone, doors: Annotated[Logins, Depends(logins)]) -> Response:
    """Close this browser's session."""
    answer = RedirectResponse("/login", 303)
    found = doors.session(session_secret(request) or "")
    if found is not None:
        session, user = found
        doors.close_session(user.id, session.id, by=user.name)
    forget_cookie(request, answer)
    return answer


@router.get("/login/oidc")
async def leave_for_issuer(
    request: Request, who: Anyone, onward: Annotated[str, Query(alias="next")] = "/"
) -> Response:
    """To the OpenID Connect issuer."""
    base = request.app.state.services.settings.web.public_url or str(request.base_url).rstrip("/")
    answer, key = await _openid(request).leave(
        request, f"{base}/login/oidc/callback", _path(onward)
    )
    answer.set_cookie(
        _UNDER_WAY,
        key,
        max_age=600,
        path="/login/oidc",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return answer


@router.get("/login/oidc/callback")
async def arrive_from_issuer(
    request: Request, ours: Ours, who: Anyone, people: Annotated[Accounts, Depends(accounts)]
) -> Response:
    """Back from the issuer."""
    try:
        claims, onward = await _openid(request).arrive(request, request.cookies.get(_UNDER_WAY, ""))
        user = await run_in_threadpool(account_of, people, claims, ours.settings.web.oidc_role)
        answer = await run_in_threadpool(_welcome, request, user, "oidc", onward)
    except LitmineError as error:
        answer = await run_in_threadpool(_form, request, ours, "/", error)
    answer.delete_cookie(
        _UNDER_WAY, path="/login/oidc", secure=is_secure(request), httponly=True, samesite="lax"
    )
    return answer


def _openid(request: Request) -> OpenIdLogin:
    found = cast("OpenIdLogin | None", request.app.state.openid)
    if found is None:
        raise NotFound("there is no such login here; the setting web.oidc_issuer is empty")
    return found


def _welcome(request: Request, user: User, via: str, onward: str) -> Response:
    answer = RedirectResponse(_path(onward), 303)
    open_session(request, answer, user, via)
    return answer


def _form(
    request: Request,
    ours: Services,
    onward: str,
    error: LitmineError | None = None,
    name: str = "",
) -> Response:
    web = ours.settings.web
    answer = ours.page(
        request,
        None,
        "login.html",
        {
            "problem": None if error is None else str(error),
            "name": name[:200],
            "onward": _path(onward),
            "openid": urlsplit(web.oidc_issuer).hostname if web.oidc_issuer else None,
            "local": web.on_loopback,
        },
        200 if error is None else error.http_status,
    )
    if isinstance(error, TooManyAttempts):
        answer.headers["Retry-After"] = str(int(error.retry_after) + 1)
    return answer


def _path(onward: str) -> str:
    """Return a path of ours; "/" for whatever could lead to another site."""
    # Browsers take a backslash for a slash, and leave out tabs and line ends.
    if not onward.startswith("/") or onward[1:2] in {"/", "\\"} or not onward.isprintable():
        return "/"
    return "/" if onward.startswith(("/login", "/logout")) else onward
