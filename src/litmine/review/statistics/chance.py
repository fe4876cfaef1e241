"""Tail probabilities and intervals in plain Python.

`litmine status` prints some of these figures, and importing scipy would cost it more than all its
other work. The tests hold every function against scipy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import erf, exp, floor, lgamma, log, log1p, pi, sqrt

__all__ = ["binomial_interval", "hypergeometric_cdf", "poisson_binomial_interval"]

_NEGLIGIBLE = 1e-17
#: Steps spent on an exact Poisson-binomial distribution before it is approximated.
_EXACT_STEPS = 300_000


def hypergeometric_cdf(k: int, population: int, marked: int, drawn: int) -> float:
    """Return the probability of at most `k` marked ones in a draw without putting back.

    Parameters
    ----------
    k : int
        Marked ones in the draw, at most.
    population, marked, drawn : int
        How many there are, how many of them are marked, how many are drawn.

    Raises
    ------
    ValueError
        More are marked or drawn than there are.
    """
    if not (0 <= marked <= population and 0 <= drawn <= population):
        raise ValueError("marked and drawn must lie between 0 and the population")
    if k < max(0, drawn + marked - population):
        return 0.0
    if k >= min(drawn, marked):
        return 1.0
    # Summed away from the mode, so that the terms fall from the first one on.
    if k * population <= drawn * marked:
        return min(1.0, _hypergeometric_sum(k, population, marked, drawn))
    unmarked = drawn - k - 1  # more than k marked are at most so many unmarked
    return max(0.0, 1.0 - _hypergeometric_sum(unmarked, population, population - marked, drawn))


def _hypergeometric_sum(k: int, population: int, marked: int, drawn: int) -> float:
    term = exp(
        _log_choose(marked, k)
        + _log_choose(population - marked, drawn - k)
        - _log_choose(population, drawn)
    )
    total, spare = 0.0, population - marked - drawn
    while term > total * _NEGLIGIBLE:
        total += term
        term *= k * (spare + k) / ((marked - k + 1) * (drawn - k + 1))
        k -= 1
    return total


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def binomial_interval(k: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided interval of a share, after Clopper and Pearson.

    Parameters
    ----------
    k, n : int
        Successes and trials; without trials the interval is 0 to 1.

    References
    ----------
    C. J. Clopper, E. S. Pearson: The use of confidence or fiducial limits illustrated in the case
    of the binomial. Biometrika 26 (1934) 404-413.
    """
    if not 0 <= k <= n:
        raise ValueError("successes must lie between 0 and the trials")
    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else _crossing(lambda p: _binomial_cdf(k - 1, n, p) > 1 - tail)
    high = 1.0 if k == n else _crossing(lambda p: _binomial_cdf(k, n, p) > tail)
    return low, high


def _crossing(holds: Callable[[float], bool]) -> float:
    """Return the share up to which `holds` is true, to the last bit but a few."""
    low, high = 0.0, 1.0
    for _ in range(52):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _binomial_cdf(k: int, n: int, p: float) -> float:
    if p <= 0 or p >= 1:
        return float(p <= 0 or k >= n)
    hit, miss = log(p), log1p(-p)
    return sum(exp(_log_choose(n, i) + i * hit + (n - i) * miss) for i in range(k + 1))


def poisson_binomial_interval(
    probabilities: Sequence[float], confidence: float = 0.95
) -> tuple[int, int]:
    """Return the central interval of a sum of independent yes-or-no events.

    At most (1 - confidence) / 2 lies below it, and as much above. The distribution is built event
    by event and is exact but for tails under 1e-12; where that would take long, the refined normal
    approximation stands in.

    Parameters
    ----------
    probabilities : sequence of float
        One per event, each from 0 to 1.

    References
    ----------
    Y. Hong: On computing the distribution function for the Poisson binomial distribution.
    Computational Statistics & Data Analysis 59 (2013) 41-51.
    """
    tail = (1 - confidence) / 2
    mean = sum(probabilities)
    variance = sum(p * (1 - p) for p in probabilities)
    if len(probabilities) * (14 * sqrt(variance) + 20) > _EXACT_STEPS:
        return _refined_normal(probabilities, mean, variance, tail)
    first, masses = _convolve(probabilities)
    below, low, high = 0.0, None, first
    for count, mass in enumerate(masses, start=first):
        below += mass
        if low is None and below > tail:
            low = count
        high = count
        if below >= 1 - tail:
            break
    return (first if low is None else low), high


def _convolve(probabilities: Sequence[float]) -> tuple[int, list[float]]:
    """Masses of the sum, from the first count that is not negligible on."""
    least = 1e-12 / max(len(probabilities), 1)
    first, masses = 0, [1.0]
    for p in probabilities:
        shifted = [0.0, *masses]
        masses.append(0.0)
        miss = 1 - p
        masses = [m * miss + s * p for m, s in zip(masses, shifted, strict=True)]
        while masses[-1] < least:
            masses.pop()
        while masses[0] < least:
            masses.pop(0)
            first += 1
    return first, masses


def _refined_normal(
    probabilities: Sequence[float], mean: float, variance: float, tail: float
) -> tuple[int, int]:
    spread = sqrt(variance)
    skew = sum(p * (1 - p) * (1 - 2 * p) for p in probabilities) / spread**3

    def cdf(count: int) -> float:
        x = (count + 0.5 - mean) / spread
        density = exp(-x * x / 2) / sqrt(2 * pi)
        return (1 + erf(x / sqrt(2))) / 2 + skew * (1 - x * x) * density / 6

    low = max(0, floor(mean - 6 * spread))
    while cdf(low) <= tail:
        low += 1
    high = max(low, floor(mean))
    while cdf(high) < 1 - tail:
        high += 1
    return low, min(high, len(probabilities))
