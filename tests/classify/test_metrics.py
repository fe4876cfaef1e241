"""Figures against scikit-learn, and against answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from litmine.classify import metrics
from litmine.classify.thresholds import best_threshold, cell_thresholds


@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(1, 8))
def test_average_precision_and_f1_equal_scikit_learn(seed: int, size: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    truth = random.random(size) < 0.4
    truth[0] = True
    scores = random.integers(0, levels, size) / levels
    assert metrics.average_precision(truth, scores) == pytest.approx(
        average_precision_score(truth, scores)
    )
    table = random.random((size, 3)) < 0.5
    chosen = random.random((size, 3)) < 0.5
    for average, ours in (("micro", metrics.micro_f1), ("macro", metrics.macro_f1)):
        theirs = f1_score(table, chosen, average=average, zero_division=0)
        assert ours(table, chosen) == pytest.approx(theirs)


def test_reading_figures_worked_out_by_hand() -> None:
    truth = np.array([True, False, True, False, False, False, False, False, False, False])
    scores = np.linspace(1, 0, 10)
    assert metrics.share_read(truth, scores, 0.95) == pytest.approx(0.3)
    assert metrics.work_saved(truth, scores, 0.95) == pytest.approx(0.65)
    assert metrics.precision_at_recall(truth, scores, 0.9) == pytest.approx(2 / 3)
    assert metrics.recall_at_precision(truth, scores, 0.9) == pytest.approx(0.5)


def test_ties_are_read_together() -> None:
    truth = np.array([True, False, False, False])
    assert metrics.share_read(truth, np.zeros(4)) == 1.0
    assert metrics.average_precision(truth, np.zeros(4)) == pytest.approx(0.25)


def test_calibration_error_is_zero_for_honest_probabilities_and_large_for_boasts() -> None:
    truth = np.array([True, False] * 50)
    assert metrics.calibration_error(truth, np.full(100, 0.5)) == pytest.approx(0)
    assert metrics.calibration_error(truth, np.full(100, 0.95)) == pytest.approx(0.45)


def test_without_positives_ranking_figures_are_nan() -> None:
    nothing = np.zeros(3, bool)
    for figure in (metrics.average_precision, metrics.share_read, metrics.recall_at_precision):
        assert np.isnan(figure(nothing, np.arange(3.0)))


def test_bootstrap_holds_the_mean_and_repeats_itself() -> None:
    values = np.random.default_rng(0).normal(3, 1, 200)
    ends = metrics.bootstrap(lambda rows: [float(values[rows].mean())], 200, draws=200, seed=4)
    assert ends[0, 0] < values.mean() < ends[0, 1]
    again = metrics.bootstrap(lambda rows: [float(values[rows].mean())], 200, draws=200, seed=4)
    assert np.array_equal(ends, again)


def test_best_threshold_cuts_between_classes() -> None:
    truth = np.array([True, True, False, False])
    cut = best_threshold(truth, np.array([0.9, 0.7, 0.3, 0.1]), np.ones(4))
    assert cut == pytest.approx(0.5)


def test_a_cell_without_papers_takes_about_the_common_threshold() -> None:
    random = np.random.default_rng(0)
    truth = np.zeros((400, 2), bool)
    truth[:200, 0] = True
    scores = np.where(truth, 0.8, 0.2) + random.normal(0, 0.01, truth.shape)
    limits = cell_thresholds(truth, scores, np.ones(400))
    assert 0.25 < limits[0] < 0.75
    assert limits[1] == pytest.approx(
        best_threshold(truth.ravel(), scores.ravel(), np.ones(800)), abs=1e-6
    )
