"""Accounts: your own and its tokens; everyone's, for maintainers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from litmine.client.models import Page
from litmine.client.people import Account, LoginLink, Me, NewToken, Policy, Preferences, Role, Theme
from litmine.client.people import Token as TokenShape
from litmine.core.errors import InputError
from litmine.review.people.accounts import Accounts
from litmine.review.people.logins import LINK_MINUTES, ApiToken, Logins
from litmine.review.people.preferences import keys_in_force
from litmine.store.accounts import User
from litmine.web.access import Principal, require
from litmine.web.api.common import Clean, Known, answer
from litmine.web.auth.identity import accounts, link_address, logins, themselves

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["accounts"])

_NUMBERS = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=_NUMBERS, description="its number", examples=[1])]
Someone = Annotated[Principal, require("reader")]
Maintainer = Annotated[Principal, require("maintainer")]
People = Annotated[Accounts, Depends(accounts)]
Doors = Annotated[Logins, Depends(logins)]


class PreferencesWish(BaseModel):
    """All of your preferences; what is left out goes back to its default."""

    model_config = ConfigDict(extra="forbid", strict=True)

    theme: Theme | None = Field(default=None, description="colours of the pages")
    policy: Policy | None = Field(
        default=None, description="order of your queue; null: the installation's"
    )
    keys: dict[str, Annotated[str, Clean]] = Field(
        default_factory=dict,
        max_length=50,
        description="actions and their keys, one character each; those left out keep the default",
        examples=[{"approve": "y"}],
    )
    single_keys: bool = Field(default=True, description="false: single keys do nothing")


class TokenWish(BaseModel):
    """A token to make."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Clean] = Field(
        max_length=200, description="what it is for", examples=["nightly export"]
    )
    role: Role | None = Field(default=None, description="at most your own, the default")
    days: int | None = Field(
        default=None, ge=1, le=3650, description="it ends after so many days; null: never"
    )


class NewAccount(BaseModel):
    """An account to add."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Clean] = Field(
        max_length=200, description="stands with their decisions", examples=["ada"]
    )
    role: Role = Field(description="what they may do")
    password: Annotated[str, Clean] | None = Field(
        default=None,
        max_length=1000,
        description="10 characters or more; null: they log in by link",
        examples=[None],
    )


class AccountChange(BaseModel):
    """One thing to change of an account; null leaves the other as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Role | None = Field(default=None, description="what they may do")
    disabled: bool | None = Field(
        default=None, description="true locks the account and closes its sessions"
    )


@router.get("/me", response_model=Me)
def get_me(who: Someone, known: Known = None) -> Response:
    """Who you are here."""
    me = Me(name=who.name, role=who.role, via=who.via, preferences=_preferences(who.preferences))
    return answer(me, known)


@router.get("/me/preferences", response_model=Preferences)
def get_preferences(who: Someone, known: Known = None) -> Response:
    """What you have set for yourself."""
    return answer(_preferences(who.preferences), known)


@router.put("/me/preferences")
def put_preferences(wish: PreferencesWish, who: Someone, people: People) -> Preferences:
    """Set your preferences, in place of the earlier ones."""
    kept = people.set_preferences(who.name, wish.model_dump())
    return _preferences(kept)


@router.get("/me/tokens", response_model=Page[TokenShape])
def list_tokens(who: Someone, doors: Doors, known: Known = None) -> Response:
    """Your tokens, revoked ones too, newest first; their secrets are not kept."""
    found = [TokenShape.model_validate(_token(one)) for one in doors.tokens(who.user_id)]
    return answer(Page[TokenShape](items=found, next=None), known)


@router.post("/me/tokens", status_code=HTTPStatus.CREATED)
def create_token(wish: TokenWish, who: Someone, people: People, doors: Doors) -> NewToken:
    """Make a token; needs a session, since a token cannot make tokens."""
    user = themselves(who, people)
    secret, made = doors.create_token(user, wish.name, by=who.name, role=wish.role, days=wish.days)
    return NewToken.model_validate({"token": secret, **_token(made)})


@router.delete("/me/tokens/{number}", status_code=HTTPStatus.NO_CONTENT)
def revoke_token(number: Number, who: Someone, people: People, doors: Doors) -> None:
    """Revoke one of your tokens; needs a session."""
    doors.revoke_token(themselves(who, people), number, by=who.name)


@router.get("/users", response_model=Page[Account])
def list_users(who: Maintainer, people: People, known: Known = None) -> Response:
    """Every account, oldest first."""
    found = [_account(user) for user in people.all()]
    return answer(Page[Account](items=found, next=None), known)


@router.post("/users", status_code=HTTPStatus.CREATED)
def add_user(wish: NewAccount, who: Maintainer, people: People) -> Account:
    """Add an account."""
    return _account(people.add_user(wish.name, wish.role, wish.password, by=who.name))


@router.patch("/users/{number}")
def change_user(number: Number, wish: AccountChange, who: Maintainer, people: People) -> Account:
    """Change an account's role, or lock or unlock it; it holds from the next request on."""
    if (wish.role is None) == (wish.disabled is None):
        raise InputError("name one thing to change: role, or disabled")
    user = people.numbered(number)
    if wish.role is not None:
        return _account(people.set_role(user.name, wish.role, by=who.name))
    change = people.disable if wish.disabled else people.enable
    return _account(change(user.name, by=who.name))


@router.post("/users/{number}/link", status_code=HTTPStatus.CREATED)
def create_link(
    number: Number, request: Request, who: Maintainer, people: People, doors: Doors
) -> LoginLink:
    """Make a link that logs a person in once."""
    secret = doors.create_link(people.numbered(number), by=who.name)
    return LoginLink(url=link_address(request, secret), minutes=LINK_MINUTES)


def _preferences(stored: object) -> Preferences:
    kept = dict(stored) if isinstance(stored, dict) else {}
    return Preferences(
        theme=kept.get("theme", "auto"),
        policy=kept.get("policy"),
        keys=keys_in_force(kept),
        single_keys=kept.get("single_keys", True),
    )


def _token(token: ApiToken) -> dict[str, object]:
    return {name: getattr(token, name) for name in TokenShape.model_fields}


def _account(user: User) -> Account:
    return Account(
        id=user.id,
        name=user.name,
        role=user.role,  # type: ignore[arg-type]
        disabled=user.disabled,
        password=user.password_hash is not None,
        openid=user.subject is not None,
        created_at=user.created_at,
    )
