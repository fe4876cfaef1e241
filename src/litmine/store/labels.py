"""Known labels: the seeded library (gold, list) and what reviewers decided (review)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from litmine.store.meta import get_meta, put_meta
from litmine.store.schema import labels
from litmine.store.sql import batched, upsert

__all__ = [
    "StoredLabel",
    "all_labels",
    "corpus_fingerprint",
    "count_labels",
    "delete_label",
    "finish_corpus",
    "label_of",
    "put_labels",
    "techniques_of",
]

_CORPUS_KEY = "corpus_fingerprint"
_TRUST = {"list": 0, "gold": 1, "review": 2}


@dataclass(frozen=True, slots=True)
class StoredLabel:
    """What is known of one paper, and from whom.

    Attributes
    ----------
    source : str
        ``gold`` (annotated under the codebook), ``list`` (a public hand-kept list, weak) or
        ``review`` (a reviewer's decision).
    relevant : int
        1, 0, or -1 where the source does not tell.
    weak_stages : tuple of str
        Stages implied by a list's headings.
    lists : int
        How many distinct public lists name the paper.
    """

    arxiv_id: str
    source: str
    title: str
    published: date | None
    relevant: int
    cells: tuple[str, ...] = ()
    weak_stages: tuple[str, ...] = ()
    technique: tuple[str, ...] = ()
    split: str | None = None
    lists: int = 0


def put_labels(connection: Connection, items: Iterable[StoredLabel]) -> None:
    """Store labels, replacing those of the same paper and source."""
    upsert(
        connection,
        labels,
        [
            {
                "arxiv_id": label.arxiv_id,
                "source": label.source,
                "title": label.title,
                "published": label.published,
                "relevant": label.relevant,
                "cells": list(label.cells),
                "weak_stages": list(label.weak_stages),
                "technique": list(label.technique),
                "split": label.split,
                "lists": label.lists,
            }
            for label in items
        ],
    )


def finish_corpus(
    connection: Connection, kept: Collection[tuple[str, str]], fingerprint: str
) -> None:
    """End the seeding of the library: what is no part of it goes, reviewers' labels stay.

    Its labels were stored before, in transactions of their own (`put_labels`): thousands at once
    would keep reviewers waiting.

    Parameters
    ----------
    kept : collection of (arxiv_id, source)
        The labels of the corpus.
    fingerprint : str
        Names this version of it.
    """
    seeded = select(labels.c.arxiv_id, labels.c.source).where(labels.c.source.in_(("gold", "list")))
    gone = [
        (arxiv_id, source)
        for arxiv_id, source in connection.execute(seeded).all()
        if (arxiv_id, source) not in kept
    ]
    for arxiv_id, source in gone:
        delete_label(connection, arxiv_id, source)
    put_meta(connection, _CORPUS_KEY, fingerprint)


def corpus_fingerprint(connection: Connection) -> str | None:
    """Fingerprint of the corpus that was seeded last, or None."""
    return get_meta(connection, _CORPUS_KEY)


def delete_label(connection: Connection, arxiv_id: str, source: str) -> None:
    """Forget the label that `source` gave a paper."""
    connection.execute(
        delete(labels).where(labels.c.arxiv_id == arxiv_id, labels.c.source == source)
    )


def all_labels(connection: Connection) -> list[StoredLabel]:
    """One label a paper, the most trusted source first: review, then gold, then list."""
    best = _most_trusted(connection.execute(select(labels)))
    return [best[arxiv_id] for arxiv_id in sorted(best)]


def label_of(connection: Connection, arxiv_id: str) -> StoredLabel | None:
    """Return the most trusted label of one paper, or None."""
    rows = connection.execute(select(labels).where(labels.c.arxiv_id == arxiv_id))
    return _most_trusted(rows).get(arxiv_id)


def techniques_of(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the techniques of labelled papers, by arXiv id; a reviewer's label counts most."""
    best: dict[str, tuple[int, tuple[str, ...]]] = {}
    for part in batched(ids):
        for row in connection.execute(
            select(labels.c.arxiv_id, labels.c.source, labels.c.technique).where(
                labels.c.arxiv_id.in_(part)
            )
        ):
            found = (_TRUST[row.source], tuple(row.technique))
            best[row.arxiv_id] = max(best.get(row.arxiv_id, found), found)
    return {arxiv_id: technique for arxiv_id, (_, technique) in best.items()}


def count_labels(connection: Connection) -> dict[str, int]:
    """Number of labels by source."""
    rows = connection.execute(
        select(labels.c.source, func.count()).group_by(labels.c.source).order_by(labels.c.source)
    )
    return {source: int(n) for source, n in rows}


def _most_trusted(rows: Iterable[Row[Any]]) -> dict[str, StoredLabel]:
    best: dict[str, StoredLabel] = {}
    for row in rows:
        old = best.get(row.arxiv_id)
        if old is None or _TRUST[row.source] > _TRUST[old.source]:
            best[row.arxiv_id] = StoredLabel(
                arxiv_id=row.arxiv_id,
                source=row.source,
                title=row.title,
                published=row.published,
                relevant=row.relevant,
                cells=tuple(row.cells),
                weak_stages=tuple(row.weak_stages),
                technique=tuple(row.technique),
                split=row.split,
                lists=row.lists,
            )
    return best
