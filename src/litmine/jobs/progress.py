"""How long work tells how far it is; the doors decide what that looks like."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "SilentProgress"]


class Progress(Protocol):
    """Receives the stages of a run as they go."""

    def start(self, stage: str, total: int | None = None) -> None:
        """A stage begins; `total` is the number of units where it is known."""
        ...

    def advance(self, count: int = 1) -> None:
        """`count` more units are done."""
        ...

    def finish(self, summary: str) -> None:
        """The stage ended; `summary` is one line for people."""
        ...


class SilentProgress:
    """Tells nobody."""

    def start(self, stage: str, total: int | None = None) -> None:
        return None

    def advance(self, count: int = 1) -> None:
        return None

    def finish(self, summary: str) -> None:
        return None
