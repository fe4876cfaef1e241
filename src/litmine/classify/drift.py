"""Does a night look like the nights before it? Every chart of one night, under one error rate.

Scores, cells, vectors and reviewers' decisions are read as one table of figures. An ordinary night
raises an alarm, on any chart, with probability `FALSE_ALARMS`: each chart gets an equal share of
it (Bonferroni), which is safe however the charts hang together. How often it really happens is in
docs/models.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from litmine.classify.drift_charts import (
    Reading,
    ewma,
    level,
    poisson_binomial_score,
    shewhart,
    side_since,
)
from litmine.classify.drift_shift import (
    Shift,
    mean_shift,
    squared_total_variation,
    whitening,
)
from litmine.store.drift import LEAST_REFERENCE

__all__ = [
    "CHARTS",
    "FALSE_ALARMS",
    "LEAST_DECISIONS",
    "LEAST_PAPERS",
    "LEAST_REFERENCE",
    "REFERENCE_NIGHTS",
    "Night",
    "NightFigures",
    "judge_night",
    "usable_reference",
]

FALSE_ALARMS = 0.01
"""Probability that an ordinary night raises an alarm, over all charts."""
REFERENCE_NIGHTS = 40
"""Earlier nights that a night is compared with, the nearest ones: eight weeks."""
LEAST_PAPERS = 20
"""A night of fewer papers says too little; only their number is charted."""
LEAST_DECISIONS = 10
"""Decisions that make a decision night."""

_DIGITS = 6
_LEAST_VARIANCE = 3.0
"""n p (1 - p) from which on a share is near enough to normal to be charted."""
_AVERAGED = ("queue_share", "log_odds", "nearest")
_LEAST_PROBABILITY = 1e-4  # what is less probable than that is irrelevant, however much less
_TUESDAY = 1

#: Name of each chart, and what its figure is called in an alarm.
CHARTS: dict[str, str] = {
    "papers": "number of papers",
    "queue_share": "share of papers that enter the queue",
    "assigned_share": "share of papers with a cell",
    "first_stage_share": "share of papers dropped by the first stage",
    "relevance": "mean probability of relevance",
    "log_odds": "mean log odds of relevance",
    "entropy": "mean entropy of relevance (bits)",
    "nearest": "mean similarity to the nearest labelled paper",
    **{f"{name}_ewma": "" for name in _AVERAGED},
    "vector_shift": "distance of the mean vector from that of earlier nights (whitened)",
    "cell_shift": "distance of the mix of cells from that of earlier nights",
    "approved_share": "share of decided papers that were approved",
    "calibration": "approvals against what the probabilities promise (normal score)",
}
for _name in _AVERAGED:
    CHARTS[f"{_name}_ewma"] = f"moving average of the {CHARTS[_name]}"

_ALPHA = FALSE_ALARMS / len(CHARTS)
_OF_DECISIONS = ("approved_share", "calibration")


@dataclass(frozen=True)
class Night:
    """What one model said of the papers of one night.

    Attributes
    ----------
    relevance
        (papers,) probabilities, in order of arXiv id.
    assigned, first_stage
        (papers,) whether the paper got a cell; whether the cheap stage dropped it.
    cells
        (papers, cells) probabilities.
    nearest
        (papers,) similarity of the nearest labelled paper; NaN where none is stored.
    vectors
        (encoded, dim) of the papers that the full classifier judged.
    decided, approved
        (decisions,) predicted probability and outcome of what was decided between the night
        before and this one.
    """

    day: date
    relevance: NDArray[np.float64]
    assigned: NDArray[np.bool_]
    first_stage: NDArray[np.bool_]
    cells: NDArray[np.float64]
    nearest: NDArray[np.float64]
    vectors: NDArray[np.float32]
    decided: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    approved: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def __len__(self) -> int:
        return len(self.relevance)


@dataclass(frozen=True)
class NightFigures:
    """Figures of one night, ready to be stored.

    Attributes
    ----------
    figures
        Numbers by name, six decimals: the value of each chart, and with ``_low``, ``_high`` and
        ``_score`` its limits and its distance from the centre in standard normal units.
    alarms
        Sentences, each beginning with the night.
    """

    day: date
    figures: dict[str, float]
    alarms: tuple[str, ...]


def usable_reference(
    earlier: Sequence[tuple[date, bool]], least: int = LEAST_REFERENCE
) -> list[date]:
    """Earlier nights to compare with, oldest first: the nearest ones, without those out of control.

    Once more than a third of the nearest nights were out of control, the level has moved for good
    and what was an alarm becomes the new normal: all of them count again.

    Parameters
    ----------
    earlier
        Night and whether it was out of control, oldest first.
    least
        Also all of them, when fewer than this would remain.
    """
    window = list(earlier)[-REFERENCE_NIGHTS:]
    steady = [day for day, out in window if not out]
    if 3 * (len(window) - len(steady)) > len(window) or len(steady) < least:
        return [day for day, _ in window]
    return steady


def judge_night(
    tonight: Night,
    reference: Sequence[Night],
    decided: Sequence[Night],
    threshold: float,
    alpha: float = _ALPHA,
) -> NightFigures:
    """Compute every figure of a night and compare it with earlier nights.

    Parameters
    ----------
    reference
        Earlier nights, oldest first (`usable_reference`).
    decided
        Earlier nights for the charts of decisions.
    threshold
        Least relevance that enters the queue.
    alpha
        Probability of an alarm per chart.
    """
    reference = [night for night in reference if len(night) >= LEAST_PAPERS]
    decided = [night for night in decided if len(night.decided) >= LEAST_DECISIONS]
    figures: dict[str, float] = {
        "reference_nights": len(reference),
        "decision_nights": len(decided),
        "decisions": len(tonight.decided),
        "first_stage": int(tonight.first_stage.sum()),
        "encoded": len(tonight.vectors),
    }
    since: dict[str, date] = {}
    readings: dict[str, Reading | None] = {}
    series = _series(tonight, threshold)
    figures |= {name: float(values.mean()) for name, values in series.items() if len(values)}
    if len(reference) >= LEAST_REFERENCE:
        readings["papers"] = _papers(tonight, reference, alpha)
        if len(tonight) >= LEAST_PAPERS:
            past = [_series(night, threshold) for night in reference]
            for name, values in series.items():
                rows = [(n.day, p[name]) for n, p in zip(reference, past, strict=True)]
                readings |= _means(name, values, rows, since, alpha)
            readings |= _shifts(tonight, reference, figures, alpha)
    if len(tonight.decided) >= LEAST_DECISIONS:
        readings |= _decisions(tonight, decided, figures, alpha)
    for name, reading in readings.items():
        if reading is not None:
            figures |= _numbers(name, reading)
    alarms = {
        name: _sentence(name, tonight, reading, since.get(name))
        for name, reading in readings.items()
        if reading is not None and reading.alarm
    }
    figures["out_of_control"] = int(any(name not in _OF_DECISIONS for name in alarms))
    figures["decisions_out_of_control"] = int(any(name in _OF_DECISIONS for name in alarms))
    return NightFigures(
        tonight.day,
        {name: round(value, _DIGITS) for name, value in sorted(figures.items())},
        tuple(alarms.values()),
    )


def _series(night: Night, threshold: float) -> dict[str, NDArray[np.float64]]:
    """Per chart of means the figure of each paper."""
    relevance = np.clip(night.relevance, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    entropy = -(relevance * np.log2(relevance) + (1 - relevance) * np.log2(1 - relevance))
    return {
        "queue_share": (night.relevance >= threshold).astype(np.float64),
        "assigned_share": night.assigned.astype(np.float64),
        "first_stage_share": night.first_stage.astype(np.float64),
        "relevance": night.relevance,
        # The mean probability hangs on the few relevant papers; this one on all of them.
        "log_odds": np.log(relevance / (1 - relevance)),
        "entropy": entropy,
        "nearest": night.nearest[~np.isnan(night.nearest)],
    }


def _papers(tonight: Night, reference: Sequence[Night], alpha: float) -> Reading | None:
    """Number of papers, in logarithms; a Tuesday brings a weekend's submissions."""
    reading = level(
        [math.log(len(night)) for night in reference],
        [night.day.weekday() == _TUESDAY for night in reference],
        math.log(max(len(tonight), 1)),
        tonight.day.weekday() == _TUESDAY,
        alpha,
    )
    if reading is None:
        return None
    return Reading(
        float(len(tonight)),
        math.exp(reading.centre),
        math.exp(reading.low),
        math.exp(reading.high),
        reading.p,
        reading.alarm,
    )


def _means(
    name: str,
    values: NDArray[np.float64],
    rows: Sequence[tuple[date, NDArray[np.float64]]],
    since: dict[str, date],
    alpha: float,
) -> dict[str, Reading | None]:
    """Shewhart's chart of one figure, and for some its moving average."""
    rows = [(day, row) for day, row in rows if len(row) >= LEAST_PAPERS]
    if len(rows) < LEAST_REFERENCE or len(values) < LEAST_PAPERS:
        return {}
    sizes = np.array([len(row) for _, row in rows], dtype=np.float64)
    means = np.array([row.mean() for _, row in rows])
    within = np.array([row.var() for _, row in rows])
    if name.endswith("_share"):
        share = float(means @ sizes / sizes.sum())
        unit = share * (1 - share)
        if min(len(values), float(np.median(sizes))) * unit < _LEAST_VARIANCE:
            return {}
    else:
        unit = float(within @ sizes / sizes.sum())
    own, size = float(values.mean()), len(values)
    found = {name: shewhart(means, sizes, unit, own, size, alpha)}
    if name in _AVERAGED:
        averaged = f"{name}_ewma"
        found[averaged] = ewma(means, sizes, unit, own, size, alpha)
        start = side_since(means, sizes, own)
        if start < len(rows):
            since[averaged] = rows[start][0]
    return found


def _shifts(
    tonight: Night, reference: Sequence[Night], figures: dict[str, float], alpha: float
) -> dict[str, Reading | None]:
    """Mean vector and mix of cells."""
    seed = tonight.day.toordinal()
    found: dict[str, Shift | None] = {}
    encoded = [n.vectors for n in reference if len(n.vectors) >= LEAST_PAPERS]
    if len(tonight.vectors) >= LEAST_PAPERS and len(encoded) >= LEAST_REFERENCE:
        white = whitening(encoded)
        found["vector_shift"] = mean_shift(
            [vectors @ white for vectors in encoded],
            tonight.vectors @ white,
            seed=seed,
            alpha=alpha,
        )
    found["cell_shift"] = mean_shift(
        [n.cells for n in reference],
        tonight.cells,
        seed=seed,
        alpha=alpha,
        distance=squared_total_variation,
    )
    figures |= {f"{k}_night_effect": s.night_effect for k, s in found.items() if s is not None}
    return {name: None if shift is None else shift.reading for name, shift in found.items()}


def _decisions(
    tonight: Night, decided: Sequence[Night], figures: dict[str, float], alpha: float
) -> dict[str, Reading | None]:
    """Share approved, and approvals against what was promised."""
    score = poisson_binomial_score(tonight.decided, int(tonight.approved.sum()))
    share, size = float(tonight.approved.mean()), len(tonight.decided)
    figures |= {
        "approved_share": share,
        "calibration": score,
        "approvals": int(tonight.approved.sum()),
        "approvals_promised": float(tonight.decided.sum()),
    }
    if len(decided) < LEAST_REFERENCE:
        return {}
    sizes = np.array([len(n.decided) for n in decided], dtype=np.float64)
    shares = np.array([n.approved.mean() for n in decided])
    mean = float(shares @ sizes / sizes.sum())
    scores = [poisson_binomial_score(n.decided, int(n.approved.sum())) for n in decided]
    return {
        "approved_share": shewhart(shares, sizes, mean * (1 - mean), share, size, alpha),
        # Calibrated means 0, whatever the nights before were: a bias is not to become normal.
        "calibration": shewhart(scores, np.ones(len(scores)), 1.0, score, 1, alpha, centre=0.0),
    }


def _numbers(name: str, reading: Reading) -> dict[str, float]:
    numbers = {
        name: reading.value,
        f"{name}_low": reading.low,
        f"{name}_high": reading.high,
        f"{name}_score": reading.score,
    }
    return {key: value for key, value in numbers.items() if math.isfinite(value)}


def _sentence(name: str, tonight: Night, reading: Reading, since: date | None) -> str:
    if math.isfinite(reading.low):
        expected = f"{_shown(reading.low)} to {_shown(reading.high)} expected"
    else:
        expected = f"at most {_shown(reading.high)} expected"
    said = f"{tonight.day}: {CHARTS[name]} is {_shown(reading.value)}, {expected}"
    if since is not None:
        said += f"; on this side of its mean since {since}"
    return said


def _shown(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 20 else f"{number:.3g}"
