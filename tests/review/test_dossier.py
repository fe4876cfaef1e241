"""Everything known of one paper: in the queue, outside it, and what happened to it."""

from __future__ import annotations

import pytest

from litmine.core.errors import InputError, NotFound
from litmine.review import ReviewDesk
from litmine.review.dossier import history, open_dossier
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from tests.support.papers import paper
from tests.support.rows import MODEL, NOW, prediction
from tests.support.shelf import put_papers

ONE = "2605.00001"
FAR = "2604.00009"


@pytest.fixture
def queued(store, fake_clock):
    put_papers(store, fake_clock)
    return store


@pytest.fixture
def look(queued, fake_clock):
    def open_it(arxiv_id=ONE, name="Ada", order=(MODEL,), **more):
        desk = ReviewDesk(queued, name, fake_clock, **more)
        return open_dossier(queued, desk, arxiv_id, threshold=0.02, order=lambda: order)

    return open_it


def put_far(store, *judged, **changes):
    with store.write() as connection:
        upsert_papers(connection, [paper(FAR, **changes)], NOW)
        put_predictions(connection, list(judged))


def test_a_paper_that_waits(look):
    found = look()
    assert (found.state, found.unqueued, found.history) == ("pending", "", ())
    assert found.prediction == found.item.prediction
    assert found.revision == found.item.queue.revision


@pytest.mark.parametrize(
    ("judged", "changes", "says"),
    [
        ([], {}, "No model has judged it"),
        ([prediction(FAR, 0.011)], {}, "1.1%, is below 2.0%"),
        ([prediction(FAR, 0.001, decided_by="first-stage")], {}, "words alone"),
        ([prediction(FAR, 0.9)], {}, "enters the queue with the next"),
        ([prediction(FAR, 0.9, content_hash="0" * 64)], {}, "text has changed"),
        ([prediction(FAR, 0.9)], {"withdrawn": True}, "withdrawn"),
    ],
)
def test_why_a_stored_paper_is_not_in_the_queue(look, queued, judged, changes, says):
    put_far(queued, *judged, **changes)
    found = look(FAR)
    assert (found.state, found.revision, found.item) == ("stored", 0, None)
    assert says in found.unqueued


def test_outside_the_queue_the_model_that_counts_most_speaks(look, queued):
    put_far(
        queued,
        prediction(FAR, 0.001, model_id="a-first"),
        prediction(FAR, 0.002, model_id="old"),
        prediction(FAR, 0.003, model_id="champion", content_hash="0" * 64),
    )
    order = ("champion", "old")
    assert look(FAR, order=order).prediction.model_id == "old", "it judged the present text"
    assert look(FAR, order=()).prediction.model_id == "a-first"


def test_what_is_not_stored_is_not_found(look):
    with pytest.raises(NotFound, match="not stored"):
        look("2401.99999")
    with pytest.raises(InputError, match="not an arXiv id"):
        look("nonsense")


def test_the_history_tells_who_did_what_and_what_was_undone(queued, look, fake_clock):
    ada, bo = (ReviewDesk(queued, name, fake_clock, source="web") for name in ("Ada", "Bo"))
    ada.reject(ONE, "no saving")
    fake_clock.sleep(60)
    bo.undo(ONE)
    bo.approve(ONE, ["inf/mem"], ["kv-cache"])
    steps = history(queued, f"{ONE}v2")
    assert [(s.decision.reviewer, s.decision.action, s.stands) for s in steps] == [
        ("Ada", "reject", False),
        ("Bo", "undo", False),
        ("Bo", "approve", True),
    ]
    first, second, _ = (step.decision for step in steps)
    assert (first.undone_by, second.undoes) == (second.number, first.number)
    assert (first.comment, first.source) == ("no saving", "web")
    assert second.decided_at > first.decided_at
    assert look().history == steps


def test_nothing_stands_once_all_is_undone(queued, look, fake_clock):
    ada = ReviewDesk(queued, "Ada", fake_clock)
    ada.reject(ONE)
    ada.undo()
    assert [step.stands for step in look().history] == [False, False]
    with pytest.raises(NotFound):
        history(queued, "2401.99999")


def test_opinions_stay_blind_until_they_are_closed(queued, look, fake_clock):
    ada, bo = (ReviewDesk(queued, name, fake_clock, double=True) for name in ("Ada", "Bo"))
    ada.approve(ONE, ["inf/mem"], comment="mine")
    assert look(name="Bo", double=True).item.opinions == ()
    assert look(name="Bo", double=True).item.opinions_given == 1
    assert [one.comment for one in look(double=True).item.opinions] == ["mine"]
    bo.approve(ONE, ["inf/mem"])
    step = look(name="Cy").history[-1]
    assert [one.reviewer for one in step.opinions] == ["Ada", "Bo"]
    # Taking it back opens Ada's opinion again: what it says is nobody else's business now.
    bo.undo(ONE)
    assert [step.opinions for step in look(name="Cy").history] == [(), ()]
