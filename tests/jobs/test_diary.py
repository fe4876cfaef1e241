"""Runs as people look at them: pages, how each stands, what it did."""

from __future__ import annotations

from datetime import timedelta

import pytest

from litmine.core.errors import NotFound
from litmine.jobs.diary import list_runs, tell_run
from litmine.store.leases import acquire
from litmine.store.runs import finish_run, put_stage, start_run
from tests.support.rows import NIGHT, NOW


@pytest.fixture
def ran(store):
    with store.write() as connection:
        for n in range(5):
            start_run(connection, f"run-{n}", "nightly", "host", NOW + timedelta(minutes=n // 2))
        put_stage(connection, "run-1", 2, "enqueue", "done", 0.5, {"added": 17})
        put_stage(connection, "run-1", 1, "pull", "done", 1.5, {"new": 5})
        report = {
            "seconds": 4.25,
            "problem": "arXiv is <away>",
            "changed": True,
            "warnings": ["late"],
            "stages": [{"stage": "pull", "summary": "5 new"}],
            "queue": {"pending": 3},
            "model_id": "m",
            "encoder_id": "e",
        }
        finish_run(connection, "run-1", "failed", NOW + timedelta(seconds=9), report, NIGHT)
    return store


def test_runs_come_newest_first_and_each_once(ran, fake_clock):
    whole = [run.run_id for run in list_runs(ran, clock=fake_clock).runs]
    assert whole == ["run-4", "run-3", "run-2", "run-1", "run-0"]
    seen, before = [], None
    while True:
        page = list_runs(ran, before=before, limit=2, clock=fake_clock)
        seen += [run.run_id for run in page.runs]
        before = page.next
        if before is None:
            break
    assert seen == whole


def test_a_run_tells_its_story(ran, fake_clock):
    run = tell_run(ran, "run-1", clock=fake_clock)
    assert (run.state, run.night, run.seconds, run.added) == ("failed", NIGHT, 4.25, 17)
    assert [stage.stage for stage in run.stages] == ["pull", "enqueue"]
    assert run.summaries == {"pull": "5 new"}
    assert (run.problem, run.warnings, run.queue) == ("arXiv is <away>", ("late",), {"pending": 3})


def test_a_run_without_a_living_holder_was_interrupted(ran, fake_clock):
    assert tell_run(ran, "run-4", clock=fake_clock).state == "interrupted"
    acquire(ran, fake_clock, "nightly", "somebody", 60.0)
    assert tell_run(ran, "run-4", clock=fake_clock).state == "running"
    fake_clock.sleep(61)
    assert tell_run(ran, "run-4", clock=fake_clock).state == "interrupted"
    assert tell_run(ran, "run-4", clock=fake_clock).seconds is None


def test_an_unknown_run_is_not_found(ran):
    with pytest.raises(NotFound, match="no run"):
        tell_run(ran, "nowhere")
