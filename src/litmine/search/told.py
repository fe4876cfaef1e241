"""From what searches find to what machines are told: `litmine.client.found`.

The API and the terminal's ``--json`` answer with the same shapes, so that their fields have the
same names; assistants are told a part of them (`litmine.mcp.shapes`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from litmine.client import found as shapes
from litmine.client.models import State

if TYPE_CHECKING:
    from litmine.search.answer import Answer, Count, Facets, Hit, IndexStatus, Marks
    from litmine.search.saved import News, SavedSearch
    from litmine.search.syntax import Query

__all__ = [
    "LAST_OFFSET",
    "found_by_query",
    "found_similar",
    "index_status",
    "news_of",
    "saved_search",
]

LAST_OFFSET = 1000
"""No page starts behind it: a search is narrowed, not leafed through."""

_DIGITS = 6


def found_by_query(
    answer: Answer, limit: int, offset: int, *, abstracts: bool
) -> shapes.SearchAnswer:
    """Build what answers a search.

    Parameters
    ----------
    limit, offset : int
        Of this page.
    abstracts : bool
        Whether they are sent too.
    """
    return shapes.SearchAnswer(
        query=answer.text,
        understood=None if answer.understood is None else _understood(answer.understood),
        paper_id=answer.paper_id,
        stored=answer.stored,
        **_answered(answer, limit, offset, abstracts=abstracts),
    )


def found_similar(
    answer: Answer, limit: int, offset: int, *, abstracts: bool
) -> shapes.SimilarAnswer:
    """Build what answers a question for similar papers; see `found_by_query`."""
    return shapes.SimilarAnswer(**_answered(answer, limit, offset, abstracts=abstracts))


def saved_search(one: SavedSearch, feed_url: str) -> shapes.SavedSearch:
    """Build a saved search."""
    return shapes.SavedSearch(
        number=one.id,
        name=one.name,
        query=one.query,
        scope=one.scope,
        digest=one.digest,
        created_at=one.created_at,
        seen_at=one.seen_at,
        feed_url=feed_url,
    )


def news_of(one: SavedSearch, feed_url: str, news: Sequence[News]) -> shapes.News:
    """Build the news of a saved search."""
    return shapes.News(
        search=saved_search(one, feed_url),
        items=[
            shapes.NewHit(came_at=new.came_at, paper=_hit(new.hit, abstract=False))
            for new in news
            if new.came_at is not None
        ],
    )


def _answered(answer: Answer, limit: int, offset: int, *, abstracts: bool) -> dict[str, Any]:
    """Give what the answers to searches and to questions for similar papers have in common."""
    # A paper that is gone since the index was made leaves a gap, so hits are not counted here.
    following = offset + limit
    more = following < answer.total and following <= LAST_OFFSET
    return {
        "scope": answer.scope,
        "items": [_hit(one, abstract=abstracts) for one in answer.hits],
        "total": answer.total,
        "offset": offset,
        "next_offset": following if more else None,
        "facets": _facets(answer.facets),
        "notes": list(answer.notes),
        "index": None if answer.index is None else index_status(answer.index),
        "took_ms": round(answer.took_ms, 3),
    }


def _hit(one: Hit, *, abstract: bool) -> shapes.Hit:
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


def _understood(query: Query) -> shapes.Understood:
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
    # Rounding can carry a stored probability over the edge.
    return round(min(1.0, max(0.0, float(value))) if bounded else float(value), _DIGITS)
