"""Dates as people write them, and where a new row goes."""

from __future__ import annotations

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.publish.merge.dates import read_day, style_of
from litmine.publish.merge.order import NEWEST, OLDEST, Mark, arrange, direction

DAY = date(2026, 3, 7)


@pytest.mark.parametrize(
    ("cell", "day", "written"),
    [
        ("2024", (2024,), "2026"),
        ("2024-05", (2024, 5), "2026-03"),
        ("2024-05-06", (2024, 5, 6), "2026-03-07"),
        ("2024/05", (2024, 5), "2026/03"),
        ("2024.05.06", (2024, 5, 6), "2026.03.07"),
        ("05/2024", (2024, 5), "03/2026"),
        ("May 2024", (2024, 5), "Mar 2026"),
        ("September 2024", (2024, 9), "March 2026"),
        ("Sep, 2024", (2024, 9), "Mar, 2026"),
        ("2024 Sept", (2024, 9), "2026 Mar"),
        ("6 May 2024", (2024, 5, 6), "7 Mar 2026"),
        ("May 6, 2024", (2024, 5, 6), "Mar 7, 2026"),
        ("**2024**", (2024,), "**2026**"),
        ("`2024-05`", (2024, 5), "`2026-03`"),
        ("[2024/05]", (2024, 5), "[2026/03]"),
        ("'24", (2024,), "'26"),
    ],
)
def test_dates_are_read_and_written_alike(cell: str, day: tuple[int, ...], written: str) -> None:
    assert read_day(cell) == day
    style = style_of([cell, cell, "2021"])
    assert style is not None
    assert style.write(DAY) == written
    assert read_day(written) == (2026, 3, 7)[: len(day)]


def test_a_day_that_is_not_known_is_not_written() -> None:
    style = style_of(["2024-05-06"])
    assert style is not None
    assert style.write(DAY, exact=False) == "2026-03"


@pytest.mark.parametrize("cell", ["", "n/a", "12", "1899", "20245", "May", "2024-13x"])
def test_no_dates(cell: str) -> None:
    assert read_day(cell) is None or cell == "2024-13x"
    assert style_of([""]) is None


def marks(*years: int | None) -> list[Mark]:
    return [Mark(None if year is None else (year,)) for year in years]


def test_direction() -> None:
    assert direction(marks(2025, 2025, 2024, None, 2020)) == NEWEST
    assert direction(marks(2019, 2020, 2020, 2024)) == OLDEST
    assert direction(marks(2019, 2024, 2020, 2025)) is None
    assert direction(marks(2024, 2024)) is None
    assert direction(marks(2025, 2024, 2023, 2022, 2021, 2020, 2021)) == NEWEST
    assert direction([]) is None


@pytest.mark.parametrize(
    ("years", "new", "running", "before"),
    [
        ((2025, 2024, 2022), 2023, NEWEST, 2),
        ((2025, 2024, 2022), 2024, NEWEST, 2),
        ((2025, 2024, 2022), 2026, NEWEST, 0),
        ((2025, 2024, 2022), 2020, NEWEST, 3),
        ((2020, 2021, 2024), 2021, OLDEST, 2),
        ((2020, 2021, 2024), 2019, OLDEST, 0),
        ((2020, 2025, 2021), 2022, None, 3),
        ((2017, 2025, 2024, 2022), 2023, NEWEST, 3),
        ((2025, 2024, 2022, 2021, 2026), 2023, NEWEST, 2),
        ((2025, None, 2024), 2024, NEWEST, 3),
        ((2025, None, 2024), 2026, NEWEST, 0),
        ((), 2024, NEWEST, 0),
    ],
)
def test_where_a_row_goes(
    years: tuple[int | None, ...], new: int, running: int | None, before: int
) -> None:
    assert arrange(marks(*years), [Mark((new,))], running) == [(before, 0)]


ROWS = st.lists(
    st.builds(
        lambda year, number: Mark((year,), (year, number % 12 + 1, f"{year}.{number:05}")),
        st.integers(2020, 2024),
        st.integers(0, 500),
    ),
    max_size=12,
    unique_by=lambda mark: mark.fine,
)


@given(ROWS, ROWS, st.sampled_from([NEWEST, OLDEST]), st.integers(0, 1000))
def test_one_after_the_other_or_all_at_once(
    old: list[Mark], new: list[Mark], running: int, seed: int
) -> None:
    def put_in(rows: list[Mark], some: list[Mark]) -> list[Mark]:
        places = arrange(rows, some, running)
        out = list(rows)
        for before, number in reversed(places):
            out.insert(before, some[number])
        return out

    new = [mark for mark in new if mark.fine not in {other.fine for other in old}]
    at_once = put_in(old, new)
    random.Random(seed).shuffle(new)
    step = old
    for mark in new:
        step = put_in(step, [mark])
    assert step == at_once
    assert [mark for mark in at_once if mark in old] == old
