"""The plots of the companion site, each with a caption that says what it shows.

Papers are counted by the day of their first version. Plots of counts begin at zero, those side by
side share one scale, and a month that is not over is drawn open and takes no part in what a caption
claims.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from markupsafe import Markup

from litmine.core.taxonomy import Taxonomy, load_taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.site.figure import Figure, percent, sentences, table
from litmine.publish.site.plot_counts import Span, counts, longest_span
from litmine.publish.site.plot_shares import growth_of_techniques, shares_of_cells
from litmine.publish.site.plot_svg import bars, nice_steps, picture, shape, stretched, text

__all__ = [
    "Figure",
    "by_month",
    "by_resource",
    "by_stage",
    "growth_of_techniques",
    "shares_of_cells",
]

#: Months that a plot goes back at most: three years tell a trend, older papers are few.
MONTHS = 36

_ALL = ""
_PANEL, _BIG = 96, 180  # pixels of the bars alone
_HEAD, _FOOT = 52, 18
_NOTHING = Markup("")


def by_month(
    entries: Sequence[ListEntry],
    *,
    until: date | None = None,
    months: int = MONTHS,
    ident: str = "by-month",
    title: str = "Papers per month",
) -> Figure:
    """Draw how many papers each month has.

    Parameters
    ----------
    until : date, optional
        The last day that was looked at; by default that of the newest paper.
    """
    span = longest_span(entries, until, months)
    values = counts(entries, span, [_ALL], lambda entry: (_ALL,))[_ALL]
    most = nice_steps(max(values, default=0))[-1]
    told = _told(values, span)
    svg = picture(
        [*_axes(span, most, _BIG, 14), _bars(values, span, most, _BIG, 14, "s1")],
        _BIG + 14 + _FOOT,
        title,
        told,
        ident,
    )
    rows = [(name, (value,)) for name, value in zip(_marked(span), values, strict=True)]
    return Figure(
        ident,
        title,
        svg,
        sentences(told, _older(entries, span), _open(span)),
        table(title, ("Month", "Papers"), rows[::-1]),
    )


def by_stage(
    entries: Sequence[ListEntry],
    *,
    taxonomy: Taxonomy | None = None,
    until: date | None = None,
    months: int = MONTHS,
) -> Figure:
    """Draw how many papers of each month concern each stage, before all papers of the month."""
    taxonomy = taxonomy or load_taxonomy()
    names = {stage.id: stage.name for stage in taxonomy.stages}
    return _panels(
        entries, names, lambda e: e.stages, longest_span(entries, until, months), "stage"
    )


def by_resource(
    entries: Sequence[ListEntry],
    *,
    taxonomy: Taxonomy | None = None,
    until: date | None = None,
    months: int = MONTHS,
) -> Figure:
    """Draw how many papers of each month save each resource, before all papers of the month."""
    taxonomy = taxonomy or load_taxonomy()
    names = {resource.id: resource.name for resource in taxonomy.resources}
    return _panels(
        entries, names, lambda e: e.resources, longest_span(entries, until, months), "resource"
    )


def _panels(
    entries: Sequence[ListEntry],
    names: dict[str, str],
    kinds_of: Callable[[ListEntry], Iterable[str]],
    span: Span,
    axis: str,
) -> Figure:
    seen = counts(entries, span, [*names, _ALL], lambda entry: (*kinds_of(entry), _ALL))
    total = seen.pop(_ALL)
    most = nice_steps(max(total, default=0))[-1]
    year = span.last_year()
    panels = []
    for number, (kind, name) in enumerate(names.items(), start=1):
        own = sum(seen[kind][year])
        share = f"{percent(own, sum(total[year]))} of {sum(total[year]):,} papers"
        panels.append(
            picture(
                [
                    text(name, 0, 15, "name"),
                    text(share, 0, 31, "share"),
                    *_axes(span, most, _PANEL, _HEAD),
                    _bars(total, span, most, _PANEL, _HEAD, "all"),
                    _bars(seen[kind], span, most, _PANEL, _HEAD, f"s{number}"),
                ],
                _PANEL + _HEAD + _FOOT,
                f"{name}: papers per month",
                _told(seen[kind], span),
                f"by-{axis}-{kind}",
            )
        )
    head = ("Month", *names.values(), "All papers")
    columns = [*seen.values(), total]
    rows = [
        (name, [column[place] for column in columns]) for place, name in enumerate(_marked(span))
    ]
    title = f"Papers per month, by {axis}"
    return Figure(
        f"by-{axis}",
        title,
        Markup('<div class="panels">{}</div>').format(_NOTHING.join(panels)),
        sentences(
            _leader(seen, total, names, span),
            _mover(seen, total, names, span),
            f"A paper counts for each {axis} it concerns; in grey, all papers of the month.",
            _older(entries, span),
            _open(span),
        ),
        table(title, head, rows[::-1]),
    )


def _bars(
    values: Sequence[int], span: Span, most: float, height: int, top: int, kind: str
) -> Markup:
    done = span.complete
    return stretched(
        [
            shape(bars(values[:done], most, height), f"col {kind}"),
            shape(bars(values[done:], most, height, done), f"col {kind} open"),
        ],
        len(span),
        top,
        height,
    )


def _axes(span: Span, most: float, height: int, top: int) -> list[Markup]:
    """Lines at round numbers, their numbers standing on them, and the years below."""
    parts = []
    for step in nice_steps(most):
        y = top + height * (1 - step / most)
        parts.append(
            Markup('<line class="grid{}" x1="0" x2="100%" y1="{}" y2="{}"/>').format(
                "" if step else " base", f"{y:g}", f"{y:g}"
            )
        )
        if step:
            parts.append(text(f"{step:,g}", 0, y - 3, "tick"))
    starts = span.starts
    short = len(span) <= 18
    for place, start in enumerate(starts):
        if start.month != 1 and not (short and start.month % 3 == 1):
            continue
        at = 100 * place / len(span)
        parts.append(
            Markup('<line class="grid" x1="{}%" x2="{}%" y1="{}" y2="{}"/>').format(
                f"{at:.1f}", f"{at:.1f}", top + height, top + height + 5
            )
        )
        if at < 88:
            name = str(start.year) if start.month == 1 else span.names[place][:3]
            parts.append(text(name, at, top + height + 15, "year"))
    return parts


def _marked(span: Span) -> list[str]:
    names = span.names
    if span.partial:
        names[-1] = f"{names[-1]} (until the {_ordinal(span.until.day)})"
    return names


def _ordinal(day: int) -> str:
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _told(values: Sequence[int], span: Span) -> str:
    """Say how many papers the last year had, beside the year before."""
    year, before = span.last_year(), span.last_year(1)
    if not values[year]:
        return f"{sum(values):,} papers."
    now = sum(values[year])
    told = f"{now:,} papers from {span.between(year)}"
    if len(values[before]) == len(values[year]):
        then = sum(values[before])
        told += f", {then:,} in the twelve months before"
        if then >= 20 and now > then:
            told += f": {now / then:.1f} times as many"
    return told + "."


def _leader(
    seen: dict[str, list[int]], total: Sequence[int], names: dict[str, str], span: Span
) -> str:
    year = span.last_year()
    whole = sum(total[year])
    if not whole:
        return ""
    shares = {kind: sum(values[year]) for kind, values in seen.items()}
    first = max(shares, key=lambda kind: shares[kind])
    return (
        f"{names[first]} leads: {percent(shares[first], whole)} of the {whole:,} papers "
        f"from {span.between(year)}."
    )


def _mover(
    seen: dict[str, list[int]], total: Sequence[int], names: dict[str, str], span: Span
) -> str:
    """Name the kind whose share rose most, when there is a year to compare with."""
    year, before = span.last_year(), span.last_year(1)
    now, then = sum(total[year]), sum(total[before])
    if len(total[before]) < len(total[year]) or then < 50:
        return ""
    rise = {k: sum(v[year]) / now - sum(v[before]) / then for k, v in seen.items()}
    most = max(rise, key=lambda kind: rise[kind])
    if rise[most] <= 0:
        return ""
    return (
        f"{names[most]} gained most: from {percent(sum(seen[most][before]), then)} in the twelve "
        f"months before to {percent(sum(seen[most][year]), now)}."
    )


def _older(entries: Sequence[ListEntry], span: Span) -> str:
    first = span.starts[0]
    older = sum(entry.day < first for entry in entries)
    if not older:
        return ""
    return f"{older:,} older {'paper is' if older == 1 else 'papers are'} not shown."


def _open(span: Span) -> str:
    if not span.partial:
        return ""
    return f"The open bar is {span.names[-1]} until the {_ordinal(span.until.day)} only."
