"""When arXiv announces: Sunday to Thursday at 20:00 US Eastern, holidays excepted.

A *night* is named by its mailing day, the date that the feeds and listings carry: what is announced
on Monday 29 June 2026 at 20:00 in New York is mailed as Tuesday 30 June, and that is its name here,
in the feeds (``announced``) and in announcement archives. Nights therefore fall on Monday to
Friday, and 20:00 Eastern is midnight or 01:00 UTC of the day that names the night. The metadata is
complete in OAI-PMH about two and a half hours later.

Holidays come from ``holidays.toml``. A year without a complete list follows the weekday rule, with
``verified=False``: an empty night then is no reason to worry.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from litmine.core.errors import InputError

__all__ = [
    "EASTERN",
    "Night",
    "announcement_nights",
    "expected_metadata_time",
    "is_announcement_night",
    "latest_night",
    "next_announcement",
    "night_of",
]

EASTERN: Final = ZoneInfo("America/New_York")
_ANNOUNCED_AT: Final = time(20, 0)
_METADATA_AT: Final = time(22, 30)
_FRIDAY, _SATURDAY = 4, 5


@dataclass(frozen=True, slots=True)
class Night:
    """One announcement.

    Attributes
    ----------
    day : date
        The mailing day, by which the night is named: the day after its evening.
    announced_at : datetime
        20:00 Eastern of the evening before `day`, in UTC.
    metadata_at : datetime
        When the metadata can be expected in OAI-PMH: 22:30 Eastern, in UTC.
    verified : bool
        The year's holidays are known; False where only the weekday rule speaks.
    """

    day: date
    announced_at: datetime
    metadata_at: datetime
    verified: bool


def night_of(day: date) -> Night | None:
    """Return the night mailed on `day`, or None when arXiv mails nothing on that day."""
    evening = day - timedelta(days=1)
    if evening.weekday() in {_FRIDAY, _SATURDAY}:
        return None
    skipped, complete = _holidays()
    if evening in skipped:
        return None
    return Night(
        day,
        datetime.combine(evening, _ANNOUNCED_AT, EASTERN).astimezone(UTC),
        datetime.combine(evening, _METADATA_AT, EASTERN).astimezone(UTC),
        evening.year in complete,
    )


def is_announcement_night(day: date) -> bool:
    """Tell whether arXiv mails an announcement on `day`."""
    return night_of(day) is not None


def next_announcement(after: datetime) -> Night:
    """Return the first night announced later than `after` (aware).

    Examples
    --------
    >>> next_announcement(datetime(2026, 7, 3, 12, tzinfo=UTC)).day  # Independence Day weekend
    datetime.date(2026, 7, 7)
    """
    day = _eastern_day(after)
    for _ in range(32):
        day += timedelta(days=1)
        night = night_of(day)
        if night is not None and night.announced_at > after:
            return night
    raise InputError("no announcement within a month; check the holiday table")


def latest_night(before: datetime) -> Night:
    """Return the last night announced at or before `before` (aware)."""
    day = _eastern_day(before) + timedelta(days=2)
    for _ in range(32):
        day -= timedelta(days=1)
        night = night_of(day)
        if night is not None and night.announced_at <= before:
            return night
    raise InputError("no announcement within a month; check the holiday table")


def announcement_nights(start: date, end: date) -> list[Night]:
    """Return the nights mailed from `start` to `end`, both included."""
    return list(_nights(start, end))


def expected_metadata_time(night: Night | date) -> datetime:
    """Return when a night's metadata can be expected in OAI-PMH (22:30 Eastern), in UTC.

    Raises
    ------
    InputError
        When arXiv mails nothing on that day.
    """
    found = night if isinstance(night, Night) else night_of(night)
    if found is None:
        raise InputError(f"arXiv announces nothing for {night}: a weekend or a holiday")
    return found.metadata_at


def _nights(start: date, end: date) -> Iterator[Night]:
    day = start
    while day <= end:
        night = night_of(day)
        if night is not None:
            yield night
        day += timedelta(days=1)


def _eastern_day(moment: datetime) -> date:
    if moment.tzinfo is None:
        raise InputError("a moment needs its time zone")
    return moment.astimezone(EASTERN).date()


@cache
def _holidays() -> tuple[frozenset[date], frozenset[int]]:
    """Return the evenings without announcement, and the years whose list is complete."""
    table = tomllib.loads(files(__package__).joinpath("holidays.toml").read_text("utf-8"))
    skipped: set[date] = set()
    for year in table.values():
        for day in (*year["listed"], *year["observed"]):
            # A Friday holiday closes the Thursday 14:00 to Friday 14:00 window, due on Sunday.
            skipped.add(day + timedelta(days=2) if day.weekday() == _FRIDAY else day)
    complete = frozenset(int(name) for name, year in table.items() if year["complete"])
    return frozenset(skipped), complete
