"""Invented papers, and strategies that make more of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from litmine.core.paper import Paper, PaperVersion


def paper(arxiv_id: str = "2606.00001", **changes: Any) -> Paper:
    """Return an invented paper."""
    fields: dict[str, Any] = {
        "arxiv_id": arxiv_id,
        "title": f"Frugal decoding, part {arxiv_id}",
        "abstract": "We serve a language model on less memory by storing its cache in fewer bits.",
        "version": 1,
        "authors": ("Ada Example", "Bo Sample"),
        "categories": ("cs.CL", "cs.LG"),
        "published": date(2026, 6, 29),
        "updated": date(2026, 6, 29),
        "datestamp": date(2026, 6, 30),
        "versions": (PaperVersion(1, datetime(2026, 6, 29, 17, 1, 2, tzinfo=UTC)),),
    }
    return Paper(**(fields | changes))


# Few values for each field, so that accounts often tie in version, datestamp or text.
_DAYS = st.sampled_from([date(2026, 6, 28), date(2026, 6, 29), date(2026, 6, 30)])
_TEXTS = st.sampled_from(["", "a", "b", "Größe $O(n^2)$ <b> & 😀"])
_NOTES = st.none() | st.sampled_from(["x", "y"])
_MOMENTS = st.sampled_from([datetime(2026, 6, d, 12, tzinfo=UTC) for d in (27, 28, 29)])


@st.composite
def accounts(draw: st.DrawFn, arxiv_id: str = "2606.00001") -> Paper:
    """Accounts of one paper as differing sources might give them."""
    version = draw(st.none() | st.integers(1, 3))
    submitted = draw(st.dictionaries(st.integers(1, 3), st.none() | _MOMENTS, max_size=3))
    return Paper(
        arxiv_id=arxiv_id,
        title=draw(_TEXTS),
        abstract=draw(_TEXTS),
        version=version,
        authors=tuple(draw(st.lists(st.sampled_from(["P", "Q"]), max_size=2))),
        categories=tuple(draw(st.lists(st.sampled_from(["cs.CL", "cs.LG"]), max_size=2))),
        published=draw(st.none() | _DAYS),
        updated=draw(st.none() | _DAYS),
        datestamp=draw(st.none() | _DAYS),
        comments=draw(_NOTES),
        journal_ref=draw(_NOTES),
        doi=draw(_NOTES),
        license=draw(_NOTES),
        withdrawn=draw(st.booleans()),
        versions=tuple(PaperVersion(n, submitted[n]) for n in sorted(submitted)),
    )
