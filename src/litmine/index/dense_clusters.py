"""Sorting vectors into lists of neighbours (an inverted file), so that a search reads few of them.

Lists are the cells of a spherical k-means over a sample; within a list vectors stand in 8 bits a
number. How many lists a search must read is measured on the vectors themselves. Sources: J. Sivic
and A. Zisserman, "Video Google" (2003), for the inverted file; the FAISS library for k-means and
the arithmetic of codes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Tell = Callable[[str, int], None]

LISTS = "lists.sq8"
TABLE = "lists.npz"
LISTS_FROM = 32_768
_SAMPLE = 40  # vectors of the sample for each list
_ROUNDS = 10
_SEED = 20_260_717
_ROWS_AT_ONCE = 32_768
_TRIALS = 512
_NEIGHBOURS = 10
_RECALL = 0.995
# What somebody types is shorter than an abstract and lies further from its neighbours than papers
# do from theirs: with this many times the lists, titles find as much (tests/bench/search_speed.py).
_MARGIN = 1.4
_faiss: Any = faiss


def lists_for(rows: int) -> int:
    """How many lists `rows` vectors are sorted into: about twice the square root."""
    return int(2 ** np.clip(np.round(np.log2(2 * np.sqrt(max(rows, 1)))), 4, 13))


def write_lists(
    folder: Path,
    vectors: NDArray[np.float16],
    filled: NDArray[np.int64],
    *,
    threads: int,
    progress: Tell,
) -> None:
    """Sort the vectors that are there into lists.

    Parameters
    ----------
    vectors : ndarray, shape (rows, dim)
        May be memory-mapped: read in order and then list by list.
    filled : ndarray of int64
        Rows that hold a vector.
    progress : callable
        Called with "lists" and the number of rows sorted since the last call.
    """
    with _openmp(threads):
        centroids = _centroids(vectors, filled)
        chosen = np.random.default_rng(_SEED + 1).choice(
            len(filled), min(_TRIALS, len(filled)), replace=False
        )
        trials = _Trials(vectors[filled[chosen]].astype(np.float32))
        owner, ranges = _assign(vectors, filled, centroids, trials, progress)
    table: dict[str, Any] = {
        "centroids": centroids,
        "sizes": np.bincount(owner, minlength=len(centroids)).astype(np.int64),
        "ranges": ranges,
        "probes": np.int64(trials.probes(centroids, owner)),
    }
    rows = filled[np.argsort(owner, kind="stable")]
    _write_codes(folder / LISTS, vectors, rows, table["sizes"], ranges)
    with (folder / TABLE).open("wb") as stream:
        np.savez(stream, **table)
        stream.flush()
        os.fsync(stream.fileno())


class _Trials:
    """Queries taken from the vectors themselves, and their true neighbours.

    The neighbours are found by brute force while the vectors pass by. Then the place of each
    neighbour's list, in the order in which its query would read lists, tells the recall that any
    number of lists gives.
    """

    def __init__(self, queries: NDArray[np.float32]) -> None:
        self._queries = queries
        # One more than asked for: a query finds itself, which says nothing.
        kept = (len(queries), _NEIGHBOURS + 1)
        self._scores = np.full(kept, -np.inf, np.float32)
        self._rows = np.full(kept, -1, np.int64)

    def see(self, start: int, block: NDArray[np.float32]) -> None:
        """Take note of the best of vectors `start`, `start` + 1, ..."""
        wanted = min(self._scores.shape[1], len(block))
        scores, rows = _faiss.knn(self._queries, block, wanted, metric=faiss.METRIC_INNER_PRODUCT)
        scores = np.concatenate([self._scores, scores], axis=1)
        rows = np.concatenate([self._rows, rows + start], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, : self._scores.shape[1]]
        self._scores = np.take_along_axis(scores, best, axis=1)
        self._rows = np.take_along_axis(rows, best, axis=1)

    def probes(self, centroids: NDArray[np.float32], owner: NDArray[np.int32]) -> int:
        """Give the lists to read: what papers need to find `_RECALL` of theirs, and a margin."""
        order = np.argsort(-(self._queries @ centroids.T), axis=1, kind="stable")
        place = np.empty_like(order)
        np.put_along_axis(place, order, np.arange(len(centroids))[None, :], axis=1)
        needed = np.take_along_axis(place, owner[self._rows[:, 1:]], axis=1)
        least = np.quantile(needed, _RECALL, method="higher") + 1
        return int(min(np.ceil(_MARGIN * least), len(centroids)))


def _centroids(vectors: NDArray[np.float16], filled: NDArray[np.int64]) -> NDArray[np.float32]:
    count = lists_for(len(filled))
    wanted = min(_SAMPLE * count, len(filled))
    chosen = np.sort(np.random.default_rng(_SEED).choice(filled, wanted, replace=False))
    means = _faiss.Kmeans(
        vectors.shape[1],
        count,
        niter=_ROUNDS,
        seed=_SEED,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=_SAMPLE,
    )
    means.train(vectors[chosen].astype(np.float32))
    centroids: NDArray[np.float32] = means.centroids
    return centroids


def _assign(
    vectors: NDArray[np.float16],
    filled: NDArray[np.int64],
    centroids: NDArray[np.float32],
    trials: _Trials,
    progress: Tell,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Give the nearest centroid of every row, and the lowest value and the span of every column."""
    coarse = _faiss.IndexFlatIP(vectors.shape[1])
    coarse.add(centroids)
    owner = np.empty(len(filled), np.int32)
    lowest = np.full(vectors.shape[1], np.inf, np.float32)
    highest = -lowest
    for start in range(0, len(filled), _ROWS_AT_ONCE):
        block = vectors[filled[start : start + _ROWS_AT_ONCE]].astype(np.float32)
        owner[start : start + len(block)] = coarse.search(block, 1)[1][:, 0]
        trials.see(start, block)
        lowest = np.minimum(lowest, block.min(axis=0))
        highest = np.maximum(highest, block.max(axis=0))
        progress("lists", len(block))
    return owner, np.concatenate([lowest, highest - lowest])


def _write_codes(
    path: Path,
    vectors: NDArray[np.float16],
    rows: NDArray[np.int64],
    sizes: NDArray[np.int64],
    ranges: NDArray[np.float32],
) -> None:
    """Write the lists one after the other; `rows` stand in order of list."""
    coder = _faiss.ScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit)
    _faiss.copy_array_to_vector(ranges, coder.trained)
    with path.open("wb") as stream:
        end = 0
        for size in sizes.tolist():
            members = rows[end : end + size]
            end += size
            for start in range(0, size, _ROWS_AT_ONCE):
                block = vectors[members[start : start + _ROWS_AT_ONCE]].astype(np.float32)
                stream.write(coder.compute_codes(block).tobytes())
            stream.write(members.astype("<i8").tobytes())
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _openmp(threads: int) -> Iterator[None]:
    # Holds for the calling thread alone; searches on other threads go on as they were.
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
