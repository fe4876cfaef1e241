"""Figures against scikit-learn, and against answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from litmine.classify import metrics
from litmine.classify.thresholds import best_threshold, cell_thresholds


@settings(deadline=None)  # the machine may be busy
@given(st.integers(0, 10_000), st.integers(2, 60), st.integers(1, 8))
def test_average_precision_and_f1_equal_scikit_learn(seed: int, size: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    truth = random.random(size) < 0.4
    truth[0] = True
    scores = random.integers(0, levels, size) / levels
    assert metrics.average_precision(truth, scores) == pytest.approx(
        average_precision_score(truth, scores)
    )
    weights = random.random(size) + 0.1
    assert metrics.average_precision(truth, scores, weights) == pytest.approx(
        average_precision_score(truth, scores, sample_weight=weights)
    )
    assert metrics.micro_f1(truth, scores > 0.5, weights) == pytest.approx(
        f1_score(truth, scores > 0.5, sample_weight=weights, zero_division=0)
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


def test_calibration_errors_worked_out_by_hand() -> None:
    """Bins of width 1/15: the four low papers share [0, 1/15), the others stand alone."""
    p = np.array([0.01, 0.02, 0.03, 0.06, 0.50, 0.90])
    truth = np.array([False, False, False, True, True, False])
    low = abs(1 / 4 - 0.03) * 4 / 6
    expected = low + abs(1 - 0.5) / 6 + abs(0 - 0.9) / 6
    assert metrics.calibration_error(truth, p) == pytest.approx(expected)
    # Three bins of two papers each.
    masses = [abs(0 - 0.015), abs(0.5 - 0.045), abs(0.5 - 0.7)]
    assert metrics.equal_mass_error(truth, p, 3) == pytest.approx(sum(masses) / 3)
    twice = np.r_[p, p[:1]], np.r_[truth, truth[:1]]
    weights = np.array([2.0, 1, 1, 1, 1, 1])
    assert metrics.calibration_error(truth, p, weights=weights) == pytest.approx(
        metrics.calibration_error(twice[1], twice[0])
    )


@settings(deadline=None)  # the machine may be busy
@given(st.integers(0, 10_000), st.integers(1, 80), st.integers(1, 20))
def test_equal_mass_bins_partition_the_papers_in_order(seed: int, size: int, count: int) -> None:
    random = np.random.default_rng(seed)
    p, truth = random.random(size), random.random(size) < 0.5
    bins = metrics.equal_mass_bins(truth, p, count)
    assert sum(b.size for b in bins) == size
    assert max(b.size for b in bins) - min(b.size for b in bins) <= 1
    assert sum(b.size * b.observed for b in bins) == pytest.approx(truth.sum())
    assert [b.predicted for b in bins] == sorted(b.predicted for b in bins)


def test_work_saved_is_that_of_cohen_and_weights_count_papers() -> None:
    """20 papers, 4 relevant at ranks 1, 2, 5 and 8: 95% recall needs the eighth."""
    truth = np.zeros(20, bool)
    truth[[0, 1, 4, 7]] = True
    scores = np.linspace(1, 0, 20)
    true_negatives, false_negatives = 12, 0
    cohen = (true_negatives + false_negatives) / 20 - (1 - 0.95)
    assert metrics.work_saved(truth, scores) == pytest.approx(cohen)
    weights = np.where(truth, 1.0, 3.0)
    assert metrics.share_read(truth, scores, 0.95, weights) == pytest.approx((4 + 3 * 4) / 52)
    assert metrics.recall_at_share(truth, scores, 0.1) == pytest.approx(2 / 4)
    assert metrics.recall_at_share(truth, scores, 0.11) == pytest.approx(2 / 4)
    assert metrics.recall_at_share(truth, scores, 0.25) == pytest.approx(3 / 4)


def test_papers_of_weight_zero_are_not_there() -> None:
    truth = np.array([False, True, False, True, True])
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.1])
    weights = np.array([0.0, 1, 2, 1, 0])
    kept = weights > 0
    assert metrics.average_precision(truth, scores, weights) == pytest.approx(
        average_precision_score(truth[kept], scores[kept], sample_weight=weights[kept])
    )
    assert metrics.share_read(truth, scores, 0.95, weights) == 1


def test_recall_at_a_share_of_tied_papers_is_the_mean_over_their_orders() -> None:
    truth = np.array([True, False, False, True])
    assert metrics.recall_at_share(truth, np.zeros(4), 0.5) == pytest.approx(0.5)


def test_pr_curve_steps_enclose_the_average_precision() -> None:
    random = np.random.default_rng(3)
    truth, scores = random.random(50) < 0.3, random.random(50)
    recall, precision = metrics.pr_curve(truth, scores)
    area = (np.diff(recall) * precision[1:]).sum()
    assert area == pytest.approx(metrics.average_precision(truth, scores))
    assert (recall[0], recall[-1]) == (0, 1)


def test_risk_and_coverage_worked_out_by_hand() -> None:
    truth = np.array([True, True, False, False])
    p = np.array([0.9, 0.4, 0.2, 0.7])  # surest first: 0.9 right, 0.2 right, 0.7 wrong, 0.4 wrong
    coverage, risk, missed = metrics.risk_coverage(truth, p)
    assert coverage == pytest.approx([0.25, 0.5, 0.75, 1])
    assert risk == pytest.approx([0, 0, 1 / 3, 1 / 2])
    assert missed == pytest.approx([0, 0, 0, 1 / 2])


def test_wilson_interval_is_that_of_the_textbook() -> None:
    low, high = metrics.wilson(7, 20)
    assert (low, high) == pytest.approx((0.1812, 0.5671), abs=5e-4)
    assert metrics.wilson(0, 10)[0] == 0
    assert metrics.wilson(10, 10)[1] == pytest.approx(1)


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


def test_a_figure_that_is_never_defined_has_no_interval() -> None:
    ends = metrics.bootstrap(lambda rows: [1.0, float("nan")], 5, draws=20)
    assert ends[0].tolist() == [1, 1]
    assert np.isnan(ends[1]).all()


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
