"""What has changed in the queue, told by the audit trail: its numbers are the sequence of events.

Of opinions that are still open only that there is one, never whose it is or what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from litmine.store import Store
from litmine.store.audit import last_entry
from litmine.store.queue import queue_counts, queue_items
from litmine.store.trail import Entry, entries_after

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Change", "Changes", "Watch", "changes_since"]

ACTIONS = ("approve", "reject", "later", "undo", "opinion", "dispute", "withdraw")
#: More changes than this are not listed.
MOST = 500
#: PostgreSQL numbers entries when they are written, not when they are stored: a lower number can
#: appear after a higher one, by as many as there are writers at a time.
_OVERLAP = 128
_COUNT_EVERY = 5


@dataclass(frozen=True, slots=True)
class Change:
    """A paper that was changed: where it stands now, and what was done last."""

    arxiv_id: str
    state: str
    revision: int
    action: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed.

    Attributes
    ----------
    last : int
        Number of the newest audit entry.
    counts : dict
        Papers in each state, now.
    changed : tuple of Change
        Each paper once.
    missed : bool
        There is more than is listed.
    """

    last: int
    counts: dict[str, int]
    changed: tuple[Change, ...] = ()
    missed: bool = False


def changes_since(store: Store, after: int | None) -> Changes:
    """Return what has changed since an audit entry.

    Parameters
    ----------
    after : int or None
        Its number; None: nothing is listed, only how things stand.
    """
    with store.read() as connection:
        head = last_entry(connection)
        if after is None:
            return _changes(connection, head, ())
        if after > head:  # a number that was not given yet: it is of another database
            return _changes(connection, head, (), missed=True)
        entries = entries_after(connection, max(0, after - _overlap(store)), MOST + 1, ACTIONS)
        return _changes(connection, head, entries)


class Watch:
    """Looks again and again, and tells what is new.

    Changes that leave no audit entry (a night that fills the queue) show in the counts, which are
    compared at every fifth look.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._overlap = _overlap(store)
        self._looks = 0
        with store.read() as connection:
            self._last = last_entry(connection)
            self._counts = queue_counts(connection)
            self._seen = self._around(connection, self._last)

    def look(self) -> Changes | None:
        """Return what is new since the look before; None: nothing."""
        self._looks += 1
        with self._store.read() as connection:
            entries = [
                entry
                for entry in entries_after(
                    connection, self._last - self._overlap, MOST + self._overlap + 1
                )
                if entry.number not in self._seen
            ]
            if not entries and self._looks % _COUNT_EVERY:
                return None
            head = max(self._last, last_entry(connection))
            found = _changes(connection, head, entries)
            self._seen = self._around(connection, head)
        same = found.counts == self._counts
        self._last, self._counts = head, found.counts
        return None if same and not found.changed and not found.missed else found

    def _around(self, connection: Connection, head: int) -> set[int]:
        if not self._overlap:
            return set()
        recent = entries_after(connection, head - self._overlap, self._overlap)
        return {entry.number for entry in recent}


def _overlap(store: Store) -> int:
    return _OVERLAP if store.dialect == "postgresql" else 0


def _changes(
    connection: Connection, head: int, entries: Sequence[Entry], *, missed: bool = False
) -> Changes:
    done = {entry.subject: entry.action for entry in entries if entry.action in ACTIONS}
    missed = missed or len(entries) > MOST
    rows = {} if missed else queue_items(connection, list(done))
    return Changes(
        head,
        queue_counts(connection),
        tuple(
            Change(arxiv_id, rows[arxiv_id].state, rows[arxiv_id].revision, action)
            for arxiv_id, action in done.items()
            if arxiv_id in rows
        ),
        missed,
    )
