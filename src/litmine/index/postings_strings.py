"""Sorted strings in one run of bytes, looked up by bisection: no dictionary is read at start."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from litmine.index.postings_file import ArrayFile, ArrayWriter

__all__ = ["Strings", "write_strings"]


def write_strings(writer: ArrayWriter, name: str, strings: Sequence[str]) -> None:
    """Write strings that are sorted by code point, which is also the order of their UTF-8."""
    raw = [string.encode() for string in strings]
    writer.add(f"{name}_ends", np.cumsum([0, *map(len, raw)], dtype=np.int64))
    writer.add(name, np.frombuffer(b"".join(raw), dtype=np.uint8))


class Strings:
    """The strings that `write_strings` wrote, by number."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._ends: NDArray[np.int64] = file.array(f"{name}_ends")
        self._bytes: NDArray[np.uint8] = file.array(name)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def get(self, index: int) -> str:
        """Give one string."""
        return self._raw(index).decode()

    def find(self, string: str) -> int:
        """Give the number of a string; -1 where it is missing."""
        wanted = string.encode("utf-8", "replace")
        at = self._place(wanted)
        return at if at < len(self) and self._raw(at) == wanted else -1

    def beginning(self, prefix: str) -> tuple[int, int]:
        """Give the range of the strings that begin with `prefix`."""
        wanted = prefix.encode("utf-8", "replace")
        # 0xFF never stands in UTF-8, so this is behind everything that begins so.
        return self._place(wanted), self._place(wanted + b"\xff")

    def _raw(self, index: int) -> bytes:
        return self._bytes[self._ends[index] : self._ends[index + 1]].tobytes()

    def _place(self, wanted: bytes) -> int:
        return bisect.bisect_left(range(len(self)), wanted, key=self._raw)
