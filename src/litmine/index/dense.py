"""The vectors of one segment of the search index, on disk, and the nearest of them.

A folder::

    dense.json      what the other files are: encoder, rows, sizes
    vectors.f16     float16, rows in order; then the row numbers, as `Lists` wants them
    lists.sq8       large parts only: the vectors in 8 bits, sorted into lists
    lists.npz       large parts only: centroids and sizes of the lists, ranges of the 8 bits

Whatever FAISS proposes is scored again from the float16 vectors, in arithmetic that rounds
nothing (see `litmine.index.exact`), so the order of an answer depends on the vectors alone: not
on threads, on the instruction set or on how the vectors were sorted into lists.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from litmine.core.errors import InputError
from litmine.index.base import Damaged
from litmine.index.dense_clusters import LISTS, TABLE
from litmine.index.dense_files import FORMAT, MANIFEST, VECTORS, write_dense
from litmine.index.dense_lists import Lists
from litmine.index.dense_rows import RowFile
from litmine.index.exact import GRID

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# Of the rows: all lists are read for a search among no more. Nearly every vector is passed over, so
# that it takes hardly longer than some of the lists would (tests/bench/search_speed.py).
_ALL_LISTS_UP_TO = 32_768

__all__ = ["DensePart", "write_dense"]


class DensePart:
    """Read-only vectors of rows 0..n-1, open for search from any number of threads.

    Use `DensePart.open`.
    """

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.rows: int = manifest["rows"]
        self.dim: int = manifest["dim"]
        self.encoder_id: str = manifest["encoder_id"]
        without = np.asarray(manifest["without"], dtype=np.int64)
        self._filled: NDArray[np.bool_] | None = None
        if len(without):
            if without.min() < 0 or without.max() >= self.rows:
                raise Damaged(f"{MANIFEST} names rows that are not there")
            self._filled = np.ones(self.rows, bool)
            self._filled[without] = False
        self._vectors = RowFile(folder / VECTORS, self.rows, self.dim)
        self._steps = np.zeros(self.dim)
        self._probes = 1
        if manifest["table_sha256"] is None:
            self._lists = Lists(
                folder / VECTORS,
                np.array([self.rows]),
                np.zeros((1, self.dim), np.float32),
                faiss.ScalarQuantizer.QT_fp16,
            )
            return
        table = _table(folder / TABLE, manifest["table_sha256"])
        self._lists = Lists(
            folder / LISTS,
            table["sizes"],
            table["centroids"],
            faiss.ScalarQuantizer.QT_8bit,
            table["ranges"],
        )
        if self._lists.rows != self.rows - len(without):
            raise Damaged(f"{TABLE} and {MANIFEST} disagree about the number of rows")
        self._steps = table["ranges"][self.dim :].astype(np.float64) / 255
        self._probes = int(table["probes"])

    @classmethod
    def open(cls, folder: Path) -> DensePart:
        """Open what `write_dense` wrote.

        Raises
        ------
        Damaged
            If files are missing, cut off or do not fit together: build the part again.
        """
        try:
            manifest = json.loads((folder / MANIFEST).read_bytes())
            rows, dim, format_ = (int(manifest[key]) for key in ("rows", "dim", "format"))
            if format_ != FORMAT or rows < 0 or dim < 1:
                raise Damaged(f"{MANIFEST} is not of format {FORMAT}")
            return cls(folder, manifest)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise Damaged(f"{folder.name}/{MANIFEST} cannot be used: {error!r}") from error

    def search(
        self, query: ArrayLike, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Find the `k` rows most similar to `query`.

        All of them in parts without lists, and where few rows are allowed; otherwise nearly all.

        Parameters
        ----------
        query : array_like, shape (dim,)
            Scaled to unit length.
        k : int
            At least 0.
        allowed : ndarray of bool, shape (rows,), optional
            Rows that may come back; all by default.

        Returns
        -------
        rows : ndarray, int64
            Most similar first, ties by row number; fewer than `k` only if fewer rows with a
            vector are allowed.
        similarities : ndarray, float32
            Cosine.

        Raises
        ------
        InputError
            If a shape is wrong or the query is not a finite vector of at most unit length.
        """
        if k < 0:
            raise InputError(f"k must not be negative, got {k}")
        on_grid = self._on_grid(query)
        bits, available = self._bits(allowed)
        wanted = min(k, available)
        if wanted == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        asked = on_grid.astype(np.float32)
        error = self._error(on_grid)
        probes = self._probes_for(available)
        fetch = min(2 * wanted + 16, available)
        while True:
            rows, coded = self._lists.search(asked, fetch, probes, bits)
            if len(rows) < wanted and probes < self._lists.count:
                probes = self._lists.count
                continue
            if len(rows) < wanted or rows.min() < 0 or rows.max() >= self.rows:
                raise Damaged(f"{LISTS} does not hold the rows it should")
            similarities = self._scores(on_grid, rows)
            order = np.lexsort((rows, -similarities))[:wanted]
            # No row left out can beat the last one kept, once their coded similarities are
            # further apart than coding can move them.
            if (
                len(rows) < fetch
                or fetch == available
                or (coded[-1] + error < similarities[order[-1]])
            ):
                return rows[order], similarities[order].astype(np.float32)
            fetch = min(4 * fetch, available)

    def similarities(self, query: ArrayLike, rows: ArrayLike) -> NDArray[np.float32]:
        """Cosine of `query` with each of `rows`; 0 for rows without a vector."""
        return self._scores(self._on_grid(query), self._checked(rows)).astype(np.float32)

    def vectors(self, rows: ArrayLike) -> NDArray[np.float32]:
        """Give the vectors of `rows`, shape (n, dim); zeros for rows without one."""
        return self._vectors.read(self._checked(rows)).astype(np.float32)

    def _probes_for(self, available: int) -> int:
        """Give the lists to read for a search among `available` rows."""
        count: int = self._lists.count
        if available <= _ALL_LISTS_UP_TO:
            return count
        share = available / self._lists.rows
        # Neighbours lie further away among fewer rows, above all if those are of another topic.
        return min(math.ceil(self._probes / math.sqrt(share)), count)

    def _error(self, query: NDArray[np.float64]) -> float:
        """Bound what the similarity of a code to `query` may be off."""
        # Every column is rounded by half a step at most. Taken as independent, the errors' sum
        # exceeds this bound once in a billion (W. Hoeffding 1963, theorem 2).
        coding = 3.3 * float(np.linalg.norm(query * self._steps))
        # FAISS adds `dim` products in float32.
        return coding + 2 * self.dim * float(np.finfo(np.float32).eps)

    def _on_grid(self, query: ArrayLike) -> NDArray[np.float64]:
        # Multiples of 2**-22; those of float16 are multiples of 2**-24, and 2**-46 still leaves
        # float64 room for every partial sum of unit vectors: sums are exact in any order.
        vector = np.asarray(query, dtype=np.float64)
        if vector.shape != (self.dim,):
            raise InputError(f"the query has shape {vector.shape} where ({self.dim},) is expected")
        if not np.linalg.norm(vector) < 1.01:
            raise InputError("the query is not a vector of unit length: encode the text again")
        rounded: NDArray[np.float64] = np.round(vector * GRID) / GRID
        return rounded

    def _scores(self, query: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        scores: NDArray[np.float64] = self._vectors.read(rows).astype(np.float64) @ query
        return scores + 0.0  # turns -0.0 into 0.0

    def _bits(self, allowed: NDArray[np.bool_] | None) -> tuple[NDArray[np.uint8] | None, int]:
        """Rows that may come back as bits (None for all), and how many they are."""
        if allowed is not None:
            if allowed.shape != (self.rows,) or allowed.dtype != np.bool_:
                raise InputError(f"the mask must hold one bool for each of {self.rows} rows")
            if self._filled is not None:
                allowed = allowed & self._filled
        elif self._filled is not None:
            allowed = self._filled
        if allowed is None:
            return None, self.rows
        count = int(np.count_nonzero(allowed))
        if count == self._lists.rows:  # rows without a vector are in no list
            return None, count
        return np.packbits(allowed, bitorder="little"), count

    def _checked(self, rows: ArrayLike) -> NDArray[np.int64]:
        numbers = np.asarray(rows, dtype=np.int64)
        if numbers.ndim != 1 or (
            len(numbers) and not 0 <= numbers.min() <= numbers.max() < self.rows
        ):
            raise InputError(f"row numbers must lie in 0..{self.rows - 1}")
        return numbers


def _table(path: Path, sha256: str) -> dict[str, Any]:
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise Damaged(f"{path.name} is damaged")
    with np.load(io.BytesIO(raw)) as table:
        return dict(table)
