"""The library: approved papers with the decision that stands, filtered, counted and paged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    and_,
    cast,
    func,
    or_,
    select,
)

from litmine.core.paper import Paper
from litmine.store.decisions import Decision, latest_decisions
from litmine.store.papers import get_papers
from litmine.store.queue import queue_items
from litmine.store.schema import decisions, papers, queue
from litmine.store.words import escape_like, holds_word

__all__ = [
    "ApprovedPaper",
    "LibraryFilter",
    "approving_reviewers",
    "cell_groups",
    "library_ids",
    "library_page",
    "library_total",
]


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

    @property
    def of_decision(self) -> bool:
        """Whether it asks for anything that the decision says, and not the paper."""
        return bool(self.stage or self.resource or self.cell or self.technique or self.reviewer)


@dataclass(frozen=True, slots=True)
class ApprovedPaper:
    """One approved paper as a list shows it.

    Attributes
    ----------
    decision : Decision
        The one that stands: its cells and techniques are the paper's.
    revision : int
        Of its row in the queue.
    key : str
        Its place in the order that was asked for (empty: it has no day); with the id, where the
        next page starts.
    """

    paper: Paper
    decision: Decision
    revision: int
    key: str


def library_page(
    connection: Connection,
    wanted: LibraryFilter,
    *,
    by_title: bool = False,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> tuple[int, list[ApprovedPaper]]:
    """Return how many approved papers fulfil `wanted`, and a page of them.

    The newest come first, or they stand by title.

    Parameters
    ----------
    after : tuple of str, optional
        Key and arXiv id of the last paper of the page before.
    """
    p = papers.c
    identity: ColumnElement[str] = p.arxiv_id
    key: ColumnElement[Any] = func.lower(p.title) if by_title else p.published
    if connection.dialect.name == "postgresql":
        identity = identity.collate("C")
        key = key.collate("C") if by_title else key
    # Narrow rows while they are counted and sorted; the rest is read of those that are shown.
    columns = [identity.label("id"), key.label("key")]
    count_along = after is None and wanted != LibraryFilter()
    if count_along:
        columns.append(func.count().over().label("total"))
    statement = _approved(connection, select(*columns), wanted)
    if after is not None:
        statement = statement.where(_behind(key, identity, after, by_title))
    order = (key, identity) if by_title else (key.desc().nulls_last(), identity.desc())
    rows = connection.execute(statement.order_by(*order).limit(limit)).all()
    ids = [row.id for row in rows]
    if count_along:
        total = int(rows[0].total) if rows else 0
    else:
        total = library_total(connection, wanted)
    known, standing = get_papers(connection, ids), latest_decisions(connection, ids)
    queued = queue_items(connection, ids)
    return total, [
        ApprovedPaper(
            known[row.id],
            standing[row.id],
            queued[row.id].revision,
            "" if row.key is None else str(row.key),
        )
        for row in rows
    ]


def library_ids(connection: Connection, wanted: LibraryFilter) -> set[str]:
    """Return the ids of all approved papers that fulfil `wanted`."""
    found = _approved(connection, select(papers.c.arxiv_id), wanted)
    return set(connection.execute(found).scalars())


def cell_groups(connection: Connection, wanted: LibraryFilter) -> list[tuple[tuple[str, ...], int]]:
    """Count approved papers by their cells: each set of cells with its number of papers."""
    spelt = cast(decisions.c.cells, Text)
    statement = _approved(connection, select(spelt, func.count()), wanted, decided=True).group_by(
        spelt
    )
    rows = connection.execute(statement)
    return [(tuple(json.loads(cells)), int(n)) for cells, n in rows]


def library_total(connection: Connection, wanted: LibraryFilter) -> int:
    """Count approved papers."""
    counted: Any = select(func.count())
    if wanted == LibraryFilter():
        statement = counted.select_from(queue).where(queue.c.state == "approved")
    else:
        statement = _approved(connection, counted, wanted)
    return int(connection.execute(statement).scalar_one())


def approving_reviewers(connection: Connection) -> list[str]:
    """Return everybody who ever approved a paper, by name."""
    names = select(decisions.c.reviewer).where(decisions.c.action == "approve").distinct()
    return sorted(connection.execute(names).scalars())


def _approved(
    connection: Connection, columns: Any, wanted: LibraryFilter, *, decided: bool = False
) -> Any:
    """Select from approved papers; joined to the decision that stands only where it is needed."""
    conditions = _conditions(connection, wanted)
    approved = queue.c.state == "approved"
    if not (decided or wanted.of_decision):
        # Not a join: the newest papers are found by walking down the index of days.
        inside = select(queue.c.arxiv_id).where(queue.c.arxiv_id == papers.c.arxiv_id, approved)
        return columns.select_from(papers).where(inside.correlate(papers).exists(), *conditions)
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
    return (
        columns.select_from(queue)
        .join(decisions, decisions.c.id == last)
        .join(papers, papers.c.arxiv_id == queue.c.arxiv_id)
        .where(approved, *conditions)
    )


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


def _behind(
    key: ColumnElement[Any], identity: ColumnElement[str], after: tuple[str, str], by_title: bool
) -> ColumnElement[bool]:
    place, arxiv_id = after
    if by_title:
        return or_(key > place, and_(key == place, identity > arxiv_id))
    if not place:  # papers without a day stand at the end
        return and_(key.is_(None), identity < arxiv_id)
    day = date.fromisoformat(place)
    return or_(key < day, and_(key == day, identity < arxiv_id), key.is_(None))
