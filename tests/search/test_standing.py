"""How papers stand, read bit by bit, against the whole queue read anew."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from litmine.core.errors import LitmineError
from litmine.core.taxonomy import load_taxonomy
from litmine.index.generation import Generation
from litmine.index.writer import IndexWriter
from litmine.search.standing import STATES, StandingsKeeper
from litmine.search.view import SOURCES, View, Views
from litmine.store import Store
from litmine.store.decisions import decide, latest_decision, undo
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import drop_withdrawn, enqueue, queue_items
from litmine.store.schema import metadata
from tests.support.indexing import DIM, document, name, vector
from tests.support.papers import paper
from tests.support.rows import MODEL, NOW, judge, prediction

IDS = tuple(name(number) for number in range(6))
CELLS = st.sampled_from([("inference/memory",), ("system/network", "inference/energy")])
ONE = st.sampled_from(IDS)
TAXONOMY = load_taxonomy()


class StandingMachine(RuleBasedStateMachine):
    """Anything that happens in the queue, with looks in between, or without for a while.

    The clock stands still, runs on, and is set back now and then.
    """

    store: Store
    generation: Generation

    def __init__(self) -> None:
        super().__init__()
        self.now = self.latest = NOW
        with self.store.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
            # One waits outside: the model comes to know it later.
            judge(connection, IDS[:-1], 0.5)
            enqueue(connection, MODEL, 0.1, NOW)
        self.keeper = StandingsKeeper(self.store, look_again=0)
        self.views = Views()
        self.versions = dict.fromkeys(IDS, 1)

    @rule(seconds=st.sampled_from([0, 0, 1, 60, -30]))
    def time_goes_by(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.latest = max(self.latest, self.now)

    @rule(arxiv_id=ONE, action=st.sampled_from(["approve", "reject", "later"]), cells=CELLS)
    def somebody_decides(self, arxiv_id: str, action: str, cells: tuple[str, ...]) -> None:
        cells = cells if action == "approve" else ()
        try:
            with self.store.write() as connection:
                decide(connection, arxiv_id, action, reviewer="R", now=self.now, cells=cells)
        except LitmineError:
            pass  # it is not in the queue

    @rule(arxiv_id=st.none() | ONE)
    def somebody_takes_back(self, arxiv_id: str | None) -> None:
        try:
            with self.store.write() as connection:
                undo(connection, reviewer="R", now=self.now, arxiv_id=arxiv_id)
        except LitmineError:
            pass  # there is nothing to take back

    @rule(arxiv_id=ONE, relevance=st.sampled_from([0.05, 0.5, 0.75]))
    def a_night_passes(self, arxiv_id: str, relevance: float) -> None:
        known = paper(arxiv_id, version=self.versions[arxiv_id])
        with self.store.write() as connection:
            upsert_papers(connection, [known], self.now)
            put_predictions(connection, [prediction(arxiv_id, relevance)])
            enqueue(connection, MODEL, 0.1, self.now)

    @rule(arxiv_id=ONE)
    def a_paper_is_withdrawn_or_comes_back(self, arxiv_id: str) -> None:
        # One that leaves and one that comes at the very same moment cannot be told apart.
        self.now = self.latest = max(self.now, self.latest) + timedelta(seconds=1)
        self.versions[arxiv_id] += 1
        version = self.versions[arxiv_id]
        gone = paper(arxiv_id, version=version, withdrawn=version % 2 == 0)
        with self.store.write() as connection:
            upsert_papers(connection, [gone], self.now)
            drop_withdrawn(connection)
            enqueue(connection, MODEL, 0.1, self.now)

    @rule()
    def a_look_that_nobody_makes_a_view_of(self) -> None:
        self.keeper.current()

    @rule()
    def a_look(self) -> None:
        view = self.views.of(self.generation, self.keeper.current())
        with self.store.read() as connection:
            queued = queue_items(connection, IDS)
            decided = {i: latest_decision(connection, i) for i in queued}
        assert view.standings.of.keys() == queued.keys()
        for i in IDS:
            item, decision = queued.get(i), decided.get(i)
            state, cells, source = _in(view, i)
            assert state == (None if item is None else item.state)
            if item is not None:
                assert view.standings.of[i].relevance == item.relevance
            if item is not None and item.state == "approved" and decision is not None:
                assert (set(cells), source) == (set(decision.cells), "reviewer")
            else:
                assert (cells, source) == (("inference/memory",), "model")

    @invariant()
    def what_is_kept_is_as_if_read_anew(self) -> None:
        fresh = StandingsKeeper(self.store, look_again=0).current()
        if self.now.second % 2:  # not after every step
            assert dict(self.keeper.current().of) == dict(fresh.of)


def _in(view: View, arxiv_id: str) -> tuple[str | None, tuple[str, ...], str]:
    """State, cells and who says so of one paper, from the arrays."""
    found = view.generation.find(arxiv_id)
    assert found is not None
    part, row = view.parts[found[0]], found[1]
    state, cells = int(part.state[row]), int(part.cells[row])
    return (
        None if state < 0 else STATES[state],
        tuple(cell for place, cell in enumerate(TAXONOMY.cells) if cells >> place & 1),
        SOURCES[int(part.source[row])],
    )


def test_standings_are_those_of_the_database(sqlite_store: Store, tmp_path: Path) -> None:
    writer = IndexWriter(tmp_path, "encoder-1", dim=DIM)
    # Two segments, the second with a newer account of a paper of the first.
    writer.apply([(document(number), vector(number)) for number in range(4)])
    generation = writer.apply([(document(number, 1), vector(number)) for number in range(3, 6)])
    assert len(generation.segments) == 2
    machine = type("Machine", (StandingMachine,), {"store": sqlite_store, "generation": generation})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=30, stateful_step_count=25, deadline=None)
    )
