"""Harvests, runs and the audit trail."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from litmine.store.audit import audit_entries, record
from litmine.store.harvests import Harvest, all_harvests, get_harvest, put_harvest
from litmine.store.runs import abandon_open_runs, finish_run, last_runs, put_stage, start_run
from litmine.store.schema import run_stages
from tests.support.rows import NIGHT, NOW

LATER = NOW + timedelta(hours=1)


def test_harvest_round_trip(store):
    with store.write() as connection:
        fresh = get_harvest(connection, "oai:cs")
        assert fresh == Harvest("oai:cs")
        assert not fresh.open
        under_way = replace(fresh, window_from=NIGHT, cursor="token|17", window_watermark=NIGHT)
        assert under_way.open
        put_harvest(connection, under_way)
        put_harvest(connection, Harvest("api", watermark=date(2026, 6, 1)))
        assert get_harvest(connection, "oai:cs") == under_way
        put_harvest(connection, Harvest("oai:cs", watermark=NIGHT))
        assert get_harvest(connection, "oai:cs") == Harvest("oai:cs", watermark=NIGHT)
        assert [h.source for h in all_harvests(connection)] == ["api", "oai:cs"]


def test_a_run_from_start_to_end(store):
    with store.write() as connection:
        start_run(connection, "r1", "nightly", "host", NOW)
        (run,) = last_runs(connection, "nightly")
        assert (run.state, run.finished_at, run.report, run.night) == ("running", None, None, None)
        put_stage(connection, "r1", 1, "pull", "running", 0.0, {})
        put_stage(connection, "r1", 1, "pull", "done", 1.5, {"new": 3})
        finish_run(connection, "r1", "done", LATER, {"new": 3, "ratio": 0.1}, NIGHT)
        (run,) = last_runs(connection, "nightly")
        stage = connection.execute(select(run_stages)).one()
    assert (run.run_id, run.host, run.started_at) == ("r1", "host", NOW)
    assert (run.state, run.finished_at, run.night) == ("done", LATER, NIGHT)
    assert run.report == {"new": 3, "ratio": 0.1}
    assert tuple(stage) == ("r1", 1, "pull", "done", 1.5, {"new": 3})


def test_newest_runs_first_by_kind(store):
    with store.write() as connection:
        for number in range(3):
            start_run(connection, f"r{number}", "nightly", "host", NOW + timedelta(hours=number))
        start_run(connection, "other", "ingest", "host", LATER)
        assert [r.run_id for r in last_runs(connection, "nightly", 2)] == ["r2", "r1"]
        assert last_runs(connection, "absent") == []


def test_runs_that_never_ended_are_abandoned(store):
    with store.write() as connection:
        start_run(connection, "killed", "nightly", "host", NOW)
        start_run(connection, "done", "nightly", "host", NOW)
        finish_run(connection, "done", "done", NOW, {}, None)
        start_run(connection, "ingest", "ingest", "host", NOW)
        assert abandon_open_runs(connection, "nightly", LATER) == ["killed"]
        assert abandon_open_runs(connection, "nightly", LATER) == []
        states = {
            run.run_id: (run.state, run.finished_at)
            for kind in ("nightly", "ingest")
            for run in last_runs(connection, kind, 9)
        }
    assert states == {
        "killed": ("abandoned", LATER),
        "done": ("done", NOW),
        "ingest": ("running", None),
    }


def test_audit_is_newest_first_and_keeps_detail(store):
    with store.write() as connection:
        record(connection, NOW, "Ada", "approve", "2606.00001", cells=["inference/memory"], n=1)
        record(connection, LATER, "Bo", "undo", "2606.00001")
        newest, oldest = audit_entries(connection)
        assert [e["actor"] for e in audit_entries(connection, limit=1)] == ["Bo"]
    assert (newest["action"], newest["detail"], newest["logged_at"]) == ("undo", {}, LATER)
    assert oldest["detail"] == {"cells": ["inference/memory"], "n": 1}
    assert oldest["id"] < newest["id"]
