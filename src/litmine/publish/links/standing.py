"""Links of a list: where they stand in Markdown, when to try them again, what an answer means.

A link counts as broken only when it was not found (404, 410) on two different days. What a server
says to programs it does not like (403, 429, 503), timeouts, failing names and certificates tell
nothing about the page a person would see: such a link is *unknown*, and never called broken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from litmine.store.links import LONGEST_URL, Link

__all__ = ["FoundLink", "Probe", "due", "judge", "links_in", "tidy"]

#: How long a result holds, by outcome. A suspect is asked again on the next day.
HOLDS: Mapping[str, timedelta] = {
    "ok": timedelta(days=30),
    "moved": timedelta(days=30),
    "suspect": timedelta(hours=12),
    "broken": timedelta(days=7),
    "unknown": timedelta(days=3),
}
_NOT_FOUND = frozenset({404, 410})

# Destinations of Markdown links (with one level of brackets), of references, of HTML, bare ones.
_LINK = re.compile(
    r"\]\(\s*<?(?P<inline>https?://(?:[^\s<>()]|\([^\s<>()]*\))+)"
    r"|^\s{0,3}\[[^\]]+\]:\s*<?(?P<reference>https?://[^\s<>]+)"
    r"|\b(?:href|src)\s*=\s*[\"']?(?P<html>https?://[^\s\"'<>]+)"
    r"|(?P<bare>https?://[^\s<>\"'|\\^`{}\[\]]+)",
    re.IGNORECASE | re.MULTILINE,
)
# What is not closed goes to the end, as browsers and GitHub take it.
_FENCE = re.compile(
    r"^ {0,3}(`{3,}+|~{3,}+)[^\n]*+\n.*?(?:^ {0,3}\1[`~]*+[ \t]*+$|\Z)", re.DOTALL | re.MULTILINE
)
_CODE = re.compile(r"(?<!`)(`++)[^\n]{0,1000}?(?<!`)\1(?!`)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link of a text and the line it stands on, counted from 1."""

    url: str
    line: int


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of trying an address.

    Attributes
    ----------
    status : int or None
        Of the last answer; None when none came.
    location : str or None
        Where it has moved to for good, where it says so.
    problem : str
        Why nothing can be said; empty when the status tells enough.
    """

    status: int | None
    location: str | None = None
    problem: str = ""


def links_in(text: str) -> list[FoundLink]:
    """Find the http(s) links of a Markdown text, in order; those in code and comments are none.

    Examples
    --------
    >>> links_in("| [A](https://a.example/x_(1)) | see https://b.example. |")
    [FoundLink(url='https://a.example/x_(1)', line=1), FoundLink(url='https://b.example', line=1)]
    """
    shown = text.replace("\r\n", "\n")
    for hidden in (_FENCE, _COMMENT, _CODE):
        shown = hidden.sub(_blank, shown)
    found = []
    line, at = 1, 0
    for match in _LINK.finditer(shown):
        line += shown.count("\n", at, match.start())
        at = match.start()
        url = next(group for group in match.groups() if group)
        if match["bare"]:
            url = _without_tail(url)
        if address := tidy(url):
            found.append(FoundLink(address, line))
    return found


def tidy(url: str) -> str:
    """Give an address without its fragment; empty if nobody can ask it."""
    try:
        parts = urlsplit(url.replace("&amp;", "&").strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if (
        port == 0
        or parts.scheme.lower() not in {"http", "https"}
        or not host
        or not url.isprintable()
    ):
        return ""
    place = parts.netloc if "@" in parts.netloc else parts.netloc.lower()
    path = parts.path or ("/" if parts.query else "")
    return urlunsplit((parts.scheme.lower(), place, path, parts.query, ""))


def due(known: Link | None, now: datetime) -> bool:
    """Tell whether an address is to be tried: never before, or too long ago for its outcome."""
    if known is None:
        return True
    if known.outcome == "suspect" and known.checked_at.date() != now.date():
        return True
    return now - known.checked_at >= HOLDS[known.outcome]


def judge(url: str, probe: Probe, before: Link | None, now: datetime) -> Link:
    """Put an answer together with what was known.

    Parameters
    ----------
    before : Link or None
        The last result.
    now : datetime
        Aware, UTC: its day counts.

    Returns
    -------
    Link
        Where nothing can be said, a link that was not found before stays suspect or broken.
    """
    failures = before.failures if before else 0
    if probe.status in _NOT_FOUND:
        another_day = before is None or before.checked_at.date() != now.date()
        failures += bool(another_day or not failures)
        outcome = "broken" if failures > 1 else "suspect"
        return Link(url, outcome, probe.status, None, failures, now)
    if probe.status is not None and not probe.problem and probe.status < 400:
        outcome = "moved" if probe.location else "ok"
        location = probe.location[:LONGEST_URL] if probe.location else None
        return Link(url, outcome, probe.status, location, 0, now)
    kept = before.outcome if before and before.outcome in {"suspect", "broken"} else "unknown"
    return Link(url, kept, probe.status, None, failures, now)


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _without_tail(url: str) -> str:
    """Take off what a sentence has put behind a bare address."""
    end = len(url)
    surplus = url.count(")") - url.count("(")
    while end and (url[end - 1] in ".,;:!?*_~'\"" or (url[end - 1] == ")" and surplus > 0)):
        surplus -= url[end - 1] == ")"
        end -= 1
    return url[:end]
