"""How words and meaning make one order: pure functions of numbers, no index and no text.

A query has two opinions of every candidate: the sum of its words' weights (BM25F) and the cosine
of its vector with the paper's. `fuse` makes one score of both, whose parts say what each gave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CANDIDATES", "Fused", "fuse"]

Array = NDArray[np.float32]

#: How many papers each of the two searches proposes.
CANDIDATES = 200
#: What words weigh in the sum; meaning has the rest.
LEXICAL_WEIGHT = 0.4


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

    def order(self) -> NDArray[np.int64]:
        """Positions of the candidates, best first; equals stay in the order they were given."""
        return np.argsort(-self.score, kind="stable")


def fuse(lexical: Array, dense: Array) -> Fused:
    """Fuse two opinions of the same candidates.

    A convex combination of both, each brought to 0..1 by a least value that it can have in theory
    (no word: 0; no likeness: the mean cosine of the candidates) and its largest among the
    candidates [1]_.

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
    """
    words = _to_unit(np.asarray(lexical, np.float32), 0.0)
    meaning = _to_unit(np.asarray(dense, np.float32), 0.0)
    weight = LEXICAL_WEIGHT
    if not words.any():
        weight = 0.0
    elif not meaning.any():
        weight = 1.0
    first = (weight * words).astype(np.float32)
    second = ((1 - weight) * meaning).astype(np.float32)
    return Fused(first + second, first, second)


def _to_unit(values: Array, least: float) -> Array:
    if not len(values):
        return values
    span = float(values.max()) - least
    if span <= 0:
        return np.zeros_like(values)
    return np.clip((values - np.float32(least)) / np.float32(span), 0, 1).astype(np.float32)
