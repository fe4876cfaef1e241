"""Line charts as SVG, made here: no script, and every number stands in a table beside them too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

__all__ = ["Point", "Series", "line_chart"]

_WIDTH, _HEIGHT = 640, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 40, 40, 36
_LABELS = 6

_Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Point:
    """One value with its interval; None where there is none: the line has a gap there."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One line; its style, ``first`` (solid, full dots) or ``second`` (dashed, open dots)."""

    name: str
    points: Sequence[Point]
    style: str = "first"


def line_chart(
    title: str, labels: Sequence[str], series: Sequence[Series], *, least: float = 0.0
) -> Markup:
    """Draw values from `least` (or below, where there are such) to 1 over equidistant labels.

    Parameters
    ----------
    title : str
        Read out in place of the picture; it should say where the numbers are.
    labels : sequence of str
        One for each point, such as months.
    """
    values = [p for one in series for p in one.points]
    floor = min([least, *(v for p in values for v in (p.value, p.low) if v is not None)])
    floor = -1.0 if floor < -0.5 else -0.5 if floor < 0 else floor

    def x(place: float) -> float:
        steps = max(1, len(labels) - 1)
        inside = _WIDTH - _LEFT - _RIGHT
        return _LEFT + (inside / 2 if len(labels) == 1 else inside * place / steps)

    def y(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - (value - floor) / (1 - floor))

    parts = [_grid(floor, y), _axis(labels, x)]
    for number, one in enumerate(series):
        parts += [_band(one, x, y), _line(one, x, y), _key(one, number)]
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, _HEIGHT, title, Markup("").join(parts))


def _grid(floor: float, y: _Scale) -> Markup:
    lines = []
    for step in range(5):
        value = floor + (1 - floor) * step / 4
        lines.append(
            Markup(
                '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
                '<text x="{}" y="{:.1f}" text-anchor="end">{:.2f}</text>'
            ).format(_LEFT, _WIDTH - _RIGHT, y(value), y(value), _LEFT - 8, y(value) + 4, value)
        )
    return Markup("").join(lines)


def _axis(labels: Sequence[str], x: _Scale) -> Markup:
    every = -(-len(labels) // _LABELS)
    return Markup("").join(
        Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
            x(place), _HEIGHT - 10, label
        )
        for place, label in enumerate(labels)
        if (len(labels) - 1 - place) % max(1, every) == 0
    )


def _band(one: Series, x: _Scale, y: _Scale) -> Markup:
    if one.style != "first":
        return Markup("")
    bands = []
    for known, run in groupby(enumerate(one.points), key=lambda pair: pair[1].low is not None):
        if not known:
            continue
        edge = [(place, p.low, p.high) for place, p in run if p.low is not None]
        up = [
            f"{x(place):.1f},{y(high if high is not None else low):.1f}"
            for place, low, high in edge
        ]
        down = [f"{x(place):.1f},{y(low):.1f}" for place, low, _ in reversed(edge)]
        bands.append(Markup('<polygon class="band" points="{}"/>').format(" ".join(up + down)))
    return Markup("").join(bands)


def _line(one: Series, x: _Scale, y: _Scale) -> Markup:
    drawn = []
    style = "" if one.style == "first" else " second"
    for known, run in groupby(enumerate(one.points), key=lambda pair: pair[1].value is not None):
        if not known:
            continue
        places = [(x(place), y(p.value)) for place, p in run if p.value is not None]
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
        drawn.append(Markup('<polyline class="line{}" points="{}"/>').format(style, points))
        drawn += [
            Markup('<circle class="dot{}" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(style, a, b)
            for a, b in places
        ]
    return Markup("").join(drawn)


def _key(one: Series, number: int) -> Markup:
    style = "" if one.style == "first" else " second"
    left = _LEFT + number * 290
    return Markup(
        '<line class="line{}" x1="{}" x2="{}" y1="14" y2="14"/>'
        '<circle class="dot{}" cx="{}" cy="14" r="4"/>'
        '<text class="key" x="{}" y="19">{}</text>'
    ).format(style, left, left + 28, style, left + 14, left + 36, one.name)
