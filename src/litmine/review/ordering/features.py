"""Texts as the learners see them: words, truncated words and topics.

Three views of one text err in different places. Words and word pairs are exact; words cut to five
letters bring inflections together without a stemmer's rules; topics (latent semantic analysis of
the cut words) also find papers that say the same in other words. What each of them is worth stands
in docs/simulate.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TextFeatures"]

_WORD = re.compile(r"(?u)\b\w\w+\b")
_CUT = 5  # letters that are left of a word
_TOPICS = 100
_COMMON = 0.95  # terms in more of the texts than this say nothing


@dataclass(frozen=True)
class TextFeatures:
    """What the learners see of n texts.

    Attributes
    ----------
    words
        (n, terms) CSR float32: words and pairs of neighbouring words, as they are and cut to five
        letters, the two halves of equal weight. 1 + log tf, smoothed idf, unit rows (Salton &
        Buckley, 1988), then without the terms of a single text, which no other text can match.
    alone
        (n,) float32: the squared length that a row lost with those terms.
    topics
        (n, k) float32, k <= 100: truncated singular value decomposition of the cut half (Deerwester
        et al., 1990), by random projection with a fixed seed (Halko et al., 2011), unit rows.
    """

    words: Any
    alone: NDArray[np.float32]
    topics: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.topics)

    @classmethod
    def of(cls, titles: Sequence[str], abstracts: Sequence[str]) -> TextFeatures:
        """Count the words; the title counts twice, as it names what a paper is about."""
        from scipy.sparse import hstack

        texts = [
            _WORD.findall(f"{t}\n{t}\n{a}".lower()) for t, a in zip(titles, abstracts, strict=True)
        ]
        halves = []
        for tokens in (texts, [[word[:_CUT] for word in text] for text in texts]):
            ids, owner = _numbered(tokens)
            halves.append(_weighted(_count(_with_pairs(ids, owner), len(texts))))
        words = (hstack(halves, format="csr") * np.float32(0.5**0.5)).tocsr()
        lengths = _squares(words)
        seen = np.bincount(words.indices, minlength=words.shape[1])
        words = words[:, seen > 1].tocsr().astype(np.float32)
        words.sort_indices()
        return cls(words, (lengths - _squares(words)).astype(np.float32), _topics(halves[1]))


def _numbered(texts: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the tokens of all texts in one row, and say whose each of them is."""
    numbers: dict[str, int] = {}
    ids = np.fromiter(
        (numbers.setdefault(token, len(numbers)) for token in chain.from_iterable(texts)), np.int64
    )
    return ids, np.repeat(np.arange(len(texts)), [len(text) for text in texts])


def _with_pairs(
    ids: NDArray[np.int64], owner: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Add a number for every pair of neighbours within a text."""
    base = int(ids.max(initial=0)) + 1
    inside = owner[1:] == owner[:-1]
    pairs = (ids[:-1] * base + ids[1:] + base)[inside]
    return np.concatenate([ids, pairs]), np.concatenate([owner, owner[1:][inside]])


def _count(grams: tuple[NDArray[np.int64], NDArray[np.int64]], n: int) -> Any:
    from scipy.sparse import csr_matrix

    ids, owner = grams
    terms, columns = np.unique(ids, return_inverse=True)
    counts = csr_matrix(
        (np.ones(len(ids), np.float32), (owner, columns)), shape=(n, max(len(terms), 1))
    )
    counts.sum_duplicates()
    return counts


def _weighted(counts: Any) -> Any:
    """TF-IDF with unit rows, without the terms of nearly every text."""
    n = counts.shape[0]
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    kept = seen <= max(_COMMON * n, 1)
    counts = counts[:, kept]
    idf = (np.log((1 + n) / (1 + seen[kept])) + 1).astype(np.float32)
    counts.data = (1 + np.log(counts.data)) * idf[counts.indices]
    scale = np.sqrt(np.maximum(_squares(counts), 1e-12)).astype(np.float32)
    counts.data /= np.repeat(scale, np.diff(counts.indptr))
    return counts


def _squares(rows: Any) -> NDArray[np.float64]:
    owner = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    values = rows.data.astype(np.float64)
    return np.asarray(np.bincount(owner, values * values, minlength=rows.shape[0]), np.float64)


def _topics(counts: Any) -> NDArray[np.float32]:
    from sklearn.utils.extmath import randomized_svd

    # The terms of a single text bind it to no other one: they cost time and add noise.
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    counts = counts[:, seen > 1]
    n = min(_TOPICS, min(counts.shape) - 1)
    if n < 1:
        return np.zeros((counts.shape[0], 1), np.float32)
    left, sizes, _ = randomized_svd(counts, n, n_iter=4, random_state=0)
    topics = left * sizes
    lengths = np.linalg.norm(topics, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (topics / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled
