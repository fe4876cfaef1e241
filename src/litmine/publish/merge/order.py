"""The order in which a table or list is kept, and where in it new lines go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from litmine.core.paper import month_of_id
from litmine.publish.merge.dates import Day, read_day
from litmine.publish.merge.document import Row
from litmine.publish.merge.identity import ids_in

__all__ = ["NEWEST", "OLDEST", "Mark", "arrange", "direction", "mark_of", "mark_text"]

NEWEST, OLDEST = -1, 1
_ENOUGH = 0.8


class Mark(NamedTuple):
    """What a row is ordered by: the date that it shows, then its arXiv id, where it has one."""

    day: Day | None
    fine: tuple[int, int, str] | None = None


def mark_of(row: Row, date_column: int | None) -> Mark:
    """Read the mark of a row: its date stands in the column, or anywhere outside addresses."""
    ids = row.keys.ids
    if date_column is not None:
        cell = row.cells[date_column] if date_column < len(row.cells) else ""
        return Mark(read_day(cell), _fine(ids))
    return mark_text("" if row.cells else row.text, ids)


def mark_text(text: str, ids: Sequence[str] = ()) -> Mark:
    """Read the mark of an item; one that tells no date has that of its id."""
    ids = ids or ids_in(text)
    day = read_day(re.sub(r"https?://\S+|\d{4}\.\d{4,5}", " ", text))
    fine = _fine(ids)
    if day is None and fine is not None:
        day = fine[:2]
    return Mark(day, fine)


def _fine(ids: Sequence[str]) -> tuple[int, int, str] | None:
    month = month_of_id(ids[0]) if len(ids) == 1 else None
    return None if month is None else (month.year, month.month, ids[0])


def direction(marks: Sequence[Mark]) -> int | None:
    """Tell how dates run.

    Returns
    -------
    int or None
        `NEWEST` or `OLDEST` first; None where they run both ways, or are all the same.
    """
    known = [mark.day for mark in marks if mark.day is not None]
    steps = [_later(below, above) for above, below in pairwise(known)]
    up, down = steps.count(1), steps.count(-1)
    if not up + down:
        return None
    if down >= _ENOUGH * (up + down):
        return NEWEST
    return OLDEST if up >= _ENOUGH * (up + down) else None


def _later(one: Day, other: Day) -> int:
    """Compare two dates as far as both are told."""
    width = min(len(one), len(other))
    return (one[:width] > other[:width]) - (one[:width] < other[:width])


def arrange(
    rows: Sequence[Mark], new: Sequence[Mark], running: int | None
) -> list[tuple[int, int]]:
    """Find the places of new rows among the old ones.

    The outcome is the same whether the new rows come at once or one after the other.

    Parameters
    ----------
    rows, new : sequence of Mark
    running : int or None
        None: at the end.

    Returns
    -------
    list of (int, int)
        In the order in which the new rows will stand: before which old row, and which new one.
    """
    # Old rows have their number, new ones none.
    standing: list[tuple[Mark, int, int]] = [(mark, n, -1) for n, mark in enumerate(rows)]
    turn = sorted(range(len(new)), key=lambda n: (new[n].day or (), new[n].fine or (), n))
    for number in reversed(turn) if running == NEWEST else turn:
        marks = [mark for mark, _, _ in standing]
        at = _position(marks, new[number], running)
        standing.insert(at, (new[number], -1, number))
    found: list[tuple[int, int]] = []
    before = len(rows)
    for _, old, number in reversed(standing):
        if number < 0:
            before = old
        else:
            found.append((before, number))
    return found[::-1]


def _position(marks: Sequence[Mark], new: Mark, running: int | None) -> int:
    """Find the place of one row.

    Where the rows are in order, it goes after the last one that is not beyond it. Where some stand
    out of order, the place with the fewest of them on the wrong side is taken, the lowest of such.
    """
    if running is None or new.day is None:
        return len(marks)
    best, best_gain, gain = 0, 0, 0
    for number, mark in enumerate(marks, start=1):
        if mark.day is None:
            continue  # a row without a date stays with what stands below it
        gain += _later(mark.day, new.day) * (1 if running == NEWEST else -1)
        if gain >= best_gain:
            best, best_gain = number, gain
    # Among rows that show the same date the ids tell: up past those at the end that are beyond it.
    while best and new.fine is not None:
        above = marks[best - 1]
        if above.day is None or above.fine is None or _later(above.day, new.day):
            break
        beyond = above.fine < new.fine if running == NEWEST else above.fine > new.fine
        if not beyond:
            break
        best -= 1
    return best
