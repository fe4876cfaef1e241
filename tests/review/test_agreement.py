"""Agreement as it is read from opinions and decisions."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from litmine.core.taxonomy import load_taxonomy
from litmine.review.statistics.agreement import agreement, doubly_reviewed, period_name
from litmine.review.statistics.model_agreement import model_agreement
from litmine.store.decisions import decide, undo
from litmine.store.opinions import give_opinion, withdraw_opinions
from litmine.store.queue import enqueue
from tests.support.rows import MODEL, NOW, judge

A, B = "inference/memory", "inference/energy"
JULY, AUGUST = NOW, NOW + timedelta(days=31)


def name(number):
    return f"2606.{number:05d}"


@pytest.fixture
def queued(store):
    with store.write() as connection:
        judge(connection, tuple(name(n) for n in range(40)))
        enqueue(connection, MODEL, 0.1, NOW)
    return store


def say(connection, number, reviewer, cells=(), when=JULY):
    return give_opinion(
        connection,
        name(number),
        "approve" if cells else "reject",
        reviewer=reviewer,
        now=when,
        cells=cells,
        technique=(),
        comment="",
        model_id=MODEL,
        suggested_cells=(),
        source="web",
    )


def test_without_second_opinions_there_is_not_enough(queued):
    with queued.write() as connection:
        say(connection, 1, "Ada", [A])
    told = agreement(queued)
    assert (told.papers, told.reviewers, told.same, told.periods) == (0, (), None, ())
    assert told.relevance.value is None
    assert told.relevance.note == "not enough: 0 of 10 papers"
    assert [one.cell for one in told.by_cell] == list(load_taxonomy().cells)
    assert {one.kappa.value for one in told.by_cell} == {None}


def test_who_is_paired_with_whom(queued):
    with queued.write() as connection:
        say(connection, 1, "Ada", [A])
        say(connection, 1, "Bo", [B], AUGUST)
        say(connection, 2, "Bo", [A])
        say(connection, 2, "Cy", [A], AUGUST)
        # Taken back, or given again by one who knows the other's by then: not counted.
        withdrawn = say(connection, 3, "Ada", [A])
        withdraw_opinions(connection, [withdrawn.id], NOW)
        say(connection, 3, "Bo", [A])
        say(connection, 1, "Ada", [B], AUGUST)
        units = doubly_reviewed(connection)
    assert [(u.arxiv_id, u.reviewers, u.cells) for u in units] == [
        (name(1), ("Ada", "Bo"), (frozenset([A]), frozenset([B]))),
        (name(2), ("Bo", "Cy"), (frozenset([A]), frozenset([A]))),
    ]
    assert [u.completed_at for u in units] == [AUGUST, AUGUST]
    assert [u.agreed for u in units] == [False, True]


def test_who_gives_in_counts_with_what_they_said_before(queued):
    hour = timedelta(hours=1)
    with queued.write() as connection:
        first = say(connection, 1, "Ada", [A])
        say(connection, 1, "Bo", [B], NOW + hour)
        withdraw_opinions(connection, [first.id], NOW + 2 * hour)
        say(connection, 1, "Ada", [B], NOW + 3 * hour)
    with queued.read() as connection:
        (unit,) = doubly_reviewed(connection)
    assert unit.cells == (frozenset({A}), frozenset({B}))
    assert not unit.agreed


def test_figures_by_cell_and_period(queued):
    with queued.write() as connection:
        for number in range(30):
            when = JULY if number < 20 else AUGUST
            yes = number % 2 == 0
            say(connection, number, "Ada", [A] if yes else [], when)
            # In August Bo puts what Ada puts under memory under both cells.
            cells = ([A] if when == JULY else [A, B]) if yes else []
            say(connection, number, "Bo", cells, when)
    told = agreement(queued)
    assert told.papers == 30
    assert told.same == pytest.approx(25 / 30)
    assert told.relevance.value == 1.0
    assert told.cells.papers == 15
    assert told.cells.value is not None
    assert told.cells.value < 0.7
    by_cell = {one.cell: one for one in told.by_cell}
    assert by_cell[A].kappa.value == 1.0
    assert (by_cell[B].first, by_cell[B].second, by_cell[B].both) == (0, 5, 0)
    assert by_cell[B].kappa.value == pytest.approx(0)
    assert [(p.period, p.papers, p.same) for p in told.periods] == [
        ("2026-07", 20, 1.0),
        ("2026-08", 10, 0.5),
    ]
    assert told.periods[0].cells.note == "not enough: every answer is the same"
    assert told.periods[1].cells.note == "not enough: 5 of 10 papers"
    assert [p.period for p in agreement(queued, "week").periods] == ["2026-W27", "2026-W31"]
    assert agreement(queued) == told
    assert "NaN" not in json.dumps(asdict(told))


def test_weeks_are_those_of_the_iso_year():
    assert period_name(datetime(2027, 1, 1, tzinfo=UTC), "week") == "2026-W53"
    assert period_name(datetime(2027, 1, 1, tzinfo=UTC), "month") == "2027-01"


class TestModel:
    def decided(self, connection, number, cells, suggested, when=JULY, source="web"):
        decide(
            connection,
            name(number),
            "approve" if cells else "reject",
            reviewer="Ada",
            now=when,
            cells=cells,
            suggested_cells=suggested,
            source=source,
        )

    def test_nothing_decided_gives_nothing(self, queued):
        assert model_agreement(queued) == ()

    def test_suggestions_against_decisions(self, queued):
        with queued.write() as connection:
            for number in range(6):
                self.decided(connection, number, [A], [A])
            for number in range(6, 9):
                self.decided(connection, number, [A, B], [A])
            for number in range(9, 12):
                self.decided(connection, number, [], [A])
            for number in range(12, 20):
                self.decided(connection, number, [], [], AUGUST)
            # A rule follows the model by design; what was undone does not count; a later decision
            # replaces an earlier one.
            self.decided(connection, 20, [A], [A], source="rule")
            self.decided(connection, 21, [B], [A])
            undo(connection, reviewer="Ada", now=NOW, arxiv_id=name(21))
            self.decided(connection, 12, [A], [], AUGUST)
        everything, july, august = model_agreement(queued)
        assert (everything.period, everything.decided, everything.approved) == ("all", 20, 10)
        assert everything.models == (MODEL,)
        assert everything.unchanged == pytest.approx(6 / 10)
        assert everything.precision == 1.0
        assert everything.recall == pytest.approx(9 / 13)
        # Suggested and approved 9, suggested only 3, approved only 1, neither 7.
        assert everything.relevance.value == pytest.approx((0.8 - 0.5) / 0.5)
        assert (july.period, july.decided, july.relevance.papers) == ("2026-07", 12, 12)
        assert (august.period, august.unchanged, august.precision) == ("2026-08", 0.0, None)
        assert august.relevance.note == "not enough: 8 of 10 papers"
        assert [p.period for p in model_agreement(queued, "week")] == [
            "all",
            "2026-W27",
            "2026-W31",
        ]

    def test_is_a_value_ready_for_json(self, queued):
        with queued.write() as connection:
            self.decided(connection, 1, [A], [A])
        told = model_agreement(queued)
        assert json.loads(json.dumps([asdict(one) for one in told]))[0]["decided"] == 1
        assert replace(told[0], period="2026-07") == told[1]
