"""The order of the queue, kept ready: a page never waits for a ranking."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from litmine.core.clock import Clock
from litmine.core.log import get_logger
from litmine.store import Store
from litmine.store.queue import in_state, queue_mark

__all__ = ["QueueOrder"]

#: What the queue was like, and the order made of it.
_Ranked = tuple[tuple[Any, ...], list[tuple[str, str]]]

_log = get_logger("litmine.web.order")


class QueueOrder:
    """Ranks the waiting papers by a policy, again after decisions, in the background.

    Parameters
    ----------
    store : Store
    clock : Clock
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._ranked: dict[str, _Ranked] = {}
        self._at_work: set[str] = set()

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
                if known[0] != mark and policy not in self._at_work:
                    self._at_work.add(policy)
                    threading.Thread(target=self._refresh, args=(policy,), daemon=True).start()
                return known[1]
        return self._rank(policy)

    def _refresh(self, policy: str) -> None:
        try:
            self._rank(policy)
        except Exception as error:  # noqa: BLE001 - told, and the order that stands is still served
            _log.error("ranking", policy=policy, exc_info=error)
        finally:
            with self._lock:
                self._at_work.discard(policy)

    def _rank(self, policy: str) -> list[tuple[str, str]]:
        with self._store.read() as connection:
            mark = queue_mark(connection)
            rows = in_state(connection, ("pending",))
        ranked = [(row.arxiv_id, "most probable") for row in rows]
        with self._lock:
            self._ranked[policy] = (mark, ranked)
        return ranked
