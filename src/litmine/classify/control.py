"""Thresholds with a promise: error rates controlled on labelled papers of whole nights.

Two methods, both free of assumptions about the model. Papers must be exchangeable with those that
the thresholds were set on: nights like the labelled ones.

*Learn then test* (Angelopoulos et al., "Learn then Test: calibrating predictive algorithms to
achieve risk control", 2021): the null hypothesis "the risk at this threshold is above alpha" is
tested with exact binomial p-values; thresholds where it is rejected may be used. Where the risk
only grows with the threshold, all of them can be tested without correction (Bates et al.,
"Distribution-free, risk-controlling prediction sets", 2021). With probability 1 - delta over the
labelled papers the risk stays at or below alpha.

*Conformal risk control* (Angelopoulos et al., 2022): the expected loss of a new paper is at most
alpha, for losses that only shrink as the set grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Promise", "cell_set_threshold", "precision_threshold", "recall_threshold"]

Floats = NDArray[np.float64]

_BEYOND = 1e9
"""Above any score, and below any when negative."""

GRID = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
"""Probabilities tried as the least one that counts as relevant."""


@dataclass(frozen=True)
class Promise:
    """A threshold and what is known of it.

    Attributes
    ----------
    threshold
        Scores at or above it count as yes.
    risk
        What is controlled, in words.
    alpha, delta
        The risk stays at or below `alpha` with probability 1 - `delta`; no `delta` where the
        promise is about the expected risk.
    papers
        Labelled papers that the promise rests on.
    observed
        The risk on those papers.
    kept
        False when the papers were too few to promise anything; the threshold then lets everything
        through, or nothing. It is a finite number all the same, as JSON knows no infinity.
    """

    threshold: float
    risk: str
    alpha: float
    delta: float | None
    papers: int
    observed: float
    kept: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a manifest."""
        return dict(vars(self))


def binomial_tail(errors: int, trials: int, rate: float) -> float:
    """P(X <= errors) for X binomial(trials, rate): the p-value of "the error rate is above rate".

    Summed in logarithms, as the terms of large samples leave the range of a float.
    """
    from math import exp, lgamma, log

    if trials == 0 or errors >= trials:
        return 1.0
    total = 0.0
    for k in range(errors + 1):
        total += exp(
            lgamma(trials + 1)
            - lgamma(k + 1)
            - lgamma(trials - k + 1)
            + k * log(rate)
            + (trials - k) * log(1 - rate)
        )
    return min(1.0, total)


def recall_threshold(
    scores: Floats, truth: NDArray[np.bool_], *, alpha: float, delta: float = 0.1
) -> Promise:
    """The highest threshold that loses at most `alpha` of the true papers (learn then test).

    Parameters
    ----------
    scores, truth
        (papers,) of labelled papers the scores were not fitted on.
    alpha
        Highest share of true papers below the threshold.
    delta
        Probability that the promise fails.
    """
    positive = np.sort(scores[truth])
    lost = -1
    while lost + 1 < len(positive) and binomial_tail(lost + 1, len(positive), alpha) <= delta:
        lost += 1
    if lost < 0:
        # Not the least score seen: a new paper may score less, and nothing is known of it.
        return Promise(
            -_BEYOND, "relevant papers lost", alpha, delta, len(positive), 0.0, kept=False
        )
    threshold = float(positive[lost])
    # Ties: nothing at the threshold itself is lost.
    share = float((positive < threshold).mean())
    return Promise(threshold, "relevant papers lost", alpha, delta, len(positive), share, True)


def precision_threshold(
    scores: Floats, truth: NDArray[np.bool_], *, alpha: float, delta: float = 0.1, least: int = 20
) -> Promise:
    """The lowest threshold above which at most `alpha` of the papers are false (learn then test).

    The thresholds of `GRID` are each tested at delta / len(GRID) (Bonferroni), as precision is not
    monotone: an unlucky paper near the top must not end the search.

    Parameters
    ----------
    scores, truth
        (papers,) probabilities of labelled papers that they were not fitted on.
    alpha
        Highest share of papers at or above the threshold that are not true.
    least
        Thresholds with fewer papers above them are not tested.
    """
    risk = "papers called relevant that are not"
    for threshold in GRID:  # from the most generous on
        above = scores >= threshold
        count, wrong = int(above.sum()), int((above & ~truth).sum())
        if count >= least and binomial_tail(wrong, count, alpha) <= delta / len(GRID):
            return Promise(threshold, risk, alpha, delta, count, wrong / count, kept=True)
    return Promise(_BEYOND, risk, alpha, delta, len(scores), 0.0, kept=False)


def cell_set_threshold(cells: Floats, truth: NDArray[np.bool_], *, alpha: float) -> Promise:
    """The highest threshold whose cell sets miss at most `alpha` of a relevant paper's cells.

    Conformal risk control of the false-negative rate: with n papers and loss at most 1 the mean
    loss L must fulfil n/(n+1) L + 1/(n+1) <= alpha.

    Parameters
    ----------
    cells
        (papers, cells) scores of relevant papers.
    truth
        (papers, cells); every paper has a cell.
    alpha
        Highest expected share of a paper's cells that its set misses.
    """
    size = len(cells)
    risk = "cells of a relevant paper that its set misses"
    if (1 / (size + 1)) > alpha:
        return Promise(0.0, risk, alpha, None, size, 0.0, kept=False)
    owned = truth.sum(axis=1)

    def loss(threshold: float) -> float:
        return float(((truth & (cells < threshold)).sum(axis=1) / owned).mean())

    candidates = np.unique(cells[truth])
    low, high = 0, len(candidates) - 1
    while low < high:  # the loss grows with the threshold
        middle = (low + high + 1) // 2
        if size / (size + 1) * loss(float(candidates[middle])) + 1 / (size + 1) <= alpha:
            low = middle
        else:
            high = middle - 1
    threshold = float(candidates[low])
    return Promise(threshold, risk, alpha, None, size, loss(threshold), kept=True)
