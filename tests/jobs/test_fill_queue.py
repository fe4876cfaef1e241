"""What a night does to the queue, and that doing it again changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from litmine.core.settings import load_settings
from litmine.jobs.context import RunContext
from litmine.jobs.fill_queue import fill_queue
from litmine.store.digest import content_digest
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.vectors import put_vectors
from tests.support.papers import paper
from tests.support.rows import ENCODER, MODEL, NOW, prediction

IDS = tuple(f"2606.{n:05d}" for n in range(1, 6))


@pytest.fixture
def judged(store):
    """Five papers judged: all by one author, 1 and 2 of the same title, 5 not relevant enough."""
    papers = [
        paper(i, title="Twice" if i < IDS[2] else f"Title {i}", abstract=f"Abstract of {i}.")
        for i in IDS
    ]
    with store.write() as connection:
        upsert_papers(connection, papers, NOW)
        hashes = [one.content_hash for one in papers]
        put_vectors(connection, ENCODER, IDS, hashes, np.eye(5))
        put_predictions(
            connection,
            [
                prediction(
                    one.arxiv_id,
                    0.01 if one.arxiv_id == IDS[4] else 0.95,
                    content_hash=one.content_hash,
                    relevant=1,
                )
                for one in papers
            ],
        )
    return store


def context_of(store, clock, **review):
    settings = load_settings()
    changed = settings.review.model_copy(update=review)
    return RunContext(settings.model_copy(update={"review": changed}), store, clock)


def digest(store):
    with store.read() as connection:
        return content_digest(connection)


def test_the_queue_is_filled_once(judged, fake_clock):
    context = context_of(judged, fake_clock)
    filled = fill_queue(context, MODEL, ENCODER, ())
    assert filled.counts == {
        "added": 4,
        "rescored": 0,
        "withdrawn": 0,
        "duplicates": 1,
        "approved_by_rule": 0,
    }
    assert filled.summary() == "4 added, 4 await review, 1 grouped with what they nearly repeat"
    before = digest(judged)
    again = fill_queue(context, MODEL, ENCODER, ())
    assert again.changed == 0
    assert again.summary() == "0 added, 4 await review"
    assert digest(judged) == before


def test_a_rule_that_is_on_approves_once(judged, fake_clock):
    context = context_of(judged, fake_clock, auto_approve_from=0.9)
    filled = fill_queue(context, MODEL, ENCODER, ())
    assert filled.counts["approved_by_rule"] == 4
    assert filled.queue["approved"] == 4
    assert (
        filled.summary()
        == "4 added, 0 await review, 1 grouped with what they nearly repeat, 4 approved by rule"
    )
    before = digest(judged)
    assert fill_queue(context, MODEL, ENCODER, ()).changed == 0
    assert digest(judged) == before


def test_withdrawn_papers_leave_and_approved_ones_are_told(judged, fake_clock):
    context = context_of(judged, fake_clock, auto_approve_from=0.9)
    fill_queue(context, MODEL, ENCODER, ())
    with judged.write() as connection:
        upsert_papers(connection, [paper(IDS[0], version=2, withdrawn=True)], NOW)
    fill_queue(context, MODEL, ENCODER, ())
    assert [warning.split()[0] for warning in context.warnings] == [IDS[0]]
