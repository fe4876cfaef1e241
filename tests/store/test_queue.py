"""The queue and its decisions: nothing decided comes back, everything can be taken back."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from litmine.core.errors import InputError, NotFound
from litmine.store.decisions import decide, decisions_of, latest_decision, undo
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import (
    drop_withdrawn,
    enqueue,
    in_state,
    queue_counts,
    queue_item,
    queue_mark,
    withdrawn_approvals,
)
from litmine.store.schema import decisions, metadata
from tests.support.papers import paper
from tests.support.rows import MODEL, NOW, judge, prediction

ONE, TWO, THREE = "2606.00001", "2606.00002", "2606.00003"
LATER = NOW + timedelta(hours=1)
CELLS = ("inference/memory",)


@pytest.fixture
def queued(store):
    """Three papers in the queue, the second the most probable."""
    with store.write() as connection:
        judge(connection, (ONE, TWO, THREE), 0.5)
        put_predictions(connection, [prediction(TWO, 0.9)])
        enqueue(connection, MODEL, 0.1, NOW)
    return store


def test_enqueue_adds_once_from_the_threshold_on(store):
    with store.write() as connection:
        judge(connection, (ONE,), 0.1)
        judge(connection, (TWO,), 0.0999)
        assert enqueue(connection, MODEL, 0.1, NOW) == (1, 0)
        assert enqueue(connection, MODEL, 0.1, LATER) == (0, 0)
        item = queue_item(connection, ONE)
        assert item is not None
        assert (item.state, item.enqueued_at) == ("pending", NOW)
        assert queue_item(connection, TWO) is None


def test_withdrawn_papers_are_not_queued(store):
    with store.write() as connection:
        judge(connection, (ONE,))
        upsert_papers(connection, [paper(ONE, version=2, withdrawn=True)], NOW)
        assert enqueue(connection, MODEL, 0.1, NOW) == (0, 0)


@pytest.mark.parametrize("action", [None, "later"])
def test_withdrawn_while_waiting_leaves_the_queue_until_it_comes_back(queued, action):
    with queued.write() as connection:
        if action:
            decide(connection, ONE, action, reviewer="Ada", now=NOW)
        upsert_papers(connection, [paper(ONE, version=2, withdrawn=True)], NOW)
        assert drop_withdrawn(connection) == [ONE]
        assert drop_withdrawn(connection) == []
        assert queue_item(connection, ONE) is None
        assert enqueue(connection, MODEL, 0.1, LATER) == (0, 0)
        upsert_papers(connection, [paper(ONE, version=3)], LATER)
        assert enqueue(connection, MODEL, 0.1, LATER) == (1, 0)


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_withdrawn_after_a_decision_stays_and_an_approval_is_told(queued, action):
    with queued.write() as connection:
        decide(connection, ONE, action, reviewer="Ada", now=NOW, cells=CELLS)
        upsert_papers(connection, [paper(ONE, version=2, withdrawn=True)], NOW)
        assert drop_withdrawn(connection) == []
        assert withdrawn_approvals(connection) == ([ONE] if action == "approve" else [])
        assert queue_item(connection, ONE) is not None


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_what_was_decided_is_neither_queued_nor_scored_again(queued, action):
    with queued.write() as connection:
        decide(connection, ONE, action, reviewer="Ada", now=NOW, cells=CELLS)
        before = queue_item(connection, ONE)
        put_predictions(connection, [prediction(ONE, 0.99, model_id="model-2")])
        assert enqueue(connection, "model-2", 0.1, LATER) == (0, 0)
        assert queue_item(connection, ONE) == before


@pytest.mark.parametrize("state", ["pending", "later"])
def test_what_waits_is_scored_again_and_keeps_its_place_even_below_the_threshold(queued, state):
    with queued.write() as connection:
        if state == "later":
            decide(connection, ONE, "later", reviewer="Ada", now=NOW)
        put_predictions(connection, [prediction(ONE, 0.01)])
        assert enqueue(connection, MODEL, 0.1, LATER) == (0, 1)
        assert enqueue(connection, MODEL, 0.1, LATER) == (0, 0)
        item = queue_item(connection, ONE)
        assert item is not None
        assert (item.state, item.relevance, item.enqueued_at) == (state, 0.01, NOW)


def test_a_new_model_takes_waiting_papers_over(queued):
    with queued.write() as connection:
        put_predictions(connection, [replace(prediction(ONE, 0.5), model_id="model-2")])
        assert enqueue(connection, "model-2", 0.1, LATER) == (0, 1)
        item = queue_item(connection, ONE)
        assert item is not None
        assert item.model_id == "model-2"


def test_most_probable_first(queued):
    with queued.read() as connection:
        assert [i.arxiv_id for i in in_state(connection, ["pending"])] == [TWO, ONE, THREE]
        assert [i.arxiv_id for i in in_state(connection, ["pending"], limit=1)] == [TWO]
        assert in_state(connection, ["approved", "rejected"]) == []


def test_a_decision_is_kept_whole(queued):
    with queued.write() as connection:
        number = decide(
            connection,
            ONE,
            "approve",
            reviewer="Ada Ü.",
            now=LATER,
            cells=["inference/memory", "system/network"],
            technique=["quantization"],
            comment="halves the cache",
            suggested_cells=CELLS,
        )
        found = latest_decision(connection, ONE)
    assert found is not None
    assert (found.id, found.arxiv_id, found.action) == (number, ONE, "approve")
    assert found.cells == ("inference/memory", "system/network")
    assert found.technique == ("quantization",)
    assert (found.reviewer, found.comment) == ("Ada Ü.", "halves the cache")
    assert (found.model_id, found.suggested_cells) == (MODEL, CELLS)
    assert (found.undoes, found.decided_at) == (None, LATER)


def test_refusals_change_nothing(queued):
    with queued.write() as connection:
        with pytest.raises(InputError, match="use approve, reject or later"):
            decide(connection, ONE, "undo", reviewer="Ada", now=NOW)
        with pytest.raises(InputError, match="at least one cell"):
            decide(connection, ONE, "approve", reviewer="Ada", now=NOW)
        with pytest.raises(NotFound, match="not in the queue"):
            decide(connection, "2606.00009", "reject", reviewer="Ada", now=NOW)
        with pytest.raises(NotFound, match=r"no decision to undo$"):
            undo(connection, reviewer="Ada", now=NOW)
        with pytest.raises(NotFound, match=f"no decision to undo on {ONE}"):
            undo(connection, reviewer="Ada", now=NOW, arxiv_id=ONE)
        assert queue_counts(connection) == {
            "pending": 3,
            "later": 0,
            "disputed": 0,
            "approved": 0,
            "rejected": 0,
        }
        assert connection.execute(select(func.count()).select_from(decisions)).scalar() == 0


def test_two_undos_at_once_take_back_two_decisions(queued):
    with queued.write() as connection:
        decide(connection, ONE, "later", reviewer="Ada", now=NOW)
        decide(connection, ONE, "reject", reviewer="Ada", now=NOW)
    gate = threading.Barrier(2)
    taken: list[int] = []
    errors: list[BaseException] = []

    def take_back() -> None:
        try:
            gate.wait(10)
            with queued.write() as connection:
                taken.append(undo(connection, reviewer="Bo", now=LATER).id)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=take_back) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(set(taken)) == 2
    with queued.read() as connection:
        item = queue_item(connection, ONE)
        assert item is not None
        assert item.state == "pending"


class QueueMachine(RuleBasedStateMachine):
    """Any sequence of decisions and undos against a stack of decisions per paper."""

    store = None

    def __init__(self):
        super().__init__()
        with self.store.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
            judge(connection, (ONE, TWO), 0.5)
            enqueue(connection, MODEL, 0.1, NOW)
        self.standing = []  # (number, paper, action, cells), oldest first
        self.history = []

    def read(self, function, *arguments):
        with self.store.read() as connection:
            return function(connection, *arguments)

    @rule(
        arxiv_id=st.sampled_from([ONE, TWO]),
        action=st.sampled_from(["approve", "reject", "later"]),
        cells=st.sampled_from([CELLS, ("system/network", "inference/energy")]),
    )
    def decide(self, arxiv_id, action, cells):
        cells = cells if action == "approve" else ()
        with self.store.write() as connection:
            number = decide(connection, arxiv_id, action, reviewer="R", now=NOW, cells=cells)
        self.standing.append((number, arxiv_id, action, cells))

    @rule(arxiv_id=st.none() | st.sampled_from([ONE, TWO]))
    def undo(self, arxiv_id):
        mine = [d for d in self.standing if arxiv_id in (None, d[1])]
        with self.store.write() as connection:
            if not mine:
                with pytest.raises(NotFound):
                    undo(connection, reviewer="R", now=NOW, arxiv_id=arxiv_id)
                return
            assert undo(connection, reviewer="R", now=NOW, arxiv_id=arxiv_id).id == mine[-1][0]
        self.standing.remove(mine[-1])

    @rule()
    def enqueue_again(self):
        with self.store.write() as connection:
            assert enqueue(connection, MODEL, 0.1, LATER) == (0, 0)

    @invariant()
    def states_and_standing_decisions_are_the_models(self):
        names = {"approve": "approved", "reject": "rejected", "later": "later"}
        state_of = {}
        for arxiv_id in (ONE, TWO):
            mine = [d for d in self.standing if d[1] == arxiv_id]
            state_of[arxiv_id] = names[mine[-1][2]] if mine else "pending"
            found = self.read(latest_decision, arxiv_id)
            told = found and (found.id, found.arxiv_id, found.action, found.cells)
            assert told == (mine[-1] if mine else None)
            assert self.read(queue_item, arxiv_id).state == state_of[arxiv_id]
        for state in ("pending", "later", "approved", "rejected"):
            here = {i for i in state_of if state_of[i] == state}
            assert self.read(queue_counts)[state] == len(here)
            if state != "pending":
                assert set(self.read(decisions_of, state)) == here
        assert self.read(decisions_of, "pending") == {}

    @invariant()
    def history_only_grows(self):
        rows = self.read(lambda c: c.execute(select(decisions).order_by(decisions.c.id)).all())
        assert rows[: len(self.history)] == self.history
        self.history = rows


def test_any_sequence_gives_the_models_state(store, dialect):
    machine = type("Machine", (QueueMachine,), {"store": store})
    examples = 25 if dialect == "sqlite" else 12
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=12, deadline=None)
    )


def said(connection, arxiv_id, **scores):
    """Store what models said of a paper."""
    named = {name.replace("_", "-"): score for name, score in scores.items()}
    put_predictions(connection, [prediction(arxiv_id, s, model_id=m) for m, s in named.items()])


def test_what_the_champion_has_not_judged_stands_with_what_earlier_models_said(store):
    with store.write() as connection:
        upsert_papers(connection, [paper(i) for i in (ONE, TWO, THREE)], NOW)
        said(connection, ONE, old=0.9, older=0.8)
        said(connection, TWO, old=0.1, older=0.8)  # the newer of the two counts, and says no
        said(connection, THREE, champion=0.1, old=0.9)  # the champion counts, and says no
        arguments = (connection, "champion", 0.5, NOW, ["old", "older"])
        assert enqueue(*arguments) == (1, 0)
        assert enqueue(*arguments) == (0, 0)
        item = queue_item(connection, ONE)
        assert item is not None
        assert (item.model_id, item.relevance) == ("old", 0.9)
        said(connection, ONE, champion=0.7)
        assert enqueue(*arguments) == (0, 1)
        item = queue_item(connection, ONE)
        assert item is not None
        assert (item.model_id, item.relevance) == ("champion", 0.7)


def test_after_a_rollback_a_text_that_only_the_other_model_knows_keeps_its_score(store):
    with store.write() as connection:
        upsert_papers(connection, [paper(ONE)], NOW)
        said(connection, ONE, old=0.9)
        enqueue(connection, "old", 0.5, NOW)
        new = paper(ONE, version=2, abstract="Another text.")
        upsert_papers(connection, [new], LATER)
        put_predictions(
            connection,
            [prediction(ONE, 0.6, model_id="new", content_hash=new.content_hash)],
        )
        assert enqueue(connection, "new", 0.5, LATER) == (0, 1)
        assert enqueue(connection, "old", 0.5, LATER, ["new"]) == (0, 0)
        item = queue_item(connection, ONE)
        assert item is not None
        assert (item.model_id, item.relevance) == ("new", 0.6)


def test_the_mark_differs_after_every_change(queued):
    def mark():
        with queued.read() as connection:
            return queue_mark(connection)

    seen = [mark(), mark()]
    assert seen[0] == seen[1]
    with queued.write() as connection:
        decide(connection, ONE, "later", reviewer="Ada", now=NOW)
    seen.append(mark())
    with queued.write() as connection:
        undo(connection, reviewer="Ada", now=NOW)
    seen.append(mark())
    with queued.write() as connection:
        put_predictions(connection, [prediction(TWO, 0.8)])
        enqueue(connection, MODEL, 0.1, NOW)
    seen.append(mark())
    with queued.write() as connection:
        upsert_papers(connection, [replace(paper(ONE), withdrawn=True)], NOW)
        drop_withdrawn(connection)
    seen.append(mark())
    assert len(set(seen)) == 5
