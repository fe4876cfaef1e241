"""Exact search with FAISS: the default until a few hundred thousand papers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from litmine.core.errors import InputError
from litmine.index.exact import DECIMALS, on_grid, rows_for, top_k

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

# A query batch of this size keeps FAISS's result table small whatever `k` is.
_QUERIES_AT_ONCE = 64


class FlatIndex:
    """Inner-product search over all vectors (``IndexIDMap2`` over ``IndexFlatIP``).

    FAISS knows papers by 64-bit labels and accepts the same label twice without a word, so this
    class hands out the labels and keeps one per arXiv id.

    FAISS sums in float32, where near-ties depend on batch size and instruction set. It is
    therefore asked for somewhat more than `k` candidates, and these are scored again exactly
    (`litmine.index.exact`): answers equal those of `ExactIndex` to the last bit.

    Parameters
    ----------
    dim : int
        Length of a vector.
    encoder_id : str
        The encoder whose vectors it holds.
    threads : int, default 1
        OpenMP threads FAISS may use; one core searches 100,000 vectors of 384 in 5 to 8 ms.
    """

    def __init__(self, dim: int, encoder_id: str, *, threads: int = 1) -> None:
        if dim < 1:
            raise InputError(f"an index needs vectors of length 1 or more, got {dim}")
        self._faiss: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dim))
        self._encoder_id = encoder_id
        self._threads = threads
        self._label_of: dict[str, int] = {}
        self._id_of: dict[int, str] = {}
        self._next_label = 0

    @classmethod
    def from_parts(
        cls, index: Any, ids: Sequence[str], encoder_id: str, *, threads: int = 1
    ) -> FlatIndex:
        """Take over a FAISS index whose labels 0..n-1 stand for `ids`, each present once.

        Raises
        ------
        InputError
            If the parts do not fit together.
        """
        labels = faiss.vector_to_array(index.id_map) if hasattr(index, "id_map") else None
        if labels is None or not np.array_equal(labels, np.arange(len(ids))):
            raise InputError("the FAISS index does not hold exactly the given papers")
        if len(set(ids)) != len(ids):
            raise InputError("an arXiv id stands in the index twice")
        made = cls(index.d, encoder_id, threads=threads)
        made._faiss = index
        made._id_of = dict(enumerate(ids))
        made._label_of = {arxiv_id: label for label, arxiv_id in enumerate(ids)}
        made._next_label = len(ids)
        return made

    def to_parts(self) -> tuple[Any, list[str]]:
        """Give a FAISS index with labels 0..n-1 and the ids they stand for, oldest first."""
        labels = faiss.vector_to_array(self._faiss.id_map)
        ids = [self._id_of[int(label)] for label in labels]
        if np.array_equal(labels, np.arange(len(ids))):
            return self._faiss, ids
        compact = faiss.IndexIDMap2(faiss.IndexFlatIP(self.dim))
        if ids:
            vectors = self._faiss.index.reconstruct_n(0, len(ids))
            compact.add_with_ids(vectors, np.arange(len(ids), dtype=np.int64))
        return compact, ids

    @property
    def encoder_id(self) -> str:
        """The encoder whose vectors it holds."""
        return self._encoder_id

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._faiss.d)

    def __len__(self) -> int:
        return len(self._label_of)

    def __contains__(self, arxiv_id: object) -> bool:
        return arxiv_id in self._label_of

    def add(self, ids: Sequence[str], vectors: ArrayLike) -> None:
        """Put papers in, replacing those with the same id."""
        rows = rows_for(ids, vectors, self.dim)
        last = {arxiv_id: row for row, arxiv_id in enumerate(ids)}
        if not last:
            return
        self.remove(last)
        labels = np.arange(self._next_label, self._next_label + len(last), dtype=np.int64)
        # Multiples of 2**-22 up to 1 have at most 23 bits: float32 holds the grid exactly.
        self._faiss.add_with_ids(rows[list(last.values())].astype(np.float32), labels)
        self._next_label += len(last)
        for arxiv_id, label in zip(last, labels.tolist(), strict=True):
            self._label_of[arxiv_id] = label
            self._id_of[label] = arxiv_id

    def remove(self, ids: Iterable[str]) -> int:
        """Take papers out and return how many were there."""
        labels = [self._label_of.pop(i) for i in dict.fromkeys(ids) if i in self._label_of]
        if labels:
            self._faiss.remove_ids(np.array(labels, dtype=np.int64))
            for label in labels:
                del self._id_of[label]
        return len(labels)

    def search(self, vectors: ArrayLike, k: int) -> tuple[list[list[str]], list[list[float]]]:
        """Find the `k` most similar papers of each vector."""
        if k < 0:
            raise InputError(f"k must not be negative, got {k}")
        queries = on_grid(vectors, self.dim)
        ids: list[list[str]] = []
        similarities: list[list[float]] = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            block = queries[start : start + _QUERIES_AT_ONCE]
            for query, labels in zip(block, self._candidates(block, k), strict=True):
                names, scores = self._rank(query, labels, k)
                ids.append(names)
                similarities.append(scores)
        return ids, similarities

    def _candidates(self, queries: NDArray[np.float64], k: int) -> list[NDArray[np.int64]]:
        """For each query the labels of a superset of its true `k` best papers."""
        found: list[NDArray[np.int64]] = [np.empty(0, np.int64)] * len(queries)
        if k == 0 or len(self) == 0:
            return found
        faiss.omp_set_num_threads(self._threads)
        # What a paper may lose by rounding to DECIMALS places and by float32 sums, both ways.
        margin = 10.0**-DECIMALS + 2 * self.dim * float(np.finfo(np.float32).eps)
        open_rows = np.arange(len(queries))
        wanted = min(k, len(self))
        fetch = min(wanted + 16, len(self))
        while len(open_rows):
            scores, labels = self._faiss.search(queries[open_rows].astype(np.float32), fetch)
            settled = (scores[:, -1] < scores[:, wanted - 1] - margin) | (fetch == len(self))
            for position in np.flatnonzero(settled):
                keep = scores[position] >= scores[position, wanted - 1] - margin
                found[open_rows[position]] = labels[position][keep]
            open_rows = open_rows[~settled]
            fetch = min(4 * fetch, len(self))
        return found

    def _rank(
        self, query: NDArray[np.float64], labels: NDArray[np.int64], k: int
    ) -> tuple[list[str], list[float]]:
        names = [self._id_of[int(label)] for label in labels]
        order = sorted(range(len(names)), key=names.__getitem__)
        rows = np.empty((len(names), self.dim))
        for position, source in enumerate(order):
            rows[position] = self._faiss.reconstruct(int(labels[source]))
        best, scores = top_k(query[None, :], rows, k)
        count = int((best[0] >= 0).sum())
        return [names[order[row]] for row in best[0][:count]], scores[0][:count].tolist()
