"""Vectors by row number, from a file of float16 and row numbers."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from litmine.index.base import Damaged
from litmine.index.dense_lists import ID_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAPPED_UP_TO = 1 << 28  # bytes


class RowFile:
    """Rows of a file, whichever are asked for, from any number of threads.

    A small file is mapped into memory. Of a large one the system would map 64 kB around every row
    that is touched, until the whole file counts as memory of this process: it is read row by row.

    Raises
    ------
    Damaged
        If the file is missing or not of the length that `rows` and `dim` ask for.
    """

    def __init__(self, path: Path, rows: int, dim: int, *, mapped_up_to: int = _MAPPED_UP_TO):
        self._dim = dim
        self._row_bytes = 2 * dim
        length = rows * self._row_bytes
        self._mapped: NDArray[np.float16] | None = None
        try:
            if path.stat().st_size != length + rows * ID_BYTES:
                raise Damaged(f"{path.name} is not as long as {rows} rows")
            if rows == 0:
                self._mapped = np.empty((0, dim), np.float16)
            elif length <= mapped_up_to:
                self._mapped = np.memmap(path, dtype="<f2", mode="r", shape=(rows, dim))
            else:
                self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                weakref.finalize(self, os.close, self._handle)
        except OSError as error:
            raise Damaged(f"{path.name}: {error.strerror}") from error

    def read(self, rows: NDArray[np.int64]) -> NDArray[np.float16]:
        """Give the vectors of `rows`, shape (n, dim)."""
        if self._mapped is not None:
            return self._mapped[rows]
        width = self._row_bytes
        raw = b"".join([os.pread(self._handle, width, row * width) for row in rows.tolist()])
        if len(raw) != len(rows) * width:
            raise Damaged("the file of vectors was cut off while in use")
        return np.frombuffer(raw, dtype="<f2").reshape(len(rows), self._dim)
