"""Time as a dependency: everything that waits or stamps takes a clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "FakeClock", "SystemClock"]


class Clock(Protocol):
    """What litmine needs of time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait `seconds` (no wait when not positive)."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class FakeClock:
    """A clock that tests and rehearsals turn by hand; sleeping moves it forward at once.

    Parameters
    ----------
    start : datetime, optional
        Aware; converted to UTC.

    Attributes
    ----------
    slept : list of float
        Every wait asked for, in seconds.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = (start or datetime(2026, 7, 1, 4, 0, tzinfo=UTC)).astimezone(UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.slept.append(seconds)
            self._now += timedelta(seconds=seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock by `seconds` (negative: a clock that jumps back)."""
        self._now += timedelta(seconds=seconds)
