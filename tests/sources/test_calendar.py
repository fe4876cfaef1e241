"""arXiv's announcement calendar, against its published lists and against real nights."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.core.errors import InputError
from litmine.sources.calendar import (
    EASTERN,
    announcement_nights,
    expected_metadata_time,
    is_announcement_night,
    latest_night,
    next_announcement,
    night_of,
)

SHARED = Path(__file__).resolve().parents[3] / "shared"
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


def day(text):
    return date.fromisoformat(text)


def test_a_night_is_named_by_its_mailing_day():
    night = night_of(day("2026-06-30"))  # a Tuesday: announced on Monday evening
    assert night.announced_at == datetime(2026, 6, 30, 0, 0, tzinfo=UTC)  # 20:00 EDT
    assert night.metadata_at == datetime(2026, 6, 30, 2, 30, tzinfo=UTC)
    assert night.verified


def test_winter_nights_are_an_hour_later_in_utc():
    assert night_of(day("2026-01-14")).announced_at == datetime(2026, 1, 14, 1, 0, tzinfo=UTC)


def test_the_clock_change_weekends():
    # 8 March 2026, 02:00: spring forward. Sunday evening's announcement is already in summer time.
    assert night_of(day("2026-03-06")).announced_at.hour == 1
    assert night_of(day("2026-03-09")).announced_at.hour == 0
    # 1 November 2026: back again.
    assert night_of(day("2026-10-30")).announced_at.hour == 0
    assert night_of(day("2026-11-02")).announced_at.hour == 1


def test_no_mailing_on_saturday_and_sunday():
    assert not is_announcement_night(day("2026-06-27"))
    assert not is_announcement_night(day("2026-06-28"))
    assert is_announcement_night(day("2026-06-29"))


@pytest.mark.parametrize(
    ("evening", "mailing"),
    [
        ("2026-01-01", "2026-01-02"),
        ("2026-01-19", "2026-01-20"),
        ("2026-09-07", "2026-09-08"),
        ("2026-11-26", "2026-11-27"),
        ("2026-12-29", "2026-12-30"),
        ("2026-12-31", "2027-01-01"),
        ("2025-12-25", "2025-12-26"),
        ("2025-07-06", "2025-07-07"),
    ],
)
def test_holidays(evening, mailing):
    assert day(evening) + timedelta(days=1) == day(mailing)
    assert night_of(day(mailing)) is None


@pytest.mark.parametrize(
    ("friday", "monday"),
    [("2026-06-19", "2026-06-22"), ("2026-07-03", "2026-07-06"), ("2026-12-25", "2026-12-28")],
)
def test_a_friday_holiday_defers_the_sunday_after_it(friday, monday):
    assert day(friday).weekday() == 4
    assert is_announcement_night(day(friday))  # announced on Thursday evening
    assert not is_announcement_night(day(monday))


def test_next_announcement_is_strictly_later():
    at = datetime(2026, 6, 30, 0, 0, tzinfo=UTC)
    assert next_announcement(at - timedelta(seconds=1)).day == day("2026-06-30")
    assert next_announcement(at).day == day("2026-07-01")
    assert latest_night(at).day == day("2026-06-30")
    assert latest_night(at - timedelta(seconds=1)).day == day("2026-06-29")


def test_over_a_long_weekend():
    assert next_announcement(datetime(2026, 7, 3, 12, tzinfo=UTC)).day == day("2026-07-07")
    assert latest_night(datetime(2026, 7, 6, 12, tzinfo=UTC)).day == day("2026-07-03")


def test_years_without_a_list_say_so():
    night = night_of(day("2031-07-04"))
    assert night is not None
    assert not night.verified
    assert night_of(day("2026-07-02")).verified


def test_expected_metadata_time():
    night = night_of(day("2026-06-30"))
    assert expected_metadata_time(night) == expected_metadata_time(day("2026-06-30"))
    assert expected_metadata_time(night).astimezone(EASTERN).strftime("%H:%M") == "22:30"
    with pytest.raises(InputError, match="weekend or a holiday"):
        expected_metadata_time(day("2026-06-28"))
    with pytest.raises(InputError, match="time zone"):
        next_announcement(datetime(2026, 6, 30))  # noqa: DTZ001


@given(MOMENTS)
def test_next_and_latest_enclose_every_moment(moment):
    before, after = latest_night(moment), next_announcement(moment)
    assert before.announced_at <= moment < after.announced_at
    between = announcement_nights(before.day, after.day)
    assert between == [before, after]
    for night in (before, after):
        assert night.announced_at.astimezone(EASTERN).strftime("%H:%M") == "20:00"
        assert night.day.weekday() < 5


@pytest.mark.shared
def test_every_real_night_is_in_the_calendar():
    manifest = SHARED / "data" / "nights" / "manifest.json"
    if not manifest.exists():
        pytest.skip("needs the shared nights beside the checkout")
    days = [day(entry["day"]) for entry in json.loads(manifest.read_text())]
    assert [d for d in days if not is_announcement_night(d)] == []
    missing = {n.day for n in announcement_nights(min(days), max(days))} - set(days)
    # Six nights are not in the archive; no weekend and no holiday is among the nights it has.
    assert len(missing) == 6


@pytest.mark.shared
def test_the_days_without_any_real_announcement_are_the_holidays():
    path = SHARED / "data" / "papers.parquet"
    if not path.exists():
        pytest.skip("needs the shared papers beside the checkout")
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["published", "published_kind"])
    kinds, days = table["published_kind"].to_pylist(), table["published"].to_pylist()
    seen = {day(d) for d, kind in zip(days, kinds, strict=True) if kind == "announced"}
    start, end = day("2025-01-02"), day("2026-07-17")
    nights = {n.day for n in announcement_nights(start, end)}
    # Weekdays that the calendar leaves out were days without papers, and the other way round
    # (10 June 2026 is a gap in the data).
    weekdays = {start + timedelta(days=i) for i in range((end - start).days + 1)}
    weekdays = {d for d in weekdays if d.weekday() < 5}
    assert (weekdays - seen) - (weekdays - nights) == {day("2026-06-10")}
    assert (weekdays - nights) - (weekdays - seen) == set()
