"""What the API tells of accounts: your own, your tokens, and for maintainers everyone's."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from litmine.client.models import Model

__all__ = [
    "Account",
    "LoginLink",
    "Me",
    "NewToken",
    "Policy",
    "Preferences",
    "Role",
    "Theme",
    "Token",
]

Role = Literal["reader", "reviewer", "maintainer"]
Theme = Literal["auto", "light", "dark"]
Policy = Literal["max", "uncertainty", "mixed"]

_MOMENT = "2026-07-01T04:00:00Z"


class Preferences(Model):
    """What you have set for yourself."""

    theme: Theme = Field(description="colours of the pages", examples=["auto"])
    policy: Policy | None = Field(
        description="order of your queue; null: the installation's", examples=["mixed"]
    )
    keys: dict[str, str] = Field(
        description="every action and its key", examples=[{"approve": "a"}]
    )
    single_keys: bool = Field(description="whether single keys do anything")


class Me(Model):
    """Who you are here."""

    name: str = Field(description="stands with your decisions", examples=["ada"])
    role: Role = Field(description="what this session or token may do", examples=["reviewer"])
    via: Literal["session", "token"] = Field(description="how you logged in", examples=["token"])
    preferences: Preferences


class Token(Model):
    """An API token, without its secret."""

    id: int = Field(description="its number", examples=[3])
    name: str = Field(description="what it is for", examples=["nightly export"])
    role: Role = Field(description="what it may do", examples=["reader"])
    created_at: datetime = Field(description="when it was made", examples=[_MOMENT])
    expires_at: datetime | None = Field(description="when it ends; null: never", examples=[None])
    used_at: datetime | None = Field(
        description="its last use, to within five minutes", examples=[_MOMENT]
    )
    revoked_at: datetime | None = Field(description="when it was revoked", examples=[None])


class NewToken(Token):
    """A token just made, with its secret: it is told this once only."""

    token: str = Field(description="send it as Authorization: Bearer …", examples=["lm_…"])


class Account(Model):
    """An account, as maintainers see it."""

    id: int = Field(description="its number", examples=[2])
    name: str = Field(description="stands with the person's decisions", examples=["ada"])
    role: Role = Field(description="what they may do", examples=["reviewer"])
    disabled: bool = Field(description="locked: sessions closed, tokens refused")
    password: bool = Field(description="whether it has a password")
    openid: bool = Field(description="whether it is bound to the OpenID Connect issuer")
    created_at: datetime = Field(description="when it was made", examples=[_MOMENT])


class LoginLink(Model):
    """An address that logs a person in once."""

    url: str = Field(
        description="to be opened in their browser", examples=["https://…/login/link/…"]
    )
    minutes: int = Field(description="how long it is good", examples=[15])
