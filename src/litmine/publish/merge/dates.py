"""How a hand-kept list writes dates, read and mirrored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

__all__ = ["DateStyle", "Day", "read_day", "style_of"]

#: Year, month and day, as far as they are told.
Day = tuple[int, ...]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_YEAR = r"(?P<y>(?:19|20)\d\d)"
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
# Every form with the name of its style; the first that fits wins.
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(rf"(?<![\w/.-]){pattern}(?![\w/]|[.-]\d)"))
    for name, pattern in (
        ("Y{s}M{s}D", rf"{_YEAR}(?P<s>[-/.])(?P<m>\d\d?)(?P=s)(?P<d>\d\d?)"),
        ("Y{s}M", rf"{_YEAR}(?P<s>[-/.])(?P<m>\d\d?)"),
        ("M{s}Y", rf"(?P<m>\d\d?)(?P<s>[-/.]){_YEAR}"),
        ("N D, Y", rf"{_NAME} (?P<d>\d\d?), {_YEAR}"),
        ("D N Y", rf"(?P<d>\d\d?) {_NAME},? {_YEAR}"),
        ("N{s}Y", rf"{_NAME}(?P<s>,? |-|/|\.){_YEAR}"),
        ("Y{s}N", rf"{_YEAR}(?P<s>,? |-|/|\.){_NAME}"),
        ("Y", _YEAR),
        ("'y", r"['’](?P<yy>\d\d)"),
    )
)
_WRAPPER = re.compile(r"[\s*_`()\[\]~]*")


@dataclass(frozen=True, slots=True)
class DateStyle:
    """A way to write dates: the form, its separator, long names of months, what stands around.

    Attributes
    ----------
    form : str
        Letters Y, y (two digits), M, D and N (name of the month), ``{s}`` for the separator.
    """

    form: str = "Y{s}M"
    separator: str = "-"
    long_names: bool = False
    before: str = ""
    after: str = ""

    def write(self, day: date, *, exact: bool = True) -> str:
        """Write a day in this style; a day of the month that is not known is left out."""
        form = self.form
        if not exact:
            form = {"Y{s}M{s}D": "Y{s}M", "N D, Y": "N Y", "D N Y": "N Y"}.get(form, form)
        name = _FULL[day.month - 1]
        parts = {
            "Y": f"{day.year}",
            "y": f"{day.year % 100:02}",
            "M": f"{day.month:02}",
            "D": f"{day.day:02}" if "{s}" in form else f"{day.day}",
            "N": name if self.long_names else name[:3],
        }
        text = re.sub(r"\{s\}|[YyMDN]", lambda m: parts.get(m[0], self.separator), form)
        return f"{self.before}{text}{self.after}"


def read_day(text: str) -> Day | None:
    """Read the first date in a text, as exactly as it is told; None where there is none."""
    found = _read(text)
    return None if found is None else found[0]


def _read(text: str) -> tuple[Day, str, re.Match[str]] | None:
    for form, pattern in _FORMS:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = 0
            if parts.get("name"):
                short = parts["name"][:3].lower()
                if short not in _MONTHS:
                    continue
                month = _MONTHS.index(short) + 1
            elif parts.get("m"):
                month = int(parts["m"])
                if not 1 <= month <= 12:
                    continue
            year = int(parts["y"]) if parts.get("y") else 2000 + int(parts["yy"])
            day: Day = (year, month) if month else (year,)
            if parts.get("d") and 1 <= int(parts["d"]) <= 31:
                day = (*day, int(parts["d"]))
            return day, form, match
    return None


def style_of(cells: Iterable[str]) -> DateStyle | None:
    """Give the style that most dates are written in; None where there are no dates."""
    seen: Counter[DateStyle] = Counter()
    for cell in cells:
        found = _read(cell)
        if found is None:
            continue
        _, form, match = found
        parts = match.groupdict()
        before, after = cell[: match.start()].strip(), cell[match.end() :].strip()
        if not (_WRAPPER.fullmatch(before) and _WRAPPER.fullmatch(after)):
            before = after = ""
        name = parts.get("name") or ""
        style = DateStyle(form, parts.get("s") or "-", len(name) > 4, before, after)
        seen[style] += 1
    return seen.most_common(1)[0][0] if seen else None
