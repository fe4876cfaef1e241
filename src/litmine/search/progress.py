"""What a sync of the index tells: how far it is, and what it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["SilentSync", "SyncProgress", "SyncReport"]


class SyncProgress(Protocol):
    """Told how far a sync is; `litmine.jobs.progress.Progress` is one."""

    def start(self, stage: str, total: int | None = None) -> None:
        """Begin a stage."""

    def advance(self, count: int = 1) -> None:
        """Count papers."""

    def finish(self, summary: str) -> None:
        """End a stage."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did.

    Attributes
    ----------
    added, changed, judged, removed : int
        Papers that were not in the index; whose text or vector changed; of which only something
        else is said; that are no longer in the database or were withdrawn.
    papers, vectors : int
        In the index afterwards, and those of them with a vector.
    segments : int
    generation : int
    complete : bool
        False while an index of an older encoder is used in its place.
    rebuilt_because : str or None
        Why all or some of the old index could not be built upon.
    """

    encoder_id: str
    added: int
    changed: int
    judged: int
    removed: int
    papers: int
    vectors: int
    segments: int
    generation: int
    complete: bool
    seconds: float
    rebuilt_because: str | None = None

    @property
    def summary(self) -> str:
        """One line for people."""
        parts = [
            f"{count:,} {word}"
            for count, word in (
                (self.added, "added"),
                (self.changed, "changed"),
                (self.judged, "judged anew"),
                (self.removed, "removed"),
            )
            if count
        ]
        return f"{', '.join(parts) or 'nothing to do'}; {self.papers:,} papers can be found"


class SilentSync:
    """Tells nobody."""

    def start(self, stage: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, count: int = 1) -> None:
        """Say nothing."""

    def finish(self, summary: str) -> None:
        """Say nothing."""
