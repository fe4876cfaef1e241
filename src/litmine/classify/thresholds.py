"""Where a probability becomes a yes: thresholds of best F1.

With labels the F1 is counted; with calibrated probabilities in the place of labels it is the
expected F1 (Lipton et al., "Optimal thresholding of classifiers to maximize F1 measure", 2014).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_threshold", "cell_thresholds"]

_PULL = 60.0
"""A cell's own threshold counts n / (n + _PULL), where n is the number of its papers."""


def best_threshold(
    truth: NDArray[Any], scores: NDArray[np.float64], weights: NDArray[np.float64]
) -> float:
    """The cut of highest weighted F1, halfway between the two scores it separates; 0.5 for none."""
    if not truth.any():
        return 0.5
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    hits = np.cumsum((truth * weights)[order])
    chosen = np.cumsum(weights[order])
    f1 = 2 * hits / (chosen + hits[-1])
    ends = np.r_[np.flatnonzero(np.diff(ordered)), len(ordered) - 1]
    best = int(ends[np.argmax(f1[ends])])
    below = ordered[best + 1] if best + 1 < len(ordered) else 0.0
    return float((ordered[best] + below) / 2)


def cell_thresholds(
    truth: NDArray[Any], scores: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """One threshold per column: its own best, pulled to the common best where papers are few.

    Parameters
    ----------
    truth, scores
        (papers, cells); `truth` holds labels, or calibrated probabilities.
    weights
        (papers,); undo the enriched base rate of the labelled set.
    """
    columns = truth.shape[1]
    common = best_threshold(truth.ravel(), scores.ravel(), np.repeat(weights, columns))
    result = np.empty(columns)
    for c in range(columns):
        count = float(truth[:, c].sum())
        own = best_threshold(truth[:, c], scores[:, c], weights) if count else common
        share = count / (count + _PULL)
        logit = share * _logit(own) + (1 - share) * _logit(common)
        result[c] = 1 / (1 + np.exp(-logit))
    return result


def _logit(p: float) -> float:
    clipped = min(max(p, 1e-4), 1 - 1e-4)
    return float(np.log(clipped / (1 - clipped)))
