"""The library: approved papers with the decision that stands, filtered, counted and paged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
)

from litmine.store.schema import decisions, papers, queue
from litmine.store.words import escape_like, holds_word

__all__ = [
    "ApprovedPaper",
    "LibraryFilter",
    "cell_groups",
    "library_page",
    "library_reviewers",
    "published_months",
]

_NO_DAY = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """What a paper of the library must fulfil; an empty field asks for nothing.

    Attributes
    ----------
    stage, resource, cell, technique : str
        Ids of the taxonomy; a cell is "stage/resource".
    words : tuple of str
        Each must occur in the title, the abstract or the authors.
    first, end : date or None
        First submitted on or after `first` and before `end`.
    reviewer : str
        Who took the decision that stands.
    """

    stage: str = ""
    resource: str = ""
    cell: str = ""
    technique: str = ""
    words: tuple[str, ...] = ()
    first: date | None = None
    end: date | None = None
    reviewer: str = ""


@dataclass(frozen=True, slots=True)
class ApprovedPaper:
    """One approved paper as a list shows it.

    Attributes
    ----------
    key : str
        Its place in the order that was asked for; with the id, where the next page starts.
    """

    arxiv_id: str
    title: str
    authors: tuple[str, ...]
    published: date | None
    withdrawn: bool
    cells: tuple[str, ...]
    technique: tuple[str, ...]
    reviewer: str
    source: str
    comment: str
    decision: int
    decided_at: datetime
    revision: int
    key: str


def library_page(
    connection: Connection,
    wanted: LibraryFilter,
    *,
    by_title: bool = False,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[ApprovedPaper]:
    """Return approved papers, the newest first or by title.

    Parameters
    ----------
    after : tuple of str, optional
        Key and arXiv id of the last paper of the page before.
    """
    key, identity = _order(connection, by_title)
    p, d = papers.c, decisions.c
    statement = _approved(
        connection,
        select(
            p.arxiv_id,
            p.title,
            p.authors,
            p.published,
            p.withdrawn,
            d.cells,
            d.technique,
            d.reviewer,
            d.source,
            d.comment,
            d.id,
            d.decided_at,
            queue.c.revision,
            key.label("key"),
        ),
        wanted,
    )
    if after is not None:
        value: Any = after[0] if by_title else date.fromisoformat(after[0])
        statement = statement.where(
            or_(key > value, and_(key == value, identity > after[1]))
            if by_title
            else or_(key < value, and_(key == value, identity < after[1]))
        )
    order = (key, identity) if by_title else (key.desc(), identity.desc())
    return [
        ApprovedPaper(
            arxiv_id=row.arxiv_id,
            title=row.title,
            authors=tuple(row.authors),
            published=row.published,
            withdrawn=bool(row.withdrawn),
            cells=tuple(row.cells),
            technique=tuple(row.technique),
            reviewer=row.reviewer,
            source=row.source,
            comment=row.comment,
            decision=row.id,
            decided_at=row.decided_at,
            revision=row.revision,
            key=str(row.key),
        )
        for row in connection.execute(statement.order_by(*order).limit(limit))
    ]


def cell_groups(
    connection: Connection, wanted: LibraryFilter
) -> list[tuple[tuple[str, ...], int]]:
    """Count approved papers by their cells: each set of cells with its number of papers."""
    spelt = cast(decisions.c.cells, Text)
    statement = _approved(connection, select(spelt, func.count()), wanted).group_by(spelt)
    return [(tuple(json.loads(cells)), int(n)) for cells, n in connection.execute(statement)]


def library_reviewers(connection: Connection) -> list[tuple[str, int]]:
    """Who took the decisions that stand, with how many, in order of names."""
    statement = _approved(connection, select(decisions.c.reviewer, func.count()), LibraryFilter())
    rows = connection.execute(statement.group_by(decisions.c.reviewer))
    return sorted((name, int(n)) for name, n in rows)


def published_months(connection: Connection) -> list[tuple[str, int]]:
    """Months (YYYY-MM) of first submission of the approved papers, newest first, with counts."""
    month = func.substr(cast(papers.c.published, Text), 1, 7)
    statement = _approved(connection, select(month, func.count()), LibraryFilter())
    rows = connection.execute(statement.where(papers.c.published.is_not(None)).group_by(month))
    return sorted(((str(name), int(n)) for name, n in rows), reverse=True)


def _approved(connection: Connection, columns: Select[Any], wanted: LibraryFilter) -> Select[Any]:
    """Select from approved papers, each joined to its last decision that was not taken back."""
    taken, undone = decisions.alias(), decisions.alias()
    last = (
        select(func.max(taken.c.id))
        .where(
            taken.c.arxiv_id == queue.c.arxiv_id,
            taken.c.action != "undo",
            ~select(undone.c.id).where(undone.c.undoes == taken.c.id).correlate(taken).exists(),
        )
        .correlate(queue)
        .scalar_subquery()
    )
    statement = (
        columns.select_from(queue)
        .join(decisions, decisions.c.id == last)
        .join(papers, papers.c.arxiv_id == queue.c.arxiv_id)
        .where(queue.c.state == "approved", *_conditions(connection, wanted))
    )
    return statement


def _conditions(connection: Connection, wanted: LibraryFilter) -> Sequence[ColumnElement[bool]]:
    cells, technique = cast(decisions.c.cells, Text), cast(decisions.c.technique, Text)
    found: list[ColumnElement[bool]] = []
    # Ids hold neither quotes nor slashes, so a cell can be found in the JSON text as it stands.
    for column, pattern, given in (
        (cells, '%"{}/%', wanted.stage),
        (cells, '%/{}"%', wanted.resource),
        (cells, '%"{}"%', wanted.cell),
        (technique, '%"{}"%', wanted.technique),
    ):
        if given:
            found.append(column.like(pattern.format(escape_like(given)), escape="\\"))
    if wanted.reviewer:
        found.append(decisions.c.reviewer == wanted.reviewer)
    if wanted.first is not None:
        found.append(papers.c.published >= wanted.first)
    if wanted.end is not None:
        found.append(papers.c.published < wanted.end)
    found += [holds_word(connection, word) for word in wanted.words]
    return found


def _order(
    connection: Connection, by_title: bool
) -> tuple[ColumnElement[Any], ColumnElement[str]]:
    key: ColumnElement[Any] = func.coalesce(papers.c.published, literal(_NO_DAY))
    identity: ColumnElement[str] = papers.c.arxiv_id
    if by_title:
        key = func.lower(papers.c.title)
    if connection.dialect.name == "postgresql":
        identity = identity.collate("C")
        key = key.collate("C") if by_title else key
    return key, identity
