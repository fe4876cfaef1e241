"""One contract for every vector index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.core.errors import InputError
from litmine.index.exact import ExactIndex
from litmine.index.flat import FlatIndex

if TYPE_CHECKING:
    from litmine.index.base import VectorIndex

IMPLEMENTATIONS = [ExactIndex, FlatIndex]
DIM = 8


@pytest.fixture(params=IMPLEMENTATIONS, ids=lambda cls: cls.__name__)
def index(request: pytest.FixtureRequest) -> VectorIndex:
    made: VectorIndex = request.param(DIM, "test-encoder")
    return made


def rows(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)


def test_a_paper_finds_itself_first(index: VectorIndex) -> None:
    vectors = rows(20)
    names = [f"p{n}" for n in range(20)]
    index.add(names, vectors)
    ids, similarities = index.search(vectors, 3)
    assert [found[0] for found in ids] == names
    assert {scores[0] for scores in similarities} == {1.0}
    assert all(scores == sorted(scores, reverse=True) for scores in similarities)


def test_it_knows_its_encoder_its_width_and_its_size(index: VectorIndex) -> None:
    assert (index.encoder_id, index.dim, len(index)) == ("test-encoder", DIM, 0)
    index.add(["a", "b"], rows(2))
    assert len(index) == 2
    assert "a" in index
    assert "c" not in index


def test_adding_an_id_again_replaces_it(index: VectorIndex) -> None:
    first, second = np.eye(DIM)[:1], np.eye(DIM)[1:2]
    index.add(["a"], first)
    index.add(["a"], second)
    assert len(index) == 1
    assert index.search(second, 5) == ([["a"]], [[1.0]])


def test_the_last_of_a_repeated_id_counts(index: VectorIndex) -> None:
    index.add(["a", "a"], np.eye(DIM)[:2])
    assert len(index) == 1
    assert index.search(np.eye(DIM)[1:2], 5) == ([["a"]], [[1.0]])


def test_removed_papers_are_gone_and_unknown_ones_ignored(index: VectorIndex) -> None:
    index.add(["a", "b", "c"], rows(3))
    assert index.remove(["b", "b", "unknown"]) == 1
    assert index.remove(["b"]) == 0
    assert sorted(index.search(rows(1), 9)[0][0]) == ["a", "c"]


def test_ties_stand_in_order_of_id(index: VectorIndex) -> None:
    names = [f"{n:03d}" for n in (7, 3, 100, 42, 1)] + [f"z{n:03d}" for n in range(200)]
    index.add(names, np.ones((len(names), DIM)))
    assert index.search(np.ones((1, DIM)), 4)[0] == [["001", "003", "007", "042"]]


def test_empty_index_no_queries_and_k_of_zero(index: VectorIndex) -> None:
    assert index.search(rows(2), 5) == ([[], []], [[], []])
    index.add([], np.empty((0, DIM)))
    index.add([], [])
    index.add(["a"], rows(1))
    assert index.search(np.empty((0, DIM)), 5) == ([], [])
    assert index.search(rows(1), 0) == ([[]], [[]])


def test_misfits_are_refused_and_change_nothing(index: VectorIndex) -> None:
    index.add(["a"], rows(1))
    for ids, vectors in (
        (["a", "b"], rows(1)),
        (["a"], np.ones((1, DIM + 1))),
        (["a"], np.full((1, DIM), np.inf)),
        (["a"], np.ones(DIM)),
    ):
        with pytest.raises(InputError):
            index.add(ids, vectors)
    with pytest.raises(InputError):
        index.search(np.ones((1, DIM - 1)), 1)
    with pytest.raises(InputError):
        index.search(rows(1), -1)
    assert index.search(rows(1), 3) == ([["a"]], [[1.0]])


# Few distinct values make ties and exact repeats common, where indexes go wrong.
coordinates = st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0])
vector = st.lists(coordinates, min_size=4, max_size=4)
name = st.sampled_from([f"24{n:02d}.{n:05d}" for n in range(12)])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.tuples(name, vector), max_size=6)),
        st.tuples(st.just("remove"), st.lists(name, max_size=6)),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(steps, st.lists(vector, min_size=1, max_size=4), st.integers(1, 14))
def test_any_history_equals_brute_force(
    history: list[tuple[str, list]], queries: list[list[float]], k: int
) -> None:
    flat, exact = FlatIndex(4, "e"), ExactIndex(4, "e")
    for step, items in history:
        if step == "remove":
            assert flat.remove(items) == exact.remove(items)
        else:
            ids = [item[0] for item in items]
            vectors = np.array([item[1] for item in items]).reshape(len(items), 4)
            flat.add(ids, vectors)
            exact.add(ids, vectors)
        assert len(flat) == len(exact)
        assert flat.search(queries, k) == exact.search(queries, k)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 5, 100, 400]))
def test_realistic_vectors_equal_brute_force_in_any_batch(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(5, 48))
    # Tight clusters: many similarities closer than float32 sums can tell apart.
    vectors = centres[rng.integers(0, 5, 500)] + rng.normal(scale=1e-3, size=(500, 48))
    names = [f"{n:05d}" for n in rng.permutation(500)]
    flat, exact = FlatIndex(48, "e", threads=2), ExactIndex(48, "e")
    flat.add(names, vectors)
    exact.add(names, vectors)
    together = flat.search(vectors[:70], k)
    assert together == exact.search(vectors[:70], k)
    alone = flat.search(vectors[69:70], k)
    assert (alone[0][0], alone[1][0]) == (together[0][69], together[1][69])
