"""Plots of shares: how the cells divide the papers between them, and which techniques grow.

A share is of the papers of the same months. Papers in several cells count in each, so shares add up
to more than one. Months that are not over take no part.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import sqrt

from markupsafe import Markup

from litmine.core.taxonomy import Taxonomy, load_taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.site.environment import short_name
from litmine.publish.site.figure import Figure, percent, sentences, table
from litmine.publish.site.plot_counts import YEAR, Span, counts, longest_span
from litmine.publish.site.plot_svg import line_path, nice_steps, number, shape, stretched, text

__all__ = ["difference", "growth_of_techniques", "shares_of_cells"]

_QUARTER = 3
_QUARTERS = 12
#: A share of fewer papers says nothing.
_FEWEST = 50
_ALL = ""
_LINE = 26  # pixels
_NOTHING = Markup("")


def shares_of_cells(
    entries: Sequence[ListEntry],
    *,
    taxonomy: Taxonomy | None = None,
    until: date | None = None,
) -> Figure:
    """Draw each cell's share of the papers by quarters, in a grid of stages by resources."""
    taxonomy = taxonomy or load_taxonomy()
    span = longest_span(entries, until, _QUARTER * _QUARTERS + 1)
    seen = counts(entries, span, [*taxonomy.cells, _ALL], lambda entry: (*entry.cells, _ALL))
    quarters = _quarters(span)
    total = seen.pop(_ALL)
    whole = [sum(total[places]) for places in quarters]
    first = next((n for n, papers in enumerate(whole) if papers >= _FEWEST), len(whole))
    quarters, whole = quarters[first:], whole[first:]
    year, before = span.last_year(), span.last_year(1)
    comparable = sum(total[before]) >= _FEWEST and len(total[before]) == YEAR
    rows = []
    for stage in taxonomy.stages:
        row = [Markup('<th scope="row">{}</th>').format(short_name(stage.name))]
        for resource in taxonomy.resources:
            values = seen[f"{stage.id}/{resource.id}"]
            shares = [
                sum(values[p]) / of if of else 0 for p, of in zip(quarters, whole, strict=True)
            ]
            now = percent(sum(values[year]), sum(total[year]))
            change = _NOTHING
            if comparable and sum(total[year]) > 0:
                points = 100 * (
                    sum(values[year]) / sum(total[year]) - sum(values[before]) / sum(total[before])
                )
                change = Markup(' <span class="change">{}</span>').format(_points(points))
            row.append(
                Markup('<td><span class="now">{}</span>{}{}</td>').format(
                    now, change, _spark(shares)
                )
            )
        rows.append(Markup("<tr>{}</tr>").format(_NOTHING.join(row)))
    head = _NOTHING.join(
        Markup('<th scope="col">{}</th>').format(short_name(resource.name))
        for resource in taxonomy.resources
    )
    title = "Share of the papers, by cell"
    picture = Markup(
        '<table class="shares"><caption class="hush">{}, {}</caption><thead><tr><td></td>{}</tr>'
        "</thead><tbody>{}</tbody></table>"
    ).format(title, span.between(year), head, _NOTHING.join(rows))
    names = {
        f"{s.id}/{r.id}": f"{s.name}, {r.name.lower()}"
        for s in taxonomy.stages
        for r in taxonomy.resources
    }
    return Figure(
        "shares-of-cells",
        title,
        picture,
        sentences(
            _largest(seen, total, names, span),
            f"The number is the share from {span.between(year)}"
            + (
                ", beside it the change to the twelve months before in points."
                if comparable
                else "."
            ),
            "Each line goes by quarters from 0 to the highest of its own cell.",
            "A paper counts in each of its cells.",
        ),
        table(
            title,
            ("Cell", *(_quarter_name(span, places) for places in quarters)),
            [
                ("All papers", whole),
                *(
                    (
                        name,
                        [
                            percent(sum(seen[c][p]), of)
                            for p, of in zip(quarters, whole, strict=True)
                        ],
                    )
                    for c, name in names.items()
                ),
            ],
        ),
    )


def growth_of_techniques(
    entries: Sequence[ListEntry],
    *,
    taxonomy: Taxonomy | None = None,
    until: date | None = None,
    fewest: int = 10,
) -> Figure:
    """Draw how each technique's share changed from one year to the next.

    Parameters
    ----------
    fewest : int
        Techniques with fewer papers in both years together are left out.
    """
    taxonomy = taxonomy or load_taxonomy()
    span = longest_span(entries, until, 2 * YEAR + 1)
    names = {one.id: one.name for one in taxonomy.techniques if one.id != "other"}
    seen = counts(entries, span, [*names, _ALL], lambda entry: (*entry.technique, _ALL))
    total = seen.pop(_ALL)
    year, before = span.last_year(), span.last_year(1)
    now, then = sum(total[year]), sum(total[before])
    rows = []
    if len(total[before]) == YEAR and then >= _FEWEST and now:
        for kind, name in names.items():
            new, old = sum(seen[kind][year]), sum(seen[kind][before])
            if new + old >= fewest:
                low, high = difference(new, now, old, then)
                way = "up" if low > 0 else "down" if high < 0 else "still"
                rows.append((new / now - old / then, name, old, new, way))
    rows.sort(key=lambda row: (-row[0], row[1]))
    steps = nice_steps(
        100 * max((max(r[2] / (then or 1), r[3] / (now or 1)) for r in rows), default=0)
    )
    items = [
        Markup(
            '<li class="{}"><span class="technique">{}</span>{}'
            '<span class="num">{} → {}</span></li>'
        ).format(
            way,
            name,
            _dumbbell(old / then, new / now, steps),
            percent(old, then),
            percent(new, now),
        )
        for _, name, old, new, way in rows
    ]
    title = "Techniques, this year and the year before"
    picture = Markup(
        '<div class="dumbbells"><div class="scale" aria-hidden="true">{}</div><ol>{}</ol></div>'
    ).format(_scale(steps), _NOTHING.join(items))
    return Figure(
        "growth-of-techniques",
        title,
        picture if rows else Markup("<p>There are not yet two years to compare.</p>"),
        sentences(
            *_movers(rows, then, now),
            f"Full dots: share of the {now:,} papers from {span.between(year)}; open dots: of the "
            f"{then:,} of the twelve months before. Grey: no more than chance would do, by the 95% "
            "interval of the difference."
            if rows
            else "",
        ),
        table(
            title,
            (
                "Technique",
                f"{span.between(before)}, papers",
                "share",
                f"{span.between(year)}, papers",
                "share",
            ),
            [
                (name, (old, percent(old, then), new, percent(new, now)))
                for _, name, old, new, _ in rows
            ],
        ),
    )


def difference(
    one: int, of_one: int, two: int, of_two: int, z: float = 1.96
) -> tuple[float, float]:
    """Give the interval of the difference of two shares, ``one / of_one - two / of_two``.

    Newcombe's hybrid of two Wilson intervals [1]_, good for small counts too.

    References
    ----------
    .. [1] Newcombe. Interval estimation for the difference between independent proportions:
       comparison of eleven methods. Statistics in Medicine 1998, method 10.

    Examples
    --------
    >>> low, high = difference(56, 70, 48, 80)
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    p, q = one / of_one, two / of_two
    (l1, u1), (l2, u2) = _wilson(one, of_one, z), _wilson(two, of_two, z)
    low = p - q - sqrt((p - l1) ** 2 + (u2 - q) ** 2)
    high = p - q + sqrt((u1 - p) ** 2 + (q - l2) ** 2)
    return low, high


def _wilson(count: int, of: int, z: float) -> tuple[float, float]:
    share = count / of
    middle = share + z * z / (2 * of)
    width = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return (middle - width) / scale, (middle + width) / scale


def _quarters(span: Span) -> list[slice]:
    """Cut the complete months into threes, from the last one back."""
    ends = range(span.complete, _QUARTER - 1, -_QUARTER)
    return [slice(end - _QUARTER, end) for end in ends][::-1][-_QUARTERS:]


def _quarter_name(span: Span, places: slice) -> str:
    first, last = span.names[places.start], span.names[places.stop - 1]
    return f"{first[:3]}–{last}" if first[3:] == last[3:] else f"{first}–{last}"


def _spark(shares: Sequence[float]) -> Markup:
    if len(shares) < 2 or not any(shares):
        return _NOTHING
    path = line_path(shares, max(shares), _LINE - 2)
    return Markup(
        '<svg class="plot share-line" width="100%" height="{}" aria-hidden="true">{}</svg>'
    ).format(_LINE, stretched([shape(path, "line")], len(shares), 1, _LINE - 2))


def _points(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−") if abs(points) >= 0.05 else "±0"


def _dumbbell(old: float, new: float, steps: Sequence[float]) -> Markup:
    most = steps[-1]
    a, b = (number(100 * 100 * share / most, 2) for share in (old, new))
    return Markup(
        '<svg class="plot dumbbell" width="100%" height="18" aria-hidden="true">{}'
        '<line class="link" x1="{}%" x2="{}%" y1="9" y2="9"/>'
        '<circle class="old" cx="{}%" cy="9" r="4"/>'
        '<circle class="new-dot" cx="{}%" cy="9" r="4.5"/></svg>'
    ).format(_grid(steps, 18), a, b, a, b)


def _scale(steps: Sequence[float]) -> Markup:
    last = len(steps) - 1
    words = _NOTHING.join(
        text(
            f"{step:g}%",
            100 * step / steps[-1],
            12,
            "start" if not n else "end" if n == last else "middle",
        )
        for n, step in enumerate(steps)
    )
    return Markup('<svg class="plot" width="100%" height="16">{}</svg>').format(words)


def _grid(steps: Sequence[float], height: int) -> Markup:
    return _NOTHING.join(
        Markup('<line class="grid" x1="{}%" x2="{}%" y1="0" y2="{}"/>').format(
            number(100 * step / steps[-1]), number(100 * step / steps[-1]), height
        )
        for step in steps
    )


def _largest(
    seen: dict[str, list[int]], total: Sequence[int], names: dict[str, str], span: Span
) -> str:
    year = span.last_year()
    whole = sum(total[year])
    if not whole:
        return ""
    order = sorted(seen, key=lambda cell: -sum(seen[cell][year]))
    told = [f"{names[cell]} ({percent(sum(seen[cell][year]), whole)})" for cell in order[:3]]
    empty = sum(1 for values in seen.values() if not sum(values[year]))
    tail = f" {empty} of the 25 cells had no paper." if empty else ""
    return f"Most papers are on {told[0]}, {told[1]} and {told[2]}.{tail}"


def _movers(
    rows: Sequence[tuple[float, str, int, int, str]], then: int, now: int
) -> tuple[str, ...]:
    told = []
    for way, word, ordered in (("up", "Growing", rows), ("down", "Shrinking", rows[::-1])):
        chosen = [
            f"{name} ({percent(old, then)} to {percent(new, now)})"
            for _, name, old, new, moved in ordered
            if moved == way
        ][:3]
        if chosen:
            told.append(f"{word}: {'; '.join(chosen)}.")
    return tuple(told) or (
        ("No technique's share changed by more than chance would.",) if rows else ()
    )
