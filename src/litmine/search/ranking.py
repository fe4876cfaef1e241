"""How words and meaning make one order: pure functions of numbers, no index and no text.

A query has two opinions of every candidate: the sum of its words' weights (BM25F) and the cosine
of its vector with the paper's. `fuse` makes one score of both, whose parts say what each gave;
`support` lets the first papers speak for those that are like them.

The constants are round numbers in the middle of what does equally well on several collections
together: titles of four medical and software reviews and of new arXiv papers against abstracts,
headings of public lists, neighbours in their sections, half of the needs of
``tests/bench/search_needs``, and CACM. ``docs/search-quality.md`` has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEXICAL_WEIGHT", "NAME_WEIGHT", "SUPPORTED", "Fused", "fuse", "prefer", "support"]

Array = NDArray[np.float32]

#: What words weigh in the sum; meaning has the rest.
LEXICAL_WEIGHT = 0.4
#: What a paper's name weighs against all else where the query is that name: as much.
NAME_WEIGHT = 0.5
#: Papers that support each other: the first of an answer.
SUPPORTED = 50
#: What a paper's score owes to the papers most like it.
_SUPPORT = 0.4
#: How many those are.
_NEIGHBOURS = 5
#: By how much less in cosine a neighbour counts e times less.
_SHARPNESS = 0.2


@dataclass(frozen=True, slots=True)
class Fused:
    """Scores of candidates, in the order they were given.

    Attributes
    ----------
    score : ndarray of float32, shape (candidates,)
        From 0 to 1.
    lexical, dense : ndarray of float32, shape (candidates,)
        What words and what meaning gave; they add up to `score`.
    """

    score: Array
    lexical: Array
    dense: Array

    def first(self, count: int = SUPPORTED) -> NDArray[np.int64]:
        """Return the positions of the best candidates, in no order."""
        if len(self.score) <= count:
            return np.arange(len(self.score))
        return np.argpartition(-self.score, count)[:count]


def fuse(lexical: Array, dense: Array) -> Fused:
    """Fuse two opinions of the same candidates.

    A convex combination of both, each divided by its largest value among the candidates [1]_. It
    keeps how far apart two papers are, which ranks alone (reciprocal rank fusion) do not.

    Parameters
    ----------
    lexical : ndarray of float32, shape (candidates,)
        BM25F scores over the whole query; 0 where no word is held. All zeros where the query has
        no words to look for: then meaning alone decides.
    dense : ndarray of float32, shape (candidates,)
        Cosines of the query's and the papers' vectors; 0 for papers without a vector. All zeros
        where there is no query vector: then words alone decide.

    References
    ----------
    .. [1] Bruch, Gai, Ingber. An Analysis of Fusion Functions for Hybrid Retrieval. ACM TOIS 2023.

    Examples
    --------
    >>> fused = fuse(np.array([8.0, 4.0], np.float32), np.array([0.3, 0.6], np.float32))
    >>> fused.score.round(2).tolist()
    [0.7, 0.8]
    """
    words, meaning = _to_unit(lexical), _to_unit(dense)
    weight = LEXICAL_WEIGHT
    if not words.any():
        weight = 0.0
    elif not meaning.any():
        weight = 1.0
    first = (weight * words).astype(np.float32)
    second = ((1 - weight) * meaning).astype(np.float32)
    return Fused(first + second, first, second)


def support(fused: Fused, first: NDArray[np.int64], vectors: Array) -> Fused:
    """Let the first papers of an answer support those most like them.

    Papers that answer the same need are alike [1]_; so a paper's score is moved towards the mean
    score of its nearest neighbours among the first ones [2]_. What is found by chance stands alone
    and sinks. Both parts are moved alike and still add up to the score.

    Parameters
    ----------
    first : ndarray of int64, shape (n,)
        Positions of the best candidates, see `Fused.first`.
    vectors : ndarray of float32, shape (n, dim)
        Their vectors, of unit length; zeros for a paper without one.

    References
    ----------
    .. [1] Jardine, van Rijsbergen. The use of hierarchic clustering in information retrieval.
       Information Storage and Retrieval 1971.
    .. [2] Diaz. Regularizing ad hoc retrieval scores. CIKM 2005.
    """
    if len(first) <= _NEIGHBOURS:
        return fused
    # Not a matrix product: BLAS wakes its threads for one, which took 16 ms on two busy cores.
    alike = np.einsum("ij,kj->ik", vectors, vectors)
    np.fill_diagonal(alike, -np.inf)
    nearest = np.argpartition(-alike, _NEIGHBOURS - 1, axis=1)[:, :_NEIGHBOURS]
    near = np.take_along_axis(alike, nearest, axis=1)
    weights = np.exp((near - near.max(axis=1, keepdims=True)) / np.float32(_SHARPNESS))
    weights /= weights.sum(axis=1, keepdims=True)
    alone = ~vectors.any(axis=1)
    parts = []
    for part in (fused.lexical, fused.dense):
        mine = part[first]
        others = (weights * mine[nearest]).sum(axis=1)
        others[alone] = mine.mean()  # nothing is known of its neighbours
        # Whoever is not among the first has no support, and so stays behind them.
        moved = (1 - _SUPPORT) * part
        moved[first] = (1 - _SUPPORT) * mine + _SUPPORT * others
        parts.append(moved.astype(np.float32))
    return Fused(parts[0] + parts[1], parts[0], parts[1])


def prefer(fused: Fused, named: NDArray[np.int64], sure: Array) -> Fused:
    """Put papers that the query names before those that are about it.

    A name counts among the words: their part of the score is moved, and all scores stay within 1.

    Parameters
    ----------
    named : ndarray of int64, shape (n,)
        Positions of candidates.
    sure : ndarray of float32, shape (n,)
        How surely each is meant, from 0 to 1.
    """
    if not len(named):
        return fused
    left = np.float32(1 - NAME_WEIGHT * float(sure.max()))
    lexical, dense = fused.lexical * left, fused.dense * left
    lexical[named] += np.float32(NAME_WEIGHT) * sure
    return Fused(lexical + dense, lexical, dense)


def _to_unit(values: Array) -> Array:
    values = np.asarray(values, np.float32)
    most = float(values.max(initial=0.0))
    if most <= 0:
        return np.zeros_like(values)
    scaled: Array = np.clip(values / np.float32(most), 0, 1)
    return scaled
