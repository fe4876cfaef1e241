"""The tables of numbers inside an ONNX file, found and overwritten in place.

ONNX is protocol buffers: a model holds a graph (field 7), the graph its tables (field 5), a table
its shape (1), its type (2), its name (8) and its bytes (9). Reading just that keeps the ``onnx``
package out of what is needed to run, and writing a table of the same size leaves every length in
the file true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.core.errors import ModelError

__all__ = ["Table", "find_tables"]

_TYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64, 10: np.float16}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_GRAPH, _INITIALISER = 7, 5
_DIMS, _TYPE, _NAME, _RAW = 1, 2, 8, 9


@dataclass(frozen=True)
class Table:
    """Where a table lies.

    Attributes
    ----------
    start, end : int
        Its bytes in the file.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    end: int

    def read(self, model: bytes | bytearray) -> NDArray[Any]:
        """Read the table, as a copy."""
        flat = np.frombuffer(model, self.dtype, offset=self.start, count=int(np.prod(self.shape)))
        return flat.reshape(self.shape).copy()

    def write(self, model: bytearray, values: NDArray[Any]) -> None:
        """Overwrite the table.

        Raises
        ------
        ValueError
            When `values` have another shape.
        """
        if values.shape != self.shape:
            raise ValueError(f"{self.name} has shape {self.shape}, not {values.shape}")
        model[self.start : self.end] = np.ascontiguousarray(values, self.dtype).tobytes()


def find_tables(model: bytes | bytearray) -> dict[str, Table]:
    """Find the tables of a model by name.

    Raises
    ------
    ModelError
        When the bytes are no ONNX model, or a table is not stored as raw bytes.
    """
    try:
        return {
            table.name: table
            for field, start, end in _fields(model, 0, len(model))
            if field == _GRAPH
            for inner, first, last in _fields(model, start, end)
            if inner == _INITIALISER
            for table in [_table(model, first, last)]
        }
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise ModelError(f"model.onnx cannot be read ({error!r}): restore it") from error


def _table(model: bytes | bytearray, start: int, end: int) -> Table:
    name, kind, shape, raw = "", 0, [], (0, 0)
    for field, first, last in _fields(model, start, end):
        if field == _DIMS:
            # Packed, or one number a field: the bytes are the same sequence of numbers.
            position = first
            while position < last:
                number, position = _varint(model, position)
                shape.append(number)
        elif field == _TYPE:
            kind, _ = _varint(model, first)
        elif field == _NAME:
            name = bytes(model[first:last]).decode("utf-8")
        elif field == _RAW:
            raw = (first, last)
    dtype = np.dtype(_TYPES[kind])
    if raw[1] - raw[0] != dtype.itemsize * int(np.prod(shape, dtype=np.int64)):
        raise KeyError(f"table {name} is not stored as raw bytes")
    return Table(name, dtype, tuple(shape), *raw)


def _fields(model: bytes | bytearray, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and end of the value of each field between two places."""
    position = start
    while position < end:
        key, position = _varint(model, position)
        wire = key & 7
        if wire == _VARINT:
            _, after = _varint(model, position)
            yield key >> 3, position, after
        elif wire == _BYTES:
            length, position = _varint(model, position)
            after = position + length
            if after > end:
                raise IndexError("a field is longer than the file")
            yield key >> 3, position, after
        elif wire in (_FIXED64, _FIXED32):
            after = position + (8 if wire == _FIXED64 else 4)
        else:
            raise KeyError(f"wire type {wire}")
        position = after


def _varint(model: bytes | bytearray, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = model[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
