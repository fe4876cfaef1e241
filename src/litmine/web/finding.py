"""An answer of the search made ready to be looked at: marked titles, facets that are links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from markupsafe import Markup

from litmine.core.latex import atoms, latex
from litmine.core.taxonomy import load_taxonomy
from litmine.web.asking import MOST_PAGES, PAGE, Ask, Field, fields_of
from litmine.web.templating import cell_name, resource_name, stage_name, technique_name

if TYPE_CHECKING:
    from litmine.search.answer import Answer, Count, Facets, Hit, Marks, Snippet
    from litmine.web.searching import SearchKeeper

__all__ = [
    "Chip",
    "Choice",
    "Found",
    "Making",
    "Panel",
    "ShownHit",
    "found",
    "highlight",
    "making",
    "shown",
]

_HEAT_LEVELS = 9


@dataclass(frozen=True, slots=True)
class Making:
    """How far a first index is; `total` is 0 before it has begun."""

    done: int = 0
    total: int = 0


def making(searcher: SearchKeeper) -> Making | None:
    """Return how far the first index is; None where there is one already."""
    return None if searcher.status().generation else Making(*(searcher.building or (0, 0)))


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force and the address without it."""

    name: str
    value: str
    negated: bool
    address: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet.

    Attributes
    ----------
    number : str
        Papers found that have it, with thousands apart.
    address : str
        The search with it, or without it where it is in force; empty where nobody has it.
    share : int
        Count in per cent of the greatest of its facet.
    heat : int
        Shade of a cell, 0 to 9.
    """

    label: str
    number: str
    address: str
    chosen: bool = False
    share: int = 0
    heat: int = 0


@dataclass(frozen=True, slots=True)
class Panel:
    """The facets of an answer.

    Attributes
    ----------
    columns : tuple of Choice
        The resources.
    rows : tuple
        Each stage with its five cells.
    """

    columns: tuple[Choice, ...]
    rows: tuple[tuple[Choice, tuple[Choice, ...]], ...]
    techniques: tuple[Choice, ...]
    years: tuple[Choice, ...]
    states: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit with its title and its best sentence marked.

    Attributes
    ----------
    address : str
        Its page; on arXiv for a paper of which only the title is known here.
    away : bool
        Whether that is on arXiv.
    abstract : Markup or None
        With the best sentence underlined.
    words, meaning : float
        Their parts of the score, 0 to 100; what the bar shows.
    """

    hit: Hit
    address: str
    away: bool
    title: Markup
    sentence: Markup | None
    abstract: Markup | None
    words: float
    meaning: float


@dataclass(frozen=True, slots=True)
class Found:
    """What the page shows of an answer.

    Attributes
    ----------
    previous, next : str or None
        Addresses of the neighbouring pages.
    last_page : int
        The last one with papers on it; 1 if there are none.
    """

    answer: Answer
    hits: tuple[ShownHit, ...]
    chips: tuple[Chip, ...]
    panel: Panel
    previous: str | None
    next: str | None
    last_page: int = 1


def found(ask: Ask, answer: Answer) -> Found:
    """Make an answer to a question ready."""
    more = answer.total > ask.offset + len(answer.hits) and ask.page < MOST_PAGES
    return Found(
        answer,
        shown(answer.hits),
        chips(ask),
        _panel(ask, answer.facets),
        ask.on_page(ask.page - 1).address if ask.page > 1 else None,
        ask.on_page(ask.page + 1).address if more and len(answer.hits) == PAGE else None,
        min(max(1, -(-answer.total // PAGE)), MOST_PAGES),
    )


def shown(hits: Sequence[Hit]) -> tuple[ShownHit, ...]:
    """Mark the words that were found."""
    return tuple(
        ShownHit(
            hit,
            f"/papers/{hit.arxiv_id}" if hit.abstract else hit.url,
            not hit.abstract,
            highlight(hit.title, hit.title_marks),
            _sentence(hit.snippet) if hit.snippet else None,
            _abstract(hit) if hit.abstract else None,
            round(100 * min(max(hit.lexical or 0.0, 0.0), 1.0), 1),
            round(100 * min(max(hit.dense or 0.0, 0.0), 1.0), 1),
        )
        for hit in hits
    )


def _sentence(snippet: Snippet) -> Markup:
    text = snippet.text
    # A long sentence is cut.
    before = "\N{HORIZONTAL ELLIPSIS} " if text[:1].islower() else ""
    after = "" if text.endswith((".", "!", "?")) else " \N{HORIZONTAL ELLIPSIS}"
    return Markup("{}{}{}").format(before, highlight(text, snippet.marks), after)


def _abstract(hit: Hit) -> Markup:
    text = hit.abstract
    if hit.snippet is None:
        return latex(text)
    start, end = atoms(text, (hit.snippet.start, hit.snippet.end))
    return Markup('{}<span class="telling">{}</span>{}').format(
        latex(text[:start]), latex(text[start:end]), latex(text[end:])
    )


def highlight(text: str, marks: Marks) -> Markup:
    """Render a text, LaTeX included, with these characters marked; no cut falls into a formula."""
    places = [place for mark in sorted(marks) for place in mark]
    inside = [min(max(place, 0), len(text)) for place in atoms(text, places)]
    out: list[Markup] = []
    at = 0
    for start, end in zip(inside[::2], inside[1::2], strict=True):
        if start < at or start >= end:
            continue
        out.append(latex(text[at:start]))
        out.append(Markup("<mark>{}</mark>").format(latex(text[start:end])))
        at = end
    out.append(latex(text[at:]))
    return Markup("").join(out)


def chips(ask: Ask) -> tuple[Chip, ...]:
    """Return the filters of a question, each with the way to be rid of it."""
    return tuple(
        Chip(one.name, _named(one), one.negated, ask.without(one).address)
        for one in fields_of(ask.text)
    )


def _named(field: Field) -> str:
    name = {
        "stage": stage_name,
        "resource": resource_name,
        "cell": cell_name,
        "technique": technique_name,
    }.get(field.name, str)
    return " or ".join(name(value) for value in field.values)


def _panel(ask: Ask, facets: Facets) -> Panel:
    taxonomy = load_taxonomy()
    choices = _Choices(ask)
    stages = _by_value(facets.stages)
    resources = _by_value(facets.resources)
    cells = _by_value(facets.cells)
    most = max(cells.values(), default=0)
    rows = tuple(
        (
            choices.of("stage", stage.id, stage_name(stage.id), stages.get(stage.id, 0)),
            tuple(
                choices.of("cell", cell, cell_name(cell), cells.get(cell, 0), most)
                for cell in (f"{stage.id}/{resource.id}" for resource in taxonomy.resources)
            ),
        )
        for stage in taxonomy.stages
    )
    columns = tuple(
        choices.of("resource", one.id, resource_name(one.id), resources.get(one.id, 0))
        for one in taxonomy.resources
    )
    return Panel(
        columns,
        rows,
        choices.all("technique", facets.techniques),
        choices.all("year", facets.years),
        choices.all("is", facets.states),
    )


def _by_value(counts: Sequence[Count]) -> dict[str, int]:
    return {one.value: one.count for one in counts}


class _Choices:
    """Makes the choices of one question: what is the same for all of them is found out once."""

    def __init__(self, ask: Ask) -> None:
        self._without = {
            (one.name, one.values[0]): ask.without(one).address
            for one in fields_of(ask.text)
            if len(one.values) == 1 and not one.negated
        }
        narrower = replace(ask, text="\N{BULLET}", page=1).address
        self._before, _, self._after = narrower.partition(quote_plus("\N{BULLET}"))
        self._before += quote_plus(f"{ask.text} " if ask.text else "")

    def all(self, name: str, counts: Sequence[Count]) -> tuple[Choice, ...]:
        most = max((one.count for one in counts), default=0)
        return tuple(self.of(name, one.value, one.label, one.count, most) for one in counts)

    def of(self, name: str, value: str, label: str, count: int, most: int = 0) -> Choice:
        back = self._without.get((name, value))
        address = back or ""
        if back is None and count:
            address = f"{self._before}{name}%3A{quote_plus(value)}{self._after}"
        part = count / most if most else 0.0
        # Never no shade for something; by the root, since papers gather in few cells.
        heat = max(1, round(_HEAT_LEVELS * part**0.5)) if part else 0
        return Choice(label, f"{count:,}", address, back is not None, round(100 * part), heat)
