"""How papers stand with the reviewers, kept beside the index and read again when it changes.

The index holds what changes once a night. What reviewers decide changes all day, and a search
right after an approval must find the paper approved: so states and the reviewers' cells are read
from the database, and of those only what has changed since the last look.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection, select

from litmine.core.taxonomy import Taxonomy, load_taxonomy
from litmine.store import Store
from litmine.store.decisions import latest_decisions
from litmine.store.queue import queue_mark
from litmine.store.schema import queue

__all__ = ["STATES", "Standing", "Standings", "StandingsKeeper", "bit_mask"]

#: In the order in which facets show them; the codes of rows are their places here.
STATES = ("approved", "pending", "later", "disputed", "rejected")

_LOOK_AGAIN = 0.3  # seconds; an approval is found after this long at the latest


@dataclass(frozen=True, slots=True)
class Standing:
    """One paper in the queue.

    Attributes
    ----------
    cells, techniques : int or None
        Bit masks in the taxonomy's order, as reviewers decided; None unless it is approved.
    decided_at : datetime or None
        When it was approved.
    """

    state: str
    revision: int
    relevance: float
    cells: int | None = None
    techniques: int | None = None
    decided_at: datetime | None = None


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
        self._mark: object = None
        self._now = Standings()

    def current(self) -> Standings:
        """Return how papers stand, at most some tenths of a second old."""
        with self._lock:
            if self._clock() - self._looked < self._look_again:
                return self._now
            with self._store.read() as connection:
                mark = queue_mark(connection)
                if mark != self._mark:
                    self._now = _read(connection, self._now)
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


def _read(connection: Connection, before: Standings) -> Standings:
    taxonomy = load_taxonomy()
    found = {
        row.arxiv_id: Standing(row.state, row.revision, row.relevance)
        for row in connection.execute(
            select(queue.c.arxiv_id, queue.c.state, queue.c.revision, queue.c.relevance)
        )
    }
    known = before.of
    fresh = [
        i
        for i, one in found.items()
        if i not in known
        or known[i].revision != one.revision
        or known[i].state != one.state
        or known[i].relevance != one.relevance
    ]
    gone = known.keys() - found.keys()
    approved = [i for i in fresh if found[i].state == "approved"]
    decided = _decided(connection, approved, found, taxonomy)
    changed = set(fresh)
    merged = {i: decided.get(i, one) if i in changed else known[i] for i, one in found.items()}
    return Standings(before.version + 1, MappingProxyType(merged), frozenset(changed | gone))


def _decided(
    connection: Connection,
    ids: Sequence[str],
    found: Mapping[str, Standing],
    taxonomy: Taxonomy,
) -> dict[str, Standing]:
    cells = {cell: place for place, cell in enumerate(taxonomy.cells)}
    techniques = {one.id: place for place, one in enumerate(taxonomy.techniques)}
    return {
        i: Standing(
            found[i].state,
            found[i].revision,
            found[i].relevance,
            bit_mask(one.cells, cells),
            bit_mask(one.technique, techniques),
            one.decided_at,
        )
        for i, one in latest_decisions(connection, ids).items()
    }
