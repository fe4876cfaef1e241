"""The order in which a table or list is kept, and where in it a new line goes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from litmine.core.paper import month_of_id
from litmine.publish.merge.dates import Day, read_day
from litmine.publish.merge.document import Row

__all__ = ["NEWEST", "OLDEST", "day_of", "direction", "position"]

NEWEST, OLDEST = -1, 1
_ENOUGH = 0.8


def day_of(row: Row, date_column: int | None) -> Day | None:
    """Read the date of a row: in its column, else anywhere outside addresses, else off its id."""
    if date_column is not None:
        cell = row.cells[date_column] if date_column < len(row.cells) else ""
        return read_day(cell)
    told = (
        read_day(re.sub(r"https?://\S+|\d{4}\.\d{4,5}", " ", row.text)) if not row.cells else None
    )
    if told is None and row.keys.ids:
        month = month_of_id(row.keys.ids[0])
        told = (month.year, month.month) if month else None
    return told


def direction(days: Sequence[Day | None]) -> int | None:
    """Tell how dates run: `NEWEST` first, `OLDEST` first; None where they run both ways or tell
    nothing."""
    steps = []
    known = [day for day in days if day is not None]
    for above, below in pairwise(known):
        width = min(len(above), len(below))
        steps.append((above[:width] < below[:width]) - (above[:width] > below[:width]))
    up, down = steps.count(1), steps.count(-1)
    if not up + down:
        return None
    if down >= _ENOUGH * (up + down):
        return NEWEST
    return OLDEST if up >= _ENOUGH * (up + down) else None


def position(days: Sequence[Day | None], day: Day, running: int | None) -> int:
    """Find the place of a day among the rows: before which of them it goes.

    Where the rows are in order, it goes after the last row that is not beyond it. Where some stand
    out of order, the place with the fewest of them on the wrong side is taken, and the lowest such.

    Parameters
    ----------
    days : sequence of Day or None
    day : Day
    running : int or None
        None: at the end.
    """
    if running is None:
        return len(days)
    # +1 for a row that should stand above, -1 for one that should stand below.
    signs = []
    for other in days:
        if other is None:
            signs.append(0)
            continue
        width = min(len(other), len(day))
        later = (other[:width] > day[:width]) - (other[:width] < day[:width])
        signs.append(later if running == NEWEST else -later)
    best, best_gain, gain = 0, 0, 0
    for number, sign in enumerate(signs, start=1):
        gain += sign
        # A row of the same day leaves the gain as it was: the new one goes below it. A row
        # without a date stays with what stands below it.
        if gain > best_gain or (gain == best_gain and days[number - 1] is not None):
            best, best_gain = number, gain
    return best
