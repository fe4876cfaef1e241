"""Drawing with SVG that fits any width: places in per cent, sizes of text in pixels.

A picture that is scaled as a whole has letters of 6 pixels on a phone. So every picture here is as
wide as its place, `x` is in per cent, `y` in pixels, and shapes stand in an inner picture that
alone is stretched. Colours and line styles come from classes (`static/css/plots.css`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor, log10

from markupsafe import Markup

__all__ = [
    "bars",
    "line_path",
    "nice_steps",
    "number",
    "picture",
    "shape",
    "stretched",
    "text",
]

_NOTHING = Markup("")


def number(value: float, places: int = 1) -> str:
    """Write a coordinate: rounded, without zeros that say nothing, never ``-0``."""
    text = f"{value:.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def picture(
    parts: Iterable[Markup], height: int, title: str, description: str, ident: str, kind: str = ""
) -> Markup:
    """Put a picture together that is read out as its title and description.

    Parameters
    ----------
    ident : str
        Unique on the page.
    kind : str
        More classes.
    """
    return Markup(
        '<svg class="plot{}" width="100%" height="{}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>'
    ).format(
        f" {kind}" if kind else "",
        height,
        ident,
        ident,
        ident,
        title,
        ident,
        description,
        _NOTHING.join(parts),
    )


def shape(path: str, kind: str) -> Markup:
    """Draw a path in a class."""
    return Markup('<path class="{}" d="{}"/>').format(kind, path) if path else _NOTHING


def stretched(parts: Iterable[Markup], width: float, top: int, height: int) -> Markup:
    """Stretch shapes over the whole width; within, `y` counts pixels from `top`."""
    return Markup(
        '<svg y="{}" width="100%" height="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">{}'
        "</svg>"
    ).format(top, height, number(width), height, _NOTHING.join(parts))


def text(words: str, percent: float, y: float, kind: str = "") -> Markup:
    """Write words; the class says where they are anchored."""
    return Markup('<text{} x="{}%" y="{}">{}</text>').format(
        Markup(' class="{}"').format(kind) if kind else _NOTHING, number(percent), number(y), words
    )


def bars(values: Sequence[float], most: float, height: int, first: int = 0) -> str:
    """Draw one bar for each value, in a picture one unit wide for each.

    Parameters
    ----------
    most : float
        The value of a bar as high as the picture.
    first : int
        Where the first value stands.
    """
    path = []
    for place, value in enumerate(values, start=first):
        if value:
            top = number(height * (1 - value / most))
            path.append(f"M{number(place + 0.1)} {height}V{top}h.8V{height}z")
    return "".join(path)


def line_path(values: Sequence[float], most: float, height: int, first: int = 0) -> str:
    """Draw a line through values, each in the middle of its unit."""
    points = [
        f"{number(place + 0.5)} {number(height * (1 - value / (most or 1)))}"
        for place, value in enumerate(values, start=first)
    ]
    return "M" + "L".join(points) if points else ""


def nice_steps(most: float, least: int = 2) -> list[float]:
    """Choose round numbers for an axis from 0 that holds `most`: 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> nice_steps(580)
    [0, 200, 400, 600]
    >>> nice_steps(1)
    [0, 1]
    """
    if most <= 1:
        return [0, 1]
    size = 10 ** floor(log10(most))
    # The largest step that still leaves `least` steps below the highest value.
    step = next(s * size / 10 for s in (50, 20, 10, 5, 2, 1) if most / (s * size / 10) >= least)
    step = max(1, step)
    steps = ceil(most / step)
    return [n * step for n in range(steps + 1)]
