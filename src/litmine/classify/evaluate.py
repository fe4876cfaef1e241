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
    ("wss_95", "relevance: work saved at 95% recall (WSS@95)"),
    ("recall_at_10", "relevance: recall when 10% is read"),
    ("recall_at_20", "relevance: recall when 20% is read"),
    ("precision_at_90_recall", "relevance: precision at 90% recall"),
    ("recall_at_90_precision", "relevance: recall at 90% precision"),
    ("relevance_f1", "relevance: F1 of the decision"),
    ("relevance_calibration_error", "relevance: calibration error"),
    ("cell_micro_f1", "cells: micro F1, all 25"),
    ("cell_micro_f1_counted", "cells: micro F1, cells with 10 positives"),
    ("cell_macro_f1", "cells: macro F1, cells with 10 positives"),
    ("cell_average_precision", "cells: micro average precision"),
    ("cell_calibration_error", "cells: pooled calibration error"),
    ("cell_calibration_error_mass", "cells: the same, equal-mass bins"),
    ("technique_accuracy", "technique right among relevant"),
)
"""Key and wording of each figure, in the order of the tables.

Calibration errors have 15 bins of equal width unless said otherwise. WSS@95 and recall at a share
read are those of all papers in one list; `report_work` gives them night by night.
"""

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
        ``papers``, ``relevant``, ``cells_counted`` (cells with at least ten positives),
        ``systems`` (name to figure to value, low, high) and ``differences``.
    """
    counted = np.flatnonzero(cells.sum(axis=0) >= MIN_POSITIVES)

    def figures(scores: Scores, rows: NDArray[np.int64]) -> list[float]:
        truth, relevance = relevant[rows], scores.relevance[rows]
        cell_truth, chosen = cells[rows], scores.assigned[rows]
        every, probability = cells[rows].ravel(), scores.cells[rows].ravel()
        gold = [row for row in rows.tolist() if relevant[row]]
        right = [scores.technique[row] in techniques[row] for row in gold]
        return [
            metrics.average_precision(truth, relevance),
            metrics.work_saved(truth, relevance, 0.95),
            metrics.recall_at_share(truth, relevance, 0.1),
            metrics.recall_at_share(truth, relevance, 0.2),
            metrics.precision_at_recall(truth, relevance, 0.9),
            metrics.recall_at_precision(truth, relevance, 0.9),
            metrics.micro_f1(truth, scores.decided[rows]),
            metrics.calibration_error(truth, relevance),
            metrics.micro_f1(cell_truth, chosen),
            metrics.micro_f1(cell_truth[:, counted], chosen[:, counted]),
            metrics.macro_f1(cell_truth[:, counted], chosen[:, counted]),
            metrics.average_precision(every, probability),
            metrics.calibration_error(every, probability),
            metrics.equal_mass_error(every, probability),
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
