"""News of the queue for everybody who listens: one look at the database for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from starlette.concurrency import run_in_threadpool

from litmine.core.errors import TooManyAttempts
from litmine.core.log import get_logger
from litmine.review.changes import MOST, Changes, Watch, changes_since
from litmine.store import Store
from litmine.web.problems import ProblemError

__all__ = ["Feed", "Listener"]

_log = get_logger("litmine.web.feed")


@dataclass(eq=False)
class Listener:
    """One connection, and what it has not been told yet."""

    who: str
    news: asyncio.Event = field(default_factory=asyncio.Event)
    pending: Changes | None = None

    def tell(self, new: Changes) -> None:
        """Add to what is pending: a slow reader gets one event instead of many."""
        if self.pending is not None:
            changed = {one.arxiv_id: one for one in (*self.pending.changed, *new.changed)}
            missed = self.pending.missed or new.missed or len(changed) > MOST
            new = replace(new, changed=() if missed else tuple(changed.values()), missed=missed)
        self.pending = new
        self.news.set()


class Feed:
    """Looks at the audit trail as long as somebody listens.

    Everything but the looking happens in the server's event loop.

    Parameters
    ----------
    store : Store
    interval : float
        Seconds between two looks.
    most, most_each : int
        Connections at once: of all, and of one person.
    """

    def __init__(
        self, store: Store, *, interval: float = 1.0, most: int = 256, most_each: int = 16
    ) -> None:
        self._store = store
        self._interval = interval
        self._most = most
        self._most_each = most_each
        self._listeners: set[Listener] = set()
        self._watcher: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._stopped = False

    @property
    def connections(self) -> int:
        """How many listen at present."""
        return len(self._listeners)

    def admit(self, who: str) -> Listener:
        """Take on a connection; it is gone when `listen` ends.

        Raises
        ------
        TooManyAttempts
            This person has too many.
        ProblemError
            503: there are too many, or the server stops.
        """
        if self._stopped or len(self._listeners) >= self._most:
            raise ProblemError(503, "no more connections for events; ask again in a minute")
        if sum(one.who == who for one in self._listeners) >= self._most_each:
            raise TooManyAttempts(
                f"{who} has {self._most_each} connections for events; close one", 60.0
            )
        listener = Listener(who)
        self._listeners.add(listener)
        return listener

    async def listen(
        self, listener: Listener, after: int | None, *, patience: float
    ) -> AsyncIterator[Changes | None]:
        """Yield changes, and None whenever `patience` seconds went by without any.

        It begins with what has changed since audit entry `after` (None: only how things stand)
        and ends when `stop` is called.
        """
        try:
            if self._watcher is None or self._watcher.done():
                self._ready = asyncio.Event()
                self._watcher = asyncio.create_task(self._watch())
            # Looking begins first, so that nothing falls between the two.
            await self._ready.wait()
            yield await run_in_threadpool(changes_since, self._store, after)
            while not self._stopped:
                with suppress(TimeoutError):
                    await asyncio.wait_for(listener.news.wait(), patience)
                new, listener.pending = listener.pending, None
                listener.news.clear()
                if not self._stopped:
                    yield new
        finally:
            self.dismiss(listener)

    def dismiss(self, listener: Listener) -> None:
        """Let go of a connection; the last one ends the looking."""
        self._listeners.discard(listener)
        if not self._listeners and self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    def stop(self) -> None:
        """End every stream, so that the server can stop."""
        self._stopped = True
        for listener in self._listeners:
            listener.news.set()

    async def _watch(self) -> None:
        watch: Watch | None = None
        while True:
            try:
                if watch is None:
                    watch = await run_in_threadpool(Watch, self._store)
                new = await run_in_threadpool(watch.look)
            except Exception as error:  # noqa: BLE001 - told; the next look may find it well again
                _log.error("feed", exc_info=error)
                new = None
            self._ready.set()
            if new is not None:
                for listener in self._listeners:
                    listener.tell(new)
            await asyncio.sleep(self._interval)
