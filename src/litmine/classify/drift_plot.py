"""The control charts as one SVG file; the same figures give the same file."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.util import find_spec
from typing import Any

from litmine.classify.drift import CHARTS
from litmine.core.errors import ConfigError

__all__ = ["draw"]

_RC: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "svg.hashsalt": "litmine",
    "axes.grid": True,
}


def draw(rows: Sequence[tuple[date, int, Mapping[str, float], Sequence[str]]]) -> bytes:
    """Draw every chart that has a value: line, limits, and nights outside them marked.

    Parameters
    ----------
    rows
        Night, papers, figures and alarms, oldest first.

    Raises
    ------
    ConfigError
        When matplotlib is missing.
    """
    if find_spec("matplotlib") is None:
        raise ConfigError("the charts need matplotlib: pip install 'litmine[train]'")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    names = [name for name in CHARTS if any(name in figures for _, _, figures, _ in rows)]
    columns = 2
    lines = max(1, math.ceil(len(names) / columns))
    with rc_context(_RC):
        figure = Figure(figsize=(5.2 * columns, 1.7 * lines), layout="constrained")
        for position, name in enumerate(names, start=1):
            axes = figure.add_subplot(lines, columns, position)
            days: Any = [day for day, _, figures, _ in rows if name in figures]
            values = [figures[name] for _, _, figures, _ in rows if name in figures]
            axes.set_title(CHARTS[name], loc="left")
            axes.plot(days, values, color="#0072B2", marker="o", markersize=2.5, linewidth=1)
            for side in ("low", "high"):
                known = [
                    (day, figures[f"{name}_{side}"])
                    for day, _, figures, _ in rows
                    if f"{name}_{side}" in figures
                ]
                if known:
                    axes.step(*zip(*known, strict=True), where="mid", color="#999999", linewidth=1)
            outside = [(d, f[name]) for d, _, f, _ in rows if name in f and _out(name, f)]
            if outside:
                axes.plot(*zip(*outside, strict=True), "o", color="#D55E00", markersize=6)
            axes.tick_params(axis="x", labelrotation=30)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _out(name: str, figures: Mapping[str, float]) -> bool:
    low = figures.get(f"{name}_low", -math.inf)
    high = figures.get(f"{name}_high", math.inf)
    return not low <= figures[name] <= high
