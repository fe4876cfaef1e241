"""Recall curves of a simulation as one SVG file; the same replays give the same file."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from litmine.core.errors import ConfigError

if TYPE_CHECKING:
    from litmine.review.simulation.replay import Simulation

__all__ = ["draw"]


def draw(simulation: Simulation) -> bytes:
    """Draw recall against the share read: each replay thin, their mean thick, random order dashed.

    Raises
    ------
    ConfigError
        When matplotlib is missing.
    """
    if find_spec("matplotlib") is None:
        raise ConfigError("the curves need matplotlib: pip install 'litmine[train]'")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"font.size": 9, "svg.hashsalt": "litmine", "axes.grid": True}):
        figure = Figure(figsize=(5.6, 3.8), layout="constrained")
        axes = figure.add_subplot()
        recalls = [np.cumsum(r.found) / r.found.sum() for r in simulation.replays]
        shares = np.arange(1, len(recalls[0]) + 1) / len(recalls[0])
        for recall in recalls:
            axes.plot(shares, recall, color="#56B4E9", linewidth=0.7)
        axes.plot(shares, np.mean(recalls, axis=0), color="#0072B2", linewidth=2, label="mean")
        axes.plot([0, 1], [0, 1], "--", color="#999999", linewidth=1, label="random order")
        axes.axhline(0.95, color="#D55E00", linewidth=0.8, label="95% recall")
        axes.set_xlabel("share of the records read")
        axes.set_ylabel("recall")
        axes.set_title(
            f"{simulation.screening.name}, policy {simulation.policy}, {len(recalls)} seeds",
            loc="left",
        )
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.legend(loc="lower right", frameon=False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
