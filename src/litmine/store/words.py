"""Words looked for in stored papers by LIKE: no index, and none needed for some ten thousand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, case, cast, func, or_, select

from litmine.store.schema import papers, queue

__all__ = ["FoundPaper", "escape_like", "find_papers", "holds_word"]

_ESCAPE = "\\"


@dataclass(frozen=True, slots=True)
class FoundPaper:
    """One hit: what a list shows of it.

    Attributes
    ----------
    state : str or None
        Its state in the queue; None where it is stored but was never queued.
    relevance : float or None
        Probability of relevance as the queue has it.
    """

    arxiv_id: str
    title: str
    authors: tuple[str, ...]
    published: date | None
    state: str | None
    relevance: float | None


def escape_like(text: str) -> str:
    """Return `text` so that LIKE takes it literally, with the escape character backslash."""
    for mark in (_ESCAPE, "%", "_"):
        text = text.replace(mark, _ESCAPE + mark)
    return text


def holds_word(connection: Connection, word: str) -> ColumnElement[bool]:
    """Say that title, abstract or authors of a paper hold `word`, in whatever case (ASCII)."""
    # Authors are stored as JSON, where letters outside ASCII are escaped.
    spelt = json.dumps(word)[1:-1]
    return or_(
        _like(connection, papers.c.title, word),
        _like(connection, papers.c.abstract, word),
        _like(connection, cast(papers.c.authors, Text), spelt),
    )


def find_papers(connection: Connection, words: tuple[str, ...], limit: int) -> list[FoundPaper]:
    """Return papers that hold every word: approved ones first, then waiting ones, then the rest.

    Within each of these, papers with all words in the title come first, then the more probably
    relevant, then the newer.
    """
    rank = case(
        (queue.c.state == "approved", 0),
        (queue.c.state.in_(("pending", "later", "disputed")), 1),
        else_=2,
    )
    in_title = case(
        (and_(*(_like(connection, papers.c.title, word) for word in words)), 0), else_=1
    )
    statement = (
        select(
            papers.c.arxiv_id,
            papers.c.title,
            papers.c.authors,
            papers.c.published,
            queue.c.state,
            queue.c.relevance,
        )
        .outerjoin(queue, queue.c.arxiv_id == papers.c.arxiv_id)
        .where(*(holds_word(connection, word) for word in words))
        .order_by(
            rank,
            in_title,
            func.coalesce(queue.c.relevance, 0.0).desc(),
            func.coalesce(papers.c.published, papers.c.datestamp).desc(),
            papers.c.arxiv_id.desc(),
        )
        .limit(limit)
    )
    return [
        FoundPaper(
            row.arxiv_id,
            row.title,
            tuple(row.authors),
            row.published,
            row.state,
            row.relevance,
        )
        for row in connection.execute(statement)
    ]


def _like(connection: Connection, column: Any, word: str) -> ColumnElement[bool]:
    pattern = f"%{escape_like(word)}%"
    if connection.dialect.name == "postgresql":
        found: ColumnElement[bool] = column.ilike(pattern, escape=_ESCAPE)
    else:  # SQLite's LIKE tells no case apart, and is quicker without lower()
        found = column.like(pattern, escape=_ESCAPE)
    return found
