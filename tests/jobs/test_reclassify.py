"""Judging again on request: resumable, newest first, and then there is nothing to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import LeaseHeld, StoreError
from litmine.core.settings import Settings, load_settings
from litmine.jobs.context import RunContext
from litmine.jobs.judge import classify_papers, encode_papers
from litmine.jobs.lease import held_lease
from litmine.jobs.nightly import Models, run_nightly
from litmine.jobs.reclassify import reclassify
from litmine.jobs.seed import library_from_store, seed_library
from litmine.review import ReviewDesk
from litmine.store import open_store
from litmine.store.papers import upsert_papers
from litmine.store.predictions import get_predictions
from litmine.store.queue import enqueue, queue_item
from tests.support.light import ENCODER_ID, HashEncoder, KeywordClassifier
from tests.support.papers import paper

NOW = datetime(2026, 7, 14, 4, tzinfo=UTC)
IDS = [f"2607.{number:05d}" for number in range(1, 201)]
DAY = {i: date(2026, 1, 1) + timedelta(days=n) for n, i in enumerate(IDS)}


def models(name: str = "keyword-2") -> Models:
    """The champion that comes after ``keyword-1``; it takes other papers for relevant."""
    return Models(
        HashEncoder(),
        KeywordClassifier(name, ("memory",)),  # type: ignore[arg-type]
        (name, "keyword-1"),
    )


@pytest.fixture
def world(tmp_path: Path, small_corpus: Path) -> Settings:
    """Two hundred papers that the first model judged; half of them wait for a reviewer."""
    settings = load_settings().model_copy(update={"data_dir": tmp_path / "data"})
    first = KeywordClassifier("keyword-1", ("odd",))
    with open_store(settings.database) as store:
        context = RunContext(settings, store, FakeClock(NOW))
        with context.write() as connection:
            kinds = ("an odd thing", "an even thing")
            upsert_papers(
                connection,
                [paper(i, title=kinds[n % 2], published=DAY[i]) for n, i in enumerate(IDS)],
                NOW,
            )
        seed_library(context, ENCODER_ID)
        encode_papers(context, HashEncoder(), IDS)
        library = library_from_store(context, ENCODER_ID)
        classify_papers(context, first, library, IDS)  # type: ignore[arg-type]
        with context.write() as connection:
            enqueue(connection, "keyword-1", 0.5, NOW)
    queue = settings.queue.model_copy(update={"min_relevance": 0.5})
    return settings.model_copy(update={"queue": queue})


def judged_by(settings: Settings, model: str = "keyword-2") -> set[str]:
    with open_store(settings.database) as store, store.read() as connection:
        return set(get_predictions(connection, model, IDS))


def test_slice_by_slice_newest_first_until_there_is_nothing_to_do(world: Settings) -> None:
    some = reclassify(world, limit=30, models=models())
    assert (some.judged, some.left) == (30, 170)
    assert judged_by(world) == set(IDS[-30:])
    # All papers speak of memory: the even ones enter the queue, the odd ones keep their place.
    assert (some.added, some.rescored) == (15, 15)
    dated = reclassify(world, since=DAY[IDS[150]], models=models())
    assert (dated.judged, dated.left) == (20, 0)
    waiting = reclassify(world, waiting_only=True, models=models())
    assert (waiting.judged, waiting.left) == (75, 0)
    rest = reclassify(world, models=models())
    assert (rest.judged, rest.left) == (75, 0)
    again = reclassify(world, models=models())
    assert (again.judged, again.left, again.added, again.rescored) == (0, 0, 0, 0)
    assert again.files == ()
    assert judged_by(world) == set(IDS)
    assert judged_by(world, "keyword-1") == set(IDS)


def test_a_promotion_changes_nothing_by_itself_and_two_nights_change_nothing(
    world: Settings,
) -> None:
    def night() -> bool:
        clock = FakeClock(NOW)
        return run_nightly(world, pull=False, clock=clock, models=lambda _s: models()).changed

    night()  # the first one writes the lists
    assert not night()
    assert judged_by(world) == set()
    with open_store(world.database) as store:
        desk = ReviewDesk(store, "ada", FakeClock(NOW))
        assert {item.prediction.model_id for item in desk.waiting()} == {"keyword-1"}
        assert desk.approve(IDS[0]).decision.model_id == "keyword-1"
    reclassify(world, limit=50, models=models())
    night()
    assert not night()
    with open_store(world.database) as store, store.read() as connection:
        decided = queue_item(connection, IDS[0])
    assert decided is not None
    assert (decided.state, decided.model_id) == ("approved", "keyword-1")
    assert len(judged_by(world)) == 50


def test_what_a_first_stage_dropped_without_a_vector_is_encoded_first(world: Settings) -> None:
    from litmine.store.schema import vectors

    with open_store(world.database) as store, store.write() as connection:
        connection.execute(vectors.delete().where(vectors.c.arxiv_id.in_(IDS[:20])))
    assert reclassify(world, models=models()).judged == 200
    assert judged_by(world) == set(IDS)


def test_a_large_backlog_goes_through_the_first_stage(world: Settings) -> None:
    from litmine.store.schema import vectors

    with open_store(world.database) as store, store.write() as connection:
        connection.execute(vectors.delete().where(vectors.c.arxiv_id.in_(IDS)))
        new = [paper(i, title="Stars", abstract="Of dust.", version=2) for i in IDS[:50]]
        upsert_papers(connection, new, NOW)
    screening = models()
    screening.classifier.first_stage = object()  # type: ignore[misc, assignment]
    cascade = world.models.model_copy(update={"cascade_from": 100})
    settings = world.model_copy(update={"models": cascade})
    done = reclassify(settings, models=screening)
    assert (done.judged, done.left) == (200, 0)
    with open_store(world.database) as store, store.read() as connection:
        found = get_predictions(connection, "keyword-2", IDS)
    assert [found[i].decided_by for i in IDS] == ["first-stage"] * 50 + ["full"] * 150


def test_it_needs_a_database_and_keeps_out_of_a_nightly_run(
    world: Settings, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="no database"):
        reclassify(world.model_copy(update={"data_dir": tmp_path / "x"}), models=models())
    with (
        open_store(world.database) as store,
        held_lease(store, FakeClock(NOW)),
        pytest.raises(LeaseHeld),
    ):
        reclassify(world, models=models(), clock=FakeClock(NOW))


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from litmine.core.settings import load_settings
from litmine.jobs import reclassify as job
from tests.jobs.test_reclassify import models

slices = 0
put = job.classify_papers.__globals__["put_predictions"]

def dying(*arguments, **named):
    global slices
    slices += 1
    if slices == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return put(*arguments, **named)

job.classify_papers.__globals__["put_predictions"] = dying
settings = load_settings().model_copy(update={"data_dir": Path(sys.argv[2])})
job.reclassify(settings, models=models())
"""


@pytest.mark.drill
def test_killed_it_goes_on_where_it_was(world: Settings) -> None:
    root = str(Path(__file__).parents[2])
    child = subprocess.run(
        [sys.executable, "-c", KILLED, root, str(world.data_dir)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=dict(os.environ),
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert judged_by(world) == set(IDS[-128:])  # two slices of 64
    assert reclassify(world, models=models()).judged == 72
    assert judged_by(world) == set(IDS)
