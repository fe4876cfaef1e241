"""The sections of the settings: what can be set, its default and what is refused."""

from __future__ import annotations

import json
import re
import socket
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from litmine.core.section import Section, checked_address, is_loopback

__all__ = [
    "ArxivSettings",
    "LogSettings",
    "ModelSettings",
    "QueueSettings",
    "ReviewSettings",
    "ScheduleSettings",
    "WebSettings",
]

_POLITE_GAP = 3.0


class ArxivSettings(Section):
    """How arXiv is asked. Its terms: one request every three seconds, one connection at a time."""

    oai_url: str = Field(default="https://oaipmh.arxiv.org/oai", description="OAI-PMH base URL")
    rss_url: str = Field(
        default="https://rss.arxiv.org", description="announcement feeds, base URL"
    )
    api_url: str = Field(default="https://export.arxiv.org/api/query", description="search API URL")
    contact: str = Field(
        default="", description="e-mail put into the User-Agent, so that arXiv can reach you"
    )
    categories: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("cs.CL", "cs.LG", "cs.AI", "cs.DC", "cs.AR", "cs.PF"),
        description="papers in any of these categories are read",
    )
    metadata_prefix: Literal["arXivRaw", "arXiv"] = Field(
        default="arXivRaw", description="OAI-PMH format; arXivRaw tells versions and withdrawals"
    )
    min_gap_seconds: float = Field(default=_POLITE_GAP, ge=0, description="gap between requests")
    connect_timeout_seconds: float = Field(default=15.0, gt=0, description="to open a connection")
    read_timeout_seconds: float = Field(default=90.0, gt=0, description="seconds without a byte")
    max_attempts: int = Field(default=5, ge=1, le=20, description="tries of one request")
    max_cooldown_seconds: float = Field(
        default=600.0,
        gt=0,
        description="longest wait inside one run; beyond it the run ends and says so",
    )
    overlap_days: int = Field(
        default=1, ge=1, le=30, description="days re-read before the watermark"
    )
    first_lookback_days: int = Field(
        default=3, ge=1, le=3650, description="days read by the very first run (or give --since)"
    )

    @field_validator("contact")
    @classmethod
    def _one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("an e-mail address is one line without control characters")
        return value.strip()

    @field_validator("categories", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Accept "cs.CL,cs.LG" and '["cs.CL", "cs.LG"]' besides a list."""
        if not isinstance(value, str):
            return value
        if value.lstrip().startswith("["):
            try:
                return json.loads(value)
            except json.JSONDecodeError as error:
                raise ValueError(f"{value!r} is not a JSON list; write cs.CL,cs.LG") from error
        return [part for part in (p.strip() for p in value.split(",")) if part]

    @field_validator("categories")
    @classmethod
    def _known_shape(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("name at least one category, such as cs.CL")
        for category in value:
            if not re.fullmatch(r"[a-z][a-z\-]*(?:\.[A-Za-z][A-Za-z\-]*)?", category):
                raise ValueError(f"{category!r} is not an arXiv category; expected cs.CL or hep-th")
        return tuple(dict.fromkeys(value))

    @model_validator(mode="after")
    def _polite(self) -> ArxivSettings:
        urls = (self.oai_url, self.rss_url, self.api_url)
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError(f"{url!r} is not an http(s) URL")
        if self.min_gap_seconds < _POLITE_GAP and not all(is_loopback(u) for u in urls):
            raise ValueError(
                f"min_gap_seconds below {_POLITE_GAP:g} is only for a stand-in on loopback: "
                "arXiv's terms ask for one request every three seconds"
            )
        return self


class ModelSettings(Section):
    """Which models read the papers."""

    encoder: str = Field(
        default="default", description="shipped encoder, a folder, or a sentence-transformers model"
    )
    classifier: str = Field(
        default="default",
        description="the champion (shipped, until another is promoted), or a folder",
    )
    threads: int = Field(default=0, ge=0, description="threads; 0: the machine's cores")
    cascade_from: int = Field(
        default=2000,
        ge=0,
        description="with so many new papers words alone drop those far from the field, unencoded",
    )
    evidence: bool = Field(
        default=True, description="keep the words and sentences that moved each prediction"
    )


class QueueSettings(Section):
    """What reaches the reviewers."""

    min_relevance: float = Field(
        default=0.02, ge=0, le=1, description="least probability of relevance that enters the queue"
    )
    neighbours: int = Field(
        default=5, ge=0, le=50, description="labelled neighbours kept as evidence"
    )


class ReviewSettings(Section):
    """How reviewers decide."""

    policy: Literal["max", "uncertainty", "mixed"] = Field(
        default="mixed", description="order of the queue; a reviewer can choose another"
    )
    double: bool = Field(
        default=False, description="two reviewers for each paper, the second one blind"
    )
    target_recall: float = Field(
        default=0.95, gt=0, lt=1, description="recall that the stopping estimate is about"
    )
    auto_approve_from: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="approve without a look from this probability of relevance on; 0: never",
    )
    auto_sample: float = Field(
        default=0.1, ge=0, le=1, description="share of those approvals that a person checks"
    )


class WebSettings(Section):
    """The reviewers' web application (`litmine serve`)."""

    host: str = Field(
        default="127.0.0.1", description="address to listen on; not loopback: accounts are needed"
    )
    port: int = Field(default=8765, ge=0, le=65535, description="0: any free port")
    public_url: str = Field(
        default="", description="how browsers reach it, when a proxy stands before it; https://…"
    )
    session_hours: float = Field(
        default=336.0, gt=0, le=8760, description="a login lasts so long without a visit"
    )
    oidc_issuer: str = Field(default="", description="OpenID Connect issuer; empty: no such login")
    oidc_client_id: str = Field(default="", description="client id at the issuer")
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""), description="client secret at the issuer"
    )
    oidc_role: Literal["none", "reader", "reviewer"] = Field(
        default="none",
        description="role of people from the issuer who have no account; none: they are refused",
    )

    @field_validator("public_url", "oidc_issuer")
    @classmethod
    def _url(cls, value: str) -> str:
        return checked_address(value)

    @model_validator(mode="after")
    def _whole_oidc(self) -> WebSettings:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("oidc_issuer needs oidc_client_id, and mostly oidc_client_secret")
        return self

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the application, and no proxy stands before it."""
        return is_loopback(f"http://{self._bracketed}") and not self.public_url

    @property
    def base_url(self) -> str:
        """How browsers reach it; by the machine's name where it listens on every address."""
        host = socket.gethostname() if self.host in {"0.0.0.0", "::"} else self._bracketed  # noqa: S104
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def _bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


class ScheduleSettings(Section):
    """When `litmine schedule` runs, relative to arXiv's announcements."""

    delay_minutes: int = Field(
        default=330,
        ge=0,
        description="minutes after the 20:00 Eastern announcement: OAI-PMH is complete by about "
        "22:30, the feeds turn over at midnight",
    )
    jitter_seconds: int = Field(
        default=600, ge=0, le=7200, description="random delay, to keep off the full minute"
    )
    misfire_grace_hours: float = Field(
        default=20.0, gt=0, description="a run missed by less is made up"
    )


class LogSettings(Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level"
    )
    format: Literal["text", "json"] = Field(
        default="text", description="key=value lines or JSON lines"
    )

    @field_validator("level", "format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value
