"""Who has which papers before them, so that two reviewers at once do not read the same ones."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

__all__ = ["Handout"]

_FOR = timedelta(minutes=10)


class Handout:
    """Remembers for some minutes which papers were handed to whom.

    A paper that somebody else has comes later in one's queue, not never: this saves work and
    guards nothing. What guards is the revision of the paper. It is kept in memory only.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: dict[str, tuple[str, datetime]] = {}

    def give(self, who: str, ids: Iterable[str], now: datetime) -> None:
        """Note that `who` has these papers, from now on."""
        with self._lock:
            self._given = {
                arxiv_id: held
                for arxiv_id, held in self._given.items()
                if now - held[1] < _FOR and held[0] != who
            }
            for arxiv_id in ids:
                self._given.setdefault(arxiv_id, (who, now))

    def held_by_others(self, who: str, now: datetime) -> frozenset[str]:
        """Return the papers that others have before them."""
        with self._lock:
            return frozenset(
                arxiv_id
                for arxiv_id, (holder, since) in self._given.items()
                if holder != who and now - since < _FOR
            )
