"""Readings that all sources share: clean text, author names, withdrawals, dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

__all__ = [
    "author_names",
    "clean_text",
    "is_withdrawal_note",
    "optional_text",
    "parse_day",
    "parse_moment",
    "split_authors",
]

# XML 1.0 cannot carry these at all, so no two sources could agree on them: each becomes a space.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_WITHDRAWAL = re.compile(
    r"""
    \b(?:paper|submission|article|manuscript|work|preprint|report|note|version|e-?print)
        \s+(?:\w+\s+){0,3}?(?:is|was|has\s+been|have\s+been|had\s+been)\s+(?:\w+\s+)?withdrawn\b
        (?!\s+from\s+(?!arxiv|the\s+arxiv))
    | \bwithdrawn\s+(?:by|due|because|as|for|pending)\b
    | ^\s*withdrawn\b\s*(?:[.!;:,(]|$)
    """,
    re.IGNORECASE | re.VERBOSE,
)

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|v|ph\.?\s?d|md|m\.d)\.?", re.IGNORECASE)
_AND = re.compile(r"\s+(?:and|&)\s+|^and\s+")
_COLLABORATION = re.compile(
    r"^(?:(?:on\s+behalf\s+of|for)\s+)?(?:the\s+)?(.*\bcollaborations?)$", re.IGNORECASE
)


def clean_text(text: str) -> str:
    """Return `text` with whitespace normalised and characters that XML forbids as spaces.

    Control characters (other than tab and newlines), lone surrogates and U+FFFE/U+FFFF cannot
    travel in XML; replacing them everywhere keeps one content hash per paper, whichever source
    it came from. Everything else, LaTeX included, is left as it is.
    """
    if _FORBIDDEN.search(text):
        text = _FORBIDDEN.sub(" ", text)
    # The same as `litmine.core.paper.normalise_space`, at a quarter of its time.
    return " ".join(text.split())


def optional_text(text: str | None) -> str | None:
    """Clean `text`; None when nothing is left."""
    return (clean_text(text) or None) if text else None


def is_withdrawal_note(comments: str | None) -> bool:
    """Tell whether a comment says that the paper itself was withdrawn.

    'Withdrawn from ICLR 2025' is about a conference and does not count.
    """
    return bool(comments) and _WITHDRAWAL.search(comments or "") is not None


def split_authors(text: str) -> tuple[str, ...]:
    """Split arXiv's author line into names, without affiliations.

    The line separates names by commas, 'and' or '&'; affiliations stand in parentheses, possibly
    nested and holding commas; a collaboration may lead with a colon or follow with 'for the'. TeX
    groups are never split. Suffixes (Jr., III) stay with their name.

    Examples
    --------
    >>> split_authors("A. One (Univ. X, Y), B. Two and C. Three, Jr., for the Demo Collaboration")
    ('A. One', 'B. Two', 'C. Three, Jr.', 'Demo Collaboration')
    """
    flat = _without_parentheses(clean_text(text))
    separators = ";" if ";" in flat else ",:"
    names: list[str] = []
    for piece in _split_outside_braces(flat, separators):
        for part in _AND.split(piece):
            name = part.strip(" ,;")
            if name in {"", "and", "&"}:
                continue
            if names and _SUFFIX.fullmatch(name):
                names[-1] = f"{names[-1]}, {name}"
                continue
            group = _COLLABORATION.match(name)
            names.append(group[1] if group else name)
    return tuple(names)


def author_names(names: Iterable[str]) -> tuple[str, ...]:
    """Clean names that a source already gives one by one, affiliations in parentheses taken off."""
    cleaned = (_without_parentheses(clean_text(name)) for name in names)
    return tuple(name for name in cleaned if name)


def _without_parentheses(text: str) -> str:
    if "(" not in text:
        return text
    kept: list[str] = []
    depth = 0
    for i, char in enumerate(text):
        escaped = i > 0 and text[i - 1] == "\\"
        if char == "(" and not escaped:
            depth += 1
        elif char == ")" and depth and not escaped:
            depth -= 1
            if depth == 0:
                kept.append(" ")
        elif depth == 0:
            kept.append(char)
    # An affiliation that never closes would swallow every later author: then keep the line.
    flat = "".join(kept) if depth == 0 else text.replace("(", " ").replace(")", " ")
    return " ".join(flat.split())


def _split_outside_braces(text: str, separators: str) -> list[str]:
    pieces: list[str] = []
    start = depth = 0
    for i, char in enumerate(text):
        if char == "{":
            depth += 1
        elif char == "}":
            depth = max(0, depth - 1)
        elif char in separators and depth == 0:
            pieces.append(text[start:i])
            start = i + 1
    pieces.append(text[start:])
    return pieces


def parse_moment(text: str | None) -> datetime | None:
    """Read an RFC 822 or ISO 8601 time as aware UTC; None when it is neither."""
    if not text or not (text := text.strip()):
        return None
    try:
        moment = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def parse_day(text: str | None) -> date | None:
    """Read the calendar day (UTC) of a date or time; None when there is none."""
    moment = parse_moment(text)
    return moment.date() if moment else None
