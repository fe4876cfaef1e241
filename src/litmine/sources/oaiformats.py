"""The two metadata formats of arXiv's OAI-PMH: ``arXivRaw`` and ``arXiv``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from litmine.core.errors import MalformedResponse
from litmine.core.paper import Paper, PaperVersion, parse_arxiv_id
from litmine.sources.text import (
    clean_text,
    is_withdrawal_note,
    optional_text,
    parse_day,
    parse_moment,
    split_authors,
)
from litmine.sources.xml import child_text

__all__ = ["FORMATS", "MetadataFormat"]

_RAW: Final = "{http://arxiv.org/OAI/arXivRaw/}"
_ARXIV: Final = "{http://arxiv.org/OAI/arXiv/}"
_VERSION = re.compile(r"v?([1-9]\d{0,4})")
_NO_SOURCE = re.compile(r"0+\s*(?:b|kb|mb)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """A metadata format: its root element and how a paper is read from it."""

    root: str
    paper: Callable[[Any, date | None], Paper]


def raw_paper(element: Any, datestamp: date | None) -> Paper:
    """Read an ``arXivRaw`` element: one author line, every version with its date and source type.

    A withdrawal is a new version without a source: its size is 0, its source type is ``I``
    (ignore) or says so, or the comment does.
    """
    versions, marked = _versions(element)
    comments = optional_text(child_text(element, f"{_RAW}comments"))
    return Paper(
        arxiv_id=parse_arxiv_id(_required(element, f"{_RAW}id")).id,
        title=clean_text(_required(element, f"{_RAW}title")),
        abstract=clean_text(child_text(element, f"{_RAW}abstract") or ""),
        version=versions[-1].version if versions else None,
        authors=split_authors(child_text(element, f"{_RAW}authors") or ""),
        categories=tuple((child_text(element, f"{_RAW}categories") or "").split()),
        published=_day_of(versions, first=True),
        updated=_day_of(versions, first=False),
        datestamp=datestamp,
        comments=comments,
        journal_ref=optional_text(child_text(element, f"{_RAW}journal-ref")),
        doi=optional_text(child_text(element, f"{_RAW}doi")),
        license=optional_text(child_text(element, f"{_RAW}license")),
        withdrawn=marked or is_withdrawal_note(comments),
        versions=versions,
    )


def arxiv_paper(element: Any, datestamp: date | None) -> Paper:
    """Read an ``arXiv`` element: structured names, days instead of a version history."""
    authors = []
    for author in element.iterfind(f"{_ARXIV}authors/{_ARXIV}author"):
        parts = [
            clean_text(child_text(author, f"{_ARXIV}{part}") or "")
            for part in ("forenames", "keyname", "suffix")
        ]
        if name := " ".join(part for part in parts if part):
            authors.append(name)
    comments = optional_text(child_text(element, f"{_ARXIV}comments"))
    created = parse_day(child_text(element, f"{_ARXIV}created"))
    return Paper(
        arxiv_id=parse_arxiv_id(_required(element, f"{_ARXIV}id")).id,
        title=clean_text(_required(element, f"{_ARXIV}title")),
        abstract=clean_text(child_text(element, f"{_ARXIV}abstract") or ""),
        authors=tuple(authors),
        categories=tuple((child_text(element, f"{_ARXIV}categories") or "").split()),
        published=created,
        updated=parse_day(child_text(element, f"{_ARXIV}updated")) or created,
        datestamp=datestamp,
        comments=comments,
        journal_ref=optional_text(child_text(element, f"{_ARXIV}journal-ref")),
        doi=optional_text(child_text(element, f"{_ARXIV}doi")),
        license=optional_text(child_text(element, f"{_ARXIV}license")),
        withdrawn=is_withdrawal_note(comments),
    )


def _required(element: Any, tag: str) -> str:
    text = child_text(element, tag)
    if text is None or not clean_text(text):
        raise MalformedResponse(f"record without {tag.rpartition('}')[2]}")
    return text


def _versions(element: Any) -> tuple[tuple[PaperVersion, ...], bool]:
    found: dict[int, tuple[PaperVersion, bool]] = {}
    for item in element.iterfind(f"{_RAW}version"):
        number = _VERSION.fullmatch((item.get("version") or "").strip())
        if number is None:
            raise MalformedResponse(f"version {item.get('version')!r} is not a version number")
        size = (child_text(item, f"{_RAW}size") or "").strip()
        kind = (child_text(item, f"{_RAW}source_type") or "").strip()
        gone = bool(_NO_SOURCE.fullmatch(size)) or "I" in kind or "withdrawn" in kind.lower()
        version = PaperVersion(int(number[1]), parse_moment(child_text(item, f"{_RAW}date")))
        found[version.version] = (version, gone)
    ordered = [found[n] for n in sorted(found)]
    return tuple(v for v, _ in ordered), bool(ordered) and ordered[-1][1]


def _day_of(versions: tuple[PaperVersion, ...], *, first: bool) -> date | None:
    if not versions:
        return None
    version = versions[0] if first else versions[-1]
    if first and version.version != 1:
        return None
    return version.submitted.date() if version.submitted else None


FORMATS: Final = {
    "arXivRaw": MetadataFormat(f"{_RAW}arXivRaw", raw_paper),
    "arXiv": MetadataFormat(f"{_ARXIV}arXiv", arxiv_paper),
}
"""Readers by metadata prefix."""
