"""Figures of several systems on the same labelled papers, with intervals and differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify import metrics
from litmine.classify.baselines import Scores

__all__ = ["FIGURES", "evaluate"]

FIGURES: tuple[tuple[str, str], ...] = (
    ("average_precision", "relevance: average precision"),
    ("precision_at_90_recall", "relevance: precision at 90% recall"),
    ("recall_at_90_precision", "relevance: recall at 90% precision"),
    ("wss_95", "relevance: work saved at 95% recall"),
    ("read_95", "relevance: share read at 95% recall"),
    ("cell_micro_f1", "cells: micro F1"),
    ("cell_macro_f1", "cells: macro F1"),
    ("cell_average_precision", "cells: micro average precision"),
    ("cell_calibration_error", "cells: pooled calibration error"),
    ("relevance_calibration_error", "relevance: calibration error"),
    ("technique_accuracy", "technique right among relevant"),
)
"""Key and wording of each figure, in the order of the table."""

MIN_POSITIVES = 10


def evaluate(
    systems: Sequence[Scores],
    relevant: NDArray[np.bool_],
    cells: NDArray[np.bool_],
    techniques: Sequence[Sequence[str]],
    *,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure systems, and the first one against each of the others.

    Parameters
    ----------
    systems
        Scores of the same papers in the same order; the first is compared with the others.
    relevant, cells, techniques
        The truth: (papers,), (papers, 25), and the gold techniques of each paper.
    draws, seed
        Bootstrap over papers. All systems see the same draws, so differences are paired.

    Returns
    -------
    dict
        ``papers``, ``relevant``, ``cells_counted`` (F1 is over the cells with at least ten
        positives), ``systems`` (name to figure to value, low, high) and ``differences``.
    """
    counted = np.flatnonzero(cells.sum(axis=0) >= MIN_POSITIVES)

    def figures(scores: Scores, rows: NDArray[np.int64]) -> list[float]:
        truth, relevance = relevant[rows], scores.relevance[rows]
        cell_truth, chosen = cells[rows][:, counted], scores.assigned[rows][:, counted]
        every, probability = cells[rows].ravel(), scores.cells[rows].ravel()
        gold = [row for row in rows.tolist() if relevant[row]]
        right = [scores.technique[row] in techniques[row] for row in gold]
        return [
            metrics.average_precision(truth, relevance),
            metrics.precision_at_recall(truth, relevance, 0.9),
            metrics.recall_at_precision(truth, relevance, 0.9),
            metrics.work_saved(truth, relevance, 0.95),
            metrics.share_read(truth, relevance, 0.95),
            metrics.micro_f1(cell_truth, chosen),
            metrics.macro_f1(cell_truth, chosen),
            metrics.average_precision(every, probability),
            metrics.calibration_error(every, probability),
            metrics.calibration_error(truth, relevance),
            float(np.mean(right)) if right else float("nan"),
        ]

    everything = np.arange(len(relevant))
    points = [figures(scores, everything) for scores in systems]

    def one_draw(rows: NDArray[np.int64]) -> list[float]:
        values = [figures(scores, rows) for scores in systems]
        differences = [
            own - other for rest in values[1:] for own, other in zip(values[0], rest, strict=True)
        ]
        return [value for part in values for value in part] + differences

    ends = metrics.bootstrap(one_draw, len(relevant), draws=draws, seed=seed)
    width = len(FIGURES)

    def table(row: int, values: Sequence[float]) -> dict[str, dict[str, float]]:
        return {
            key: {
                "value": round(float(values[i]), 4),
                "low": round(float(ends[row * width + i, 0]), 4),
                "high": round(float(ends[row * width + i, 1]), 4),
            }
            for i, (key, _) in enumerate(FIGURES)
        }

    own = np.array(points[0])
    return {
        "papers": len(relevant),
        "relevant": int(relevant.sum()),
        "cells_counted": len(counted),
        "bootstrap_draws": draws,
        "systems": {s.name: table(i, points[i]) for i, s in enumerate(systems)},
        "differences": {
            f"{systems[0].name} - {other.name}": table(
                len(systems) + i, (own - np.array(points[i + 1])).tolist()
            )
            for i, other in enumerate(systems[1:])
        },
    }
