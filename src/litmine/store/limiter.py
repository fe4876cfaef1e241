"""The durable limiter: one row in the database keeps the gap between requests to arXiv.

arXiv's terms are per operator, not per process: one request every three seconds and one
connection at a time over all machines. A row that every process takes its turn on holds that over
restarts, over a crash and over several machines that share a database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from litmine.core.clock import Clock
from litmine.core.errors import RateLimited
from litmine.core.log import get_logger
from litmine.core.process import is_gone, process_identity
from litmine.store.engine import Store
from litmine.store.schema import limiters
from litmine.store.sql import upsert

__all__ = ["DurableLimiter"]

_log = get_logger(__name__)
_LONGEST_COOLDOWN = 6 * 3600.0


class DurableLimiter:
    """A `litmine.core.gate.RequestGate` whose state is a database row.

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
        self._request_timeout = request_timeout
        self._max_wait = max_wait
        self._first_cooldown = first_cooldown
        self._name = name
        self._me = process_identity()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Wait for the turn, hold it for the block, then start the gap.

        Raises
        ------
        RateLimited
            When the cool-down in force is longer than `max_wait`.
        """
        self._take()
        try:
            yield
        finally:
            self._release()

    def ok(self) -> None:
        """Forget the cool-down."""
        with self._store.write() as connection:
            connection.execute(
                update(limiters)
                .where(limiters.c.name == self._name, limiters.c.cooldown_seconds > 0)
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
                    cooldown_seconds=doubled,
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
                # A clock that was set back must not block for ever: no wait can be longer than
                # the longest one we ever impose.
                ceiling = now + timedelta(seconds=_LONGEST_COOLDOWN)
                free_at = min(row.next_at, ceiling)
                busy = row.busy_until is not None and row.busy_by != self._me
                if busy and not is_gone(row.busy_by):
                    free_at = max(
                        free_at, min(row.busy_until, now + timedelta(seconds=self._request_timeout))
                    )
                wait = (free_at - now).total_seconds()
                if wait <= 0:
                    connection.execute(
                        update(limiters)
                        .where(limiters.c.name == self._name)
                        .values(
                            busy_by=self._me,
                            busy_until=now + timedelta(seconds=self._request_timeout),
                        )
                    )
                    return
            if waited + wait > self._max_wait:
                raise RateLimited(
                    f"arXiv asked us to wait until {free_at:%Y-%m-%d %H:%M:%S} UTC; "
                    "nothing was changed, run again after that",
                    retry_after=wait,
                )
            # While another process holds the connection, look again soon: it may end early.
            pause = wait if row.busy_until is None or row.busy_by == self._me else min(wait, 1.0)
            self._clock.sleep(pause)
            waited += pause

    def _release(self) -> None:
        now = self._clock.now()
        with self._store.write() as connection:
            row = self._row(connection, now)
            connection.execute(
                update(limiters)
                .where(limiters.c.name == self._name)
                .values(
                    busy_by=None,
                    busy_until=None,
                    next_at=max(row.next_at, now + timedelta(seconds=self._min_gap)),
                )
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
