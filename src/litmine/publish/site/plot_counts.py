"""Papers counted by month: which months a plot shows, and how many papers each of them has."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from litmine.publish.entry import ListEntry

__all__ = ["YEAR", "Span", "counts", "longest_span", "month_name"]

YEAR = 12
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Span:
    """Months that a plot shows, numbered ``12 * year + month - 1``.

    Attributes
    ----------
    first, last : int
        Both are shown.
    until : date
        The last day that was looked at; in `last`.
    """

    first: int
    last: int
    until: date

    @classmethod
    def ending(cls, until: date, months: int) -> Span:
        """Make the span of so many months that ends with a day."""
        last = until.year * 12 + until.month - 1
        return cls(last - months + 1, last, until)

    def __len__(self) -> int:
        return self.last - self.first + 1

    @property
    def partial(self) -> bool:
        """Tell whether the last month was not looked at up to its end."""
        return self.until.day < calendar.monthrange(self.until.year, self.until.month)[1]

    @property
    def complete(self) -> int:
        """The number of months without one that is still going on."""
        return len(self) - self.partial

    @property
    def starts(self) -> list[date]:
        """The first day of each month."""
        return [date(n // 12, n % 12 + 1, 1) for n in range(self.first, self.last + 1)]

    @property
    def names(self) -> list[str]:
        """The months as they are written out, such as ``Jul 2026``."""
        return [month_name(start) for start in self.starts]

    def place(self, day: date) -> int | None:
        """Tell which month of the span a day is in; None outside."""
        number = day.year * 12 + day.month - 1
        return number - self.first if self.first <= number <= self.last else None

    def last_year(self, back: int = 0) -> slice:
        """Give the places of the last twelve complete months, or of the years before them."""
        end = self.complete - YEAR * back
        return slice(max(0, end - YEAR), max(0, end))

    def between(self, places: slice) -> str:
        """Name the first and the last month of some places."""
        names = self.names[places]
        return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}" if names else ""


def month_name(day: date) -> str:
    """Write a month out; the same whatever the locale says."""
    return f"{_NAMES[day.month - 1]} {day.year}"


def longest_span(entries: Iterable[ListEntry], until: date | None, most: int) -> Span:
    """Choose the months of a plot: from the first paper to `until`, but at most so many.

    Parameters
    ----------
    until : date, optional
        By default the day of the newest paper.
    """
    days = [entry.day for entry in entries]
    until = until or max(days, default=date(1991, 8, 1))
    first = min((day for day in days if day <= until), default=until)
    months = (until.year - first.year) * 12 + until.month - first.month + 1
    return Span.ending(until, max(1, min(most, months)))


def counts(
    entries: Iterable[ListEntry],
    span: Span,
    kinds: Sequence[str],
    kinds_of: Callable[[ListEntry], Iterable[str]],
) -> dict[str, list[int]]:
    """Count the papers of each kind by month.

    Parameters
    ----------
    kinds : sequence of str
        What is counted; others are passed over.
    kinds_of : callable
        The kinds of one paper. It counts once for each.

    Returns
    -------
    dict of str to list of int
        One number a month, for every kind in the order given.
    """
    seen: Counter[tuple[str, int]] = Counter()
    for entry in entries:
        place = span.place(entry.day)
        if place is not None and entry.day <= span.until:
            seen.update((kind, place) for kind in set(kinds_of(entry)))
    return {kind: [seen[kind, place] for place in range(len(span))] for kind in kinds}
