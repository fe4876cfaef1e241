"""Keeps the paper list in step with the reviewers: written again once they pause."""

from __future__ import annotations

import threading
from typing import Any

from litmine.core.clock import Clock
from litmine.core.log import get_logger
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.publish.outputs import write_lists
from litmine.store import Store
from litmine.store.queue import queue_mark

__all__ = ["ListKeeper"]

_log = get_logger("litmine.web.lists")


class ListKeeper:
    """A thread that writes the lists when the queue has changed and then stood still for a while.

    Parameters
    ----------
    pause : float
        Seconds between two looks; the lists are written at the first look that finds nothing new.
    """

    def __init__(
        self, settings: Settings, store: Store, clock: Clock, *, pause: float = 5.0
    ) -> None:
        self._context = RunContext(settings, store, clock)
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lists", daemon=True)
        self._written: tuple[Any, ...] | None = None

    def start(self) -> None:
        """Begin to look; lists that are there may be older than the decisions, after a kill."""
        self._written = None if self._context.settings.outputs.exists() else self._mark()
        self._thread.start()

    def stop(self) -> None:
        """End, and write what is not written yet."""
        self._stop.set()
        self._thread.join()
        self._write(self._mark())

    def _work(self) -> None:
        before = self._written
        while not self._stop.wait(self._pause):
            try:
                mark = self._mark()
                if mark == before:
                    self._write(mark)
                before = mark
            except Exception as error:  # noqa: BLE001 - told, and tried again
                # The decisions are safe; the next look tries again, and so does the nightly run.
                _log.error("lists", problem=str(error), exc_info=error)

    def _mark(self) -> tuple[Any, ...]:
        with self._context.store.read() as connection:
            return queue_mark(connection)

    def _write(self, mark: tuple[Any, ...]) -> None:
        if mark == self._written:
            return
        changed = write_lists(self._context)
        self._written = mark
        if changed:
            _log.info("lists", changed=len(changed), folder=str(self._context.settings.outputs))
