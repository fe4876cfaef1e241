"""Writing the vectors of a segment; `litmine.index.dense` says what the files are."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litmine.core.errors import InputError
from litmine.core.files import atomic_write
from litmine.index.dense_clusters import LISTS, LISTS_FROM, TABLE, write_lists

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FORMAT = 1
MANIFEST = "dense.json"
VECTORS = "vectors.f16"
_ROWS_AT_ONCE = 65_536


def write_dense(
    folder: Path,
    batches: Iterable[ArrayLike],
    *,
    dim: int,
    encoder_id: str,
    threads: int = 1,
    progress: Callable[[str, int], None] | None = None,
    lists_from: int = LISTS_FROM,
) -> None:
    """Write vectors, rows in the order given, for `DensePart.open`.

    The same vectors give the same files on the same machine. Memory stays below about 400 MB
    however many they are.

    Parameters
    ----------
    folder : Path
        Made if missing; must not be in use.
    batches : iterable of array_like, shape (n, dim)
        Unit vectors; a row of zeros stands for a paper without a vector. Consumed once, a batch
        at a time.
    threads : int, default 1
        Threads that sorting vectors into lists may use.
    progress : callable, optional
        Called with "vectors" and the number of rows taken in since the last call; in a large
        part, then with "lists" and the number of rows sorted.
    lists_from : int
        Parts of fewer rows are searched row by row.

    Raises
    ------
    InputError
        If a batch has another width, or a row is not finite and of unit length or zero.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, LISTS, TABLE):
        (folder / name).unlink(missing_ok=True)
    tell = progress or (lambda _stage, _rows: None)
    rows, without = _write_vectors(folder / VECTORS, batches, dim, tell)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "encoder_id": encoder_id,
        "dim": dim,
        "rows": rows,
        "without": without,
        "table_sha256": None,
    }
    if rows - len(without) >= lists_from:
        vectors = np.memmap(folder / VECTORS, dtype=np.float16, mode="r", shape=(rows, dim))
        filled = np.ones(rows, bool)
        filled[without] = False
        write_lists(folder, vectors, np.flatnonzero(filled), threads=threads, progress=tell)
        manifest["table_sha256"] = hashlib.sha256((folder / TABLE).read_bytes()).hexdigest()
    atomic_write(folder / MANIFEST, (json.dumps(manifest) + "\n").encode())


def _write_vectors(
    path: Path, batches: Iterable[ArrayLike], dim: int, tell: Callable[[str, int], None]
) -> tuple[int, list[int]]:
    """Write all batches and then the row numbers; give the count and the rows of zeros."""
    rows = 0
    without: list[int] = []
    with path.open("wb") as stream:
        for batch in batches:
            vectors, empty = _checked(batch, dim)
            without.extend((rows + np.flatnonzero(empty)).tolist())
            stream.write(vectors.tobytes())
            rows += len(vectors)
            tell("vectors", len(vectors))
        for start in range(0, rows, _ROWS_AT_ONCE):
            stream.write(np.arange(start, min(start + _ROWS_AT_ONCE, rows), dtype="<i8").tobytes())
        stream.flush()
        os.fsync(stream.fileno())
    return rows, without


def _checked(batch: ArrayLike, dim: int) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """Give a batch as float16, and which of its rows are zeros."""
    vectors = np.ascontiguousarray(batch, dtype=np.float16)
    if vectors.ndim != 2 or vectors.shape[1] != dim:
        raise InputError(f"vectors have shape {vectors.shape} where (n, {dim}) is expected")
    wide = vectors.astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    empty = lengths == 0
    # Also false for NaN; float16 moves the length of a unit vector by far less than 0.01.
    if not (empty | (np.abs(lengths - 1) < 0.01)).all():
        raise InputError("vectors must have unit length or be zero: encode the texts again")
    return vectors, empty
