"""RIS, as Zotero, EndNote and Mendeley read it: UTF-8, lines that end with CR LF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.formats.citation import Citation, citations

__all__ = ["render_ris"]

_TYPES = {"preprint": "UNPB", "conference": "CPAPER", "journal": "JOUR"}


def render_ris(entries: Iterable[ListEntry], taxonomy: Taxonomy, *, abstracts: bool = False) -> str:
    """Render entries as RIS, newest first.

    Raises
    ------
    InputError
        If a paper stands in twice.
    """
    records = (
        "".join(f"{tag}  - {value}\r\n" for tag, value in _tags(one, abstracts) if value)
        + "ER  - \r\n"
        for one in citations(entries, taxonomy)
    )
    return "\r\n".join(records)


def _tags(one: Citation, abstracts: bool) -> Iterator[tuple[str, str]]:
    """Yield tag and value; no value holds a line break (`litmine.core.plain.clean`)."""
    yield "TY", _TYPES[one.kind]
    yield "ID", one.key
    yield "TI", one.title
    for name in one.names:
        yield "AU", name.inverted
    yield "PY", str(one.year)
    yield "DA", _date(one)
    yield "T2", one.container
    if one.kind == "preprint":
        yield "M3", "Preprint"
        yield "PB", "arXiv"
    yield "DO", one.doi
    yield "UR", one.url.replace(";", "%3B")  # several addresses are joined by semicolons
    yield "AN", f"arXiv:{one.arxiv_id}{one.categories}"
    yield "DB", "arXiv"
    for word in one.keywords:
        yield "KW", word
    if abstracts:
        yield "AB", one.abstract


def _date(one: Citation) -> str:
    """Year, month and day with the slashes that RIS wants, as far as they are known."""
    month = f"{one.month:02}" if one.month is not None else ""
    day = f"{one.day:02}" if one.day is not None else ""
    return f"{one.year}/{month}/{day}/"
