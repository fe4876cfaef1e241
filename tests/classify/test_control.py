"""Risk control: exact tails, and promises that hold on papers that were not looked at."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from litmine.classify.control import (
    binomial_tail,
    cell_set_threshold,
    precision_threshold,
    recall_threshold,
)

RANDOM = np.random.default_rng(5)


@given(trials=st.integers(1, 400), errors=st.integers(0, 400), rate=st.floats(0.001, 0.6))
def test_tail_is_that_of_scipy(trials: int, errors: int, rate: float) -> None:
    expected = float(binom.cdf(errors, trials, rate))
    assert binomial_tail(errors, trials, rate) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def night(size: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated probabilities, most of them low, and labels drawn from them."""
    scores = random.beta(0.3, 2.5, size)
    return scores, random.random(size) < scores


def test_recall_promise_breaks_no_more_often_than_it_says() -> None:
    truth_scores, truth = night(400_000, RANDOM)
    positive = np.sort(truth_scores[truth])
    broken = kept = 0
    for _ in range(400):
        scores, labels = night(2000, RANDOM)
        promise = recall_threshold(scores, labels, alpha=0.05, delta=0.1)
        kept += promise.kept
        broken += np.searchsorted(positive, promise.threshold) / len(positive) > 0.05
        assert promise.observed == pytest.approx((scores[labels] < promise.threshold).mean())
    assert kept == 400
    assert broken <= 400 * 0.1 + 3 * np.sqrt(400 * 0.09)
    assert broken > 0, "a promise that never breaks gives papers away"


def test_too_few_papers_promise_nothing_and_drop_nothing() -> None:
    scores, truth = np.linspace(0, 1, 50), np.arange(50) > 20
    promise = recall_threshold(scores, truth, alpha=0.005, delta=0.1)
    assert not promise.kept
    assert (scores - 100 >= promise.threshold).all(), "nor a paper that scores less than any known"
    json.dumps(promise.as_dict(), allow_nan=False)


def test_equal_scores_at_the_threshold_are_kept() -> None:
    scores = np.r_[np.zeros(100), np.full(300, 0.5), np.ones(300)]
    promise = recall_threshold(scores, scores > 0, alpha=0.05)
    assert promise.threshold == 0.5
    assert promise.observed == 0


def test_precision_promise_breaks_no_more_often_than_it_says() -> None:
    scores_all, truth_all = night(400_000, RANDOM)
    broken = kept = 0
    for _ in range(300):
        scores, labels = night(6000, RANDOM)
        promise = precision_threshold(scores, labels, alpha=0.4, delta=0.1)
        if promise.kept:
            kept += 1
            above = scores_all >= promise.threshold
            broken += (~truth_all[above]).mean() > 0.4
    assert kept > 150
    assert broken <= 300 * 0.1 + 3 * np.sqrt(300 * 0.09)


def test_precision_without_evidence_calls_nothing_relevant() -> None:
    promise = precision_threshold(np.full(30, 0.9), np.ones(30, bool), alpha=0.05)
    assert not promise.kept
    assert promise.threshold > 1
    json.dumps(promise.as_dict(), allow_nan=False)


def test_cell_sets_miss_no_more_than_promised_on_average() -> None:
    misses = []
    for _ in range(200):
        scores = RANDOM.random((260, 6))
        truth = RANDOM.random((260, 6)) < scores**2
        truth[np.arange(260), RANDOM.integers(0, 6, 260)] = True
        promise = cell_set_threshold(scores[:160], truth[:160], alpha=0.1)
        lost = (truth[160:] & (scores[160:] < promise.threshold)).sum(1) / truth[160:].sum(1)
        misses.append(lost.mean())
    assert np.mean(misses) <= 0.1
    assert np.mean(misses) > 0.07, "sets that are larger than they need to be"


def test_cell_sets_of_too_few_papers_rule_out_nothing() -> None:
    promise = cell_set_threshold(np.ones((5, 3)), np.ones((5, 3), bool), alpha=0.1)
    assert not promise.kept
    assert promise.threshold == 0
