"""Rows of the index together with how papers stand: what filters and facets look at.

Built once for a generation of the index, and brought up to date by what reviewers changed since;
a search then needs arrays alone, no database.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from litmine.index.document import SAID_BY
from litmine.search.standing import STATES, Standings

if TYPE_CHECKING:
    from litmine.index.generation import Generation
    from litmine.index.segment import Segment

__all__ = ["SOURCES", "Part", "View", "Views"]

#: Who says in which cells a paper is: as in the index, and the reviewers.
SOURCES = (*SAID_BY, "reviewer")
BY_REVIEWER = len(SAID_BY)

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
        Who says so: place in `SOURCES`.
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

    @cached_property
    def in_library(self) -> NDArray[np.bool_]:
        """Rows in the library: approved, or labelled and not rejected."""
        labelled = np.abs(self.segment.facts.label) == 1
        found: NDArray[np.bool_] = self.of_state("approved") | (
            labelled & ~self.of_state("rejected")
        )
        return found

    def of_state(self, state: str) -> NDArray[np.bool_]:
        """Rows in one state of the queue."""
        found: NDArray[np.bool_] = self.state == _CODE[state]
        return found


@dataclass(frozen=True)
class View:
    """All rows of one generation, as papers stand in one version of the standings."""

    generation: Generation
    standings: Standings
    parts: tuple[Part, ...]


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
    part = Part(
        segment,
        np.full(len(segment), _UNQUEUED, np.int8),
        np.array(facts.cells),
        np.array(facts.techniques),
        np.array(facts.said_by),
    )
    _set(part, standings, list(standings.of))
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
    _set(fresh, standings, list(changed))
    return fresh


def _set(part: Part, standings: Standings, ids: Sequence[str]) -> None:
    """Write into a part how the papers `ids` stand."""
    facts = part.segment.facts
    rows = part.segment.rows_of(ids)
    for place in np.flatnonzero(rows >= 0).tolist():
        row = int(rows[place])
        standing = standings.of.get(ids[place])
        part.state[row] = _UNQUEUED if standing is None else _CODE[standing.state]
        if standing is not None and standing.cells is not None:
            part.cells[row] = standing.cells
            part.techniques[row] = standing.techniques or 0
            part.source[row] = BY_REVIEWER
        else:
            part.cells[row] = facts.cells[row]
            part.techniques[row] = facts.techniques[row]
            part.source[row] = facts.said_by[row]
