"""Writing the vectors of a segment; `litmine.index.dense` says what the files are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from litmine.core.errors import InputError
from litmine.core.files import atomic_write

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
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write vectors, rows in the order given, for `DensePart.open`.

    Parameters
    ----------
    folder : Path
        Made if missing; must not be in use.
    batches : iterable of array_like, shape (n, dim)
        Unit vectors; a row of zeros stands for a paper without a vector. Consumed once, a batch
        at a time.
    progress : callable, optional
        Called with the number of rows taken in since the last call.

    Raises
    ------
    InputError
        If a batch has another width, or a row is not finite and of unit length or zero.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = 0
    without: list[int] = []
    with (folder / VECTORS).open("wb") as stream:
        for batch in batches:
            vectors, empty = _checked(batch, dim)
            without.extend((rows + np.flatnonzero(empty)).tolist())
            stream.write(vectors.tobytes())
            rows += len(vectors)
            if progress is not None:
                progress(len(vectors))
        for start in range(0, rows, _ROWS_AT_ONCE):
            stream.write(np.arange(start, min(start + _ROWS_AT_ONCE, rows), dtype="<i8").tobytes())
        stream.flush()
        os.fsync(stream.fileno())
    manifest = {
        "format": FORMAT,
        "encoder_id": encoder_id,
        "dim": dim,
        "rows": rows,
        "without": without,
    }
    atomic_write(folder / MANIFEST, (json.dumps(manifest) + "\n").encode())


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
