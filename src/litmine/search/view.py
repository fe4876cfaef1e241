"""Rows of the index together with how papers stand: what filters and facets look at.

Built once for a generation of the index, and brought up to date by what reviewers changed since;
a search then needs arrays alone, no database.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from litmine.search.standing import STATES, Standing, Standings

if TYPE_CHECKING:
    from litmine.index.generation import Generation
    from litmine.index.segment import Segment

__all__ = ["BY_LABEL", "BY_LIST", "BY_MODEL", "BY_NOBODY", "BY_REVIEWER", "Part", "View", "Views"]

#: Who says in which cells a paper is.
BY_NOBODY, BY_MODEL, BY_LIST, BY_LABEL, BY_REVIEWER = range(5)

_CODE = {state: code for code, state in enumerate(STATES)}
_UNQUEUED = -1


@dataclass(frozen=True)
class Part:
    """One segment's rows.

    Attributes
    ----------
    state : ndarray of int8
        Place in `STATES`; -1 for a paper that is not in the queue.
    cells : ndarray of uint32
        Bit masks in the taxonomy's order, the reviewers' where they decided.
    techniques : ndarray of uint64
        Likewise.
    source : ndarray of int8
        Who says so.
    """

    segment: Segment
    state: NDArray[np.int8]
    cells: NDArray[np.uint32]
    techniques: NDArray[np.uint64]
    source: NDArray[np.int8]

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Rows that stand for a paper, and for the newest account of it."""
        return self.segment.alive

    def in_library(self) -> NDArray[np.bool_]:
        """Rows in the library: approved, or labelled and not rejected."""
        labelled = (self.segment.facts.label == 1) | (self.segment.facts.label == -1)
        return (self.state == _CODE["approved"]) | (labelled & (self.state != _CODE["rejected"]))


@dataclass(frozen=True)
class View:
    """All rows of one generation, as papers stand in one version of the standings."""

    generation: Generation
    standings: Standings
    parts: tuple[Part, ...]

    def row_of(self, arxiv_id: str) -> tuple[int, int] | None:
        """Return number of the part and row of a paper, or None."""
        for number, part in enumerate(self.parts):
            row = part.segment.row_of(arxiv_id)
            if row is not None and part.alive[row]:
                return number, row
        return None


class Views:
    """Keeps the newest view. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: View | None = None

    def of(self, generation: Generation, standings: Standings) -> View:
        """Return the view of a generation with the given standings."""
        with self._lock:
            now = self._now
            if now is None or now.generation is not generation:
                parts = tuple(_part(segment, standings) for segment in generation.segments)
                now = View(generation, standings, parts)
            elif now.standings.version != standings.version:
                # Versions may be skipped; then what changed in between is not known.
                known = now.standings.version + 1 == standings.version
                changed = standings.changed if known else None
                parts = tuple(_updated(part, standings, changed) for part in now.parts)
                now = View(generation, standings, parts)
            self._now = now
            return now


def _part(segment: Segment, standings: Standings) -> Part:
    facts = segment.facts
    source = np.where(
        facts.label >= 0, BY_LABEL, np.where(facts.label == -1, BY_LIST, BY_MODEL)
    ).astype(np.int8)
    source[(facts.cells == 0) & (facts.techniques == 0)] = BY_NOBODY
    part = Part(
        segment,
        np.full(len(facts.cells), _UNQUEUED, np.int8),
        np.array(facts.cells),
        np.array(facts.techniques),
        source,
    )
    _set(part, standings, standings.of.keys())
    return part


def _updated(part: Part, standings: Standings, changed: frozenset[str] | None) -> Part:
    if changed is None:
        return _part(part.segment, standings)
    fresh = Part(
        part.segment,
        part.state.copy(),
        part.cells.copy(),
        part.techniques.copy(),
        part.source.copy(),
    )
    _set(fresh, standings, changed)
    return fresh


def _set(part: Part, standings: Standings, ids: frozenset[str] | object) -> None:
    facts = part.segment.facts
    for arxiv_id in ids:  # type: ignore[attr-defined]
        row = part.segment.row_of(arxiv_id)
        if row is None:
            continue
        standing: Standing | None = standings.of.get(arxiv_id)
        part.state[row] = _UNQUEUED if standing is None else _CODE[standing.state]
        if standing is not None and standing.cells is not None:
            part.cells[row] = standing.cells
            part.techniques[row] = standing.techniques or 0
            part.source[row] = BY_REVIEWER
        else:
            part.cells[row] = facts.cells[row]
            part.techniques[row] = facts.techniques[row]
            part.source[row] = _said_by(int(facts.label[row]), int(facts.cells[row]))


def _said_by(label: int, cells: int) -> int:
    if not cells:
        return BY_NOBODY
    return BY_LABEL if label >= 0 else BY_LIST if label == -1 else BY_MODEL
