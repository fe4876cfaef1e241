"""Entries of the paper list for tests: some that are written out, and any that hypothesis makes."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from litmine.core.plain import clean
from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import Approval, ListEntry

__all__ = ["HOSTILE", "any_entry", "any_list", "entry", "hostile", "readable"]

#: What breaks formats: every syntax that any of them has, and what no line may hold.
HOSTILE = (
    "}, @misc{x, title={y}} % & # $ _ ^ ~ \\ { \" ' <b>&amp;</b> ]]> =1+1\nTY  - JOUR\r\nER  - \x00"
    "\x1b[31m\u2028\u202e\ufeff\ud800 and others, Jr. é ß 漢字 🜂 \\end{document} $a_{1}$ $"
)
_SIGNS = "{}[]()<>\\\"'`@%#&$_^~,;:|=+-*/! \n\r\t\x00\x0b\x1b\x7f\x85\u2028\u202e\ufeff\ud800éß漢🜂"

hostile = st.text(
    st.one_of(st.sampled_from(_SIGNS), st.characters()), max_size=40
) | st.sampled_from(
    [HOSTILE, "and", "others", "\\", "{", "}", "$", "ER  - ", "=HYPERLINK(1)", "<!--", "]]>"]
)
#: Letters of several scripts and signs that no markup uses.
readable = st.text(st.sampled_from("abcdeXYZ éßøłŻ漢字Ж 0123.-'"), min_size=1, max_size=30).filter(
    # TeX makes other signs of doubled ones.
    lambda text: clean(text) != "" and "--" not in text and "''" not in text
)
_DAYS = st.dates(date(1991, 8, 1), date(2039, 12, 31))
_MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2039, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def entry(arxiv_id: str = "2401.00001", title: str = "A title", **more: object) -> ListEntry:
    """Make an entry with the rest as it is usual."""
    usual: dict[str, object] = {
        "published": date(2024, 1, 5),
        "technique": ("quantization",),
        "cells": ("inference/memory",),
        "authors": ("Ada Lovelace", "Ludwig van Beethoven"),
        "categories": ("cs.LG", "cs.AI"),
        "approval": Approval("May", datetime(2024, 1, 8, 12, 30, tzinfo=UTC), "m1", 0.91),
    }
    return ListEntry(arxiv_id, title, **(usual | more))  # type: ignore[arg-type]


@st.composite
def arxiv_ids(draw: st.DrawFn) -> str:
    """Any identifier, of the old or the new style."""
    year, month = draw(st.integers(0, 99)), draw(st.integers(1, 12))
    number = draw(st.integers(0, 99999))
    if draw(st.booleans()):
        return f"{year:02}{month:02}.{number:05}"
    archive = draw(st.sampled_from(["cs", "hep-th", "math"]))
    return f"{archive}/{year:02}{month:02}{number % 1000:03}"


@st.composite
def any_entry(draw: st.DrawFn, text: st.SearchStrategy[str] = hostile) -> ListEntry:
    """An entry that holds any text in every field that can."""
    taxonomy = load_taxonomy()
    techniques = st.sampled_from([one.id for one in taxonomy.techniques])
    words = st.lists(text, max_size=4).map(tuple)
    maybe = st.none() | text
    approval = None
    if draw(st.booleans()):
        approval = Approval(
            draw(text),
            draw(_MOMENTS),
            draw(maybe),
            draw(st.none() | st.floats(0, 1)),
            draw(st.dictionaries(st.sampled_from(taxonomy.cells), st.floats(0, 1), max_size=3)),
            draw(text),
        )
    return ListEntry(
        draw(arxiv_ids()),
        "T" + draw(text),
        draw(st.none() | _DAYS),
        technique=draw(st.lists(techniques, max_size=2).map(tuple)),
        cells=draw(st.lists(st.sampled_from(taxonomy.cells), max_size=3, unique=True).map(tuple)),
        keywords=draw(words),
        venue=draw(maybe | st.sampled_from(["ICML 2026", "TMLR", "IEEE Access 2024"])),
        url=draw(text | text.map(lambda tail: f"https://example.org/{tail}")),
        authors=draw(words),
        abstract=draw(text),
        categories=draw(words),
        doi=draw(maybe | text.map(lambda tail: f"10.1145/{tail}")),
        journal_ref=draw(maybe),
        updated=draw(st.none() | _DAYS),
        version=draw(st.none() | st.integers(1, 99)),
        source="label" if approval is None else "reviewer",
        approval=approval,
    )


def any_list(text: st.SearchStrategy[str] = hostile) -> st.SearchStrategy[list[ListEntry]]:
    """Some entries, each paper once."""
    return st.lists(any_entry(text), max_size=4, unique_by=lambda one: one.arxiv_id)
