"""From what searches find to what the API answers with (`litmine.client.found`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from litmine.client import found as shapes
from litmine.client.models import State
from litmine.web.api.shapes import share

if TYPE_CHECKING:
    from litmine.search.answer import Answer, Count, Facets, Hit, IndexStatus, Marks
    from litmine.search.syntax import Query

__all__ = ["LAST_OFFSET", "answered", "hit", "index_status", "understood"]

LAST_OFFSET = 1000
"""No page starts behind it: a search is narrowed, not leafed through."""

_DIGITS = 6


def answered(answer: Answer, limit: int, offset: int, *, abstracts: bool) -> dict[str, Any]:
    """Return what answers to searches and to questions for similar papers have in common.

    Parameters
    ----------
    limit, offset : int
        Of this page.
    abstracts : bool
        Whether they are sent too.
    """
    # A paper that is gone since the index was made leaves a gap, so hits are not counted here.
    following = offset + limit
    more = following < answer.total and following <= LAST_OFFSET
    return {
        "scope": answer.scope,
        "items": [hit(one, abstract=abstracts) for one in answer.hits],
        "total": answer.total,
        "offset": offset,
        "next_offset": following if more else None,
        "facets": _facets(answer.facets),
        "notes": list(answer.notes),
        "index": None if answer.index is None else index_status(answer.index),
        "took_ms": round(answer.took_ms, 3),
    }


def hit(one: Hit, *, abstract: bool) -> shapes.Hit:
    """Build one hit."""
    snippet = None
    if one.snippet is not None:
        told = one.snippet
        snippet = shapes.Snippet(
            text=told.text, start=told.start, end=told.end, marks=_spans(told.marks)
        )
    return shapes.Hit(
        id=one.arxiv_id,
        title=one.title,
        authors=list(one.authors),
        categories=list(one.categories),
        published=one.published,
        url=one.url,
        pdf_url=one.pdf_url,
        state=cast("State | None", one.state),
        relevance=_number(one.relevance, bounded=True),
        cells=list(one.cells),
        technique=list(one.techniques),
        said_by=cast("Literal['reviewer', 'label', 'list', 'model'] | None", one.source),
        score=_number(one.score, bounded=True),
        lexical=_number(one.lexical, bounded=True),
        dense=_number(one.dense, bounded=True),
        similarity=_number(one.similarity),
        title_marks=_spans(one.title_marks),
        snippet=snippet,
        abstract=one.abstract or None if abstract else None,
    )


def index_status(status: IndexStatus) -> shapes.IndexStatus:
    """Build what is told of the index."""
    return shapes.IndexStatus(
        generation=status.generation,
        papers=status.papers,
        encoder_id=status.encoder_id,
        behind=status.behind,
    )


def understood(query: Query) -> shapes.Understood:
    """Build a query that was taken apart."""
    first, last = query.years or (None, None)
    return shapes.Understood(
        words=query.free,
        phrases=list(query.phrases),
        excluded=list(query.excluded),
        filters=[
            shapes.Filter(field=one.field, values=list(one.values), negated=one.negated)
            for one in query.filters
        ],
        first_year=first,
        last_year=last,
    )


def _facets(facets: Facets) -> shapes.Facets:
    return shapes.Facets(
        **{name: _counts(getattr(facets, name)) for name in shapes.Facets.model_fields}
    )


def _counts(counts: Sequence[Count]) -> list[shapes.Count]:
    return [shapes.Count(value=one.value, label=one.label, count=one.count) for one in counts]


def _spans(marks: Marks) -> list[shapes.Span]:
    return [shapes.Span(start=start, end=end) for start, end in marks]


def _number(value: float | None, *, bounded: bool = False) -> float | None:
    if value is None or math.isnan(value):
        return None
    return round(share(value) if bounded else float(value), _DIGITS)
