"""Settings: a person's own preferences, and for maintainers the settings in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from litmine.core.errors import InputError
from litmine.core.settings import origins
from litmine.review.people.accounts import Accounts
from litmine.review.people.preferences import DEFAULT_KEYS, POLICIES, THEMES, keys_in_force
from litmine.store.engine import redact_url
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings
from litmine.web.auth.identity import accounts
from litmine.web.services import Services

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

Reader = Annotated[Principal, require("reader")]


@router.get("/settings")
def settings(request: Request, s: Surroundings, who: Reader, saved: bool = False) -> HTMLResponse:
    """Show a person's preferences."""
    return _show(request, s, who, who.preferences, saved=saved)


@router.post("/settings")
async def change(
    request: Request,
    s: Surroundings,
    who: Reader,
    people: Annotated[Accounts, Depends(accounts)],
) -> Response:
    """Store preferences; what cannot be stored is said, and stays in the form."""
    form = {
        name: value
        for name, value in (await request.form()).items()
        if isinstance(value, str) and "\x00" not in value
    }
    keys = {action: form.get(f"key-{action}", key) for action, key in DEFAULT_KEYS.items()}
    if form.get("reset") == "keys":
        keys = dict(DEFAULT_KEYS)
    wanted: dict[str, Any] = {
        "theme": form.get("theme", "auto"),
        "policy": form.get("policy") or None,
        "single_keys": form.get("single_keys") == "on",
        "keys": keys,
    }
    return await run_in_threadpool(_store, request, s, who, people, wanted)


@router.get("/settings/system")
def system(
    request: Request, s: Surroundings, who: Annotated[Principal, require("maintainer")]
) -> HTMLResponse:
    """Show the settings in force and where each comes from; secrets are not shown."""
    rows = [
        (one.key, _shown(one.key, one.value), one.origin, one.description)
        for one in origins(s.settings)
    ]
    return s.page(request, who, "settings_system.html", {"rows": rows, "tab": "system"})


def _store(
    request: Request, s: Services, who: Principal, people: Accounts, wanted: Mapping[str, Any]
) -> Response:
    try:
        people.set_preferences(who.name, wanted)
    except InputError as error:
        return _show(request, s, who, wanted, problem=str(error))
    return RedirectResponse("/settings?saved=true", 303)


def _show(
    request: Request,
    s: Services,
    who: Principal,
    wanted: Mapping[str, Any],
    *,
    problem: str = "",
    saved: bool = False,
) -> HTMLResponse:
    values = {
        "tab": "preferences",
        "wanted": wanted,
        "keys": keys_in_force(wanted),
        "defaults": DEFAULT_KEYS,
        "themes": THEMES,
        "policies": POLICIES,
        "usual": s.settings.review.policy,
        "problem": problem,
        "saved": saved,
    }
    return s.page(request, who, "settings.html", values, 422 if problem else 200)


def _shown(key: str, value: object) -> str:
    if not value:
        return str(value) if value in (0, False) else ""
    if any(word in key for word in ("secret", "password", "token")):
        return "set, not shown"
    if key == "database_url":
        return redact_url(str(value))
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    return str(value)
