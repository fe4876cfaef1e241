"""Figures that cost seconds, computed once for each state of the audit trail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from litmine.store import Store
from litmine.store.audit import last_entry

__all__ = ["Memo"]

_T = TypeVar("_T")


class Memo(Generic[_T]):
    """Keeps what `compute` returned for a store until something was done there.

    Every decision, opinion and verdict adds to the audit trail, so its last number says whether a
    figure made of them can have changed.

    Parameters
    ----------
    state : callable, optional
        Tells another state that `compute` depends on, beside the audit trail.
    """

    def __init__(
        self, compute: Callable[[Store], _T], state: Callable[[], Hashable] = lambda: None
    ) -> None:
        self._compute = compute
        self._state = state
        self._lock = threading.Lock()
        self._known: WeakKeyDictionary[Store, tuple[Hashable, _T]] = WeakKeyDictionary()

    def of(self, store: Store) -> _T:
        """Return the figure.

        One caller computes; meanwhile others get the figure before, or wait where there is none.
        Otherwise a few people who look at figures would hold every thread of the server.
        """
        with store.read() as connection:
            head = (last_entry(connection), self._state())
        known = self._known.get(store)
        if known is not None and (known[0] == head or not self._lock.acquire(blocking=False)):
            return known[1]
        if known is None:
            self._lock.acquire()
        try:
            known = self._known.get(store)
            if known is None or known[0] != head:
                known = self._known[store] = (head, self._compute(store))
            return known[1]
        finally:
            self._lock.release()
