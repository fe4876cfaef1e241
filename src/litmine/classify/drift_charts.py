"""Control charts for a series of nights of unequal size.

A night's figure is a mean over its papers: a share, or a mean score. Its variance has a part that
the number of papers explains and a part that it does not (topics come in waves), so limits that
know only the first part alarm far too often. Laney's correction widens them by what neighbouring
nights differ beyond it. Limits hold for a *next* night: they carry the uncertainty of the centre
and, through Student's t, of the spread, and are therefore wide while few nights are known.

References
----------
W. A. Shewhart, Economic Control of Quality of Manufactured Product, 1931.
D. B. Laney, Improved control charts for attributes, Quality Engineering 14(4), 2002.
S. W. Roberts, Control chart tests based on geometric moving averages, Technometrics 1(3), 1959.
J. D. Cryer and T. P. Ryan, The estimation of sigma for an X chart: MR/d2 or S/c4?, Journal of
Quality Technology 22(3), 1990.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "EWMA_WEIGHT",
    "Reading",
    "ewma",
    "level",
    "poisson_binomial_score",
    "shewhart",
    "side_since",
    "tail_reading",
]

EWMA_WEIGHT = 0.2
"""What the newest night counts in the moving average (Roberts' lambda)."""

_D2 = 1.128
"""Mean range of two standard normal values: turns a mean moving range into a deviation."""
_MOVING_RANGE_EFFICIENCY = 0.6
"""Degrees of freedom of the mean moving range, as a share of those of the sample's deviation."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of one night against its limits.

    Attributes
    ----------
    value, centre, low, high
        In the unit of the figure; `low` is minus infinity where only growth is a cause for alarm.
    p
        Probability, on an ordinary night, of a value at least as far out.
    alarm
        Whether the value lies outside the limits.
    """

    value: float
    centre: float
    low: float
    high: float
    p: float
    alarm: bool

    @property
    def score(self) -> float:
        """Distance from the centre in standard normal units; two figures can be compared in it."""
        from scipy.special import ndtri

        size = -float(ndtri(max(self.p / 2, 1e-300)))
        return math.copysign(max(size, 0.0), self.value - self.centre)


def shewhart(
    values: ArrayLike,
    sizes: ArrayLike,
    unit: float,
    value: float,
    size: int,
    alpha: float,
    centre: float | None = None,
) -> Reading | None:
    """Tonight's mean against earlier nights' (Laney's chart, with prediction limits).

    Parameters
    ----------
    values, sizes
        (nights,) means of earlier nights, oldest first, and the papers behind each.
    unit
        Variance of one paper's figure within a night: p(1 - p) for a share.
    value, size
        Tonight's mean and number of papers.
    alpha
        Probability of an alarm on an ordinary night, both sides together.
    centre
        Where the mean ought to be, if that is known; the earlier nights' mean by default.

    Returns
    -------
    Reading or None
        None where the papers do not differ at all: there is nothing to compare with.
    """
    known, counts = _series(values, sizes)
    if unit <= 0:
        return None
    mean, inflation = _centre_and_inflation(known, counts, unit)
    unsure = 1 / float(counts.sum()) if centre is None else 0.0
    centre = mean if centre is None else centre
    error = inflation * math.sqrt(unit * (1 / size + unsure))
    return _two_sided(value, centre, error, _freedom(len(known)), alpha)


def ewma(
    values: ArrayLike, sizes: ArrayLike, unit: float, value: float, size: int, alpha: float
) -> Reading | None:
    """Exponentially weighted mean up to tonight against the mean of the earlier nights.

    Catches a small change that lasts, which no single night shows. The earlier nights stand on
    both sides of this comparison; the variance of the difference is exact for that.

    Parameters and result are those of `shewhart`; the value is the moving average.
    """
    known, counts = _series(values, sizes)
    if unit <= 0:
        return None
    centre, inflation = _centre_and_inflation(known, counts, unit)
    series, papers = np.append(known, value), np.append(counts, size)
    weights = _ewma_weights(len(series))
    contrast = weights - np.append(counts / counts.sum(), 0.0)
    error = inflation * math.sqrt(unit * float((contrast**2 / papers).sum()))
    return _two_sided(float(weights @ series), centre, error, _freedom(len(known)), alpha)


def side_since(values: ArrayLike, sizes: ArrayLike, value: float) -> int:
    """Position from which on the moving average has been on tonight's side of the centre.

    Returns
    -------
    int
        An index into `values`, or their number when tonight is the first such night.
    """
    known, counts = _series(values, sizes)
    centre = float(known @ counts / counts.sum())
    series = np.append(known, value)
    side = [
        float(_ewma_weights(end) @ series[:end]) - centre > 0 for end in range(1, len(series) + 1)
    ]
    first = len(side) - 1
    while first and side[first - 1] == side[-1]:
        first -= 1
    return first


def level(
    values: ArrayLike, groups: Sequence[object], value: float, group: object, alpha: float
) -> Reading | None:
    """Tonight's value against earlier ones of its own group, the spread shared by all groups.

    For the number of papers, in logarithms: Tuesdays bring what a whole weekend submitted.

    Returns
    -------
    Reading or None
        None where the group has fewer than two earlier values, or nothing ever varied.
    """
    known = np.asarray(values, dtype=np.float64)
    names = list(groups)
    residuals = known.copy()
    for name in set(names):
        rows = [i for i, g in enumerate(names) if g == name]
        residuals[rows] -= known[rows].mean()
    own = [i for i, g in enumerate(names) if g == group]
    freedom = len(known) - len(set(names))
    if len(own) < 2 or freedom < 1:
        return None
    spread = math.sqrt(float(residuals @ residuals) / freedom)
    if spread <= 0:
        return None
    error = spread * math.sqrt(1 + 1 / len(own))
    return _two_sided(value, float(known[own].mean()), error, freedom, alpha)


def tail_reading(values: ArrayLike, value: float, floor: float, alpha: float) -> Reading:
    """Tonight's value against the spread of earlier ones; only a large one is a cause for alarm.

    Parameters
    ----------
    values
        (nights,) earlier values, roughly normal.
    floor
        Least standard deviation to believe in.
    """
    from scipy.special import stdtr, stdtrit

    known = np.asarray(values, dtype=np.float64)
    freedom = len(known) - 1
    spread = max(float(known.std(ddof=1)), floor)
    centre, error = float(known.mean()), spread * math.sqrt(1 + 1 / len(known))
    p = float(stdtr(freedom, -(value - centre) / error))
    high = centre + error * float(stdtrit(freedom, 1 - alpha))
    return Reading(value, centre, -math.inf, high, p, value > high)


def poisson_binomial_score(probabilities: ArrayLike, hits: int) -> float:
    """How far a count of successes lies from what its probabilities promise, as a normal score.

    The number of successes of independent trials of unequal probability is Poisson-binomial (Y. H.
    Wang, On the number of successes in independent trials, Statistica Sinica 3, 1993). The exact
    distribution is used, since with few trials the tails of its normal approximation are wrong;
    the middle of the step at `hits` (mid-P) gives the score.

    Parameters
    ----------
    probabilities
        (n,) one per trial.
    hits
        Successes seen, 0 to n.

    Returns
    -------
    float
        Negative when fewer than promised; at most 8 in size.
    """
    from scipy.special import ndtri

    mass = np.ones(1)
    for p in np.asarray(probabilities, dtype=np.float64):
        mass = np.append(mass * (1 - p), 0.0) + np.append(0.0, mass * p)
    below, above = float(mass[:hits].sum()), float(mass[hits + 1 :].sum())
    half = float(mass[hits]) / 2
    # The smaller tail carries the precision.
    score = float(ndtri(below + half)) if below < above else -float(ndtri(above + half))
    return min(max(score, -8.0), 8.0)


def _series(values: ArrayLike, sizes: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.asarray(values, dtype=np.float64), np.asarray(sizes, dtype=np.float64)


def _centre_and_inflation(
    values: NDArray[np.float64], sizes: NDArray[np.float64], unit: float
) -> tuple[float, float]:
    """Mean over all papers, and Laney's factor; below 1 it is luck, so 1 is the least."""
    centre = float(values @ sizes / sizes.sum())
    scores = (values - centre) / np.sqrt(unit / sizes)
    moving_range = float(np.abs(np.diff(scores)).mean())
    return centre, max(1.0, moving_range / _D2)


def _freedom(nights: int) -> float:
    return _MOVING_RANGE_EFFICIENCY * (nights - 1)


def _ewma_weights(nights: int) -> NDArray[np.float64]:
    weights = (1 - EWMA_WEIGHT) ** np.arange(nights - 1, -1, -1, dtype=np.float64)
    normal: NDArray[np.float64] = weights / weights.sum()
    return normal


def _two_sided(value: float, centre: float, error: float, freedom: float, alpha: float) -> Reading:
    from scipy.special import stdtr, stdtrit

    p = 2 * float(stdtr(freedom, -abs(value - centre) / error))
    reach = error * float(stdtrit(freedom, 1 - alpha / 2))
    return Reading(value, centre, centre - reach, centre + reach, p, abs(value - centre) > reach)
