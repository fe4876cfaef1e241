"""Fusing words and meaning, and the support of papers that are alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.search.ranking import LEXICAL_WEIGHT, SUPPORTED, Fused, fuse, prefer, support

SCORES = st.lists(st.floats(0, 60, width=32), min_size=1, max_size=80)


def _array(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def _units(count: int, seed: int = 0, dim: int = 8) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@given(SCORES, st.integers(0, 2**32 - 1))
def test_parts_add_up_and_stay_between_0_and_1(lexical: list[float], seed: int) -> None:
    random = np.random.default_rng(seed)
    dense = random.uniform(-1, 1, len(lexical)).astype(np.float32)
    fused = fuse(np.array(lexical, np.float32), dense)
    vectors = _units(len(lexical), seed)
    first = fused.first()
    for one in (fused, support(fused, first, vectors[first])):
        for values in (one.score, one.lexical, one.dense):
            assert values.dtype == np.float32
            assert ((values >= 0) & (values <= 1 + 1e-6)).all()
        np.testing.assert_allclose(one.lexical + one.dense, one.score, atol=1e-6)


def test_a_paper_best_in_both_has_score_1() -> None:
    fused = fuse(_array(9, 3, 0), _array(0.8, 0.2, 0.6))
    assert fused.score[0] == pytest.approx(1)
    assert fused.lexical.tolist() == pytest.approx([LEXICAL_WEIGHT, LEXICAL_WEIGHT / 3, 0])


@pytest.mark.parametrize(
    ("lexical", "dense", "expected"),
    [
        ((0, 0), (0.2, 0.4), (0.5, 1.0)),
        ((6, 3), (0, 0), (1.0, 0.5)),
        ((0, 0), (-0.3, -0.1), (0.0, 0.0)),
    ],
)
def test_one_opinion_alone_has_the_whole_weight(
    lexical: tuple[float, ...], dense: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    assert fuse(_array(*lexical), _array(*dense)).score.tolist() == pytest.approx(expected)


def test_no_candidates_is_no_error() -> None:
    fused = fuse(_array(), _array())
    assert len(support(fused, fused.first(), np.zeros((0, 8), np.float32)).score) == 0


def test_scores_do_not_depend_on_the_order_of_candidates() -> None:
    random = np.random.default_rng(3)
    lexical = random.uniform(0, 20, 40).astype(np.float32)
    dense = random.uniform(0, 1, 40).astype(np.float32)
    vectors, order = _units(40, 4), random.permutation(40)

    def scores(order: np.ndarray) -> np.ndarray:
        fused = fuse(lexical[order], dense[order])
        first = fused.first()
        return support(fused, first, vectors[order][first]).score

    np.testing.assert_allclose(scores(np.arange(40))[order], scores(order), atol=1e-6)


def _crowd() -> tuple[Fused, np.ndarray]:
    """Six papers alike with good scores; two of equal, lower score, one of them like the six."""
    score = _array(1.0, 0.95, 0.9, 0.9, 0.85, 0.85, 0.5, 0.5, *([0.1] * 6))
    axes = np.eye(8, dtype=np.float32)
    like = [axes[0]] * 6 + [axes[0], axes[1]] + [axes[1]] * 6
    zeros = np.zeros_like(score)
    return Fused(score, zeros, score), np.array(like)


def test_of_two_equal_papers_the_one_like_the_best_is_put_first() -> None:
    fused, vectors = _crowd()
    supported = support(fused, np.arange(len(vectors)), vectors)
    assert supported.score[6] > fused.score[6]
    assert supported.score[6] > supported.score[7]
    assert np.argmax(supported.score) == 0


def test_a_paper_without_a_vector_is_neither_raised_to_the_top_nor_sunk() -> None:
    fused, vectors = _crowd()
    vectors[7] = 0
    supported = support(fused, np.arange(len(vectors)), vectors)
    assert supported.score[:6].min() > supported.score[7] > supported.score[8:].max()


def test_few_papers_are_left_as_they_are() -> None:
    fused = fuse(_array(3, 2, 1), _array(0.1, 0.2, 0.3))
    assert support(fused, fused.first(), _units(3)) is fused


def test_papers_behind_the_first_stay_behind_them() -> None:
    random = np.random.default_rng(5)
    fused = fuse(
        random.uniform(0, 9, 200).astype(np.float32), random.uniform(0, 1, 200).astype(np.float32)
    )
    first = fused.first()
    assert len(first) == SUPPORTED
    supported = support(fused, first, _units(SUPPORTED, 6))
    behind = np.setdiff1d(np.arange(200), first)
    assert supported.score[first].min() >= supported.score[behind].max()
    before, after = np.argsort(-fused.score[behind]), np.argsort(-supported.score[behind])
    assert before.tolist() == after.tolist()


@given(SCORES, st.integers(0, 2**32 - 1))
def test_a_sure_name_comes_first_and_scores_stay_within_1(lexical: list[float], seed: int) -> None:
    random = np.random.default_rng(seed)
    fused = fuse(np.array(lexical, np.float32), random.uniform(-1, 1, len(lexical)).astype("f4"))
    named = int(random.integers(len(lexical)))
    preferred = prefer(fused, np.array([named]), _array(1.0))
    assert preferred.score.argmax() == named or preferred.score[named] == preferred.score.max()
    assert ((preferred.score >= 0) & (preferred.score <= 1 + 1e-6)).all()
    np.testing.assert_allclose(preferred.lexical + preferred.dense, preferred.score, atol=1e-6)
    others = np.delete(np.arange(len(lexical)), named)
    np.testing.assert_array_equal(
        np.argsort(-preferred.score[others], kind="stable"),
        np.argsort(-fused.score[others] * np.float32(0.5), kind="stable"),
    )


def test_without_a_name_nothing_changes() -> None:
    fused = fuse(_array(9, 3, 0), _array(0.8, 0.2, 0.6))
    assert prefer(fused, np.zeros(0, np.int64), _array()) is fused
