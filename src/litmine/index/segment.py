"""A segment of the search index: some papers, written once, memory-mapped.

A folder with a name that is never used again::

    segment.json     sizes and hashes of the other files
    rows.bin     what never changes: ids, days, whether there is an abstract and a vector
    postings/        words (`litmine.index.postings`)
    dense/           vectors (`litmine.index.dense`)

What is said of the papers changes while their texts stay, and so does which of them still count:
that is a file of its own, ``<hash>.state`` beside the folders, and a generation of the index names
a segment and its state together. A night in which a model judged everything anew writes no posting
and no vector.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from litmine.core.files import sha256_file
from litmine.index.base import Damaged
from litmine.index.dense import DensePart
from litmine.index.postings import Postings
from litmine.index.postings_file import ArrayFile
from litmine.index.state import State, write_arrays

if TYPE_CHECKING:
    from datetime import date

__all__ = [
    "DENSE",
    "NO_DAY",
    "POSTINGS",
    "ROWS",
    "Facts",
    "Ids",
    "Segment",
    "day_number",
]

ROWS, POSTINGS, DENSE = "rows.bin", "postings", "dense"
NO_DAY = -1
_EPOCH = 719_163  # date(1970, 1, 1).toordinal()


def day_number(day: date | None) -> int:
    """Days since 1970-01-01; `NO_DAY` for none, and for a day before."""
    return NO_DAY if day is None else max(day.toordinal() - _EPOCH, NO_DAY)


class Ids(Sequence[str]):
    """The papers of a segment, row by row, without a Python object for each."""

    def __init__(self, names: NDArray[np.bytes_]) -> None:
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return self.take(np.arange(len(self))[row])
        return bytes(self.names[row]).decode()

    def take(self, rows: NDArray[np.integer[Any]]) -> list[str]:
        """Ids of some rows."""
        return [name.decode() for name in self.names[rows].tolist()]


@dataclass(frozen=True)
class Facts:
    """Facts of the papers, one value a row.

    Attributes
    ----------
    cells : ndarray of uint32
        Bit masks in the taxonomy's order.
    techniques : ndarray of uint64
        Likewise.
    day : ndarray of int32
        Days since 1970-01-01 of the first submission, -1 where it is not known.
    relevance : ndarray of float32
        NaN where no model has judged the paper.
    label : ndarray of int8
        1 relevant, 0 not, -1 stands in a public list, -2 no label.
    said_by : ndarray of int8
        Who names the cells: place in `litmine.index.document.SAID_BY`.
    has_abstract, has_vector : ndarray of bool
    """

    cells: NDArray[np.uint32]
    techniques: NDArray[np.uint64]
    day: NDArray[np.int32]
    relevance: NDArray[np.float32]
    label: NDArray[np.int8]
    said_by: NDArray[np.int8]
    has_abstract: NDArray[np.bool_]
    has_vector: NDArray[np.bool_]


@dataclass(frozen=True)
class _Body:
    """What never changes of a segment."""

    ids: Ids
    postings: Postings
    dense: DensePart
    day: NDArray[np.int32]
    has_abstract: NDArray[np.bool_]
    has_vector: NDArray[np.bool_]
    names: NDArray[np.bytes_]
    order: NDArray[np.uint32] | None

    @classmethod
    def open(cls, folder: Path) -> _Body:
        try:
            rows = ArrayFile(folder / ROWS)
            names = rows.array("ids")
            # Rows that do not stand in order of id have a sorted copy, and where each of it is.
            in_order = rows.facts.get("in_order") is True
            body = cls(
                ids=Ids(names),
                postings=Postings.open(folder / POSTINGS),
                dense=DensePart.open(folder / DENSE),
                day=rows.array("day"),
                has_abstract=rows.array("has_abstract"),
                has_vector=rows.array("has_vector"),
                names=names if in_order else rows.array("sorted"),
                order=None if in_order else rows.array("order"),
            )
        except Damaged as error:
            raise Damaged(f"{folder.name}: {error}") from error
        if not len(names) == len(body.day) == body.postings.rows == body.dense.rows:
            raise Damaged(f"the parts of {folder.name} differ in their number of papers")
        return body


class Segment:
    """Some papers of the index, as one generation sees them. Thread-safe.

    Attributes
    ----------
    name : str
        The folder's, after its content.
    ids : Ids
        Papers, row by row.
    postings : Postings
    dense : DensePart
    facts : Facts
    alive : ndarray of bool
        Rows that count: the others were removed, or stand in another segment in a newer form.
    """

    def __init__(self, name: str, body: _Body, state: State, state_name: str) -> None:
        self.name = name
        self.state = state
        self.state_name = state_name
        self._body = body
        self.ids = body.ids
        self.postings = body.postings
        self.dense = body.dense
        self.alive = state.alive
        self.facts = Facts(
            cells=state.cells,
            techniques=state.techniques,
            day=body.day,
            relevance=state.relevance,
            label=state.label,
            said_by=state.said_by,
            has_abstract=body.has_abstract,
            has_vector=body.has_vector,
        )
        self.papers = int(np.count_nonzero(state.alive))

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def open(
        cls, folder: Path, name: str, state_name: str, known: Mapping[str, Segment] | None = None
    ) -> Segment:
        """Open a segment and its state.

        Parameters
        ----------
        folder : Path
            Where segments and states lie.
        known : mapping, optional
            Segments that are open already, by name: their files are not opened again.

        Raises
        ------
        Damaged
            It cannot be used.
        """
        old = None if known is None else known.get(name)
        if old is not None and old.state_name == state_name:
            return old
        body = _Body.open(folder / name) if old is None else old._body
        state = State.open(folder / state_name)
        if len(state.alive) != len(body.ids):
            raise Damaged(f"{state_name} does not belong to {name}")
        return cls(name, body, state, state_name)

    @classmethod
    def fresh(cls, folder: Path, name: str, state: State) -> Segment:
        """Open a segment that was just written, with a state that was not."""
        return cls(name, _Body.open(folder / name), state, "")

    def with_state(self, state: State) -> Segment:
        """The same papers in another state, which is not written yet."""
        return Segment(self.name, self._body, state, "")

    def saved(self, folder: Path) -> Segment:
        """The same with its state written below `folder`, if it was not yet."""
        if self.state_name:
            return self
        part = folder / f".part-{secrets.token_hex(8)}"
        try:
            write_arrays(part, self.state.columns)
            name = f"{sha256_file(part)[:32]}.state"
            os.replace(part, folder / name)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return Segment(self.name, self._body, State.open(folder / name), name)

    def row_of(self, arxiv_id: str) -> int | None:
        """Row of a paper, dead or alive, or None."""
        row = int(self.rows_of([arxiv_id])[0])
        return None if row < 0 else row

    def rows_of(self, ids: Sequence[str] | NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Rows of papers, dead or alive; -1 for those that are not here."""
        names = self._body.names
        wanted = ids if isinstance(ids, np.ndarray) else np.array([i.encode() for i in ids], "S")
        if not len(wanted):
            return np.empty(0, np.int64)
        # Of one type with the names, or numpy would widen a copy of all of them.
        cut = wanted.astype(names.dtype)
        places = np.searchsorted(names, cut)
        places[places == len(names)] = 0
        found = (names[places] == cut) & (cut == wanted)
        rows = places if self._body.order is None else self._body.order[places].astype(np.int64)
        return np.where(found, rows, -1)
