"""What stands between an adapter and the network: one request at a time, with a gap."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

__all__ = ["NullGate", "RequestGate"]


class RequestGate(Protocol):
    """Permission to send a request.

    `litmine.store.limiter.DurableLimiter` is the one that production uses: its state is a row in
    the database, so that it holds over restarts and over every machine of one operator.
    """

    def slot(self) -> AbstractContextManager[None]:
        """Wait for the gap and any cool-down, then hold the only connection for the block."""
        ...

    def ok(self) -> None:
        """Tell that a request was answered well: the cool-down starts again from its floor."""
        ...

    def throttled(self, retry_after: float | None) -> float:
        """Record that the source asked us to wait; return the cool-down in seconds.

        `retry_after` (seconds) is a floor; without it the cool-down doubles each time.
        """
        ...


class NullGate:
    """A gate that is always open, for loopback servers and tests."""

    @contextmanager
    def slot(self) -> Iterator[None]:
        yield

    def ok(self) -> None:
        return None

    def throttled(self, retry_after: float | None) -> float:
        return retry_after or 0.0
