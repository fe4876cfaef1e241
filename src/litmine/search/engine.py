"""Ranking: a query's words and vector against the rows of an index, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from litmine.search.names import meant
from litmine.search.ranking import fuse, prefer, support
from litmine.search.rows import Rows

if TYPE_CHECKING:
    pass

__all__ = ["DENSE_POOL", "LEXICAL_POOL", "Ranking", "newest", "rank"]

#: Papers by words and papers by meaning that are ranked together; no more are ever listed.
LEXICAL_POOL = 1000
DENSE_POOL = 200
#: A paper whose words score less than this share of the best one's is not found by words.
_LEAST_LEXICAL = 0.2


@dataclass(frozen=True)
class Ranking:
    """Papers found, best first; arrays of equal length.

    Attributes
    ----------
    places : ndarray of int64
    scores, lexical, dense : ndarray of float32
        From 0 to 1; a score is the sum of the other two. NaN where nothing was ranked.
    similarities : ndarray of float32
        Cosine to the query; NaN without a vector on either side.
    """

    places: NDArray[np.int64]
    scores: NDArray[np.float32]
    lexical: NDArray[np.float32]
    dense: NDArray[np.float32]
    similarities: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.places)

    @classmethod
    def of_places(cls, places: NDArray[np.int64]) -> Ranking:
        """Papers in a given order, without any score."""
        none = np.full(len(places), np.nan, np.float32)
        return cls(places, none, none, none, none)

    def take(self, order: NDArray[np.int64]) -> Ranking:
        """The same papers in another order."""
        return Ranking(
            self.places[order],
            self.scores[order],
            self.lexical[order],
            self.dense[order],
            self.similarities[order],
        )


def rank(
    rows: Rows,
    words: Mapping[str, float],
    vector: NDArray[np.float32] | None,
    allowed: NDArray[np.bool_],
    name: str = "",
) -> Ranking:
    """Rank the allowed papers by a query.

    Parameters
    ----------
    words : mapping
        Term to weight; empty for a search by meaning alone.
    vector : ndarray, shape (dim,), or None
        Unit length; None for a search by words alone.
    allowed : ndarray of bool, shape (len(rows),)
        Papers that fulfil the filters.
    name : str
        What may be the name of a paper: the whole query as it was typed.
    """
    by_word = _lexical(rows, words) if words else np.zeros(len(rows), np.float32)
    by_word[~allowed] = 0
    candidates = _best(by_word, LEXICAL_POOL)
    if vector is not None:
        candidates = np.union1d(candidates, _dense(rows, vector, allowed))
    called, sure = meant(rows, name, allowed)
    candidates = np.union1d(candidates, called)
    similarities = _similarities(rows, vector, candidates)
    fused = fuse(by_word[candidates], np.nan_to_num(similarities))
    if vector is not None and len(candidates):
        first = fused.first()
        fused = support(fused, first, _vectors(rows, candidates[first], len(vector)))
    fused = prefer(fused, np.searchsorted(candidates, called), sure)
    order = np.lexsort((-candidates, -fused.score))
    return Ranking(
        candidates[order],
        fused.score[order],
        fused.lexical[order],
        fused.dense[order],
        similarities[order],
    )


def newest(rows: Rows, allowed: NDArray[np.bool_]) -> Ranking:
    """List the allowed papers, the newest first; those of unknown day last."""
    days = np.concatenate([np.zeros(0, np.int32), *(one.facts.day for one in rows.segments)])
    places = np.flatnonzero(allowed)
    return Ranking.of_places(places[np.lexsort((-places, -days[places]))])


def _lexical(rows: Rows, words: Mapping[str, float]) -> NDArray[np.float32]:
    parts = [one.postings.scores(words, rows.stats) for one in rows.segments]
    return np.concatenate([np.zeros(0, np.float32), *parts])


def _best(scores: NDArray[np.float32], most: int) -> NDArray[np.int64]:
    """Places of the highest positive scores, in order of place."""
    if not len(scores):
        return np.zeros(0, np.int64)
    found = np.flatnonzero(scores > max(float(scores.max()) * _LEAST_LEXICAL, 0.0))
    if len(found) > most:
        found = found[np.argpartition(-scores[found], most)[:most]]
    return np.sort(found)


def _dense(
    rows: Rows, vector: NDArray[np.float32], allowed: NDArray[np.bool_]
) -> NDArray[np.int64]:
    places, scores = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
    for number, segment in enumerate(rows.segments):
        start, end = rows.starts[number], rows.starts[number + 1]
        found, similar = segment.dense.search(vector, DENSE_POOL, allowed[start:end])
        places.append(found + start)
        scores.append(similar)
    together, similar = np.concatenate(places), np.concatenate(scores)
    return together[np.argsort(-similar, kind="stable")[:DENSE_POOL]]


def _similarities(
    rows: Rows, vector: NDArray[np.float32] | None, places: NDArray[np.int64]
) -> NDArray[np.float32]:
    found = np.full(len(places), np.nan, np.float32)
    if vector is None:
        return found
    for (inside, own), segment in zip(rows.split(places), rows.segments, strict=True):
        if len(inside):
            near = segment.dense.similarities(vector, own)
            near[~segment.facts.has_vector[own]] = np.nan
            found[inside] = near
    return found


def _vectors(rows: Rows, places: NDArray[np.int64], dim: int) -> NDArray[np.float32]:
    found = np.zeros((len(places), dim), np.float32)
    for (inside, own), segment in zip(rows.split(places), rows.segments, strict=True):
        if len(inside):
            found[inside] = segment.dense.vectors(own)
    return found
