"""A paper as a row of a list, made once for all the lists that it stands in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from markupsafe import Markup, escape

from litmine.core.latex import latex, plain
from litmine.publish.entry import ListEntry
from litmine.publish.site.environment import Pages, day
from litmine.publish.site.glyphs import glyph
from litmine.publish.site.model import verdict

__all__ = ["Rows", "paper_path", "shown_name"]

#: Stands for the way up to the site's folder, which differs between pages. Entries hold no NUL.
_ROOT = "\0"
_AUTHORS = 3
_BRACKETS = re.compile(r"\s*\([^()]*\)")


_TAGS = {
    "reviewer": None,  # the usual case needs no word
    "rule": Markup('<span class="tag">approved by rule</span>'),
    "label": Markup('<span class="tag">labelled</span>'),
}


def paper_path(arxiv_id: str) -> str:
    """Return where the page of a paper stands."""
    return f"papers/{arxiv_id}.html"


class Rows:
    """Rows in full (title, authors, facts) and short (title only)."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._full: dict[str, Markup] = {}
        self._short: dict[str, Markup] = {}
        self._grids: dict[tuple[str, ...], Markup] = {}

    def full(self, papers: Iterable[ListEntry], root: str) -> Markup:
        """Return list items with everything that helps to choose."""
        return self._joined(papers, root, self._full, self._one_full)

    def short(self, papers: Iterable[ListEntry], root: str) -> Markup:
        """Return list items of one line."""
        return self._joined(papers, root, self._short, self._one_short)

    def membership(self, cells: tuple[str, ...], root: str) -> Markup:
        """Return the small grid in which the cells of a paper are links."""
        made = self._grids.get(cells)
        if made is None:
            made = self._grids[cells] = self._pages.part("membership.html", _ROOT, cells=cells)
        return Markup(made.replace(_ROOT, root))  # noqa: S704 - made of Markup

    def cells(self, paper: ListEntry) -> str:
        """Name a paper's cells by stage: "Inference: computation, memory"."""
        by_stage: dict[str, list[str]] = {}
        for cell in paper.cells:
            stage, _, resource = cell.partition("/")
            name = self._pages.resource_names.get(resource, resource)
            by_stage.setdefault(self._pages.stage_names.get(stage, stage), []).append(name.lower())
        return "; ".join(f"{stage}: {', '.join(names)}" for stage, names in by_stage.items())

    def techniques(self, paper: ListEntry) -> str:
        """Name a paper's techniques."""
        names = self._pages.technique_names
        return ", ".join(names[one] for one in paper.technique if one in names and one != "other")

    def _joined(
        self,
        papers: Iterable[ListEntry],
        root: str,
        cache: dict[str, Markup],
        make: Callable[[ListEntry], Markup],
    ) -> Markup:
        made = []
        for paper in papers:
            row = cache.get(paper.arxiv_id)
            if row is None:
                row = cache[paper.arxiv_id] = make(paper)
            made.append(row)
        return Markup("\n".join(made).replace(_ROOT, root))  # noqa: S704 - made of Markup

    def _one_full(self, paper: ListEntry) -> Markup:
        facts = [
            Markup('<span class="venue">{}</span>').format(paper.venue) if paper.venue else None,
            escape(self.techniques(paper)) or None,
            escape(self.cells(paper)),
            Markup('<a href="{}">arXiv {}</a>').format(
                f"https://arxiv.org/abs/{paper.arxiv_id}", paper.arxiv_id
            ),
            _TAGS[verdict(paper)],
        ]
        return Markup(
            '<li class="row">{}<div><a class="title" href="{}{}">{}</a>{}'
            '<p class="facts">{}</p></div>{}</li>'
        ).format(
            glyph(paper.cells, self._pages.taxonomy.cells),
            _ROOT,
            paper_path(paper.arxiv_id),
            latex(paper.title),
            _authors(paper.authors),
            Markup('<span class="dot"> · </span>').join(fact for fact in facts if fact),
            day(paper.day),
        )

    def _one_short(self, paper: ListEntry) -> Markup:
        return Markup('<li>{}<a href="{}{}">{}</a></li>').format(
            glyph(paper.cells, self._pages.taxonomy.cells),
            _ROOT,
            paper_path(paper.arxiv_id),
            latex(paper.title),
        )


def shown_name(name: str) -> str:
    """Return an author's name without what stands in brackets, which is an affiliation."""
    whole = plain(name)
    return _BRACKETS.sub("", whole).strip() or whole


def _authors(names: tuple[str, ...]) -> Markup:
    if not names:
        return Markup("")
    shown = ", ".join(map(shown_name, names[:_AUTHORS]))
    rest = len(names) - _AUTHORS
    return Markup('<p class="by">{}{}</p>').format(shown, f" and {rest} more" if rest > 0 else "")
