"""What is shown of papers: read from the database, which is always newer than the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from litmine.store.schema import labels, papers
from litmine.store.sql import batched

__all__ = ["Record", "read_records"]


@dataclass(frozen=True, slots=True)
class Record:
    """One paper, or of a paper that was never pulled what its label tells."""

    arxiv_id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published: date | None = None


def read_records(connection: Connection, ids: Sequence[str]) -> dict[str, Record]:
    """Return what is known of papers, by arXiv id; unknown ones are left out."""
    found: dict[str, Record] = {}
    p = papers.c
    for part in batched(ids):
        for row in connection.execute(
            select(p.arxiv_id, p.title, p.abstract, p.authors, p.categories, p.published).where(
                p.arxiv_id.in_(part)
            )
        ):
            found[row.arxiv_id] = Record(
                row.arxiv_id,
                row.title,
                row.abstract,
                tuple(row.authors),
                tuple(row.categories),
                row.published,
            )
    missing = [i for i in ids if i not in found]
    for part in batched(missing):
        for known in connection.execute(
            select(labels.c.arxiv_id, labels.c.title, labels.c.published)
            .where(labels.c.arxiv_id.in_(part))
            .order_by(labels.c.source)
        ):
            found.setdefault(
                known.arxiv_id, Record(known.arxiv_id, known.title, published=known.published)
            )
    return found
