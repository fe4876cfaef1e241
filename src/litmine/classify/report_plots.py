"""Plots of an evaluation, as small SVG files.

Colours are those of Okabe and Ito, which stay apart for colour-blind readers; lines differ in
their dashes too. Nothing here depends on the clock, so the same figures give the same files.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify import metrics
from litmine.classify.baselines import Scores
from litmine.classify.report_agreement import agreement_range
from litmine.classify.report_refit import CURVE_FIGURES
from litmine.core.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "annotator_plot",
    "cell_curves_plot",
    "confusion_plot",
    "learning_plot",
    "relevance_curve_plot",
    "reliability_plot",
    "require_matplotlib",
    "risk_plot",
    "work_plot",
]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_STYLES: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("#0072B2", "-", ("litmine",)),
    ("#E69F00", (0, (5, 1.5)), ("TF-IDF + LinearSVC",)),
    ("#D55E00", (0, (3, 1, 1, 1)), ("TF-IDF + logistic",)),
    ("#009E73", (0, (1, 1)), ("words alone",)),
    ("#CC79A7", (0, (6, 2, 1, 2)), ("neighbours alone",)),
    ("#56B4E9", (0, (2, 1)), (" + logistic", " head alone")),
    ("#000000", (0, (8, 2)), ("",)),
)
"""Colour, dashes, and how the name of a system ends that has them, in every plot."""

_RC = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "litmine",
    "savefig.facecolor": "white",
    "path.simplify_threshold": 0.3,
}


def require_matplotlib() -> None:
    """Raise `ConfigError` when matplotlib is missing, before any minute is spent."""
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise ConfigError("the report's plots need matplotlib: pip install 'litmine[train]'")


def relevance_curve_plot(systems: Sequence[Scores], relevant: Bools, *, kind: str = "svg") -> bytes:
    """Precision against recall of relevance, every system."""
    with _Sheet(6.4, 4.4, kind) as sheet:
        axes = sheet.figure.subplots()
        for scores in systems:
            recall, precision = metrics.pr_curve(relevant, scores.relevance)
            value = metrics.average_precision(relevant, scores.relevance)
            _steps(axes, recall, precision, scores.name, f"{scores.name} ({value:.3f})")
        axes.axhline(relevant.mean(), color="#888888", lw=1, ls=":")
        axes.annotate("random order", (0.55, relevant.mean() + 0.015), color="#666666", fontsize=8)
        _unit(axes, "recall (share of relevant papers found)", "precision (share relevant)")
        axes.set_title(
            f"Relevance: precision and recall, {len(relevant)} papers, {relevant.sum()} relevant"
        )
        axes.legend(title="average precision", loc="lower left", bbox_to_anchor=(0, 0.08))
    return sheet.data


def cell_curves_plot(
    systems: Sequence[Scores],
    cells: Bools,
    names: Sequence[str],
    *,
    least: int = 5,
    kind: str = "svg",
) -> bytes:
    """Precision against recall for each cell with enough positives, as small multiples."""
    columns = sorted(
        np.flatnonzero(cells.sum(axis=0) >= least).tolist(), key=lambda c: -int(cells[:, c].sum())
    )
    across = min(4, max(1, len(columns)))
    down = max(1, math.ceil(len(columns) / across))
    with _Sheet(2.4 * across + 0.4, 2.35 * down + 0.7, kind) as sheet:
        grid = sheet.figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
        for place, axes in enumerate(grid.flat):
            if place >= len(columns):
                axes.set_visible(False)
                continue
            c = columns[place]
            values = []
            for scores in systems:
                recall, precision = metrics.pr_curve(cells[:, c], scores.cells[:, c])
                values.append(metrics.average_precision(cells[:, c], scores.cells[:, c]))
                label = scores.name if place == 0 else None
                _steps(axes, recall, precision, scores.name, label)
            points = [f"{v:.2f}" for v in values]
            axes.set_title(
                f"{names[c]}\nn = {cells[:, c].sum()}; AP {' / '.join(points)}", fontsize=8
            )
            axes.set_xlim(0, 1)
            axes.set_ylim(0, 1.03)
        sheet.figure.supxlabel("recall", fontsize=9)
        sheet.figure.supylabel("precision", fontsize=9)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        sheet.figure.legend(handles, labels, loc="outside upper center", ncols=len(systems))
    return sheet.data


def reliability_plot(
    own: Scores, relevant: Bools, cells: Bools, *, floor: float = 0.05, kind: str = "svg"
) -> bytes:
    """Share true against mean probability, for relevance and for all cells pooled.

    Probabilities below `floor` make one bin; the others make ten of equal counts, because bins of
    equal counts over everything would nearly all lie at zero. Bars are 95% Wilson intervals.
    """
    with _Sheet(8.2, 4.2, kind) as sheet:
        both = sheet.figure.subplots(1, 2)
        parts = (
            ("Relevance", "papers", relevant, own.relevance),
            ("Cells, pooled", "paper-cell pairs", cells.ravel(), own.cells.ravel()),
        )
        for axes, (title, unit, truth, p) in zip(both, parts, strict=True):
            low = p < floor
            bins = metrics.equal_mass_bins(truth[low], p[low], 1) if low.any() else []
            if (~low).any():
                bins += metrics.equal_mass_bins(truth[~low], p[~low], 10)
            axes.plot([0, 1], [0, 1], color="#888888", lw=1, ls=":")
            for b in bins:
                ends = metrics.wilson(b.observed * b.size, b.size)
                axes.plot([b.predicted] * 2, ends, color="#0072B2", lw=1.2)
            axes.plot(
                [b.predicted for b in bins], [b.observed for b in bins], "o", color="#0072B2", ms=5
            )
            error = metrics.calibration_error(truth, p)
            axes.set_title(f"{title}: calibration error {error:.3f}\n(15 equal widths, all {unit})")
            _unit(axes, "mean probability in bin", f"share true (of {unit})")
            text = f"below {floor}: {int(low.sum())} {unit}\nother bins: about "
            text += f"{round((~low).sum() / 10)} each"
            axes.text(0.97, 0.04, text, ha="right", fontsize=8, transform=axes.transAxes)
            axes.set_aspect("equal")
    return sheet.data


def risk_plot(
    systems: Sequence[Scores],
    relevant: Bools,
    model: Mapping[str, Any] | None,
    *,
    kind: str = "svg",
) -> bytes:
    """Error among the papers decided, and relevant papers lost, against the share decided."""
    with _Sheet(8.2, 3.9, kind) as sheet:
        left, right = sheet.figure.subplots(1, 2)
        for scores in systems:
            coverage, risk, missed = metrics.risk_coverage(relevant, scores.relevance)
            color, dashes = _style(scores.name)
            for axes, values in ((left, risk), (right, missed)):
                axes.plot(coverage, 100 * values, color=color, ls=dashes, label=scores.name)
        if model is not None:
            low, high = 100 * model["risk_low"], 100 * model["risk_high"]
            left.plot([model["coverage"]] * 2, [low, high], color="#000000", lw=1.2)
            point = {"marker": "D", "color": "#000000", "ms": 6, "ls": "none"}
            left.plot([model["coverage"]], [100 * model["risk"]], label="litmine's own", **point)
            right.plot([model["coverage"]], [100 * model["relevant_missed"]], **point)
        left.set_ylabel("risk: error among the decided, %")
        right.set_ylabel("relevant papers decided away, %")
        left.set_title("Risk against coverage")
        right.set_title("Relevant papers lost against coverage")
        for axes in (left, right):
            axes.set_xlabel("coverage: share of papers decided, surest first")
            axes.set_xlim(0.4, 1.003)
            axes.set_ylim(bottom=0)
        left.legend(loc="upper left")
    return sheet.data


def confusion_plot(
    panels: Sequence[tuple[str, Sequence[str], Sequence[str], Floats]], *, kind: str = "svg"
) -> bytes:
    """Stages as labelled (rows) against stages assigned (columns); shares of rows as shade."""
    with _Sheet(4.7 * len(panels), 4.0, kind) as sheet:
        for axes, (title, rows, columns, counts) in zip(
            sheet.figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
        ):
            stages = len(columns) - 1
            shade = np.zeros_like(counts)
            total = counts[:stages].sum(axis=1, keepdims=True)
            shade[:stages] = counts[:stages] / np.where(total > 0, total, 1)
            axes.imshow(shade, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            for r, c in np.ndindex(counts.shape):
                value = float(counts[r, c])
                if value:
                    text = f"{value:.0f}" if value == round(value) else f"{value:.1f}"
                    axes.text(
                        c, r, text, ha="center", va="center", fontsize=8,
                        color="white" if shade[r, c] > 0.6 else "black",
                    )  # fmt: skip
            axes.axhline(stages - 0.5, color="#888888", lw=0.8)
            axes.axvline(stages - 0.5, color="#888888", lw=0.8)
            axes.grid(visible=False)
            axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right")
            axes.set_yticks(range(len(rows)), rows)
            axes.set_xlabel("stage assigned")
            axes.set_ylabel("stage in gold")
            axes.set_title(title)
    return sheet.data


def work_plot(
    curves: Sequence[tuple[str, Floats, Floats, Floats, Sequence[Floats]]], *, kind: str = "svg"
) -> bytes:
    """Recall against the share of papers read, best first: mean over nights, and one list.

    `curves` holds name, grid, mean over nights, pooled, and each night; thin lines are the nights
    of the first system.
    """
    with _Sheet(8.2, 4.0, kind) as sheet:
        left, right = sheet.figure.subplots(1, 2, sharey=True)
        for place, (name, grid, mean, pooled, nights) in enumerate(curves):
            color, dashes = _style(name)
            if place == 0:
                for night in nights:
                    left.plot(100 * grid, night, color=color, lw=0.7, alpha=0.45)
            left.plot(100 * grid, mean, color=color, ls=dashes, label=name)
            right.plot(100 * grid, pooled, color=color, ls=dashes, label=name)
        for axes in (left, right):
            axes.plot([0, 100], [0, 1], color="#888888", lw=1, ls=":")
            axes.axhline(0.95, color="#888888", lw=0.8)
            axes.set_xlim(0, 60)
            axes.set_ylim(0, 1.03)
            axes.set_xlabel("papers read, best first, % of all")
        left.set_ylabel("recall (share of relevant papers read)")
        left.set_title("Mean over whole nights\n(thin: each night, litmine)")
        right.set_title("All nights in one list\n(level line: 95% recall; dots: random order)")
        right.legend(loc="lower right")
    return sheet.data


def learning_plot(
    curve: Mapping[str, Any], final: Mapping[str, float], *, kind: str = "svg"
) -> bytes:
    """Figures against the number of training labels; the shipped model is one point at the end.

    Lines are means over seeds, bands their range; the grey band is how well annotators agree.
    """
    with _Sheet(8.2, 6.0, kind) as sheet:
        grid = sheet.figure.subplots(2, 2, sharex=True)
        for axes, (key, wording) in zip(grid.flat, CURVE_FIGURES, strict=True):
            for name, figures in curve["curves"].items():
                color, dashes = _style(name)
                found = [
                    (x, min(v), sum(v) / len(v), max(v))
                    for x, v in zip(curve["sizes"], figures[key], strict=True)
                    if v
                ]
                x, low, middle, high = (list(part) for part in zip(*found, strict=True))
                axes.fill_between(x, low, high, color=color, alpha=0.18, lw=0)
                axes.plot(x, middle, color=color, ls=dashes, marker="o", ms=3, label=name)
            axes.plot(
                [curve["sizes"][-1]], [final[key]], "*", color="#0072B2", ms=11,
                label="litmine as shipped (taught with all labels)",
            )  # fmt: skip
            level = agreement_range(key)
            if level is not None:
                middle_level = (level[0] + level[1]) / 2
                half = max(0.003, (level[1] - level[0]) / 2)
                axes.axhspan(
                    middle_level - half, middle_level + half, color="#bbbbbb", alpha=0.7, lw=0,
                    label="two annotators agree" if key == "relevance_f1" else None,
                )  # fmt: skip
            axes.set_xscale("log")
            sizes = curve["sizes"]
            room = [size for size in sizes[:-1] if sizes[-1] > 1.4 * size]
            axes.set_xticks([*room, sizes[-1]], [str(size) for size in (*room, sizes[-1])])
            axes.minorticks_off()
            axes.set_title(wording)
            axes.set_ylim(top=1.02)
        for axes in grid[1]:
            axes.set_xlabel("training labels (logarithmic)")
        handles, labels = grid[0, 1].get_legend_handles_labels()
        sheet.figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return sheet.data


def annotator_plot(
    systems: Mapping[str, Mapping[str, Mapping[str, float]]], *, kind: str = "svg"
) -> bytes:
    """F1 of relevance and cells per system with intervals, below what annotators reach."""
    figures = [c for c in CURVE_FIGURES if agreement_range(c[0]) is not None][:2]
    with _Sheet(8.2, 3.9, kind) as sheet:
        for axes, (key, wording) in zip(sheet.figure.subplots(1, 2), figures, strict=True):
            level = agreement_range(key)
            for place, (name, table) in enumerate(systems.items()):
                value, color = table[key], _style(name)[0]
                axes.plot([place] * 2, [value["low"], value["high"]], color=color, lw=1.6)
                axes.plot([place], [value["value"]], "o", color=color, ms=6)
                axes.annotate(
                    f"{value['value']:.2f}", (place, value["value"]), xytext=(6, -3),
                    textcoords="offset points", fontsize=8,
                )  # fmt: skip
            if level is not None:
                axes.axhspan(*level, color="#bbbbbb", alpha=0.7, lw=0)
                text = f"two annotators agree: {level[0]:.2f} to {level[1]:.2f}"
                axes.annotate(text, (-0.4, level[0] - 0.045), fontsize=8, color="#444444")
            axes.set_xticks(range(len(systems)), list(systems), rotation=35, ha="right")
            axes.set_xlim(-0.5, len(systems) - 0.3)
            axes.set_ylim(0, 1.02)
            axes.set_title(f"{wording}\n(95% intervals)")
            axes.grid(visible=False, axis="x")
    return sheet.data


class _Sheet:
    """A figure whose bytes are at hand in `data` when the block is left."""

    def __init__(self, width: float, height: float, kind: str) -> None:
        self._size = (width, height)
        self._kind = kind
        self._settings = ExitStack()
        self.data = b""

    def __enter__(self) -> _Sheet:
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        self._settings.enter_context(rc_context(_RC))  # type: ignore[arg-type]
        self.figure = Figure(figsize=self._size, layout="constrained")
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if error is None:
                buffer = io.BytesIO()
                facts = {"Date": None, "Creator": None} if self._kind == "svg" else None
                self.figure.savefig(buffer, format=self._kind, metadata=facts, dpi=110)
                self.data = buffer.getvalue()
        finally:
            self._settings.close()


def _style(name: str) -> tuple[str, Any]:
    return next((c, dashes) for c, dashes, ends in _STYLES if name.endswith(ends))


def _steps(axes: Axes, x: Floats, y: Floats, name: str, label: str | None) -> None:
    color, dashes = _style(name)
    axes.plot(x, y, color=color, ls=dashes, label=label, drawstyle="steps-pre")


def _unit(axes: Axes, across: str, up: str) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.03)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
