"""Long lists cut by time, so that no page grows without end and no permalink ever moves.

A list has a front page, and a page for each year once it is too long for one page. A year too long
for a page of short lines has a page for each month, such a month one for each day, and such a day
one for each span of arXiv's running numbers. What stands on a page depends on the days of its
papers alone, never on how many came later.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from litmine.publish.entry import ListEntry
from litmine.publish.site.environment import long_day, month_name

__all__ = ["FULL", "NEWEST", "SHORT", "Calendar", "Period", "Section", "calendar", "periods"]

#: Papers that a page shows in full, and as one line each; and the newest on a front page.
FULL = 100
SHORT = 450
NEWEST = 30
_SAMPLE = 6  # shown of a period that has a page of its own, at least
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Section:
    """Some papers under a heading; `more` is the page that has all `total` of them."""

    title: str
    anchor: str
    papers: tuple[ListEntry, ...]
    total: int
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """The page of a year, month, day or piece of a day.

    Attributes
    ----------
    up : tuple of (str, str)
        Names and paths of the periods it lies in.
    short : bool
        One line a paper.
    earlier, later : tuple of (str, str) or None
        Name and path of the periods beside it.
    """

    path: str
    name: str
    papers: tuple[ListEntry, ...]
    sections: tuple[Section, ...]
    short: bool
    up: tuple[tuple[str, str], ...] = ()
    earlier: tuple[str, str] | None = None
    later: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """One year of a list: its total, and for each month a name, a count and a link or none."""

    year: str
    total: int
    link: str | None
    months: tuple[tuple[str, int, str | None], ...]

    @property
    def most(self) -> int:
        """The papers of its fullest month."""
        return max(count for _, count, _ in self.months)


def periods(base: str, papers: Sequence[ListEntry], *, always: bool = False) -> list[Period]:
    """Cut a list into the pages that it needs besides its front page.

    Parameters
    ----------
    base : str
        Folder of the pages, such as ``cells/inference-memory``.
    papers : sequence of ListEntry
        Newest first.
    always : bool
        Years and months have pages however few papers they hold.
    """
    if len(papers) <= FULL and not always:
        return []
    papers = tuple(papers)
    found: list[Period] = []
    years = _groups(papers, _year_of)
    for place, (year, of_year) in enumerate(years):
        found += _year(base, year, of_year, _beside(base, years, place, str), always=always)
    return found


def calendar(base: str, papers: Sequence[ListEntry], pages: Iterable[str]) -> list[Calendar]:
    """Count a list by year and month, with links to the pages that it has.

    Parameters
    ----------
    pages : iterable of str
        Paths of its periods.
    """
    known = frozenset(pages)
    years = []
    for year, of_year in _groups(papers, _year_of):
        year_page = f"{base}/{year}.html"
        counts = {month: len(group) for month, group in _groups(of_year, _month)}
        months: list[tuple[str, int, str | None]] = []
        for number, name in enumerate(_MONTHS, start=1):
            month = f"{year}-{number:02d}"
            link: str | None = None
            if counts.get(month) and f"{base}/{month}.html" in known:
                link = f"{base}/{month}.html"
            elif counts.get(month) and year_page in known:
                link = f"{year_page}#m{number:02d}"
            months.append((name, counts.get(month, 0), link))
        link = year_page if year_page in known else f"{base}.html#y{year}"
        years.append(Calendar(year, len(of_year), link, tuple(months)))
    return years


def by_year(papers: Sequence[ListEntry]) -> tuple[Section, ...]:
    """Put a list that fits on one page under the headings of its years."""
    return tuple(
        Section(year, f"y{year}", group, len(group)) for year, group in _groups(papers, _year_of)
    )


Beside = tuple[tuple[str, str] | None, tuple[str, str] | None]


def _year(
    base: str, year: str, papers: tuple[ListEntry, ...], beside: Beside, *, always: bool
) -> list[Period]:
    path = f"{base}/{year}.html"
    long = len(papers) > SHORT
    months = _groups(papers, _month)
    sample = max(_SAMPLE, SHORT // len(months))
    sections = tuple(
        Section(
            month_name(month),
            f"m{month[5:]}",
            group[:sample] if long else group,
            len(group),
            f"{base}/{month}.html" if long or always else None,
        )
        for month, group in months
    )
    pages = [Period(path, year, papers, sections, len(papers) > FULL, (), *beside)]
    if long or always:
        for place, (month, group) in enumerate(months):
            around = _beside(base, months, place, month_name)
            pages += _month_pages(base, month, group, (year, path), around)
    return pages


def _month_pages(
    base: str, month: str, papers: tuple[ListEntry, ...], up: tuple[str, str], beside: Beside
) -> list[Period]:
    path = f"{base}/{month}.html"
    long = len(papers) > SHORT
    days = _groups(papers, date.isoformat)
    sample = max(_SAMPLE, SHORT // len(days))
    sections = [
        Section(
            long_day(date.fromisoformat(day)),
            f"d{day[8:]}",
            group[:sample] if long else group,
            len(group),
            f"{base}/{day}.html" if long else None,
        )
        for day, group in days
    ]
    if not long and len(papers) <= FULL:  # so few that days would only be in the way
        sections = [Section("", "", papers, len(papers))]
    name = month_name(month)
    pages = [Period(path, name, papers, tuple(sections), len(papers) > FULL, (up,), *beside)]
    if long:
        for place, (day, group) in enumerate(days):
            around = _beside(base, days, place, lambda d: long_day(date.fromisoformat(d)))
            pages += _day_pages(base, day, group, (up, (name, path)), around)
    return pages


def _day_pages(
    base: str,
    day: str,
    papers: tuple[ListEntry, ...],
    up: tuple[tuple[str, str], ...],
    beside: Beside,
) -> list[Period]:
    path = f"{base}/{day}.html"
    name = long_day(date.fromisoformat(day))
    whole = Section("", "", papers, len(papers))
    if len(papers) <= SHORT:
        return [Period(path, name, papers, (whole,), len(papers) > FULL, up, *beside)]
    # More in a day than a page holds: cut by the running numbers of the month, which never change.
    pieces = _pieces(papers)
    sections = tuple(
        Section(span, f"n{first}", group[:_SAMPLE], len(group), f"{base}/{day}-{first}.html")
        for first, span, group in pieces
    )
    found = [Period(path, name, papers, sections, True, up, *beside)]
    for first, span, group in pieces:
        whole = Section("", "", group, len(group))
        above = (*up, (name, path))
        title = f"{name}, {span}"
        found.append(Period(f"{base}/{day}-{first}.html", title, group, (whole,), True, above))
    return found


def _pieces(papers: tuple[ListEntry, ...]) -> list[tuple[str, str, tuple[ListEntry, ...]]]:
    """Cut papers by running number: first number, span in words, papers."""
    groups: dict[int, list[ListEntry]] = {}
    for paper in papers:
        digits = re.sub(r"\D", "", paper.arxiv_id.split("/")[-1])[4:]
        groups.setdefault(int(digits) // SHORT, []).append(paper)
    return [
        (
            f"{place * SHORT:05d}",
            f"numbers {place * SHORT:05d} to {(place + 1) * SHORT - 1:05d}",
            tuple(groups[place]),
        )
        for place in sorted(groups, reverse=True)
    ]


# Thousands of papers share a few hundred days, and formatting a date is slow.
@cache
def _year_of(day: date) -> str:
    return f"{day.year}"


@cache
def _month(day: date) -> str:
    return f"{day:%Y-%m}"


def _groups(
    papers: Sequence[ListEntry], key: Callable[[date], str]
) -> list[tuple[str, tuple[ListEntry, ...]]]:
    """Cut papers, newest first, where the key of their days changes."""
    groups = []
    start = 0
    while start < len(papers):
        name = key(papers[start].day)

        def later(paper: ListEntry, name: str = name) -> bool:
            return key(paper.day) != name

        end = bisect_left(papers, True, start, key=later)  # days only fall
        groups.append((name, tuple(papers[start:end])))
        start = end
    return groups


def _beside(
    base: str,
    groups: Sequence[tuple[str, tuple[ListEntry, ...]]],
    place: int,
    name: Callable[[str], str],
) -> Beside:
    def at(where: int) -> tuple[str, str] | None:
        if not 0 <= where < len(groups):
            return None
        key = groups[where][0]
        return name(key), f"{base}/{key}.html"

    return at(place + 1), at(place - 1)
