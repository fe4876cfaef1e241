"""The searcher of the application: opened once, its index kept in step with the database."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from litmine.core.errors import LeaseHeld
from litmine.core.log import get_logger
from litmine.core.settings import Settings
from litmine.search.answer import Answer, IndexStatus
from litmine.search.searcher import Searcher
from litmine.search.sync import sync_as_set
from litmine.search.syntax import Query
from litmine.store import Store

__all__ = ["SearchKeeper"]

_log = get_logger("litmine.web.search")


class SearchKeeper:
    """Searches, and in the background brings the index into step.

    The nightly run does that too; here it is for papers that came otherwise, and for an
    application whose index is not there yet. Searches go on meanwhile.

    Parameters
    ----------
    pause : float
        Seconds between two looks at whether the index is behind.
    """

    def __init__(self, settings: Settings, store: Store, *, pause: float = 60.0) -> None:
        self._settings = settings
        self._store = store
        self._pause = pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="search", daemon=True)
        self._opening = threading.Lock()
        self._searcher: Searcher | None = None
        self._progress = _Progress(self._stop)

    @property
    def building(self) -> tuple[int, int] | None:
        """Papers written to the index and papers to write, while it is being brought into step."""
        return self._progress.state

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End; a sync under way is given up, and the index stays as it was."""
        self._stop.set()
        self._thread.join()

    def check(self, text: str) -> Query:
        """See `Searcher.check`."""
        return self._open().check(text)

    def search(
        self,
        text: str,
        *,
        scope: str = "library",
        limit: int = 20,
        offset: int = 0,
        typing: bool = False,
    ) -> Answer:
        """See `Searcher.search`."""
        searcher = self._open()
        return self._told(
            searcher.search(text, scope=scope, limit=limit, offset=offset, typing=typing)
        )

    def similar(
        self,
        papers: Sequence[str] = (),
        text: str = "",
        *,
        scope: str = "library",
        limit: int = 20,
        offset: int = 0,
    ) -> Answer:
        """See `Searcher.similar`."""
        searcher = self._open()
        return self._told(searcher.similar(papers, text, scope=scope, limit=limit, offset=offset))

    def status(self) -> IndexStatus:
        """See `Searcher.status`."""
        return self._open().status()

    def _open(self) -> Searcher:
        with self._opening:
            if self._searcher is None:
                self._searcher = Searcher.open(self._settings, self._store)
            return self._searcher

    def _told(self, answer: Answer) -> Answer:
        """Say how far a first index is instead of how to make one."""
        building = self.building
        if building is None or answer.index is None or answer.index.generation:
            return answer
        done, total = building
        return replace(
            answer, notes=(f"The search index is being made: {done:,} of {total:,} papers.",)
        )

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                if self._open().behind():
                    sync_as_set(self._settings, self._store, progress=self._progress, wait=0)
            except _Stopped:
                return
            except LeaseHeld:
                pass  # another process is at it
            except Exception as error:  # noqa: BLE001 - told, and tried again
                _log.error("search_index", problem=str(error), exc_info=error)
            finally:
                self._progress.state = None
            self._stop.wait(self._pause)


class _Stopped(Exception):
    """The application ends."""


class _Progress:
    """Counts what a sync does, and ends it when the application does."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self.state: tuple[int, int] | None = None

    def start(self, stage: str, total: int | None = None) -> None:
        self.state = (0, total or 0)

    def advance(self, count: int = 1) -> None:
        if self._stop.is_set():
            raise _Stopped
        done, total = self.state or (0, 0)
        self.state = (done + count, total)

    def finish(self, summary: str) -> None:
        _log.info("search_index", summary=summary)
