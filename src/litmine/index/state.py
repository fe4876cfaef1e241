"""What is said of a segment's papers: columns that a generation can replace.

The texts and vectors of a segment never change; what models and labels say of its papers does, and
so does which of them still count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.core.taxonomy import Taxonomy
from litmine.index.base import Damaged
from litmine.index.document import SAID_BY, Judgement
from litmine.index.postings_file import ArrayFile, ArrayWriter

__all__ = ["FINGERPRINT", "Masks", "State", "write_arrays"]

FINGERPRINT = np.dtype("S64")
_AT_ONCE = 8192


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], **facts: Any) -> None:
    """Write arrays into a file that appears when it is complete; `facts` go along."""
    writer = ArrayWriter(path, facts)
    try:
        for name, values in arrays.items():
            writer.add(name, values)
    except BaseException:
        writer.abandon()
        raise
    writer.close()


class Masks:
    """Bit masks of cells and techniques, in the taxonomy's order."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._cells = {cell: 1 << place for place, cell in enumerate(taxonomy.cells)}
        self._techniques = {one.id: 1 << place for place, one in enumerate(taxonomy.techniques)}
        if len(self._cells) > 32 or len(self._techniques) > 64:
            raise ValueError("the index has room for 32 cells and 64 techniques")

    @property
    def key(self) -> list[list[str]]:
        """What the bits mean, for the manifest."""
        return [list(self._cells), list(self._techniques)]

    def cells(self, ids: Iterable[str]) -> int:
        """Bits of those ids that the taxonomy has."""
        return sum({self._cells.get(one, 0) for one in ids})

    def techniques(self, ids: Iterable[str]) -> int:
        """Bits of those ids that the taxonomy has."""
        return sum({self._techniques.get(one, 0) for one in ids})


@dataclass(frozen=True)
class State:
    """What a generation says of a segment's papers: facts, fingerprints, which still count."""

    alive: NDArray[np.bool_]
    cells: NDArray[np.uint32]
    techniques: NDArray[np.uint64]
    relevance: NDArray[np.float32]
    label: NDArray[np.int8]
    said_by: NDArray[np.int8]
    fingerprints: NDArray[np.bytes_]

    @classmethod
    def of(cls, judgements: Iterable[Judgement], masks: Masks) -> State:
        """State of new rows, all alive."""
        columns = list(_columns(judgements, masks))
        joined = [np.concatenate(parts) for parts in zip(*columns, strict=True)] if columns else []
        if not joined:
            return cls(*(np.empty(0, dtype) for dtype in _TYPES.values()))
        return cls(np.ones(len(joined[0]), bool), *joined)

    @classmethod
    def open(cls, path: Path) -> State:
        """Map a state file.

        Raises
        ------
        Damaged
            It cannot be used.
        """
        try:
            file = ArrayFile(path)
            columns = {name: file.array(name) for name in _TYPES}
        except Damaged as error:
            raise Damaged(str(error)) from error
        shapes = {values.shape for values in columns.values()}
        if {name: one.dtype for name, one in columns.items()} != _TYPES or len(shapes) != 1:
            raise Damaged(f"{path.name} does not hold what it should")
        return cls(**columns)

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """Its arrays by name."""
        return {name: getattr(self, name) for name in _TYPES}

    def without(self, rows: NDArray[np.int64]) -> State:
        """The same with some rows dead."""
        alive = np.array(self.alive)
        alive[rows] = False
        return replace(self, alive=alive)

    def judged(
        self, rows: NDArray[np.int64], judgements: Sequence[Judgement], masks: Masks
    ) -> State:
        """The same with new judgements of some rows."""
        new = State.of(judgements, masks)
        columns: dict[str, NDArray[Any]] = {"alive": self.alive}
        for name in _TYPES:
            if name != "alive":
                columns[name] = np.array(getattr(self, name))
                columns[name][rows] = getattr(new, name)
        return State(**columns)


_TYPES: Mapping[str, np.dtype[Any]] = {
    "alive": np.dtype(bool),
    "cells": np.dtype("<u4"),
    "techniques": np.dtype("<u8"),
    "relevance": np.dtype("<f4"),
    "label": np.dtype("i1"),
    "said_by": np.dtype("i1"),
    "fingerprints": FINGERPRINT,
}


def _columns(judgements: Iterable[Judgement], masks: Masks) -> Iterator[tuple[NDArray[Any], ...]]:
    """Columns of `_TYPES` but the first, some thousand rows at a time."""
    names = [name for name in _TYPES if name != "alive"]
    rows: list[tuple[Any, ...]] = []

    def arrays() -> tuple[NDArray[Any], ...]:
        made = zip(names, zip(*rows, strict=True), strict=True)
        return tuple(np.array(values, _TYPES[name]) for name, values in made)

    for one in judgements:
        relevance = np.nan if one.relevance is None else one.relevance
        cells, techniques = masks.cells(one.cells), masks.techniques(one.techniques)
        if len(one.fingerprint) > FINGERPRINT.itemsize:
            raise ValueError(f"the fingerprint of {one.id} is longer than {FINGERPRINT.itemsize}")
        rows.append(
            (
                cells,
                techniques,
                relevance,
                one.label,
                SAID_BY.index(one.said_by),
                one.fingerprint.encode("ascii"),
            )
        )
        if len(rows) == _AT_ONCE:
            yield arrays()
            rows.clear()
    if rows:
        yield arrays()
