"""The drift watch over stored predictions: computed once, in any order, and told everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from litmine.classify.drift import LEAST_REFERENCE, Night
from litmine.cli import app
from litmine.cli.status import gather
from litmine.core.clock import FakeClock
from litmine.core.settings import Settings, load_settings
from litmine.core.taxonomy import load_taxonomy
from litmine.jobs.context import RunContext
from litmine.jobs.drift import WatchOutcome, watch_drift
from litmine.jobs.nightly import run_nightly
from litmine.store import Store, open_store
from litmine.store.announcements import Announcement, put_announcements
from litmine.store.decisions import decide
from litmine.store.drift import get_drift
from litmine.store.papers import upsert_papers
from litmine.store.predictions import StoredPrediction, put_predictions
from litmine.store.queue import enqueue
from litmine.store.schema import drift
from litmine.store.vectors import put_vectors
from tests.support.nights import night, nights
from tests.support.papers import paper
from tests.support.world import NIGHT

MODEL, ENCODER = "model-1", "encoder-1"
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)


def ids_of(one: Night) -> list[str]:
    return [f"{one.day:%y%m}.{one.day.day:02d}{number:03d}" for number in range(len(one))]


def save(store: Store, one: Night, rows: Sequence[int] | None = None, model: str = MODEL) -> None:
    """Announce a night and store the predictions of its papers, or of some of them."""
    cells = load_taxonomy().cells
    ids = ids_of(one)
    rows = list(range(len(one)) if rows is None else rows)
    known = [paper(ids[i]) for i in rows]
    full = [i for i in rows if not one.first_stage[i]]
    position = {row: n for n, row in enumerate(np.flatnonzero(~one.first_stage).tolist())}
    with store.write() as connection:
        upsert_papers(connection, known, NOW)
        put_announcements(connection, [Announcement(one.day, i, "new", 1) for i in ids])
        put_predictions(
            connection,
            [
                StoredPrediction(
                    arxiv_id=ids[i],
                    model_id=model,
                    content_hash=p.content_hash,
                    relevance=round(float(one.relevance[i]), 6),
                    cells={c: round(float(v), 6) for c, v in zip(cells, one.cells[i], strict=True)},
                    assigned=(cells[0],) if one.assigned[i] else (),
                    techniques={},
                    technique=(),
                    neighbours=({"id": "1", "similarity": round(float(one.nearest[i]), 4)},)
                    if not one.first_stage[i]
                    else (),
                    decided_by="first-stage" if one.first_stage[i] else "full",
                )
                for i, p in zip(rows, known, strict=True)
            ],
        )
        put_vectors(
            connection,
            ENCODER,
            [ids[i] for i in full],
            [None] * len(full),
            one.vectors[[position[i] for i in full]] if full else np.zeros((0, 1)),
        )


def watch(store: Store, **kwargs: Any) -> WatchOutcome:
    context = RunContext(load_settings(), store, FakeClock(NOW))
    return watch_drift(context, MODEL, ENCODER, **kwargs)


def stored(store: Store) -> list[Any]:
    with store.read() as connection:
        return get_drift(connection, MODEL)


@pytest.fixture
def world(sqlite_store: Store) -> Store:
    """Twelve ordinary nights, judged."""
    for one in nights(12, size=60):
        save(sqlite_store, one)
    return sqlite_store


def strange_night() -> Night:
    return night(date(2026, 1, 21), np.random.default_rng(9), size=60, shift=3.0)


def test_every_judged_night_is_computed_once(world: Store) -> None:
    first = watch(world)
    assert (len(first.nights), first.alarms) == (12, ())
    rows = stored(world)
    assert [int(r.figures["reference_nights"]) for r in rows] == list(range(12))
    assert all(r.papers == 60 for r in rows)

    again = watch(world)
    assert again == WatchOutcome((), ())
    assert again.summary() == "nothing to do"
    assert stored(world) == rows


def test_alarm_names_the_night_and_the_night_is_no_reference(world: Store) -> None:
    strange = strange_night()
    save(world, strange)
    outcome = watch(world)
    assert outcome.alarms
    assert all(alarm.startswith("2026-01-21: ") for alarm in outcome.alarms)
    assert "2026-01-21" in outcome.summary()

    save(world, night(date(2026, 1, 22), np.random.default_rng(10), size=60))
    following = watch(world)
    assert following.nights == (date(2026, 1, 22),)
    assert following.alarms == ()
    assert stored(world)[-1].figures["reference_nights"] == 12


def test_late_papers_give_the_same_table_as_papers_in_time(
    world: Store, make_store: Callable[[], Store]
) -> None:
    late, rest = nights(12, size=60)[9], nights(12, size=60)
    other = make_store()
    for one in rest[:9]:
        save(other, one)
    save(other, late, range(40))
    watch(other)
    for one in rest[10:]:
        save(other, one)
    watch(other)
    save(other, late)
    outcome = watch(other)
    watch(world)
    assert set(outcome.nights) == {one.day for one in rest[9:]}
    assert stored(other) == stored(world)


def test_recomputing_changes_nothing_unless_something_changed(world: Store) -> None:
    watch(world)
    rows = stored(world)
    assert watch(world, recompute=True).nights == ()
    revised = nights(12, size=60)[11]
    save(world, Night(**{**vars(revised), "relevance": revised.relevance[::-1] * 0.5}))
    assert watch(world).nights == ()  # the same papers: a new text does not reopen a night
    assert watch(world, recompute=True).nights == (revised.day,)
    assert stored(world)[:11] == rows[:11]


def test_papers_dropped_by_the_first_stage_need_no_vector(sqlite_store: Store) -> None:
    rng = np.random.default_rng(4)
    for one in nights(10, size=80):
        gone = rng.random(80) < 0.5
        save(
            sqlite_store,
            Night(**{**vars(one), "first_stage": gone, "vectors": one.vectors[~gone]}),
        )
    outcome = watch(sqlite_store)
    assert len(outcome.nights) == 10
    figures = stored(sqlite_store)[-1].figures
    assert figures["first_stage"] + figures["encoded"] == 80
    assert {"vector_shift_score", "first_stage_share_score"} <= set(figures)


def test_night_of_a_backlog_is_not_compared_with_nights_read_in_full(world: Store) -> None:
    one = night(date(2026, 1, 21), np.random.default_rng(10), size=60)
    gone = np.arange(60) % 2 == 0
    save(world, Night(**{**vars(one), "first_stage": gone, "vectors": one.vectors[~gone]}))
    outcome = watch(world)
    assert outcome.alarms == ()
    assert stored(world)[-1].figures["reference_nights"] == 0


def test_a_night_that_left_the_announcements_is_forgotten(world: Store) -> None:
    watch(world)
    rows = stored(world)
    with world.write() as connection:
        put_announcements(
            connection,
            [Announcement(rows[-1].night, f"2699.{n:05d}", "new", 1) for n in range(200)],
        )
        upsert_papers(connection, [paper(f"2699.{n:05d}") for n in range(200)], NOW)
    assert watch(world).nights == (rows[-1].night,)  # most of it is not this model's any more
    assert stored(world) == rows[:-1]


def test_decisions_count_for_the_night_after_them(world: Store) -> None:
    first, second = (one.day for one in nights(12, size=60)[10:])
    chosen = ids_of(nights(12, size=60)[9])[:15]
    with world.write() as connection:
        enqueue(connection, MODEL, 0.0, NOW)
        at = datetime(first.year, first.month, first.day, 9, tzinfo=UTC)
        for i, arxiv_id in enumerate(chosen):
            action, cells = ("approve", ["inference/memory"]) if i < 5 else ("reject", [])
            decide(connection, arxiv_id, action, reviewer="Ada", now=at, cells=cells)
    watch(world)
    figures = {row.night: row.figures for row in stored(world)}
    assert figures[first]["decisions"] == 0
    assert figures[second]["decisions"] == 15
    assert figures[second]["approvals"] == 5
    assert figures[second]["approved_share"] == pytest.approx(1 / 3, abs=1e-6)
    assert "approvals_promised" in figures[second]


def test_nightly_watches_and_a_second_run_finds_nothing(
    world_settings: Settings, clock: FakeClock, light_models: Any
) -> None:
    first = run_nightly(world_settings, since=NIGHT, clock=clock, models=light_models)
    counts = first.counts("drift watch")
    assert counts == {"nights": ["2026-07-14"], "alarms": []}
    second = run_nightly(world_settings, since=NIGHT, clock=clock, models=light_models)
    assert not second.changed
    assert second.counts("drift watch")["nights"] == []
    with open_store(world_settings.database) as store, store.read() as connection:
        rows = connection.execute(select(drift)).all()
    assert [(row.night, row.model_id) for row in rows] == [(NIGHT, "keyword-1")]


@pytest.fixture
def world_settings(arxiv: Any, small_corpus: Path, tmp_path: Path) -> Settings:
    from tests.support.world import settings_for

    return settings_for(arxiv, tmp_path / "data")


def test_nightly_reports_the_alarm_and_status_repeats_it(
    world_settings: Settings,
    clock: FakeClock,
    light_models: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Twelve nights on which nothing was relevant, then the sample night.
    with open_store(world_settings.database) as store:
        for one in nights(12, size=70):
            low = np.full(70, 0.03) + 0.001 * (np.arange(70) % 5)
            save(store, Night(**{**vars(one), "relevance": low}), model="keyword-1")
            _move_to_june(store, one.day)
    report = run_nightly(world_settings, since=NIGHT, clock=clock, models=light_models)
    told = [w for w in report.warnings if w.startswith("drift 2026-07-14: ")]
    assert told
    assert report.exit_code == 0
    page = (world_settings.outputs / "reports" / f"{report.run_id}.md").read_text("utf-8")
    assert "drift 2026-07-14: " in page
    facts = gather(world_settings)["drift"]
    assert f"drift {facts['alarms'][0]}" in told

    monkeypatch.setattr("litmine.cli.drift.settings", lambda: world_settings)
    monkeypatch.setattr("litmine.cli.status.settings", lambda: world_settings)
    runner = CliRunner()
    assert f"drift       {facts['alarms'][0]}" in runner.invoke(app, ["status"]).output
    shown = runner.invoke(app, ["drift"]).output
    last = next(line for line in shown.splitlines() if line.startswith("2026-07-14 "))
    assert last.split()[-1] == "alarm"
    assert f"alarm: {facts['alarms'][0]}" in shown
    rows = json.loads(runner.invoke(app, ["drift", "--json", "--nights", "2"]).output)
    assert [row["state"] for row in rows] == ["steady", "alarm"]
    assert rows[1]["figures"]["reference_nights"] == 12 >= LEAST_REFERENCE


def _move_to_june(store: Store, day: date) -> None:
    from sqlalchemy import update

    from litmine.store.schema import announcements

    with store.write() as connection:
        connection.execute(
            update(announcements)
            .where(announcements.c.night == day)
            .values(night=day.replace(month=6, year=2026))
        )


def test_charts_are_drawn_the_same_each_time(world: Store) -> None:
    pytest.importorskip("matplotlib")
    from litmine.classify.drift_plot import draw

    watch(world)
    rows = [(r.night, r.papers, r.figures, r.alarms) for r in stored(world)]
    picture = draw(rows)
    assert picture == draw(rows)
    assert picture.startswith(b"<?xml")


def test_drift_before_any_night_says_what_to_do(tmp_path: Path) -> None:
    import os

    open_store(f"sqlite:///{tmp_path / 'litmine.db'}").close()
    result = CliRunner().invoke(
        app, ["drift"], env={**os.environ, "LITMINE_DATA_DIR": str(tmp_path)}
    )
    assert result.exit_code == 0, result.output
    assert "litmine nightly" in result.output
