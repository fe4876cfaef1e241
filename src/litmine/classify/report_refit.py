"""What each part is worth, and how figures grow with labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify import metrics
from litmine.classify.baselines import Scores
from litmine.classify.evaluate import evaluate
from litmine.classify.report_data import Bench, Papers
from litmine.classify.report_systems import OTHERS, BaseVectors
from litmine.classify.report_views import (
    SOURCES,
    Views,
    fused_scores,
    silent_evidence,
    trained_on,
    views_of,
)

__all__ = ["CURVE_FIGURES", "ablations", "learning_curve"]

CURVE_FIGURES: tuple[tuple[str, str], ...] = (
    ("average_precision", "relevance: average precision"),
    ("relevance_f1", "relevance: F1 of the decision"),
    ("cell_micro_f1", "cells: micro F1, all 25"),
    ("technique_accuracy", "technique right among relevant"),
)


def ablations(
    bench: Bench, views: Views, *, draws: int, seed: int = 0
) -> tuple[dict[str, Any], list[Scores]]:
    """Refit the fusion without one source, and with one alone; measure on the papers under test.

    The first system is the fusion of all three, refitted the same way; differences are against it.
    """
    wordings = {"words": "words", "head": "encoder's head", "votes": "neighbours"}
    systems = [fused_scores("all three", views, SOURCES, bench.base_rate)]
    for name in SOURCES:
        rest = [other for other in SOURCES if other != name]
        systems.append(fused_scores(f"without {wordings[name]}", views, rest, bench.base_rate))
    for name in SOURCES:
        systems.append(fused_scores(f"{wordings[name]} alone", views, [name], bench.base_rate))
    truth = bench.truth
    cells = truth[:, bench.outputs.group("cell")]
    return (
        evaluate(systems, truth[:, 0], cells, bench.techniques, draws=draws, seed=seed),
        systems,
    )


def learning_curve(
    bench: Bench,
    base: BaseVectors | None,
    *,
    sizes: Sequence[int] = (500, 1000, 2000, 4000, 8000),
    seeds: Sequence[int] = (0, 1, 2),
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Retrain on nested random subsets of the training labels.

    Every part that is trained sees the subset alone: words, a linear head on vectors of an encoder
    that has seen no label, the neighbours, and the fusion (out of fold within the subset). The
    shipped encoder was taught with all labels, so it has no such curve.

    Parameters
    ----------
    base
        Vectors of an untaught encoder; without them only the curve of words is drawn.
    sizes, seeds
        One order of the papers per seed; a subset is the first so many of it. All labels come
        last, once.

    Returns
    -------
    dict
        ``sizes``, ``seeds`` and ``curves``: system to figure to one list of values per size.
    """
    wanted = {"words alone": ["words"]}
    if base is not None:
        wanted |= {
            f"{base.name} head alone": ["head"],
            f"words + {base.name} head + neighbours": list(SOURCES),
        }
    every = len(bench.known_labels)
    steps = [size for size in sizes if size < every]
    curves: dict[str, dict[str, list[list[float]]]] = {
        name: {key: [[] for _ in range(len(steps) + 1)] for key, _ in CURVE_FIGURES}
        for name in wanted
    }
    relevant = np.array([bool(label["relevant"]) for label in bench.known_labels])
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(every)
        for place, size in enumerate([*steps, every]):
            rows = np.sort(order[:size])
            if size == every and seed != seeds[0]:
                continue  # the same papers, whatever the order
            if min(relevant[rows].sum(), (~relevant[rows]).sum()) < 10:
                continue
            say(f"learning curve: {size} labels, seed {seed}")
            views = _subset_views(bench, base, rows)
            for name, sources in wanted.items():
                scores = fused_scores(name, views, sources, bench.base_rate)
                for key, value in _points(bench, scores).items():
                    curves[name][key][place].append(round(value, 4))
    return {"sizes": [*steps, every], "seeds": list(seeds), "curves": curves}


def _subset_views(bench: Bench, base: BaseVectors | None, rows: NDArray[np.int64]) -> Views:
    labels = [bench.known_labels[int(i)] for i in rows]
    known = Papers(bench.known.ids, bench.known.texts, base.known if base else None).rows(rows)
    silent = silent_evidence(known.ids, bench.outputs.names) if base is None else None
    trained = trained_on(labels, known, silent, bench.base_rate)
    size = OTHERS if base else len(bench.others.ids)
    others = Papers(
        bench.others.ids[:size], bench.others.texts[:size], base.others if base else None
    )
    return views_of(
        trained,
        labels,
        known,
        others,
        Papers(bench.test.ids, bench.test.texts, base.test if base else None),
    )


def _points(bench: Bench, scores: Scores) -> dict[str, float]:
    truth = bench.truth
    relevant, cells = truth[:, 0], truth[:, bench.outputs.group("cell")]
    right = [
        scores.technique[row] in bench.techniques[row] for row in np.flatnonzero(relevant).tolist()
    ]
    return {
        "average_precision": metrics.average_precision(relevant, scores.relevance),
        "relevance_f1": metrics.micro_f1(relevant, scores.decided),
        "cell_micro_f1": metrics.micro_f1(cells, scores.assigned),
        "technique_accuracy": float(np.mean(right)) if right else float("nan"),
    }
