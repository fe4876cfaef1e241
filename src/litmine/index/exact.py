"""Exact nearest neighbours whose answers do not depend on batch size, threads or BLAS.

A float32 matrix product rounds differently for different batch shapes, so two papers that tie
can swap places from run to run. Here unit vectors are first rounded to multiples of 2**-22. A
product of two such numbers is a multiple of 2**-44, and every partial sum of a dot product of
unit vectors stays below 2 in magnitude, so float64 (53 bits) holds every intermediate value
without rounding: the sum is exact in whatever order the library computes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from litmine.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

GRID = float(2**22)
DECIMALS = 4
_ROWS_AT_ONCE = 128


def on_grid(vectors: ArrayLike, dim: int | None = None) -> NDArray[np.float64]:
    """Scale rows to unit length and round them to the grid.

    Parameters
    ----------
    vectors : array_like, shape (n, dim)
        Any finite real numbers. A row of zeros stays zero (similarity 0 to everything).
    dim : int, optional
        Required number of columns.

    Returns
    -------
    ndarray, shape (n, dim), float64

    Raises
    ------
    InputError
        If the array is not two-dimensional, has another width, or holds NaN or infinity.
    """
    array = np.asarray(vectors, dtype=np.float64)
    if array.ndim != 2:
        raise InputError(f"vectors must be a table (n, dim), got {array.ndim} dimension(s)")
    if dim is not None and array.shape[1] != dim:
        raise InputError(f"vectors have {array.shape[1]} columns where {dim} are expected")
    if not np.isfinite(array).all():
        raise InputError("vectors hold NaN or infinity: encode the texts again")
    # Dividing by the largest entry first keeps the squares of huge or tiny rows in range.
    largest = np.abs(array).max(axis=1, initial=0.0)
    array = array / np.where(largest > 0, largest, 1.0)[:, None]
    # einsum sums each row on its own, so one row's length never depends on its neighbours.
    lengths = np.sqrt(np.einsum("ij,ij->i", array, array))
    array = array / np.where(lengths > 0, lengths, 1.0)[:, None]
    rounded: NDArray[np.float64] = np.round(array * GRID) / GRID
    return rounded


def top_k(
    queries: NDArray[np.float64],
    matrix: NDArray[np.float64],
    k: int,
    exclude: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give the `k` rows of `matrix` most similar to each query, by cosine.

    Similarities are rounded to `DECIMALS` places and ties go to the lower row number, so the
    order follows from what is reported.

    Parameters
    ----------
    queries : ndarray, shape (m, dim)
        From `on_grid`.
    matrix : ndarray, shape (n, dim)
        From `on_grid`, rows in tie-breaking order.
    k : int
        Neighbours wanted per query, at least 0.
    exclude : ndarray, shape (m,), optional
        One row number to leave out per query; -1 for none.

    Returns
    -------
    rows : ndarray, shape (m, k), int64
        Padded with -1 where fewer than `k` rows exist.
    similarities : ndarray, shape (m, k), float64
        Padded with ``-inf``.
    """
    if k < 0:
        raise InputError(f"k must not be negative, got {k}")
    rows = np.full((len(queries), k), -1, dtype=np.int64)
    similarities = np.full((len(queries), k), -np.inf)
    if k == 0 or len(matrix) == 0:
        return rows, similarities
    for start in range(0, len(queries), _ROWS_AT_ONCE):
        block = np.round(queries[start : start + _ROWS_AT_ONCE] @ matrix.T, DECIMALS)
        block += 0.0  # turns -0.0 into 0.0, which prints and compares as expected
        for offset, scores in enumerate(block):
            query = start + offset
            if exclude is not None and exclude[query] >= 0:
                scores[exclude[query]] = -np.inf
            best = _best(scores, k)
            rows[query, : len(best)] = best
            similarities[query, : len(best)] = scores[best]
    return rows, similarities


def _best(scores: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Row numbers of the `k` highest finite scores, highest first, ties by row number."""
    if k < len(scores):
        threshold = np.partition(scores, len(scores) - k)[len(scores) - k]
        candidates = np.flatnonzero(scores >= threshold)
    else:
        candidates = np.arange(len(scores))
    candidates = candidates[np.isfinite(scores[candidates])]
    order = np.argsort(-scores[candidates], kind="stable")[:k]
    best: NDArray[np.int64] = candidates[order].astype(np.int64)
    return best


class ExactIndex:
    """Brute force over a NumPy table: the reference that other indexes are tested against."""

    def __init__(self, dim: int, encoder_id: str) -> None:
        self._dim = dim
        self._encoder_id = encoder_id
        self._rows: dict[str, NDArray[np.float64]] = {}

    @property
    def encoder_id(self) -> str:
        """The encoder whose vectors it holds."""
        return self._encoder_id

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, arxiv_id: object) -> bool:
        return arxiv_id in self._rows

    def add(self, ids: Sequence[str], vectors: ArrayLike) -> None:
        """Put papers in, replacing those with the same id."""
        rows = rows_for(ids, vectors, self._dim)
        self._rows.update(zip(ids, rows, strict=True))

    def remove(self, ids: Iterable[str]) -> int:
        """Take papers out and return how many were there."""
        return sum(self._rows.pop(arxiv_id, None) is not None for arxiv_id in ids)

    def search(self, vectors: ArrayLike, k: int) -> tuple[list[list[str]], list[list[float]]]:
        """Find the `k` most similar papers of each vector."""
        names = sorted(self._rows)
        matrix = np.array([self._rows[name] for name in names]).reshape(len(names), self._dim)
        rows, similarities = top_k(on_grid(vectors, self._dim), matrix, k)
        ids = [[names[row] for row in found if row >= 0] for found in rows]
        return ids, [
            [float(score) for score in scores[: len(found)]]
            for found, scores in zip(ids, similarities, strict=True)
        ]


def rows_for(ids: Sequence[str], vectors: ArrayLike, dim: int) -> NDArray[np.float64]:
    """Check that there is one vector for each id and put the vectors on the grid.

    An empty list of ids goes with an empty array of any shape.
    """
    if len(ids) == 0 and np.size(vectors) == 0:
        return np.empty((0, dim))
    rows = on_grid(vectors, dim)
    if len(rows) != len(ids):
        raise InputError(f"{len(ids)} ids were given with {len(rows)} vectors")
    return rows
