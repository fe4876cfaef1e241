"""One file of arrays that is memory-mapped: how postings lie on disk.

The arrays stand one after another, each at a multiple of 64 bytes; a JSON table at the end says
where, and the last bytes say where the table is. A file that was cut off therefore lacks its end
and is refused when it is opened; `ArrayFile.verify` finds single damaged bytes, too.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from litmine.index.base import Damaged

__all__ = ["ArrayFile", "ArrayWriter", "make_room"]

_MAGIC = b"litmine\x01"
_END = struct.Struct("<QQI8s")  # where the table begins, its length, its CRC-32, the magic
_ALIGN = 64
_AT_ONCE = 1 << 22


class ArrayWriter:
    """Write arrays one after another; the file appears under its name when all is written.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    facts : dict
        What else the reader needs; JSON.
    """

    def __init__(self, path: Path, facts: dict[str, Any]) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._stream: IO[bytes] = open(self._part, "w+b")  # noqa: SIM115 - closed by close()
        self._arrays: dict[str, Any] = {}
        self._facts = facts

    def add(self, name: str, array: NDArray[Any]) -> None:
        """Write an array of one or two dimensions."""
        stored = self.reserve(name, array.dtype, array.shape)
        if array.size:
            stored[...] = array
        self.done(name, stored)

    def reserve(self, name: str, dtype: DTypeLike, shape: tuple[int, ...]) -> NDArray[Any]:
        """Make room for an array that is filled in place (memory-mapped); then call `done`."""
        dtype = np.dtype(dtype)
        at = -(-self._stream.seek(0, os.SEEK_END) // _ALIGN) * _ALIGN
        size = int(np.prod(shape)) * dtype.itemsize
        self._stream.truncate(at + size)
        self._arrays[name] = {"dtype": dtype.str, "shape": list(shape), "at": at}
        if not size:
            return np.empty(shape, dtype)
        make_room(self._stream, at, size)
        return np.memmap(self._stream, dtype, "r+", offset=at, shape=shape)

    def done(self, name: str, stored: NDArray[Any]) -> None:
        """Flush an array that was reserved, and note its checksum."""
        if isinstance(stored, np.memmap):
            stored.flush()
        self._arrays[name]["crc"] = _crc(stored)

    def close(self) -> None:
        """Write the table, flush everything to the disk and give the file its name."""
        table = json.dumps({"arrays": self._arrays, "facts": self._facts}).encode()
        at = self._stream.seek(0, os.SEEK_END)
        self._stream.write(table + _END.pack(at, len(table), zlib.crc32(table), _MAGIC))
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        os.replace(self._part, self._path)

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._stream.close()
        self._part.unlink(missing_ok=True)


class ArrayFile:
    """The arrays of a file, memory-mapped and read-only.

    Raises
    ------
    Damaged
        If the file is missing, cut off, or not of this kind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with open(path, "rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                if size < _END.size:
                    raise self._damaged("is cut off")
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            raise self._damaged(f"cannot be read ({error.strerror or error})") from error
        at, length, crc, magic = _END.unpack(self._map[-_END.size :])
        if magic != _MAGIC or at + length + _END.size != size:
            raise self._damaged("is cut off or of another version")
        table = self._map[at : at + length]
        if zlib.crc32(table) != crc:
            raise self._damaged("is altered")
        try:
            read = json.loads(table)
            self._arrays: dict[str, Any] = read["arrays"]
            self.facts: dict[str, Any] = read["facts"]
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged("has an unreadable table") from error

    def array(self, name: str) -> NDArray[Any]:
        """Give one array; read-only, nothing is copied."""
        try:
            entry = self._arrays[name]
            shape = tuple(entry["shape"])
            flat = np.frombuffer(
                self._map, np.dtype(entry["dtype"]), int(np.prod(shape)), int(entry["at"])
            )
        except (KeyError, ValueError, TypeError) as error:
            raise self._damaged(f"lacks the array {name!r}") from error
        return flat.reshape(shape)

    def verify(self) -> None:
        """Compare every array with its checksum (reads the whole file).

        Raises
        ------
        Damaged
            If one differs.
        """
        for name, entry in self._arrays.items():
            if _crc(self.array(name)) != entry["crc"]:
                raise self._damaged(f"is altered in {name!r}")

    def _damaged(self, what: str) -> Damaged:
        return Damaged(f"{self.path.name} of the search index {what}: run litmine index rebuild")


def make_room(stream: IO[bytes], at: int, size: int) -> None:
    """Have the disk keep bytes of a file that are to be written through memory.

    A full disk is an error here; met while writing to memory, it ends the process without a word.
    """
    os.posix_fallocate(stream.fileno(), at, size)


def _crc(array: NDArray[Any]) -> int:
    if not array.size:
        return 0
    raw = memoryview(np.ascontiguousarray(array).data).cast("B")
    crc = 0
    for first in range(0, len(raw), _AT_ONCE):
        crc = zlib.crc32(raw[first : first + _AT_ONCE], crc)
    return crc
