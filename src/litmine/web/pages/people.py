"""Account matters: your own password, sessions and tokens; everyone's account, for maintainers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from litmine.core.errors import InputError, LitmineError
from litmine.review.people.accounts import ROLES, Accounts
from litmine.review.people.logins import LINK_MINUTES, Logins
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings
from litmine.web.auth.identity import (
    accounts,
    client_address,
    link_address,
    logins,
    session_id,
    themselves,
)
from litmine.web.services import Services

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

Someone = Annotated[Principal, require("reader")]
Maintainer = Annotated[Principal, require("maintainer")]
People = Annotated[Accounts, Depends(accounts)]
Doors = Annotated[Logins, Depends(logins)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Text = Annotated[str, Form(max_length=1000)]
_DONE = {
    "password": "The password is set; your other sessions are closed.",
    "session": "The session is closed.",
    "sessions": "Your other sessions are closed.",
    "token": "The token is revoked.",
    "added": "The account is added.",
    "role": "The role is changed.",
    "disabled": "The account is disabled.",
    "enabled": "The account is enabled.",
}

# In this order: most browsers also call themselves by their ancestors' names.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@router.get("/settings/account")
def show_account(
    request: Request,
    s: Surroundings,
    who: Someone,
    people: People,
    doors: Doors,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Your password, sessions and tokens."""
    return _account(request, s, who, people, doors, said=_DONE.get(done, ""))


@router.post("/settings/account/password")
def set_password(
    request: Request,
    s: Surroundings,
    who: Someone,
    people: People,
    doors: Doors,
    present: Text = "",
    new: Text = "",
    again: Text = "",
) -> Response:
    """Set your password; the present one is asked for, where there is one."""
    user = themselves(who, people)
    try:
        if new != again:
            raise InputError("the two new passwords differ")
        if user.password_hash is not None:
            people.check_password(user.name, present, client_address(request))
        people.set_password(user.name, new, by=who.name, keep_session=session_id(request))
    except LitmineError as error:
        return _account(request, s, who, people, doors, error=error)
    return _back("account", "password")


@router.post("/settings/account/sessions/close")
def close_session(
    who: Someone,
    people: People,
    doors: Doors,
    session: Annotated[str, Form(pattern="^[0-9a-f]{32}$")],
) -> Response:
    """Close one of your sessions."""
    doors.close_session(themselves(who, people).id, session, by=who.name)
    return _back("account", "session")


@router.post("/settings/account/sessions/close-others")
def close_others(request: Request, who: Someone, people: People, doors: Doors) -> Response:
    """Close all of your sessions but this one."""
    doors.close_all(themselves(who, people), by=who.name, but=session_id(request))
    return _back("account", "sessions")


@router.post("/settings/account/tokens")
def create_token(
    request: Request,
    s: Surroundings,
    who: Someone,
    people: People,
    doors: Doors,
    name: Text = "",
    role: Annotated[str, Form(max_length=20)] = "",
    days: Annotated[str, Form(pattern="^[0-9]{0,4}$")] = "",
) -> Response:
    """Make a token, and show it this once."""
    user = themselves(who, people)
    try:
        secret, _ = doors.create_token(
            user, name, by=who.name, role=role or None, days=int(days) if days else None
        )
    except LitmineError as error:
        return _account(request, s, who, people, doors, error=error)
    return _account(request, s, who, people, doors, secret=secret)


@router.post("/settings/account/tokens/{number}/revoke")
def revoke_token(number: Number, who: Someone, people: People, doors: Doors) -> Response:
    """Revoke one of your tokens."""
    doors.revoke_token(themselves(who, people), number, by=who.name)
    return _back("account", "token")


@router.get("/settings/users")
def show_users(
    request: Request,
    s: Surroundings,
    who: Maintainer,
    people: People,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Every account."""
    return _users(request, s, who, people, said=_DONE.get(done, ""))


@router.post("/settings/users")
def add_user(
    request: Request,
    s: Surroundings,
    who: Maintainer,
    people: People,
    name: Text = "",
    role: Annotated[str, Form(max_length=20)] = "",
    password: Text = "",
    subject: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """Add an account."""
    issuer = s.settings.web.oidc_issuer
    full = f"{issuer} {subject.strip()}" if issuer and subject.strip() else None
    try:
        people.add_user(name, role, password or None, by=who.name, subject=full)
    except LitmineError as error:
        wish = {"name": name, "role": role, "subject": subject}
        return _users(request, s, who, people, error=error, wish=wish)
    return _back("users", "added")


@router.post("/settings/users/{number}/role")
def set_role(
    number: Number,
    request: Request,
    s: Surroundings,
    who: Maintainer,
    people: People,
    role: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Give an account another role."""
    try:
        people.set_role(people.numbered(number).name, role, by=who.name)
    except InputError as error:
        return _users(request, s, who, people, error=error)
    return _back("users", "role")


@router.post("/settings/users/{number}/disable")
def disable(
    number: Number, request: Request, s: Surroundings, who: Maintainer, people: People
) -> Response:
    """Lock an account."""
    try:
        people.disable(people.numbered(number).name, by=who.name)
    except InputError as error:
        return _users(request, s, who, people, error=error)
    return _back("users", "disabled")


@router.post("/settings/users/{number}/enable")
def enable(number: Number, who: Maintainer, people: People) -> Response:
    """Unlock an account."""
    people.enable(people.numbered(number).name, by=who.name)
    return _back("users", "enabled")


@router.post("/settings/users/{number}/link")
def create_link(
    number: Number, request: Request, s: Surroundings, who: Maintainer, people: People, doors: Doors
) -> Response:
    """Make a link that logs a person in once, and show it."""
    user = people.numbered(number)
    try:
        secret = doors.create_link(user, by=who.name)
    except InputError as error:
        return _users(request, s, who, people, error=error)
    return _users(request, s, who, people, link=(user.name, link_address(request, secret)))


def _account(
    request: Request,
    s: Services,
    who: Principal,
    people: Accounts,
    doors: Logins,
    *,
    error: LitmineError | None = None,
    said: str = "",
    secret: str = "",
) -> Response:
    user = people.numbered(who.user_id)
    values: dict[str, Any] = {
        "tab": "account",
        "problem": str(error or ""),
        "said": said,
        "secret": secret,
        "user": user,
        "sessions": [(one, _browser(one.agent)) for one in doors.sessions(user.id)],
        "this_session": session_id(request),
        "tokens": doors.tokens(user.id),
        "roles": ROLES[: ROLES.index(user.role) + 1],
        "now": s.clock.now(),
    }
    return s.page(
        request, who, "settings_account.html", values, error.http_status if error else 200
    )


def _users(
    request: Request,
    s: Services,
    who: Principal,
    people: Accounts,
    *,
    error: LitmineError | None = None,
    said: str = "",
    link: tuple[str, str] | None = None,
    wish: dict[str, str] | None = None,
) -> Response:
    values: dict[str, Any] = {
        "tab": "users",
        "problem": str(error or ""),
        "said": said,
        "link": link,
        "link_minutes": LINK_MINUTES,
        "wish": wish or {},
        "people": people.all(),
        "roles": ROLES,
        "openid": bool(s.settings.web.oidc_issuer),
    }
    return s.page(request, who, "settings_users.html", values, error.http_status if error else 200)


def _browser(agent: str) -> str:
    """Return a browser's own words about itself in few, such as "Firefox on Linux"."""
    kind = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if kind and system:
        return f"{kind} on {system}"
    return kind or agent.partition(" ")[0][:40] or "unknown"


def _back(page: str, done: str) -> Response:
    return RedirectResponse(f"/settings/{page}?done={done}", 303)
