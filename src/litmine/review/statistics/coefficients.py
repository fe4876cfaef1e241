"""Coefficients of agreement, with bootstrap intervals.

Where there is too little to compute a coefficient from, a `Figure` says so in words and has no
value: a NaN would travel on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

__all__ = [
    "LEAST_PAPERS",
    "Figure",
    "Resamples",
    "alpha",
    "kappa",
    "masi_distance",
    "nominal_distance",
]

#: Papers below which no coefficient is given.
LEAST_PAPERS = 10

Cells = frozenset[str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One coefficient.

    Attributes
    ----------
    value : float or None
        1 is perfect agreement, 0 what chance gives, below 0 worse; None where `note` says why.
    low, high : float or None
        Bootstrap interval.
    papers : int
        Papers it rests on.
    note : str
        Empty, or why there is no value.
    """

    value: float | None
    low: float | None
    high: float | None
    papers: int
    note: str = ""


class Resamples:
    """Bootstrap resamples of papers, shared by the coefficients of one set of papers.

    Parameters
    ----------
    papers : int
        Papers to draw from, as many as are drawn each time.
    draws : int
        Resamples.
    seed : int
        The same seed gives the same intervals.
    confidence : float
        Of the percentile intervals (Efron and Tibshirani: An Introduction to the Bootstrap, 1993,
        chapter 13).
    """

    def __init__(
        self, papers: int, draws: int = 500, seed: int = 0, confidence: float = 0.95
    ) -> None:
        self.papers = papers
        self._draws = draws
        self._seed = seed
        self._tail = (1 - confidence) / 2
        self._weights: Array | None = None

    def figure(self, coefficient: Callable[[Array], Array]) -> Figure:
        """Return a coefficient on the papers as they are, with its interval.

        Parameters
        ----------
        coefficient : callable
            Gives one value for each row of weights, NaN where it is undefined.
        """
        import numpy as np

        papers = self.papers
        if papers < LEAST_PAPERS:
            return Figure(
                None, None, None, papers, f"not enough: {papers} of {LEAST_PAPERS} papers"
            )
        value = float(coefficient(np.ones((1, papers)))[0])
        if not np.isfinite(value):
            return Figure(None, None, None, papers, "not enough: every answer is the same")
        drawn = coefficient(self._drawn())
        drawn = drawn[np.isfinite(drawn)]
        # A resample in which everybody says the same has no value. Few of them do no harm.
        if 2 * len(drawn) < self._draws:
            return Figure(_tidy(value), None, None, papers)
        low, high = np.quantile(drawn, [self._tail, 1 - self._tail])
        return Figure(_tidy(value), _tidy(float(low)), _tidy(float(high)), papers)

    def _drawn(self) -> Array:
        """How often each paper was drawn, of shape (draws, papers)."""
        import numpy as np

        if self._weights is None:
            rng = np.random.default_rng(self._seed)
            share = np.full(self.papers, 1 / self.papers)
            drawn = rng.multinomial(self.papers, share, size=self._draws)
            self._weights = drawn.astype(np.float64)
        return self._weights


def _tidy(value: float) -> float:
    # Without what rounding leaves where the answer is 0.
    return round(value, 12) + 0.0


def nominal_distance(one: object, other: object) -> float:
    """Return 0 for equal values and 1 for others."""
    return float(one != other)


def masi_distance(one: Cells, other: Cells) -> float:
    """Return the distance MASI between two sets: 0 equal, 1 nothing in common.

    One less Jaccard's index times a factor: 1 for equal sets, 2/3 where one holds the other, 1/3
    where they overlap, 0 where they do not.

    References
    ----------
    R. Passonneau: Measuring agreement on set-valued items (MASI) for semantic and pragmatic
    annotation. LREC 2006, 831-836.
    """
    if one == other:
        return 0.0
    shared = len(one & other)
    if not shared:
        return 1.0
    factor = 2 / 3 if one <= other or other <= one else 1 / 3
    return 1 - factor * shared / len(one | other)


def alpha(
    units: Sequence[Sequence[Any]],
    distance: Callable[[Any, Any], float],
    resamples: Resamples,
) -> Figure:
    """Return Krippendorff's alpha: one less observed over expected disagreement.

    Parameters
    ----------
    units : sequence of sequences
        For every paper what was said of it, at least two values, by any reviewers. Values are
        hashable.
    distance : callable
        Of two values; 0 for equal ones.
    resamples : Resamples
        Of as many papers.

    References
    ----------
    K. Krippendorff: Content Analysis, 4th edition, 2019, chapter 12.
    """
    import numpy as np

    if any(len(unit) < 2 for unit in units):
        raise ValueError("a paper that only one reviewer looked at tells nothing about agreement")
    values = sorted({value for unit in units for value in unit}, key=_in_words)
    place = {value: number for number, value in enumerate(values)}
    counts = np.zeros((len(units), len(values)))
    for row, unit in zip(counts, units, strict=True):
        for value in unit:
            row[place[value]] += 1
    apart = np.array([[distance(a, b) for b in values] for a in values])
    said = counts.sum(axis=1)
    observed = ((counts @ apart) * counts).sum(axis=1) / (said - 1) if len(units) else said

    def coefficient(weights: Array) -> Array:
        totals, n = weights @ counts, weights @ said
        expected = ((totals @ apart) * totals).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1 - (weights @ observed) * (n - 1) / expected)

    return resamples.figure(coefficient)


def _in_words(value: object) -> str:
    # The order of a set's members differs from process to process.
    return repr(sorted(value) if isinstance(value, frozenset) else value)


def kappa(first: Sequence[bool], second: Sequence[bool], resamples: Resamples) -> Figure:
    """Return Cohen's kappa of two sequences of yes and no about the same papers.

    References
    ----------
    J. Cohen: A coefficient of agreement for nominal scales. Educational and Psychological
    Measurement 20 (1960) 37-46.
    """
    import numpy as np

    one, other = np.asarray(first, float), np.asarray(second, float)
    same = (one == other).astype(float)

    def coefficient(weights: Array) -> Array:
        n = weights.sum(axis=1)
        observed = weights @ same / n
        yes, also = weights @ one / n, weights @ other / n
        chance = yes * also + (1 - yes) * (1 - also)
        # Where nobody ever says yes (or no), chance is 1 but for rounding.
        defined = (yes + also > 0) & (yes + also < 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(defined, (observed - chance) / (1 - chance), np.nan)

    return resamples.figure(coefficient)
