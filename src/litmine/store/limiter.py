"""The durable limiter: one row in the database keeps the gap between requests to arXiv.

arXiv's terms are per operator, not per process: one request every three seconds and one
connection at a time over all machines. A row that every process takes its turn on holds that over
restarts, over a crash and over several machines that share a database.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from litmine.core.clock import Clock
from litmine.core.errors import RateLimited
from litmine.core.log import get_logger
from litmine.core.process import describe, is_gone, process_identity
from litmine.store.engine import Store
from litmine.store.schema import limiters
from litmine.store.sql import upsert

__all__ = ["DurableLimiter"]

_log = get_logger(__name__)
_LONGEST_COOLDOWN = 6 * 3600.0


class DurableLimiter:
    """A `litmine.core.gate.RequestGate` whose state is a database row.

    Threads may share one.

    Parameters
    ----------
    store : Store
        Where the row lives.
    clock : Clock
        Source of time and of waits.
    min_gap : float
        Seconds between the end of one request and the start of the next.
    request_timeout : float
        Seconds after which a request that never ended (its process died) no longer blocks others.
    max_wait : float
        Longest wait in one run; a longer cool-down raises instead.
    first_cooldown : float
        Seconds to wait after a first refusal without Retry-After.
    name : str
        Row name; everything that counts against one operator's limit shares it.

    Notes
    -----
    A cool-down starts at `first_cooldown` and doubles with every 429/406/503 in a row,
    up to six hours; Retry-After is a floor, never a ceiling. It is forgotten after a good answer.

    A wait that is longer than the gap or the cool-down in force can only come from a clock that
    was set back (or runs behind another machine's). It is cut to what is asked for, counted from
    now, so that such a clock delays requests but never stops them.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        min_gap: float = 3.0,
        request_timeout: float = 180.0,
        max_wait: float = 600.0,
        first_cooldown: float = 30.0,
        name: str = "arxiv",
    ) -> None:
        self._store = store
        self._clock = clock
        self._min_gap = min_gap
        self._gap = timedelta(seconds=min_gap)
        self._request_time = timedelta(seconds=request_timeout)
        self._max_wait = max_wait
        self._first_cooldown = first_cooldown
        self._name = name
        self._me = process_identity()
        self._mine = threading.Lock()  # the row tells processes apart, not threads

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for the turn, hold it for the block, then start the gap.

        Raises
        ------
        RateLimited
            When the cool-down in force is longer than `max_wait`.
        """
        with self._mine:
            self._take()
            try:
                yield
            finally:
                self._release()

    def ok(self) -> None:
        """Forget the cool-down, unless it is still running."""
        now = self._clock.now()
        with self._store.write() as connection:
            connection.execute(
                update(limiters)
                .where(
                    limiters.c.name == self._name,
                    limiters.c.cooldown_seconds > 0,
                    limiters.c.next_at <= now,
                )
                .values(cooldown_seconds=0.0)
            )

    def throttled(self, retry_after: float | None) -> float:
        """Record a refusal; return the seconds until the next request is allowed."""
        now = self._clock.now()
        with self._store.write() as connection:
            row = self._row(connection, now)
            doubled = min(max(row.cooldown_seconds * 2, self._first_cooldown), _LONGEST_COOLDOWN)
            wait = max(doubled, retry_after or 0.0)
            connection.execute(
                update(limiters)
                .where(limiters.c.name == self._name)
                .values(
                    cooldown_seconds=wait,
                    next_at=max(row.next_at, now + timedelta(seconds=wait)),
                )
            )
        _log.warning("throttled", retry_after=retry_after, wait_seconds=round(wait, 1))
        return float(wait)

    def next_at(self) -> datetime | None:
        """When the next request is allowed, or None when nothing was ever asked."""
        with self._store.read() as connection:
            row = connection.execute(select(limiters).where(limiters.c.name == self._name)).first()
        return None if row is None else row.next_at

    def _take(self) -> None:
        waited = 0.0
        while True:
            now = self._clock.now()
            with self._store.write() as connection:
                row = self._row(connection, now)
                next_at, busy_until = self._without_jumps(row, now)
                busy = busy_until is not None and busy_until > now
                free_at = max(next_at, busy_until) if busy_until is not None else next_at
                wait = (free_at - now).total_seconds()
                busy_by = row.busy_by if busy else None
                if wait <= 0:
                    busy_by, busy_until = self._me, now + self._request_time
                connection.execute(
                    update(limiters)
                    .where(limiters.c.name == self._name)
                    .values(next_at=next_at, busy_by=busy_by, busy_until=busy_until)
                )
            if wait <= 0:
                return
            # While another process holds the connection, look again soon: it may end early. A
            # cool-down is certain to last, so a run need not begin to wait for a longer one.
            pause = min(wait, 1.0) if busy else wait
            certain = max(pause, (next_at - now).total_seconds())
            if waited + certain > self._max_wait:
                raise RateLimited(self._too_long(free_at, busy_by), wait)
            self._clock.sleep(pause)
            waited += pause

    def _without_jumps(self, row: Row[Any], now: datetime) -> tuple[datetime, datetime | None]:
        """Return next_at and busy_until of a row, cut to what they can be in earnest."""
        longest = timedelta(seconds=max(self._min_gap, row.cooldown_seconds))
        busy_until = row.busy_until
        if busy_until is not None and (row.busy_by == self._me or is_gone(row.busy_by)):
            # It died between asking and releasing, so the gap has to start now.
            return min(max(row.next_at, now + self._gap), now + longest), None
        if busy_until is not None:
            busy_until = min(busy_until, now + self._request_time)
        return min(row.next_at, now + longest), busy_until

    def _too_long(self, free_at: datetime, busy_by: str | None) -> str:
        if busy_by is not None:
            return (
                f"{describe(busy_by)} holds the one connection that arXiv allows; "
                "nothing was changed, run again when it is done"
            )
        return (
            f"arXiv asked us to wait until {free_at:%Y-%m-%d %H:%M:%S} UTC; "
            "nothing was changed, run again after that"
        )

    def _release(self) -> None:
        now = self._clock.now()
        with self._store.write() as connection:
            row = self._row(connection, now)
            connection.execute(
                update(limiters)
                .where(limiters.c.name == self._name)
                .values(next_at=max(row.next_at, now + self._gap))
            )
            # Whoever took the slot over after our time was up keeps it.
            connection.execute(
                update(limiters)
                .where(limiters.c.name == self._name, limiters.c.busy_by == self._me)
                .values(busy_by=None, busy_until=None)
            )

    def _row(self, connection: Connection, now: datetime) -> Row[Any]:
        upsert(
            connection,
            limiters,
            [
                {
                    "name": self._name,
                    "next_at": now,
                    "busy_until": None,
                    "busy_by": None,
                    "cooldown_seconds": 0.0,
                }
            ],
            update=(),
        )
        return connection.execute(
            select(limiters).where(limiters.c.name == self._name).with_for_update()
        ).one()
