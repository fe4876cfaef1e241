"""How papers stand with the reviewers, kept beside the index and read again when it changes.

The index holds what changes once a night. What reviewers decide changes all day, and a search
right after an approval must find the paper approved: so states and the reviewers' cells are read
from the database, and of those only what has changed since the last look.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection, select

from litmine.core.taxonomy import load_taxonomy
from litmine.store import Store
from litmine.store.decisions import latest_decisions
from litmine.store.queue import queue_mark
from litmine.store.schema import queue

__all__ = ["STATES", "Standing", "Standings", "StandingsKeeper", "bit_mask"]

#: In the order in which facets show them; the codes of rows are their places here.
STATES = ("approved", "pending", "later", "disputed", "rejected")

#: See `litmine.store.queue.queue_mark`: papers, sum of their revisions, the last change.
_Mark = tuple[int, int, datetime | None]

_LOOK_AGAIN = 0.3  # seconds; an approval is found after this long at the latest


@dataclass(frozen=True, slots=True)
class Standing:
    """One paper in the queue.

    Attributes
    ----------
    cells, techniques : int or None
        Bit masks in the taxonomy's order, as reviewers decided; None unless it is approved.
    """

    state: str
    revision: int
    relevance: float
    changed_at: datetime
    cells: int | None = None
    techniques: int | None = None

    def is_as(self, other: Standing) -> bool:
        """Tell whether nothing in the queue has changed since the other was read."""
        # A paper that left the queue and came back counts its revisions anew.
        return (self.state, self.revision, self.relevance, self.changed_at) == (
            other.state,
            other.revision,
            other.relevance,
            other.changed_at,
        )


@dataclass(frozen=True, slots=True)
class Standings:
    """All papers of the queue, at one moment.

    Attributes
    ----------
    version : int
        Another one for every change.
    of : mapping
        arXiv id to standing.
    changed : frozenset of str
        What differs from the version before.
    """

    version: int = 0
    of: Mapping[str, Standing] = field(default_factory=lambda: MappingProxyType({}))
    changed: frozenset[str] = frozenset()


class StandingsKeeper:
    """Reads the queue when it has changed, and of it what has changed. Thread-safe."""

    def __init__(
        self,
        store: Store,
        *,
        look_again: float = _LOOK_AGAIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._look_again = look_again
        self._clock = clock
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._mark: _Mark | None = None
        self._now = Standings()

    def current(self) -> Standings:
        """Return how papers stand, at most some tenths of a second old."""
        with self._lock:
            if self._clock() - self._looked < self._look_again:
                return self._now
            with self._store.read() as connection:
                mark = queue_mark(connection)
                if mark != self._mark:
                    self._now = _read(connection, self._now, self._mark, mark)
                    self._mark = mark
            self._looked = self._clock()
            return self._now


def bit_mask(values: Sequence[str], places: Mapping[str, int]) -> int:
    """Return the bits of those `values` that have a place; others are passed over."""
    mask = 0
    for value in values:
        if value in places:
            mask |= 1 << places[value]
    return mask


def _read(connection: Connection, before: Standings, seen: _Mark | None, mark: _Mark) -> Standings:
    """Read how papers stand, given how they stood when the queue had the mark `seen`."""
    known = before.of
    since = None if seen is None else seen[2]
    found = _rows(connection, since)
    together = {**known, **found}
    if (len(together), sum(one.revision for one in together.values())) != mark[:2]:
        # Papers left the queue, or a clock was set back: what changed cannot be told from when.
        since, found = None, _rows(connection, None)
    fresh = [i for i, one in found.items() if i not in known or not one.is_as(known[i])]
    gone = frozenset() if since is not None else known.keys() - found.keys()
    approved = [i for i in fresh if found[i].state == "approved"]
    decided = _decided(connection, approved, found)
    changed = frozenset(fresh)
    now = {i: decided.get(i, one) if i in changed else known[i] for i, one in found.items()}
    if since is not None:
        now = {**known, **now}
    return Standings(before.version + 1, MappingProxyType(now), changed | gone)


def _rows(connection: Connection, since: datetime | None) -> dict[str, Standing]:
    """Read the queue, or of it what changed at a moment or after; without decisions."""
    q = queue.c
    statement = select(q.arxiv_id, q.state, q.revision, q.relevance, q.changed_at)
    if since is not None:
        statement = statement.where(q.changed_at >= since)
    return {
        row.arxiv_id: Standing(row.state, row.revision, row.relevance, row.changed_at)
        for row in connection.execute(statement)
    }


def _decided(
    connection: Connection,
    ids: Sequence[str],
    found: Mapping[str, Standing],
) -> dict[str, Standing]:
    taxonomy = load_taxonomy()
    cells = {cell: place for place, cell in enumerate(taxonomy.cells)}
    techniques = {one.id: place for place, one in enumerate(taxonomy.techniques)}
    return {
        i: replace(
            found[i],
            cells=bit_mask(one.cells, cells),
            techniques=bit_mask(one.technique, techniques),
        )
        for i, one in latest_decisions(connection, ids).items()
    }
