"""The order of the queue, kept ready: a page never waits for a ranking."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from litmine.core.clock import Clock
from litmine.core.log import get_logger
from litmine.review.ordering.live import order_queue
from litmine.store import Store
from litmine.store.queue import queue_mark

__all__ = ["QueueOrder"]

#: What the queue was like, the order made of it, and when (monotonic seconds).
_Ranked = tuple[tuple[Any, ...], list[tuple[str, str]], float]

#: Seconds between two rankings by one policy: a page has the next ten papers in hand anyway.
_PAUSE = 2.0

_log = get_logger("litmine.web.order")


class QueueOrder:
    """Ranks the waiting papers by a policy, again after decisions, in the background.

    Parameters
    ----------
    store : Store
    clock : Clock
    pause : float
        Least seconds between two rankings by one policy.
    """

    def __init__(self, store: Store, clock: Clock, *, pause: float = _PAUSE) -> None:
        self._pause = pause
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._first = threading.Lock()
        self._ranked: dict[str, _Ranked] = {}
        self._at_work: dict[str, threading.Thread] = {}

    def of(self, policy: str) -> Sequence[tuple[str, str]]:
        """Return id and reason ("most probable", …) of every pending paper, first to look at first.

        The first call ranks; later ones answer at once with what stands, and have it brought up to
        date behind the scenes when something was decided since.
        """
        with self._store.read() as connection:
            mark = queue_mark(connection)
        with self._lock:
            known = self._ranked.get(policy)
            # An empty order is no use to anybody: then the caller waits for a new one.
            if known is not None and (known[1] or known[0] == mark):
                # Decisions come in bursts: one ranking for several.
                due = time.monotonic() - known[2] >= self._pause
                if known[0] != mark and due and policy not in self._at_work:
                    self._at_work[policy] = threading.Thread(
                        target=self._refresh, args=(policy,), daemon=True
                    )
                    self._at_work[policy].start()
                return known[1]
        with self._first:
            # Twenty who open the page at once wait for one ranking, not each for their own.
            with self._lock:
                known = self._ranked.get(policy)
            if known is not None and (known[1] or known[0] == mark):
                return known[1]
            return self._rank(policy)

    def close(self) -> None:
        """Wait for what is being ranked: the store is about to be closed."""
        with self._lock:
            threads = list(self._at_work.values())
        for thread in threads:
            thread.join()

    def _refresh(self, policy: str) -> None:
        try:
            self._rank(policy)
        except Exception as error:  # noqa: BLE001 - told, and the order that stands is still served
            _log.error("ranking", policy=policy, exc_info=error)
        finally:
            with self._lock:
                self._at_work.pop(policy, None)

    def _rank(self, policy: str) -> list[tuple[str, str]]:
        with self._store.read() as connection:
            mark = queue_mark(connection)
        # Ranked after the mark was taken: what changes in between makes it rank once more.
        ranked = [
            (one.arxiv_id, one.why)
            for one in order_queue(self._store, policy, now=self._clock.now())
        ]
        with self._lock:
            self._ranked[policy] = (mark, ranked, time.monotonic())
        return ranked
