"""How figures hold for later papers: fitted on earlier labels, tested on later ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify import metrics
from litmine.classify.baselines import Scores
from litmine.classify.fusion import Opinions, fit_fusion, labelled_nights, night_weights
from litmine.classify.report_data import Bench, Papers
from litmine.classify.report_views import (
    SOURCES,
    Views,
    only,
    silent_evidence,
    trained_on,
    views_of,
)
from litmine.classify.thresholds import cell_thresholds

__all__ = ["FOLD_FIGURES", "later_folds", "night_folds"]

FOLD_FIGURES: tuple[tuple[str, str], ...] = (
    ("average_precision", "relevance: average precision"),
    ("wss_95", "relevance: WSS@95"),
    ("cell_micro_f1", "cells: micro F1, all 25"),
    ("cell_macro_f1", "cells: macro F1, cells with 10 positives"),
    ("cell_calibration_error", "cells: pooled calibration error"),
    ("technique_accuracy", "technique right among relevant"),
)


def later_folds(
    bench: Bench,
    views: Views,
    dates: Sequence[str],
    *,
    windows: int = 4,
    draws: int = 500,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Fit on earlier labelled papers, test on later ones, in windows that move forward.

    The later half of the labelled papers, by date, is cut into windows of equal counts. For each,
    fusion and thresholds are fitted on all papers dated before it. Papers are weighted so that 9%
    of the weight is relevant, as on a night. Papers without an honest opinion stay out.

    Three systems: the fusion of all three sources and words alone, both from out-of-fold opinions
    (random folds, so words and encoder have seen other papers of the window's time), and words
    wholly earlier, retrained on the papers before the window.

    Returns
    -------
    dict
        ``windows`` and ``pooled``: first and last day, papers, relevant, systems' figures and
        paired ``differences``. A window is left out where too little comes before it; without
        any, ``pooled`` is None.
    """
    order = np.argsort(np.array(dates), kind="stable")
    days = np.array(dates)
    cuts = [days[order[round(len(order) * (0.5 + 0.5 * w / windows))]] for w in range(windows)]
    parts: list[tuple[NDArray[np.int64], list[Scores]]] = []
    found = []
    for w, start in enumerate(cuts):
        end = cuts[w + 1] if w + 1 < windows else "9999"
        earlier = np.flatnonzero((days < start) & views.honest)
        later = np.flatnonzero((days >= start) & (days < end) & views.honest)
        if not _enough(views, earlier, later):
            continue
        say(f"later-dated fold from {start}: fitted on {len(earlier)}, tested on {len(later)}")
        systems = [
            _dated("litmine", views, SOURCES, earlier, later, bench.base_rate),
            _dated("words alone", views, ["words"], earlier, later, bench.base_rate),
            _wholly_earlier(bench, earlier, later),
        ]
        parts.append((later, systems))
        found.append(
            {"first": str(start), "last": max(days[later].tolist()), "fitted_on": len(earlier)}
            | _measured(bench, views, later, systems, draws, seed, weighted=True)
        )
    pooled = _pooled(bench, views, parts, draws, seed, weighted=True)
    return {"windows": found, "pooled": pooled, "base_rate": bench.base_rate}


def night_folds(
    bench: Bench,
    views: Views,
    dates: Sequence[str],
    *,
    windows: int = 4,
    draws: int = 500,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any] | None:
    """Fit on papers before some whole labelled nights, test on these, in windows that move on.

    Nights have their own base rate, so nothing is weighted. Fitted on: earlier nights, and chosen
    papers dated before the window's first night.

    Returns
    -------
    dict or None
        As `later_folds`; None when the training labels hold too few whole nights.
    """
    nights = np.array([str(label.get("night") or "") for label in bench.known_labels])
    names = sorted(set(nights.tolist()) - {""})
    if not bench.has_nights or len(names) < windows:
        return None
    days = np.array(dates)
    parts: list[tuple[NDArray[np.int64], list[Scores]]] = []
    found = []
    for group in np.array_split(np.array(names), windows):
        first, last = str(group[0]), str(group[-1])
        later = np.flatnonzero((nights >= first) & (nights <= last) & views.honest)
        earlier = np.flatnonzero(
            np.where(nights == "", days < first, nights < first) & views.honest
        )
        if not _enough(views, earlier, later):
            continue
        say(f"nights {first} to {last}: fitted on {len(earlier)}, tested on {len(later)}")
        systems = [
            _dated("litmine", views, SOURCES, earlier, later, bench.base_rate),
            _dated("words alone", views, ["words"], earlier, later, bench.base_rate),
        ]
        parts.append((later, systems))
        found.append(
            {"first": first, "last": last, "fitted_on": len(earlier)}
            | _measured(bench, views, later, systems, draws, seed, weighted=False)
        )
    pooled = _pooled(bench, views, parts, draws, seed, weighted=False)
    return {"windows": found, "pooled": pooled}


def _enough(views: Views, earlier: NDArray[np.int64], later: NDArray[np.int64]) -> bool:
    """Whether there is something to learn from and something to find."""
    relevant = views.targets[:, 0] > 0
    known = int(relevant[earlier].sum())
    return min(known, len(earlier) - known) >= 10 and bool(relevant[later].any())


def _pooled(
    bench: Bench,
    views: Views,
    parts: Sequence[tuple[NDArray[np.int64], list[Scores]]],
    draws: int,
    seed: int,
    *,
    weighted: bool,
) -> dict[str, Any] | None:
    """All windows as one; None without any."""
    if not parts:
        return None
    rows = np.concatenate([later for later, _ in parts])
    together = [
        Scores(
            part[0].name,
            np.concatenate([s.relevance for s in part]),
            np.concatenate([s.cells for s in part]),
            np.concatenate([s.assigned for s in part]),
            [t for s in part for t in s.technique],
        )
        for part in zip(*(systems for _, systems in parts), strict=True)
    ]
    return _measured(bench, views, rows, together, draws, seed, weighted=weighted)


def _dated(
    name: str,
    views: Views,
    sources: Sequence[str],
    earlier: NDArray[np.int64],
    later: NDArray[np.int64],
    base_rate: float,
) -> Scores:
    """Fusion and thresholds from earlier papers, applied to later ones."""
    opinions = only(views.train, sources)
    targets, outputs, whole = views.targets[earlier], views.outputs, views.whole[earlier]
    fusion = fit_fusion(opinions.rows(earlier), targets, outputs, base_rate=base_rate, night=whole)
    by_nights = labelled_nights(whole, targets)
    cut = earlier[whole] if by_nights else earlier
    seen = fusion.probabilities(opinions.rows(cut), outputs)[1]
    truth = views.targets[cut] > 0
    weights = np.ones(len(cut)) if by_nights else night_weights(truth[:, 0], base_rate)
    limits = cell_thresholds(truth[:, outputs.group("cell")], seen, weights)
    relevance, cells, technique = fusion.probabilities(opinions.rows(later), outputs)
    names = outputs.labels_of("technique")
    best = technique.argmax(axis=1)
    return Scores(name, relevance, cells, cells >= limits, [names[int(i)] for i in best])


def _wholly_earlier(bench: Bench, earlier: NDArray[np.int64], later: NDArray[np.int64]) -> Scores:
    labels = [bench.known_labels[int(i)] for i in earlier]
    blind = Papers(bench.known.ids, bench.known.texts)
    silent = silent_evidence([label["id"] for label in labels], bench.outputs.names)
    trained = trained_on(labels, blind.rows(earlier), silent, bench.base_rate)
    views = views_of(trained, labels, blind.rows(earlier), blind.rows(later), blind.rows(later))
    both = Views(
        targets=np.concatenate([trained.targets, bench.targets[later]]),
        outputs=bench.outputs,
        honest=np.ones(len(earlier) + len(later), dtype=bool),
        whole=bench.whole[np.concatenate([earlier, later])],
        fold=bench.fold[np.concatenate([earlier, later])],
        train=_joined(views),
        night=views.night,
        test=views.test,
    )
    size = len(earlier)
    return _dated(
        "words wholly earlier",
        both,
        ["words"],
        np.arange(size),
        np.arange(size, size + len(later)),
        bench.base_rate,
    )


def _joined(views: Views) -> Opinions:
    return Opinions(
        *(
            np.concatenate([getattr(views.train, name), getattr(views.test, name)])
            for name in SOURCES
        )
    )


def _measured(
    bench: Bench,
    views: Views,
    rows: NDArray[np.int64],
    systems: Sequence[Scores],
    draws: int,
    seed: int,
    *,
    weighted: bool,
) -> dict[str, Any]:
    """Figures, at the base rate of a night if `weighted`, intervals and paired differences."""
    truth = views.targets[rows] > 0
    relevant, cells = truth[:, 0], truth[:, views.outputs.group("cell")]
    counted = np.flatnonzero(cells.sum(axis=0) >= 10)
    gold = [tuple(bench.known_labels[int(i)].get("technique", ())) for i in rows]
    hit = np.array(
        [[s.technique[i] in gold[i] for i in range(len(rows))] for s in systems], dtype=bool
    )

    def figures(s: int, drawn: NDArray[np.int64]) -> list[float]:
        scores, true = systems[s], relevant[drawn]
        weights = night_weights(true, bench.base_rate) if weighted else np.ones(len(true))
        many = np.repeat(weights, cells.shape[1])
        per_cell = [
            metrics.micro_f1(cells[drawn, c], scores.assigned[drawn, c], weights) for c in counted
        ]
        return [
            metrics.average_precision(true, scores.relevance[drawn], weights),
            metrics.work_saved(true, scores.relevance[drawn], 0.95, weights),
            metrics.micro_f1(cells[drawn], scores.assigned[drawn], weights),
            float(np.mean(per_cell)) if per_cell else float("nan"),
            metrics.calibration_error(
                cells[drawn].ravel(), scores.cells[drawn].ravel(), weights=many
            ),
            float(hit[s][drawn][true].mean()) if true.any() else float("nan"),
        ]

    def all_figures(drawn: NDArray[np.int64]) -> list[float]:
        values = [figures(s, drawn) for s in range(len(systems))]
        gaps = [a - b for other in values[1:] for a, b in zip(values[0], other, strict=True)]
        return [v for part in values for v in part] + gaps

    points = all_figures(np.arange(len(rows)))
    ends = metrics.bootstrap(all_figures, len(rows), draws=draws, seed=seed)
    width = len(FOLD_FIGURES)

    def table(start: int) -> dict[str, dict[str, float]]:
        return {
            key: {
                "value": round(points[start * width + i], 4),
                "low": round(float(ends[start * width + i, 0]), 4),
                "high": round(float(ends[start * width + i, 1]), 4),
            }
            for i, (key, _) in enumerate(FOLD_FIGURES)
        }

    return {
        "papers": len(rows),
        "relevant": int(relevant.sum()),
        "cells_counted": len(counted),
        "systems": {s.name: table(i) for i, s in enumerate(systems)},
        "differences": {
            f"{systems[0].name} - {s.name}": table(len(systems) + i)
            for i, s in enumerate(systems[1:])
        },
    }
