"""The drift table and the rows it is made from."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from litmine.store.announcements import Announcement, put_announcements
from litmine.store.decisions import decide, undo
from litmine.store.drift import (
    LEAST_REFERENCE,
    StoredDrift,
    announced_night_before,
    decisions_between,
    drop_drift,
    get_drift,
    judged_nights,
    judged_papers,
    latest_watched_model,
    put_drift,
    recent_drift,
)
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from litmine.store.schema import drift
from tests.support.rows import MODEL, NOW, judge, prediction

NIGHT = date(2026, 6, 30)
IDS = tuple(f"2606.{number:05d}" for number in range(1, 7))


def row(night: date = NIGHT, *alarms: str, reference: int = 20) -> StoredDrift:
    figures = {"relevance": 0.25, "reference_nights": reference}
    return StoredDrift(night, MODEL, 120, figures, alarms)


def announce(connection, ids, night=NIGHT, kind="new"):
    put_announcements(connection, [Announcement(night, i, kind, 1) for i in ids])


def test_storing_the_same_night_again_changes_nothing_not_even_its_time(store):
    with store.write() as connection:
        assert put_drift(connection, row(), NOW)
        assert not put_drift(connection, row(), NOW + timedelta(hours=1))
        assert connection.execute(select(drift.c.computed_at)).scalar_one() == NOW
        assert put_drift(connection, row(NIGHT, "an alarm"), NOW)
        assert get_drift(connection, MODEL) == [row(NIGHT, "an alarm")]
        drop_drift(connection, MODEL, NIGHT)
        assert get_drift(connection, MODEL) == []


def test_nights_come_oldest_first_and_within_bounds(store):
    days = [NIGHT + timedelta(days=n) for n in (2, 0, 1)]
    with store.write() as connection:
        for day in days:
            put_drift(connection, row(day), NOW)
        assert [r.night for r in get_drift(connection, MODEL)] == sorted(days)
        bounded = get_drift(connection, MODEL, first=days[2], last=days[2])
        assert [r.night for r in bounded] == [days[2]]
        assert get_drift(connection, "another") == []


def test_a_nights_papers_are_those_first_announced_and_judged(store):
    with store.write() as connection:
        judge(connection, IDS[:4])
        announce(connection, IDS[:3])
        announce(connection, IDS[3:4], kind="replace")
        announce(connection, ["2606.99999"])  # announced, but not stored
        assert judged_nights(connection, MODEL) == {NIGHT: list(IDS[:3])}
        assert judged_nights(connection, MODEL, NIGHT + timedelta(days=1)) == {}
        assert judged_nights(connection, "another") == {}


def test_a_few_papers_judged_anew_do_not_make_an_old_night_the_new_models(store):
    with store.write() as connection:
        judge(connection, IDS)
        announce(connection, IDS)
        put_predictions(connection, [prediction(i, model_id="model-2") for i in IDS[:2]])
        assert judged_nights(connection, "model-2") == {}
        put_predictions(connection, [prediction(IDS[2], model_id="model-2")])
        assert judged_nights(connection, "model-2") == {NIGHT: list(IDS[:3])}


def test_judged_papers_carry_what_the_charts_need(store):
    near = [{"id": "1", "similarity": 0.25}, {"id": "2", "similarity": 0.75}]
    with store.write() as connection:
        judge(connection, IDS[:1], 0.9, neighbours=tuple(near))
        judge(connection, IDS[1:2], 0.1, neighbours=(), assigned=(), decided_by="first-stage")
        full, dropped = judged_papers(connection, MODEL, [IDS[1], IDS[0]])
    assert (full.arxiv_id, full.relevance, full.assigned, full.first_stage, full.nearest) == (
        IDS[0],
        0.9,
        True,
        False,
        0.75,
    )
    assert (dropped.assigned, dropped.first_stage, dropped.nearest) == (False, True, None)


def test_decisions_are_those_that_stand_the_last_one_of_each_paper(store):
    with store.write() as connection:
        judge(connection, IDS, 0.5)
        enqueue(connection, MODEL, 0.1, NOW)

        def take(arxiv_id, action, **kwargs):
            cells = ["inference/memory"] if action == "approve" else []
            decide(connection, arxiv_id, action, reviewer="Ada", cells=cells, **kwargs)

        take(IDS[0], "approve", now=NOW)
        take(IDS[1], "reject", now=NOW)
        take(IDS[1], "approve", now=NOW)
        take(IDS[2], "later", now=NOW)
        take(IDS[3], "approve", now=NOW)
        undo(connection, reviewer="Ada", now=NOW, arxiv_id=IDS[3])
        take(IDS[4], "reject", now=NOW)
        take(IDS[5], "reject", now=NOW + timedelta(days=1))
        day = NOW.date()
        tomorrow = day + timedelta(days=1)
        found = decisions_between(connection, MODEL, day, tomorrow)
        assert found == [(0.5, True), (0.5, True), (0.5, False)]
        assert decisions_between(connection, MODEL, tomorrow, tomorrow + timedelta(days=1)) == [
            (0.5, False)
        ]
        assert decisions_between(connection, "another", day, tomorrow) == []


def test_night_before(store):
    with store.write() as connection:
        announce(connection, IDS[:1], NIGHT)
        assert announced_night_before(connection, NIGHT) is None
        assert announced_night_before(connection, NIGHT + timedelta(days=9)) == NIGHT


def test_status_tells_the_alarms_of_two_weeks_of_the_model_watched_last(store):
    with store.write() as connection:
        assert recent_drift(connection) is None
        assert latest_watched_model(connection) is None
        put_drift(connection, row(NIGHT - timedelta(days=14), "too old"), NOW)
        put_drift(connection, row(NIGHT - timedelta(days=13), "still told"), NOW)
        put_drift(connection, row(NIGHT), NOW)
        facts = recent_drift(connection)
        assert facts is not None
        assert facts["alarms"] == ["still told"]
        assert (facts["last"], facts["learning"]) == (NIGHT, None)


@pytest.mark.parametrize(("seen", "learning"), [(LEAST_REFERENCE - 1, 7), (LEAST_REFERENCE, None)])
def test_status_tells_that_the_watch_is_learning(store, seen, learning):
    with store.write() as connection:
        put_drift(connection, row(NIGHT, reference=seen), NOW)
        assert recent_drift(connection)["learning"] == learning
