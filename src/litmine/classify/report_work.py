"""Reading work saved, night by night, and the cost of deciding without a reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify import metrics
from litmine.classify.baselines import Scores

__all__ = ["NIGHT_FIGURES", "reject_option", "work_by_night", "work_curves"]

NIGHT_FIGURES: tuple[tuple[str, str], ...] = (
    ("average_precision", "average precision"),
    ("wss_95", "WSS@95"),
    ("recall_at_10", "recall, 10% read"),
    ("recall_at_20", "recall, 20% read"),
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def _night(truth: Bools, relevance: Floats) -> list[float]:
    return [
        metrics.average_precision(truth, relevance),
        metrics.work_saved(truth, relevance, 0.95),
        metrics.recall_at_share(truth, relevance, 0.1),
        metrics.recall_at_share(truth, relevance, 0.2),
    ]


def work_by_night(
    systems: Sequence[Scores],
    relevant: Bools,
    nights: NDArray[np.str_],
    *,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Figures of each whole night, their mean over nights, and those of one pooled list.

    Parameters
    ----------
    systems
        Scores of the same papers; the first is compared with the others.
    relevant, nights
        (papers,).
    draws, seed
        The bootstrap draws papers within each night, so that every draw holds every night. Its
        intervals are about papers; with few nights they say little about nights to come.

    Returns
    -------
    dict
        ``nights`` (name to papers, relevant, systems), ``mean`` and ``pooled`` (system to figure
        to value, low, high) and ``differences`` of means, first system less each other.
    """
    names = sorted(set(nights.tolist()))
    rows_of = [np.flatnonzero(nights == name) for name in names]
    rows_of = [rows for rows in rows_of if relevant[rows].any()]
    width = len(NIGHT_FIGURES)

    def means(scores: Scores, parts: Sequence[NDArray[np.int64]]) -> list[float]:
        found = [_night(relevant[rows], scores.relevance[rows]) for rows in parts]
        pooled = np.concatenate(parts)
        return [
            *np.nanmean(found, axis=0).tolist(),
            *_night(relevant[pooled], scores.relevance[pooled]),
        ]

    points = np.array([means(scores, rows_of) for scores in systems])
    random = np.random.default_rng(seed)
    drawn = np.empty((draws, len(systems), 2 * width))
    for draw in range(draws):
        parts = [rows[random.integers(0, len(rows), len(rows))] for rows in rows_of]
        if not any(relevant[rows].any() for rows in parts):
            drawn[draw] = np.nan
            continue
        parts = [rows for rows in parts if relevant[rows].any()]
        drawn[draw] = [means(scores, parts) for scores in systems]

    def table(values: Floats, samples: Floats) -> dict[str, dict[str, float]]:
        ends = np.nanpercentile(samples, [2.5, 97.5], axis=0)
        return {
            key: {
                "value": round(float(values[i]), 4),
                "low": round(float(ends[0, i]), 4),
                "high": round(float(ends[1, i]), 4),
            }
            for i, (key, _) in enumerate(NIGHT_FIGURES)
        }

    return {
        "nights": {
            name: {
                "papers": int((nights == name).sum()),
                "relevant": int(relevant[nights == name].sum()),
                "systems": {
                    s.name: dict(
                        zip(
                            [key for key, _ in NIGHT_FIGURES],
                            np.round(
                                _night(relevant[nights == name], s.relevance[nights == name]), 4
                            ).tolist(),
                            strict=True,
                        )
                    )
                    for s in systems
                },
            }
            for name in names
        },
        "mean": {
            s.name: table(points[i, :width], drawn[:, i, :width]) for i, s in enumerate(systems)
        },
        "pooled": {
            s.name: table(points[i, width:], drawn[:, i, width:]) for i, s in enumerate(systems)
        },
        "differences": {
            f"{systems[0].name} - {s.name}": table(
                (points[0] - points[i])[:width], (drawn[:, 0] - drawn[:, i])[:, :width]
            )
            for i, s in enumerate(systems)
            if i
        },
    }


def work_curves(
    scores: Scores, relevant: Bools, nights: NDArray[np.str_], points: int = 201
) -> tuple[Floats, Floats, Floats, list[Floats]]:
    """Recall against the share read: the grid, mean over nights, pooled, and each night."""
    grid = np.linspace(0, 1, points)

    def curve(rows: NDArray[np.int64]) -> Floats:
        return np.array(
            [metrics.recall_at_share(relevant[rows], scores.relevance[rows], x) for x in grid]
        )

    by_night = [
        curve(np.flatnonzero(nights == name))
        for name in sorted(set(nights.tolist()))
        if relevant[nights == name].any()
    ]
    return grid, np.mean(by_night, axis=0), curve(np.arange(len(relevant))), by_night


def reject_option(
    scores: Scores, relevant: Bools, verdicts: Sequence[bool | None] | None
) -> dict[str, Any]:
    """What leaving the unsure papers to a reader buys.

    Parameters
    ----------
    verdicts
        The model's own answers (None: unsure); None when it gives none.

    Returns
    -------
    dict
        ``area``: mean risk over all coverages (AURC; lower is better); ``at``: risk and share of
        relevant papers decided away at coverages of 80, 90, 95 and 100%; ``model``: the same for
        the model's own reject option, or None.
    """
    coverage, risk, missed = metrics.risk_coverage(relevant, scores.relevance)
    at = {}
    for share in (0.8, 0.9, 0.95, 1.0):
        place = int(np.searchsorted(coverage, share - 1e-9))
        at[f"{share:.2f}"] = {
            "risk": round(float(risk[place]), 4),
            "relevant_missed": round(float(missed[place]), 4),
        }
    model = None
    if verdicts is not None and any(v is not None for v in verdicts):
        decided = np.array([v is not None for v in verdicts])
        said = np.array([v is True for v in verdicts])
        wrong = (said != relevant) & decided
        low, high = metrics.wilson(int(wrong.sum()), int(decided.sum()))
        model = {
            "coverage": round(float(decided.mean()), 4),
            "decided": int(decided.sum()),
            "wrong": int(wrong.sum()),
            "risk": round(float(wrong.sum() / decided.sum()), 4),
            "risk_low": round(low, 4),
            "risk_high": round(high, 4),
            "relevant_missed": round(
                float((wrong & relevant).sum() / max(1, int(relevant.sum()))), 4
            ),
            "relevant_unsure": int((relevant & ~decided).sum()),
        }
    return {"area": round(float(risk.mean()), 5), "at": at, "model": model}
