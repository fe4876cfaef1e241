"""The figures litmine is judged by, in plain numpy.

Definitions follow scikit-learn where it has them (``tests/classify/test_metrics.py`` compares).
Work saved over sampling is that of Cohen et al., "Reducing workload in systematic review
preparation using automated citation classification" (2006): WSS@95 = (TN + FN) / N - 0.05, where
the cut-off is the first, best score first, at which at least 95% of the relevant papers are read.
Papers of one score are read together, so ties cost what they cost a reader.

Weights, where a function takes them, count each paper as so many papers; they undo the enriched
base rate of a labelled set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Bin",
    "average_precision",
    "bootstrap",
    "calibration_error",
    "equal_mass_bins",
    "equal_mass_error",
    "macro_f1",
    "micro_f1",
    "pr_curve",
    "precision_at_recall",
    "recall_at_precision",
    "recall_at_share",
    "risk_coverage",
    "share_read",
    "wilson",
    "work_saved",
]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Bin(NamedTuple):
    """Papers of neighbouring probabilities: how many, their mean probability, the true share."""

    size: int
    predicted: float
    observed: float


def _curve(
    truth: Bools, scores: Floats, weights: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and papers read at each distinct score, best score first."""
    if weights is not None:  # papers that do not count would make cut-offs of nothing
        present = weights > 0
        truth, scores, weights = truth[present], scores[present], weights[present]
    order = np.argsort(-scores, kind="stable")
    counted = np.ones(len(truth)) if weights is None else weights[order]
    hits = np.cumsum(truth[order] * counted)
    passed = np.cumsum(counted)
    last = np.r_[np.flatnonzero(np.diff(scores[order])), len(order) - 1]
    read, found = passed[last], hits[last]
    return found / read, found / (hits[-1] if hits[-1] > 0 else 1.0), read


def pr_curve(truth: Bools, scores: Floats) -> tuple[Floats, Floats]:
    """Recall and precision at each distinct score, best score first; (0, 1) stands before it."""
    precision, recall, _ = _curve(truth, scores)
    return np.r_[0.0, recall], np.r_[1.0, precision]


def average_precision(truth: Bools, scores: Floats, weights: Floats | None = None) -> float:
    """Area under the precision-recall steps; nan without positives."""
    if not truth.any():
        return float("nan")
    precision, recall, _ = _curve(truth, scores, weights)
    return float((np.diff(np.r_[0.0, recall]) * precision).sum())


def precision_at_recall(truth: Bools, scores: Floats, recall: float = 0.9) -> float:
    """Best precision among cut-offs that reach a recall."""
    if not truth.any():
        return float("nan")
    precision, reached, _ = _curve(truth, scores)
    return float(precision[reached >= recall - 1e-12].max())


def recall_at_precision(truth: Bools, scores: Floats, precision: float = 0.9) -> float:
    """Best recall among cut-offs that reach a precision; 0 when none does."""
    if not truth.any():
        return float("nan")
    reached, recall, _ = _curve(truth, scores)
    return float(recall[reached >= precision - 1e-12].max(initial=0.0))


def share_read(
    truth: Bools, scores: Floats, recall: float = 0.95, weights: Floats | None = None
) -> float:
    """Share of all papers read, best first, until a recall is reached."""
    if not truth.any():
        return float("nan")
    _, reached, read = _curve(truth, scores, weights)
    return float(read[reached >= recall - 1e-12].min() / read[-1])


def work_saved(
    truth: Bools, scores: Floats, recall: float = 0.95, weights: Floats | None = None
) -> float:
    """WSS at a recall: share left unread, less what random order would leave unread."""
    return recall - share_read(truth, scores, recall, weights)


def recall_at_share(truth: Bools, scores: Floats, share: float) -> float:
    """Recall after the best-scored share of the papers is read; nan without positives.

    The share is rounded up to whole papers. Among papers of one score it is the mean over their
    orders.
    """
    if not truth.any():
        return float("nan")
    _, recall, read = _curve(truth, scores)
    papers = np.ceil(share * len(truth) - 1e-9)
    return float(np.interp(papers, np.r_[0.0, read], np.r_[0.0, recall]))


def risk_coverage(truth: Bools, probabilities: Floats) -> tuple[Floats, Floats, Floats]:
    """What deciding only the surest papers costs (El-Yaniv and Wiener, 2010).

    Papers are taken surest first, by max(p, 1 - p), and decided at p >= 0.5.

    Returns
    -------
    coverage, risk, missed
        After each paper: share of papers decided, share of these decided wrongly, and share of
        all true papers that were decided away.
    """
    order = np.argsort(-np.maximum(probabilities, 1 - probabilities), kind="stable")
    chosen, true = (probabilities >= 0.5)[order], truth[order]
    decided = np.arange(1, len(order) + 1)
    wrong, lost = np.cumsum(chosen != true), np.cumsum(true & ~chosen)
    return decided / len(order), wrong / decided, lost / max(1, int(truth.sum()))


def micro_f1(truth: Bools, chosen: Bools, weights: Floats | None = None) -> float:
    """F1 over all entries at once; 0 when nothing is true or chosen. `weights` are of rows."""
    if weights is None:
        total: float = int(truth.sum() + chosen.sum())
        return 2 * int((truth & chosen).sum()) / total if total else 0.0
    rows = weights.reshape(-1, *[1] * (truth.ndim - 1))
    total = float(((truth * 1.0 + chosen) * rows).sum())
    return 2 * float(((truth & chosen) * rows).sum()) / total if total else 0.0


def macro_f1(truth: Bools, chosen: Bools) -> float:
    """Mean of the columns' F1; nan without columns."""
    if truth.shape[1] == 0:
        return float("nan")
    return float(np.mean([micro_f1(truth[:, c], chosen[:, c]) for c in range(truth.shape[1])]))


def calibration_error(
    truth: Bools, probabilities: Floats, bins: int = 15, weights: Floats | None = None
) -> float:
    """Expected calibration error over equal-width bins (Guo et al., 2017).

    The mean over bins, weighted by their papers, of |share true - mean probability|.
    """
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    counted = np.ones(len(truth)) if weights is None else weights
    gap = np.bincount(place, (truth - probabilities) * counted, minlength=bins)
    return float(np.abs(gap).sum() / counted.sum())


def equal_mass_bins(truth: Bools, probabilities: Floats, bins: int = 15) -> list[Bin]:
    """Cut the papers, by probability, into bins of as equal counts as can be; none is empty."""
    order = np.argsort(probabilities, kind="stable")
    return [
        Bin(len(rows), float(probabilities[rows].mean()), float(truth[rows].mean()))
        for rows in np.array_split(order, bins)
        if len(rows)
    ]


def equal_mass_error(truth: Bools, probabilities: Floats, bins: int = 15) -> float:
    """Expected calibration error over `equal_mass_bins` (Nixon et al., 2019)."""
    found = equal_mass_bins(truth, probabilities, bins)
    return sum(b.size * abs(b.observed - b.predicted) for b in found) / len(truth)


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """95% interval of a binomial share (Wilson, 1927)."""
    z = 1.959963984540054
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * np.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    half /= 1 + z * z / trials
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def bootstrap(
    measure: Callable[[NDArray[np.int64]], Sequence[float]],
    papers: int,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> NDArray[Any]:
    """Percentile 95% intervals of several figures, resampling papers.

    Parameters
    ----------
    measure
        Takes the rows of one draw and gives the figures.
    papers
        Number of papers.

    Returns
    -------
    ndarray
        (figures, 2): lower and upper ends; draws in which a figure is nan are left out of it.
    """
    random = np.random.default_rng(seed)
    values = np.array([measure(random.integers(0, papers, papers)) for _ in range(draws)])
    ends = np.full((values.shape[1], 2), np.nan)
    known = ~np.isnan(values).all(axis=0)
    ends[known] = np.nanpercentile(values[:, known], [2.5, 97.5], axis=0).T
    return ends
