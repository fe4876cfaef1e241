"""The sections of the settings that say what leaves the house: publishing, mail and a webhook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from litmine.core.section import Section, checked_address, is_loopback

__all__ = ["MailSettings", "PublishSettings", "WebhookSettings"]

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


class PublishSettings(Section):
    """What approvals become: lists, site, suggestions to a repository."""

    title: str = Field(default="Resource-Efficient LLM Papers", description="title of the list")
    site: bool = Field(default=True, description="the nightly run builds the site, in outputs/site")
    site_url: str = Field(
        default="", description="where the site will stand; feeds and cards need it; https://…"
    )
    library: bool = Field(
        default=False, description="the site shows the labelled library too, marked as such"
    )
    git: Path | None = Field(
        default=None, description="a clone whose list gets a suggestion each night; empty: none"
    )
    git_path: str = Field(default="README.md", description="the list inside that repository")
    git_remote: str = Field(default="origin", description="the remote that branches are pushed to")
    git_base: str = Field(
        default="", description="branch that suggestions are made to; empty: the remote's default"
    )
    git_branch: str = Field(
        default="", description="suggestions' branches begin so; empty: litmine/ and the file"
    )
    git_name: str = Field(default="litmine", description="author and committer of suggestions")
    git_email: str = Field(default="noreply@litmine.invalid", description="e-mail of that author")
    github_token: SecretStr = Field(
        default=SecretStr(""), description="opens pull requests; empty: a branch is all"
    )
    github_repo: str = Field(
        default="", description="owner/name; empty: read from the remote's address"
    )
    github_api: str = Field(
        default="https://api.github.com", description="GitHub's REST API, or an enterprise's"
    )
    check_links: bool = Field(
        default=False, description="the nightly run looks whether the list's links still work"
    )

    @field_validator("git", mode="before")
    @classmethod
    def _folder(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return Path(value).expanduser() if value.strip() else None

    @field_validator("site_url", "github_api")
    @classmethod
    def _address(cls, value: str) -> str:
        return checked_address(value)

    @field_validator("git_name", "git_email")
    @classmethod
    def _one_name(cls, value: str) -> str:
        if not value.strip() or not value.isprintable() or re.search("[<>]", value):
            raise ValueError("a commit needs a name and an e-mail, each one line without < and >")
        return value.strip()

    @field_validator("github_repo")
    @classmethod
    def _slug(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9][\w-]*/[\w.-]+", value, re.ASCII):
            raise ValueError(f"{value!r} is not owner/name")
        return value

    @field_validator("github_token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        secret = value.get_secret_value().strip()
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            raise ValueError("a token is one word of ASCII letters and digits")
        return SecretStr(secret)


class MailSettings(Section):
    """The digest by e-mail. Nothing is sent without a host, a sender and recipients."""

    host: str = Field(default="", description="SMTP server; empty: no mail")
    port: int = Field(default=587, ge=1, le=65535, description="587 for starttls, 465 for tls")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none: only to a server on this machine"
    )
    username: str = Field(default="", description="login at the server; empty: none")
    password: SecretStr = Field(default=SecretStr(""), description="password at the server")
    sender: str = Field(default="", description="address in From")
    recipients: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="addresses, joined by commas; each gets a mail of its own"
    )
    timeout_seconds: float = Field(default=30.0, gt=0, le=600, description="for each answer")
    quiet_nights: bool = Field(default=False, description="a night without news is told, too")

    @field_validator("recipients", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return [part for part in (p.strip() for p in value.split(",")) if part]

    @model_validator(mode="after")
    def _whole(self) -> MailSettings:
        for address in (self.sender, *self.recipients):
            if address and not (_MAIL.fullmatch(address) and len(address) <= 254):
                raise ValueError(f"{address!r} is not an e-mail address; write you@example.org")
        if self.host and not (self.sender and self.recipients):
            raise ValueError("host needs sender and recipients")
        if self.host and self.security == "none" and not is_loopback(f"http://{self.host}"):
            raise ValueError("security = none is only for a server on this machine")
        return self


class WebhookSettings(Section):
    """The digest as signed JSON (Standard Webhooks). Nothing is sent without an address."""

    url: str = Field(default="", description="address that gets a POST; empty: none")
    secret: SecretStr = Field(
        default=SecretStr(""), description="signs each message; whsec_… or any text"
    )
    timeout_seconds: float = Field(default=15.0, gt=0, le=120, description="for the answer")
    quiet_nights: bool = Field(default=False, description="a night without news is told, too")

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        return checked_address(value, query=True)

    @model_validator(mode="after")
    def _signed(self) -> WebhookSettings:
        if self.url and not self.secret.get_secret_value():
            raise ValueError("url needs secret, so that the receiver can tell who sent a message")
        return self
