"""Recognising who sent a request: a bearer token, or the cookie of a session."""

from __future__ import annotations

from typing import cast

from fastapi import Request, Response

from litmine.core.errors import Forbidden
from litmine.review.people.accounts import Accounts
from litmine.review.people.logins import Logins, OpenSession
from litmine.store.accounts import User
from litmine.web.access import ROLES, Principal, Role

__all__ = [
    "accounts",
    "bearer_token",
    "client_address",
    "forget_cookie",
    "identify",
    "is_secure",
    "link_address",
    "logins",
    "open_session",
    "session_id",
    "session_secret",
    "themselves",
]

_COOKIE = "litmine"


def accounts(request: Request) -> Accounts:
    """Return the application's accounts (a dependency)."""
    return cast("Accounts", request.app.state.accounts)


def logins(request: Request) -> Logins:
    """Return the application's sessions, tokens and links (a dependency)."""
    return cast("Logins", request.app.state.logins)


def identify(request: Request) -> Principal | None:
    """Tell who sent a request.

    A request with a bearer token is that token's or nobody's: the cookie does not count then, so
    that a request without CSRF token never acts with a session's rights.
    """
    secret = bearer_token(request)
    if secret is not None:
        held = logins(request).token(secret)
        if held is None:
            return None
        token, user = held
        role = min(token.role, user.role, key=ROLES.index)
        return Principal(user.name, cast("Role", role), user.id, "token", "", user.preferences)
    cookie = session_secret(request)
    found = logins(request).session(cookie) if cookie else None
    if found is None:
        return None
    session, user = found
    return Principal(
        user.name, cast("Role", user.role), user.id, "session", session.csrf, user.preferences
    )


def bearer_token(request: Request) -> str | None:
    """Return the bearer token that a request carries, or None."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def session_secret(request: Request) -> str | None:
    """Return the value of the session's cookie, or None."""
    return request.cookies.get(_cookie_name(request))


def client_address(request: Request) -> str:
    """Return the client's address; behind a trusted proxy, the one that the proxy tells."""
    return request.client.host if request.client else ""


def is_secure(request: Request) -> bool:
    """Tell whether the browser speaks TLS, to us or to the proxy before us."""
    public: str = request.app.state.services.settings.web.public_url
    return request.url.scheme == "https" or public.startswith("https://")


def open_session(request: Request, response: Response, user: User, via: str) -> OpenSession:
    """Open a session in place of the browser's earlier one, and set its cookie."""
    opened = logins(request).open_session(
        user,
        via=via,
        agent=request.headers.get("user-agent", ""),
        replaces=session_secret(request),
    )
    # The server knows when a session ends; the cookie may last longer than an idle one.
    response.set_cookie(
        _cookie_name(request),
        opened.secret,
        max_age=400 * 24 * 3600,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return opened


def session_id(request: Request) -> str:
    """Return the id of the session that a request came with, "" without one."""
    found = logins(request).session(session_secret(request) or "")
    return found[0].id if found else ""


def themselves(who: Principal, people: Accounts) -> User:
    """Return the account of a person who is logged in themselves, not by a token.

    A token must not make tokens or set a password: a lesser or ending one would become whole.

    Raises
    ------
    Forbidden
        It is a token that asks.
    """
    if who.via != "session":
        raise Forbidden("a token cannot do this: log in with a browser")
    return people.numbered(who.user_id)


def link_address(request: Request, secret: str) -> str:
    """Return the address of a login link, as the person's browser can reach it."""
    public: str = request.app.state.services.settings.web.public_url
    return f"{public or str(request.base_url).rstrip('/')}/login/link/{secret}"


def forget_cookie(request: Request, response: Response) -> None:
    """Take the session's cookie from the browser."""
    response.delete_cookie(
        _cookie_name(request), path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )


def _cookie_name(request: Request) -> str:
    # With the prefix, browsers take the cookie only over TLS, for this host and all of its paths:
    # a neighbouring host cannot plant one.
    return f"__Host-{_COOKIE}" if is_secure(request) else _COOKIE
