"""BM25F: how much one paper's use of a term counts.

In the form of Zaragoza et al. (2004): how often a term stands in title and abstract, each count
divided by a normalised length of its own field, is weighted and added up *before* the saturation,
so that a term that stands in both fields counts once. A field that is missing takes nothing away.
The inverse document frequency is that of the whole index, whatever part a segment holds (`Stats`).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["BM25F", "Bm25f", "ImpactCache", "Norms", "Stats"]


@dataclass(frozen=True, slots=True)
class Bm25f:
    """Constants of the scores.

    Attributes
    ----------
    k1 : float
        How fast further occurrences of a term stop counting.
    title_weight : float
        What one occurrence in the title counts, where one in the abstract counts 1.
    title_b, abstract_b : float
        From 0 (length of the field does not matter) to 1 (only the density of a term does).
    """

    k1: float = 1.5
    title_weight: float = 2.0
    title_b: float = 0.5
    abstract_b: float = 0.5


#: The same for all collections: within the noise of the best on section neighbours of 218,934 arXiv
#: papers and on CACM (`docs/decisions/010-own-postings.md`).
BM25F = Bm25f()


class _Part(Protocol):
    @property
    def rows(self) -> int: ...
    @property
    def total_length(self) -> tuple[int, int]: ...
    def frequency(self, term: str) -> int: ...


@dataclass(frozen=True)
class Stats:
    """What scores need to know of the whole index.

    Attributes
    ----------
    rows : int
        Papers.
    total_length : tuple of int
        Words in all titles and in all abstracts.
    frequency : callable
        Number of papers that hold a term.
    """

    rows: int
    total_length: tuple[int, int]
    frequency: Callable[[str], int]

    @classmethod
    def of(cls, parts: Sequence[_Part]) -> Stats:
        """Add up the parts of an index."""
        return cls(
            sum(part.rows for part in parts),
            (
                sum(part.total_length[0] for part in parts),
                sum(part.total_length[1] for part in parts),
            ),
            lambda term: sum(part.frequency(term) for part in parts),
        )

    def idf(self, term: str) -> float:
        """Weigh a term by how few papers hold it; never negative."""
        held = min(self.frequency(term), self.rows)
        return log(1 + (self.rows - held + 0.5) / (held + 0.5))


class Norms:
    """What one occurrence counts before saturation, for each paper of a segment.

    Parameters
    ----------
    lengths : ndarray of uint32, shape (rows, 2)
        Words of title and abstract.
    """

    def __init__(self, lengths: NDArray[np.uint32], stats: Stats, bm25f: Bm25f) -> None:
        title, abstract = (length / max(stats.rows, 1) for length in stats.total_length)
        self._title = _norm(lengths[:, 0], title, bm25f.title_b, bm25f.title_weight)
        self._abstract = _norm(lengths[:, 1], abstract, bm25f.abstract_b, 1.0)
        self._k1 = np.float32(bm25f.k1)

    def impacts(self, codes: NDArray[np.uint8], rows: NDArray[Any]) -> NDArray[np.float32]:
        """Saturate the counts of one term.

        Parameters
        ----------
        codes : ndarray of uint8
            How often the term stands in the title (upper four bits) and in the abstract.
        rows : ndarray of int
            The paper of each.
        """
        count = _IN_TITLE[codes] * self._title[rows]
        count += _IN_ABSTRACT[codes] * self._abstract[rows]
        impact: NDArray[np.float32] = count * (self._k1 + np.float32(1))
        count += self._k1
        impact /= count
        return impact


def _norm(lengths: NDArray[np.uint32], mean: float, b: float, weight: float) -> NDArray[np.float32]:
    relative = lengths / np.float32(max(mean, 1e-9))
    return (np.float32(weight) / (np.float32(1 - b) + np.float32(b) * relative)).astype(np.float32)


_IN_TITLE = (np.arange(256) >> 4).astype(np.float32)
_IN_ABSTRACT = (np.arange(256) & 15).astype(np.float32)


class ImpactCache:
    """Impacts of the terms used last, up to a number of bytes; safe between threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, NDArray[np.float32]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> NDArray[np.float32] | None:
        """Give what is held under a key."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: Hashable, impacts: NDArray[np.float32]) -> None:
        """Hold it, and let go what was not used for longest."""
        with self._lock:
            if key in self._held or impacts.nbytes > self._most:
                return
            self._held[key] = impacts
            self._bytes += impacts.nbytes
            while self._bytes > self._most:
                self._bytes -= self._held.popitem(last=False)[1].nbytes
