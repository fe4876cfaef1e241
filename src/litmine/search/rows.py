"""All segments of an index as one long row of papers.

The places of a segment's rows follow those of the segment before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from litmine.index.postings import Stats

if TYPE_CHECKING:
    from litmine.index.segment import Segment

__all__ = ["Rows"]


@dataclass(frozen=True)
class Rows:
    """Segments as one row of papers.

    Attributes
    ----------
    starts : ndarray of int64
        Place of each segment's first row, and behind the last one.
    """

    segments: tuple[Segment, ...]
    starts: NDArray[np.int64]
    stats: Stats

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> Rows:
        """Line segments up."""
        counts = [0, *(segment.postings.rows for segment in segments)]
        return cls(tuple(segments), np.cumsum(counts), Stats.of([one.postings for one in segments]))

    def __len__(self) -> int:
        return int(self.starts[-1])

    def split(self, places: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return for each segment which of `places` are in it, and their rows there."""
        found = []
        for number in range(len(self.segments)):
            inside = np.flatnonzero(
                (places >= self.starts[number]) & (places < self.starts[number + 1])
            )
            found.append((inside, places[inside] - self.starts[number]))
        return found

    def owner(self, place: int) -> tuple[int, int]:
        """Return number of the segment and row of one place."""
        number = int(np.searchsorted(self.starts, place, side="right")) - 1
        return number, place - int(self.starts[number])

    def place(self, number: int, row: int) -> int:
        """Return the place of a segment's row."""
        return int(self.starts[number]) + row
