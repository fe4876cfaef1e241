"""Papers as the database has them, for the index: fingerprints of all, documents of some.

A fingerprint has three parts: what the paper says (text, authors, categories, day), its vector,
and what is said of it (prediction, label). They are made of what stands in the database now, never
of clock times, so a database that was restored or edited by hand is compared as rightly as any
other. For 218,000 papers they are read in two seconds, since neither texts nor vectors are.

Withdrawn papers are left out. Labelled papers that were never pulled have a title only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, literal, select

from litmine.core.paper import month_of_id
from litmine.index.document import UNLABELLED, Document, Judgement
from litmine.store import Store
from litmine.store.schema import labels, papers, predictions, vectors
from litmine.store.sql import batched
from litmine.store.vectors import get_vectors

if TYPE_CHECKING:
    from sqlalchemy import Table

__all__ = ["Fingerprints", "read_documents", "read_fingerprints", "read_judgements"]

_ROWS_AT_ONCE = 20_000
_SEPARATOR = "\x1f"
_NAME = "S32"  # as long as `papers.arxiv_id` may be
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SOURCES = ("gold", "list")  # what reviewers decide is not in the index; gold counts more
_ENOUGH_OF_UNIT = 0.005


@dataclass(frozen=True)
class Fingerprints:
    """What the database holds, by paper.

    Attributes
    ----------
    names : ndarray of bytes
        arXiv ids, in byte order.
    parts : ndarray of uint64, shape (n, 3)
        Of the paper, its vector (0: none), and what is said of it.
    model : ndarray of int64
        Whose prediction counts: place in `models`; -1 where no model has judged the paper.
    """

    names: NDArray[np.bytes_]
    parts: NDArray[np.uint64]
    model: NDArray[np.int64]
    models: tuple[str, ...]

    @property
    def texts(self) -> NDArray[np.bytes_]:
        """All parts as 48 hexadecimal digits."""
        return np.frombuffer(self.parts.astype(">u8").tobytes().hex().encode(), "S48")


def read_fingerprints(
    connection: Connection,
    encoder_id: str,
    models: Sequence[str],
    ids: Sequence[str] | None = None,
) -> Fingerprints:
    """Read the fingerprints of all papers, or of some.

    Parameters
    ----------
    models : sequence of str
        Models whose predictions count, first to last; others come after them. One at the present
        text counts more than any at an earlier one.
    ids : sequence of str, optional
        At most a batch (`litmine.store.sql.BATCH`).
    """
    stored = _papers(connection, ids)
    labelled = _labels(connection, ids)
    unpulled = sorted(i.encode() for i in labelled if i not in stored.withdrawn)
    only = np.setdiff1d(np.array(unpulled, _NAME), stored.names)
    names = np.concatenate([stored.names, only])
    order = np.argsort(names)
    names = names[order]
    parts = np.zeros((len(names), 3), np.uint64)
    titles = [labelled[name.decode()].title_mark for name in only.tolist()]
    parts[:, 0] = np.concatenate([stored.marks, _digests(titles)])[order]
    present = np.concatenate([stored.texts, np.zeros(len(only), "S16")])[order]
    where, marks = _vectors(connection, encoder_id, ids, names)
    parts[where, 1] = marks
    judged = _predictions(connection, models, ids, names, present)
    parts[judged.where, 2] = judged.marks * _MIX
    model = np.full(len(names), -1)
    model[judged.where] = judged.model
    where = _places(names, np.array([i.encode() for i in labelled], _NAME))
    marks = _digests([one.mark for one in labelled.values()])
    parts[where[where >= 0], 2] += marks[where >= 0]
    return Fingerprints(names, parts, model, judged.models)


def read_documents(
    store: Store, encoder_id: str, models: Sequence[str], ids: Sequence[str]
) -> Iterator[tuple[Document, NDArray[np.float32] | None]]:
    """Yield the documents of `ids` with their vectors, in this order.

    Papers that vanished are left out. Each comes with the fingerprint of the very rows it was read
    from. Transactions are short: what takes minutes in all keeps no snapshot open.
    """
    for part in batched(ids):
        with store.read() as connection:
            said = _said(connection, encoder_id, models, part)
            texts = _texts(connection, part)
            found = [i for i in part if i in said]
            kept, matrix = get_vectors(connection, encoder_id, found)
        vector_of = dict(zip(kept, matrix, strict=True))
        for arxiv_id in found:
            one, label = said[arxiv_id]
            row = texts.get(arxiv_id)
            title, published = (row.title, row.published) if row else (label.title, label.published)
            yield (
                Document(
                    id=arxiv_id,
                    title=title,
                    abstract=row.abstract if row else "",
                    authors=tuple(row.authors) if row else (),
                    categories=tuple(row.categories) if row else (),
                    # Lists often tell no day; the id tells the month.
                    published=published or month_of_id(arxiv_id),
                    cells=one.cells,
                    techniques=one.techniques,
                    relevance=one.relevance,
                    fingerprint=one.fingerprint,
                    label=one.label,
                    said_by=one.said_by,
                ),
                _unit(vector_of.get(arxiv_id)),
            )


def read_judgements(
    store: Store, encoder_id: str, models: Sequence[str], ids: Sequence[str]
) -> Iterator[Judgement]:
    """Yield what is said of papers; those that vanished are left out."""
    for part in batched(ids):
        with store.read() as connection:
            said = _said(connection, encoder_id, models, part)
        yield from (one for one, _ in said.values())


@dataclass(frozen=True)
class _Label:
    title: str = ""
    published: date | None = None
    relevant: int = UNLABELLED
    cells: tuple[str, ...] = ()
    technique: tuple[str, ...] = ()
    source: str = ""

    @property
    def title_mark(self) -> bytes:
        return f"{self.title}{_SEPARATOR}{self.published}".encode()

    @property
    def mark(self) -> bytes:
        return repr((self.source, self.relevant, self.cells, self.technique)).encode()


@dataclass(frozen=True)
class _Papers:
    names: NDArray[np.bytes_]
    texts: NDArray[np.bytes_]  # the beginning of the hash of title and abstract
    marks: NDArray[np.uint64]
    withdrawn: frozenset[str]


@dataclass(frozen=True)
class _Predictions:
    where: NDArray[np.int64]
    marks: NDArray[np.uint64]
    model: NDArray[np.int64]
    models: tuple[str, ...]


def _papers(connection: Connection, ids: Sequence[str] | None) -> _Papers:
    p = papers.c
    mark = _joined(p.content_hash, p.authors, p.categories, p.published)
    among = _among(papers, ids)
    chunks = _Chunks(_NAME, "S16", "u8")
    statement = select(p.arxiv_id, func.substr(p.content_hash, 1, 16), mark)
    for rows in _rows(connection, statement.where(p.withdrawn.is_(False), *among)):
        chunks.add(rows[0], rows[1], _digests(text.encode() for text in rows[2]))
    names, texts, marks = chunks.arrays()
    gone = connection.execute(select(p.arxiv_id).where(p.withdrawn.is_(True), *among)).scalars()
    return _Papers(names, texts, marks, frozenset(gone))


def _labels(connection: Connection, ids: Sequence[str] | None) -> dict[str, _Label]:
    found: dict[str, _Label] = {}
    among = _among(labels, ids)
    for row in connection.execute(
        select(labels).where(labels.c.source.in_(_SOURCES), *among).order_by(labels.c.source.desc())
    ):  # "gold" after "list"
        found[row.arxiv_id] = _Label(
            row.title,
            row.published,
            row.relevant,
            tuple(row.cells),
            tuple(row.technique),
            row.source,
        )
    return found


def _vectors(
    connection: Connection,
    encoder_id: str,
    ids: Sequence[str] | None,
    names: NDArray[np.bytes_],
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    v = vectors.c
    chunks = _Chunks(_NAME, "u8")
    # Another vector differs in its first eight numbers already.
    statement = select(
        v.arxiv_id,
        func.substr(func.coalesce(v.content_hash, "none"), 1, 16),
        func.substr(v.vector, 1, 16),
    ).where(v.encoder_id == encoder_id, *_among(vectors, ids))
    for rows in _rows(connection, statement):
        text = np.array(rows[1], "S16").view("<u8").reshape(-1, 2)
        beginnings = np.array([bytes(one) for one in rows[2]], "S16").view("<u8").reshape(-1, 2)
        chunks.add(rows[0], _mixed(text, beginnings))
    found, marks = chunks.arrays()
    where = _places(names, found)
    return where[where >= 0], marks[where >= 0]


def _predictions(
    connection: Connection,
    models: Sequence[str],
    ids: Sequence[str] | None,
    names: NDArray[np.bytes_],
    present: NDArray[np.bytes_],
) -> _Predictions:
    """Find for each paper the prediction that counts."""
    p = predictions.c
    among = _among(predictions, ids)
    known = connection.execute(select(p.model_id).where(*among).distinct()).scalars()
    ranked = (*dict.fromkeys(models), *sorted(set(known) - set(models)))
    rank = {model: place for place, model in enumerate(ranked)}
    chunks = _Chunks(_NAME, "S16", "i8", "u8")
    statement = select(
        p.arxiv_id,
        func.substr(p.content_hash, 1, 16),
        p.model_id,
        _joined(p.model_id, p.relevance, p.assigned, p.technique),
    )
    for rows in _rows(connection, statement.where(*among)):
        places = [rank[model] for model in rows[2]]
        chunks.add(rows[0], rows[1], places, _digests(text.encode() for text in rows[3]))
    found, texts, model, marks = chunks.arrays()
    where = _places(names, found)
    here = np.flatnonzero(where >= 0)
    where, texts, model, marks = where[here], texts[here], model[here], marks[here]
    order = np.lexsort((model, texts != present[where], where))
    first = order[np.unique(where[order], return_index=True)[1]]
    return _Predictions(where[first], marks[first], model[first], ranked)


def _said(
    connection: Connection, encoder_id: str, models: Sequence[str], ids: Sequence[str]
) -> dict[str, tuple[Judgement, _Label]]:
    """What is said of papers, and their labels; papers that are not there are left out."""
    marks = read_fingerprints(connection, encoder_id, models, ids)
    known = _labels(connection, ids)
    p = predictions.c
    columns = (p.arxiv_id, p.model_id, p.relevance, p.assigned, p.technique)
    by_key = {
        (row.arxiv_id, row.model_id): row
        for row in connection.execute(select(*columns).where(p.arxiv_id.in_(ids)))
    }
    found = {}
    for name, text, model in zip(
        marks.names.tolist(), marks.texts.tolist(), marks.model.tolist(), strict=True
    ):
        arxiv_id = name.decode()
        label = known.get(arxiv_id, _Label())
        row = None if model < 0 else by_key[arxiv_id, marks.models[model]]
        if row is None or label.source == "gold":
            cells, techniques = label.cells, label.technique
            said_by = {"gold": "label", "list": "list", "": ""}[label.source]
        else:
            cells, techniques, said_by = tuple(row.assigned), tuple(row.technique), "model"
        found[arxiv_id] = (
            Judgement(
                id=arxiv_id,
                cells=cells,
                techniques=techniques,
                relevance=None if row is None else row.relevance,
                label=label.relevant,
                said_by=said_by if cells or techniques else "",
                fingerprint=text.decode(),
            ),
            label,
        )
    return found


def _texts(connection: Connection, ids: Sequence[str]) -> Mapping[str, Any]:
    p = papers.c
    columns = (p.arxiv_id, p.title, p.abstract, p.authors, p.categories, p.published)
    rows = connection.execute(select(*columns).where(p.arxiv_id.in_(ids)))
    return {row.arxiv_id: row for row in rows}


def _joined(*columns: ColumnElement[Any]) -> ColumnElement[str]:
    """Columns as one text, put together by the database: a third faster than row by row here."""
    text: ColumnElement[str] = literal("")
    for column in columns:
        text = text + func.coalesce(cast(column, Text), "") + _SEPARATOR
    return text


def _among(table: Table, ids: Sequence[str] | None) -> tuple[ColumnElement[bool], ...]:
    return () if ids is None else (table.c.arxiv_id.in_(ids),)


def _rows(connection: Connection, statement: Select[Any]) -> Iterator[list[Sequence[Any]]]:
    """Columns of the rows that a statement finds, some thousand rows at a time."""
    if connection.dialect.name == "sqlite":
        # The driver's own rows: texts, numbers and bytes need no translation, which would cost
        # half as much again as reading them.
        result = connection.execute(statement)
        cursor: Any = result.cursor
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            yield list(zip(*rows, strict=True))
        result.close()
        return
    streamed = connection.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE})
    for part in streamed.partitions():
        yield list(zip(*part, strict=True))


def _digests(texts: Iterable[bytes]) -> NDArray[np.uint64]:
    """64 bits of a hash of each."""
    joined = b"".join([blake2b(text, digest_size=8).digest() for text in texts])
    return np.frombuffer(joined, "<u8").astype(np.uint64)


def _mixed(*numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One number of several, for each row of arrays of shape (n, m)."""
    mixed = np.ones(len(numbers[0]), np.uint64)
    for column in np.concatenate(numbers, axis=1).T:
        mixed = (mixed ^ column) * _MIX
        mixed ^= mixed >> np.uint64(29)  # what stands high in one comes to stand low
    return mixed


def _places(names: NDArray[np.bytes_], wanted: NDArray[np.bytes_]) -> NDArray[np.int64]:
    """Where each of `wanted` stands in sorted `names`; -1 for those that do not."""
    if not len(names):
        return np.full(len(wanted), -1)
    places = np.searchsorted(names, wanted)
    places[places == len(names)] = 0
    return np.where(names[places] == wanted, places, -1)


def _unit(vector: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """A vector of unit length; None for one without a direction."""
    if vector is None:
        return None
    length = float(np.linalg.norm(vector))
    if length == 0:
        return None
    # What is of unit length but for its rounding to float16 keeps its very bits.
    return vector if abs(length - 1) < _ENOUGH_OF_UNIT else vector / np.float32(length)


@dataclass
class _Chunks:
    """Columns that grow by parts."""

    types: tuple[str, ...]
    parts: list[list[NDArray[Any]]] = field(default_factory=list)

    def __init__(self, *types: str) -> None:
        self.types = types
        self.parts = [[np.empty(0, kind)] for kind in types]

    def add(self, *columns: Any) -> None:
        for kind, part, column in zip(self.types, self.parts, columns, strict=True):
            part.append(np.array(column, kind))

    def arrays(self) -> list[NDArray[Any]]:
        return [np.concatenate(part) for part in self.parts]
