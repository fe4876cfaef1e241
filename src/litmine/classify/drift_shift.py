"""Has the mean of a night's papers moved further than nights move by themselves?

The squared distance between the mean of a night and the mean of the nights before is the linear
case of the kernel two-sample statistic (A. Gretton et al., A kernel two-sample test, JMLR 13,
2012). Two things make it large on an ordinary night. With n papers, chance alone adds about
``c (1/n + 1/N)``: small nights lie far out, large ones do not. And nights differ beyond chance,
which a test that shuffles papers among nights does not see: on large nights it would alarm every
time. So the constant c comes from drawing nights of tonight's size out of the earlier nights'
papers, the rest (``c g``) from how far the earlier nights lie from one another, and tonight's
distance is read in units of both together.

Vectors are first divided by how widely single papers spread in each direction (a ridged kernel
Fisher discriminant; Z. Harchaoui et al., Testing for homogeneity with kernel Fisher discriminant
analysis, NIPS 2007): papers of another field move the mean little, but where this field hardly
varies.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litmine.classify.drift_charts import Reading, tail_reading

__all__ = ["Shift", "mean_shift", "squared_euclidean", "squared_total_variation", "whitening"]

_DRAWS = 200
_RIDGE = 3.0
"""Mean variances added to each direction's; less finds more, but fits the earlier nights closer."""
Distance = Callable[[NDArray[np.float64], NDArray[np.float64]], float]


@dataclass(frozen=True, slots=True)
class Shift:
    """Outcome of `mean_shift`.

    Attributes
    ----------
    reading
        In units of the distance (not squared).
    night_effect
        The share g of the distance that is not chance, per paper: 1/g papers would move as much.
    """

    reading: Reading
    night_effect: float


def squared_euclidean(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Squared Euclidean distance of two mean vectors."""
    return float(((a - b) ** 2).sum())


def squared_total_variation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Squared total variation of two profiles, each first scaled to sum 1; 0 for an empty one."""
    if a.sum() <= 0 or b.sum() <= 0:
        return 0.0
    return float(0.5 * np.abs(a / a.sum() - b / b.sum()).sum()) ** 2


def whitening(reference: Sequence[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Matrix that scales each direction by the spread of the reference papers along it.

    Parameters
    ----------
    reference
        Per night an array (papers, dim).

    Returns
    -------
    ndarray
        (dim, dim), symmetric; multiply vectors by it from the right.
    """
    papers = np.concatenate(list(reference)).astype(np.float64)
    values, directions = np.linalg.eigh(np.cov(papers, rowvar=False))
    values = np.maximum(values, 0.0)
    spread = np.sqrt(values + max(_RIDGE * float(values.mean()), 1e-12))
    white: NDArray[np.float64] = (directions / spread) @ directions.T
    return white


def mean_shift(
    reference: Sequence[NDArray[np.floating]],
    tonight: NDArray[np.floating],
    *,
    seed: int,
    alpha: float,
    distance: Distance = squared_euclidean,
) -> Shift | None:
    """Compare tonight's mean with that of the earlier nights.

    Parameters
    ----------
    reference
        Per earlier night an array (papers, dim); at least three nights.
    tonight
        (papers, dim).
    seed
        Of the drawing of nights; the same seed gives the same result.
    alpha
        Probability of an alarm on an ordinary night.

    Returns
    -------
    Shift or None
        None where the papers do not differ at all.
    """
    sums = np.stack([night.sum(axis=0, dtype=np.float64) for night in reference])
    sizes = np.array([len(night) for night in reference], dtype=np.float64)
    papers = np.concatenate([np.asarray(night, dtype=np.float32) for night in reference])
    total, count = sums.sum(axis=0), float(sizes.sum())
    drawn = _drawn(papers, total, len(tonight), seed, distance)
    if not drawn.all():
        return None
    share = min(len(tonight), len(papers) // 2)
    unit = float(drawn.mean()) / (1 / share + 1 / (count - share))
    apart = np.array(
        [
            distance(s / n, (total - s) / (count - n))
            for s, n in zip(sums, sizes.tolist(), strict=True)
        ]
    )
    by_chance = 1 / sizes + 1 / (count - sizes)
    effect = max(0.0, float((apart / unit - by_chance).mean()))
    own = distance(tonight.mean(axis=0, dtype=np.float64), total / count)
    scale = unit * (1 / len(tonight) + 1 / count + effect)
    known = np.log(np.maximum(apart, 1e-300) / (unit * (by_chance + effect)))
    floor = float(np.log(drawn).std(ddof=1))
    reading = tail_reading(known, math.log(max(own, 1e-300) / scale), floor, alpha)
    return Shift(
        Reading(
            value=math.sqrt(own),
            centre=math.sqrt(scale * math.exp(reading.centre)),
            low=-math.inf,
            high=math.sqrt(scale * math.exp(reading.high)),
            p=reading.p,
            alarm=reading.alarm,
        ),
        effect,
    )


def _drawn(
    papers: NDArray[np.float32],
    total: NDArray[np.float64],
    size: int,
    seed: int,
    distance: Distance,
) -> NDArray[np.float64]:
    """Distances of nights drawn from all papers to the mean of the papers not drawn."""
    generator = np.random.default_rng(seed)
    size = min(size, len(papers) // 2)
    result = np.empty(_DRAWS)
    for i in range(_DRAWS):
        rows = generator.choice(len(papers), size, replace=False)
        part = papers[rows].sum(axis=0, dtype=np.float64)
        result[i] = distance(part / size, (total - part) / (len(papers) - size))
    return result
