"""One evaluation from end to end: every figure, every plot, and the report in a folder."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from litmine.classify import metrics, report_plots
from litmine.classify.baselines import Scores
from litmine.classify.evaluate import evaluate
from litmine.classify.model import Prediction
from litmine.classify.report_agreement import AGREEMENT, SOURCE, against_adjudicated
from litmine.classify.report_data import Bench, dates_of
from litmine.classify.report_error_list import render_errors
from litmine.classify.report_errors import find_mistakes, stage_confusion
from litmine.classify.report_folds import later_folds, night_folds
from litmine.classify.report_markdown import render_report
from litmine.classify.report_refit import ablations, learning_curve
from litmine.classify.report_systems import BaseVectors, own_scores, predictions_of, systems
from litmine.classify.report_views import SOURCES, Views, fused_scores, trained_on, views_of
from litmine.classify.report_work import reject_option, work_by_night, work_curves
from litmine.core.files import atomic_write

__all__ = ["write_report"]

Say = Callable[[str], None]


def write_report(
    folder: Path,
    bench: Bench,
    *,
    base: BaseVectors | None,
    sources: Sequence[Path],
    model_labels: int | None = None,
    draws: int = 1000,
    texts: bool = True,
    curve_sizes: Sequence[int] = (500, 1000, 2000, 4000, 8000),
    curve_seeds: Sequence[int] = (0, 1, 2),
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Measure everything and write ``report.md``, ``errors.md``, ``figures.json`` and plots.

    Parameters
    ----------
    folder
        Where; files of an earlier report are replaced one by one.
    bench
        From `litmine.classify.report_systems.gather` with ``whole=True``.
    base
        Vectors of an untaught encoder, for one comparator and the learning curve.
    sources
        Files that hold dates of submission.
    model_labels
        How many labels the classifier itself was trained on, where its manifest says so.
    texts
        Whether the error list shows abstracts.
    curve_sizes, curve_seeds
        Subsets of the learning curve.

    Returns
    -------
    dict
        What ``figures.json`` holds.

    Raises
    ------
    ConfigError
        When matplotlib is missing.
    """
    report_plots.require_matplotlib()
    clock = _Clock()
    predictions = predictions_of(bench)
    own = own_scores(bench, predictions)
    verdicts = _verdicts(predictions)
    truth = bench.truth
    relevant, cells = truth[:, 0], truth[:, bench.outputs.group("cell")]
    with clock.part("opinions"):
        say("training words and collecting opinions")
        trained = trained_on(bench.known_labels, bench.known, bench.evidence, bench.base_rate)
        views = views_of(trained, bench.known_labels, bench.known, bench.others, bench.test)
    with clock.part("comparators"):
        compared = systems(bench, own, base=base, views=views, say=say)
    with clock.part("figures and intervals"):
        say(f"figures of {len(compared)} systems with {draws} bootstrap draws")
        figures = evaluate(compared, relevant, cells, bench.techniques, draws=draws)
        work = work_by_night(compared, relevant, bench.nights, draws=draws)
    with clock.part("ablations"):
        say("ablations")
        ablated, _ = ablations(bench, views, draws=max(20, draws // 2))
    with clock.part("later-dated folds"):
        dates, undated = dates_of(bench.known.ids, sources)
        few = max(20, draws // 4)
        folds = later_folds(bench, views, dates, draws=few, say=say)
        folds["undated"] = undated
        nights = night_folds(bench, views, dates, draws=few, say=say)
    with clock.part("learning curve"):
        curve = learning_curve(bench, base, sizes=curve_sizes, seeds=curve_seeds, say=say)
    names = bench.outputs.labels_of("cell")
    counts = bench.targets[:, bench.outputs.group("cell")].sum(axis=0).astype(int)
    known = dict(zip(names, counts.tolist(), strict=True))
    mistakes = find_mistakes(
        bench.test, bench.nights.tolist(), bench.gold, own, names, known, verdicts
    )
    result = {
        "model_id": bench.classifier.model_id,
        "encoder_id": bench.classifier.encoder_id,
        "nights": sorted(set(bench.nights.tolist())),
        "training_labels": len(bench.known_labels),
        "model_labels": model_labels,
        "base_encoder": base.name if base else None,
        "evidence_out_of_fold": bench.evidence is not None,
        "whole_nights": int(bench.whole.sum()) if bench.has_nights else 0,
        "dishonest": int((~views.honest).sum()),
        "draws": draws,
        "seeds": {"bootstrap": 0, "folds": bench.seed, "learning_curve": list(curve_seeds)},
        "evaluation": figures,
        "cells": _per_cell(compared, cells, names, known),
        "calibration": _calibration(own, relevant, cells),
        "work": work,
        "reject": {s.name: reject_option(s, relevant, None) for s in compared[:1]}
        | {"model": reject_option(own, relevant, verdicts)["model"]},
        "ablations": ablated,
        "folds": folds,
        "night_folds": nights,
        "learning_curve": curve,
        "agreement": {
            "source": SOURCE,
            "sets": [vars(a) for a in AGREEMENT],
            "relevance_f1_against_adjudicated": [round(f, 4) for f in against_adjudicated()],
        },
        "mistakes": [m.as_json() for m in mistakes],
    }
    with clock.part("plots"):
        say("plots")
        panels = _confusions(own, cells, views, bench, names)
        result["stage_confusion"] = {
            title: {"rows": rows, "columns": columns, "counts": np.round(table, 2).tolist()}
            for title, rows, columns, table in panels
        }
        sizes = _draw(folder / "plots", compared, bench, result, panels)
    result["plots"] = sizes
    result["machine"] = _machine()
    result["seconds"] = clock.seconds
    atomic_write(folder / "errors.md", render_errors(mistakes, own.cut, texts=texts))
    atomic_write(folder / "report.md", render_report(result, mistakes))
    atomic_write(folder / "figures.json", json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    return result


def _verdicts(predictions: Sequence[Prediction]) -> list[bool | None] | None:
    """The model's answers, or None when it gives no answer to any paper."""
    found = [p.relevant for p in predictions]
    return found if any(v is not None for v in found) else None


def _per_cell(
    compared: Sequence[Scores], cells: Any, names: Sequence[str], known: dict[str, int]
) -> dict[str, dict[str, Any]]:
    own = compared[0]
    return {
        name: {
            "training_papers": known[name],
            "positives": int(cells[:, c].sum()),
            "assigned": int(own.assigned[:, c].sum()),
            "right": int((own.assigned[:, c] & cells[:, c]).sum()),
            "f1": round(metrics.micro_f1(cells[:, c], own.assigned[:, c]), 4),
            "average_precision": {
                s.name: round(metrics.average_precision(cells[:, c], s.cells[:, c]), 4)
                for s in compared
            }
            if cells[:, c].any()
            else {},
        }
        for c, name in enumerate(names)
    }


def _calibration(own: Scores, relevant: Any, cells: Any) -> dict[str, dict[str, float]]:
    """Errors of everything, and of the probabilities that a reader would look at."""
    result = {}
    for name, truth, p in (
        ("relevance", relevant, own.relevance),
        ("cells", cells.ravel(), own.cells.ravel()),
        ("cells of relevant papers", cells[relevant].ravel(), own.cells[relevant].ravel()),
    ):
        high = p >= 0.05
        result[name] = {
            "entries": len(p),
            "equal_width": round(metrics.calibration_error(truth, p), 4),
            "equal_mass": round(metrics.equal_mass_error(truth, p), 4),
            "entries_above_005": int(high.sum()),
            "equal_width_above_005": round(metrics.calibration_error(truth[high], p[high]), 4),
            "mean_predicted": round(float(p.mean()), 4),
            "share_true": round(float(truth.mean()), 4),
        }
    return result


def _confusions(
    own: Scores, cells: Any, views: Views, bench: Bench, names: Sequence[str]
) -> list[tuple[str, list[str], list[str], Any]]:
    """Papers under test, and the training labels as seen out of fold."""
    inside = fused_scores("out of fold", replace(views, test=views.train), SOURCES, bench.base_rate)
    known = views.targets[:, views.outputs.group("cell")] > 0
    relevant, seen = int(cells.any(axis=1).sum()), int(known.any(axis=1).sum())
    return [
        (f"Papers under test ({relevant} relevant)", *stage_confusion(cells, own.assigned, names)),
        (
            f"Training labels, out of fold ({seen} relevant)",
            *stage_confusion(known, inside.assigned, names),
        ),
    ]


def _draw(
    folder: Path, compared: Sequence[Scores], bench: Bench, result: dict[str, Any], panels: Any
) -> dict[str, int]:
    truth = bench.truth
    relevant, cells = truth[:, 0], truth[:, bench.outputs.group("cell")]
    own = compared[0]
    calibrated = [own, *(s for s in compared if s.name in ("words alone", "TF-IDF + LinearSVC"))]
    linear = [s for s in compared if s.name == "TF-IDF + logistic"]
    final = {k: v["value"] for k, v in result["evaluation"]["systems"][own.name].items()}
    drawn = {
        "relevance-pr": report_plots.relevance_curve_plot(compared, relevant),
        "cells-pr": report_plots.cell_curves_plot(
            [own, *linear], cells, bench.outputs.labels_of("cell")
        ),
        "reliability": report_plots.reliability_plot(own, relevant, cells),
        "risk-coverage": report_plots.risk_plot(calibrated, relevant, result["reject"]["model"]),
        "stages": report_plots.confusion_plot(panels),
        "work-saved": report_plots.work_plot(
            [(s.name, *work_curves(s, relevant, bench.nights)) for s in compared]
        ),
        "learning-curve": report_plots.learning_plot(result["learning_curve"], final),
        "annotators": report_plots.annotator_plot(result["evaluation"]["systems"]),
    }
    for name, data in drawn.items():
        atomic_write(folder / f"{name}.svg", data)
    return {name: len(data) for name, data in drawn.items()}


def _machine() -> dict[str, Any]:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        model = next(
            (x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), model
        )
    packages = {}
    for name in ("litmine", "numpy", "scikit-learn", "onnxruntime", "torch", "matplotlib"):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": model,
        "cores": cores,
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": packages,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


class _Clock:
    """Seconds spent on each part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began, 1)
