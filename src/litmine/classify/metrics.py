"""The figures litmine is judged by, in plain numpy.

Definitions follow scikit-learn where it has them (``tests/classify/test_metrics.py`` compares);
work saved over sampling is that of Cohen et al., "Reducing workload in systematic review
preparation using automated citation classification" (2006).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "average_precision",
    "bootstrap",
    "calibration_error",
    "macro_f1",
    "micro_f1",
    "precision_at_recall",
    "recall_at_precision",
    "share_read",
    "work_saved",
]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def _curve(truth: Bools, scores: Floats) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and papers read at each distinct score, best score first."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.r_[np.flatnonzero(np.diff(scores[order])), len(order) - 1]
    read = (last + 1).astype(np.float64)
    found = hits[last].astype(np.float64)
    return found / read, found / max(1, int(truth.sum())), read


def average_precision(truth: Bools, scores: Floats) -> float:
    """Area under the precision-recall steps; nan without positives."""
    if not truth.any():
        return float("nan")
    precision, recall, _ = _curve(truth, scores)
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


def share_read(truth: Bools, scores: Floats, recall: float = 0.95) -> float:
    """Share of all papers read, best first, until a recall is reached."""
    if not truth.any():
        return float("nan")
    _, reached, read = _curve(truth, scores)
    return float(read[reached >= recall - 1e-12].min() / len(truth))


def work_saved(truth: Bools, scores: Floats, recall: float = 0.95) -> float:
    """WSS at a recall: share left unread, less what random order would leave unread."""
    return recall - share_read(truth, scores, recall)


def micro_f1(truth: Bools, chosen: Bools) -> float:
    """F1 over all entries at once; 0 when nothing is true or chosen."""
    total = int(truth.sum() + chosen.sum())
    return 2 * int((truth & chosen).sum()) / total if total else 0.0


def macro_f1(truth: Bools, chosen: Bools) -> float:
    """Mean of the columns' F1; nan without columns."""
    if truth.shape[1] == 0:
        return float("nan")
    return float(np.mean([micro_f1(truth[:, c], chosen[:, c]) for c in range(truth.shape[1])]))


def calibration_error(truth: Bools, probabilities: Floats, bins: int = 10) -> float:
    """Expected calibration error over equal-width bins (Guo et al., 2017)."""
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    error = 0.0
    for b in range(bins):
        here = place == b
        if here.any():
            error += here.mean() * abs(truth[here].mean() - probabilities[here].mean())
    return float(error)


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
    ends: NDArray[Any] = np.nanpercentile(values, [2.5, 97.5], axis=0).T
    return ends
