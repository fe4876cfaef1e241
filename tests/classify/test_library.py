"""Contract of the labelled library: exact, deterministic, honest about whom it leaves out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.classify.library import LabelledLibrary, LabelledPaper
from litmine.core.errors import ArtefactMismatch, InputError
from litmine.index.flat import FlatIndex


def make_library(count: int = 40, dim: int = 16, seed: int = 0) -> LabelledLibrary:
    rng = np.random.default_rng(seed)
    papers = [
        LabelledPaper(
            id=f"2401.{number:05d}",
            title=f"Invented paper {number}",
            date=date(2024, 1, 1 + number % 28),
            relevant=(1, 0, -1)[number % 3],
            cells=("inference/memory",) if number % 3 == 0 else (),
            provenance="list" if number % 3 == 2 else "gold",
            split=("train", "dev", None)[number % 3],
        )
        for number in range(count)
    ]
    return LabelledLibrary(papers, rng.normal(size=(count, dim)), "test-encoder")


def test_nearest_agrees_with_brute_force() -> None:
    library = make_library()
    query = np.random.default_rng(1).normal(size=(1, library.dim))
    scores = (library.vectors @ query[0]) / np.linalg.norm(query)
    expected = [library.ids[row] for row in np.argsort(-scores)[:5]]
    assert [hit.id for hit in library.nearest(query, 5)[0]] == expected


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(1, 60))
def test_a_row_gets_the_same_answer_alone_and_in_any_batch(seed: int, batch: int, k: int) -> None:
    library = make_library(count=50, seed=seed)
    queries = np.random.default_rng(seed + 1).normal(size=(batch, library.dim)).astype(np.float32)
    rows, scores = library.nearest_rows(queries, k)
    one = seed % batch
    alone_rows, alone_scores = library.nearest_rows(queries[one : one + 1], k)
    assert rows[one].tolist() == alone_rows[0].tolist()
    assert scores[one].tobytes() == alone_scores[0].tobytes()


def test_ties_go_to_the_lower_id_whatever_the_order_given() -> None:
    papers = [LabelledPaper(f"2401.0000{n}", "Twin", None, 1) for n in (3, 1, 2)]
    library = LabelledLibrary(papers, np.ones((3, 4)), "e")
    assert [hit.id for hit in library.nearest(np.ones((1, 4)), 2)[0]] == [
        "2401.00001",
        "2401.00002",
    ]


def test_a_paper_is_not_its_own_evidence() -> None:
    library = make_library()
    own = library.ids[7]
    with_itself = library.nearest(library.vectors[7:8], 3)[0]
    without_itself = library.nearest(library.vectors[7:8], 3, [own])[0]
    assert with_itself[0].id == own
    assert own not in [hit.id for hit in without_itself]
    assert with_itself[1:] == without_itself[:2]


def test_unknown_and_missing_exclusions_change_nothing() -> None:
    library = make_library()
    query = library.vectors[:2]
    assert library.nearest(query, 4) == library.nearest(query, 4, [None, "9999.99999"])


def test_fewer_papers_than_asked_for() -> None:
    library = make_library(count=3)
    assert len(library.nearest(library.vectors[:1], 10)[0]) == 3
    assert len(library.nearest(library.vectors[:1], 10, [library.ids[0]])[0]) == 2
    assert library.without(library.ids).nearest(library.vectors[:1], 5) == [[]]


def test_without_and_where_leave_exactly_those_papers() -> None:
    library = make_library()
    smaller = library.without(library.ids[:10])
    assert smaller.ids == library.ids[10:]
    assert np.array_equal(smaller.vectors, library.vectors[10:])
    assert {paper.split for paper in library.where(split="train").papers} == {"train"}
    assert {paper.provenance for paper in library.where(provenance="list").papers} == {"list"}
    assert set(library.where(judged=True).relevant.tolist()) == {0, 1}
    assert len(library.where(judged=True)) + len(library.where(judged=False)) == len(library)


def test_repeated_ids_and_misfit_vectors_are_refused() -> None:
    paper = LabelledPaper("2401.00001", "One", None, 1)
    with pytest.raises(InputError, match="twice"):
        LabelledLibrary([paper, paper], np.ones((2, 3)), "e")
    with pytest.raises(InputError, match="1 papers but 2 vectors"):
        LabelledLibrary([paper], np.ones((2, 3)), "e")
    with pytest.raises(InputError, match="NaN"):
        LabelledLibrary([paper], np.full((1, 3), np.nan), "e")
    with pytest.raises(InputError, match="columns"):
        make_library().nearest(np.ones((1, 3)), 1)


def test_another_encoder_is_refused_with_the_remedy() -> None:
    with pytest.raises(ArtefactMismatch, match="litmine library build"):
        make_library().require_encoder("another-encoder")


@given(seed=st.integers(0, 1000), k=st.integers(0, 12), batch=st.integers(1, 6))
@settings(deadline=None, max_examples=40)
def test_an_attached_index_changes_no_answer(seed: int, k: int, batch: int) -> None:
    library = make_library(seed=seed)
    queries = np.random.default_rng(seed + 1).normal(size=(batch, library.dim))
    queries[0] = library.vectors[3]
    own: list[str | None] = [library.ids[3], *([None] * (batch - 1))]
    expected = library.nearest(queries, k, own)

    index = FlatIndex(library.dim, library.encoder_id)
    index.add(library.ids, library.vectors)
    library.attach(index)

    assert library.nearest(queries, k, own) == expected
    assert library.ids[3] not in {hit.id for hit in library.nearest(queries, k, own)[0]}


def test_an_index_of_other_papers_is_refused() -> None:
    library = make_library()
    index = FlatIndex(library.dim, library.encoder_id)
    index.add(library.ids[1:], library.vectors[1:])
    with pytest.raises(ArtefactMismatch, match="remove the cache"):
        library.attach(index)
