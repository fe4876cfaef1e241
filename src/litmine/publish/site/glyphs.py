"""Small pictures inside lines: which cells a paper has, and how a count went over time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

from markupsafe import Markup

__all__ = ["glyph", "heat", "spark"]

_STEPS = 7


@lru_cache(maxsize=4096)
def glyph(cells: tuple[str, ...], order: tuple[str, ...]) -> Markup:
    """Draw a paper's cells as filled squares of a 5 x 5 grid, stages down, resources across.

    Decoration: the names of the cells stand beside it as text. The empty squares are one
    background picture of the style sheet.
    """
    path = "".join(
        f"M{place % 5 * 3} {place // 5 * 3}h2v2h-2z"
        for place, cell in enumerate(order)
        if cell in cells
    )
    return Markup('<svg class="glyph" viewBox="0 0 14 14" aria-hidden="true"><path d="{}"/></svg>'
                  ).format(path)  # fmt: skip


def heat(count: int, most: int) -> int:
    """Return the shade of a count, 0 (none) to 7 (the most), by the square root of its share."""
    if count <= 0 or most <= 0:
        return 0
    return max(1, min(_STEPS, round(_STEPS * math.sqrt(count / most))))


def spark(counts: Sequence[int]) -> Markup:
    """Draw counts as a filled line that fills whatever box it is given.

    Decoration: the numbers stand in the table on the page of trends.
    """
    if not counts or not any(counts):
        return Markup("")
    most = max(counts)
    steps = max(1, len(counts) - 1)
    points = [(100 * x / steps, 22 - 20 * count / most) for x, count in enumerate(counts)]
    if len(points) == 1:
        points.append((100.0, points[0][1]))
    line = _path(points)
    return Markup(
        '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="under" d="{}L100 24L0 24z"/><path class="line" d="{}"/></svg>'
    ).format(line, line)


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.3g} {y:.3g}" for x, y in points)
