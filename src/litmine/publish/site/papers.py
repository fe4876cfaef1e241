"""The page of a paper: its own permalink."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from litmine.core.latex import plain
from litmine.core.plain import clean
from litmine.publish.entry import ListEntry
from litmine.publish.formats.bibtex import render_bibtex
from litmine.publish.site.cards import card_path
from litmine.publish.site.environment import FeedLink, PageHead, Pages, month_name
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.model import Collection, added, verdict
from litmine.publish.site.rows import Rows, paper_path, shown_name
from litmine.publish.site.structured import MOST_AUTHORS, citation_meta, paper_data

__all__ = ["paper_files"]

_DESCRIPTION = 200


def paper_files(collection: Collection, pages: Pages, rows: Rows) -> Iterator[SiteFile]:
    """Give a page for each paper."""
    digests = collection.digests
    for paper in collection.papers:
        near = [i for i in collection.related.get(paper.arxiv_id, ()) if i in digests]
        yield SiteFile(
            paper_path(paper.arxiv_id),
            fingerprint([digests[paper.arxiv_id], *(digests[one] for one in near)]),
            _Page(paper, near, collection, pages, rows),
            page=True,
            changed=max(filter(None, (paper.day, paper.updated, added(paper)))),
        )


class _Page:
    """Makes the page of one paper when it is asked to."""

    __slots__ = ("_near", "_paper", "_with")

    def __init__(
        self,
        paper: ListEntry,
        near: list[str],
        collection: Collection,
        pages: Pages,
        rows: Rows,
    ) -> None:
        self._paper, self._near = paper, near
        self._with = collection, pages, rows

    def __call__(self) -> bytes:
        collection, pages, rows = self._with
        paper = self._paper
        names = [shown_name(name) for name in paper.authors[:MOST_AUTHORS]]
        more = len(paper.authors) - len(names)
        cells = [cell for cell in collection.taxonomy.cells if cell in paper.cells]
        techniques = [one for one in paper.technique if one in pages.technique_names]
        head = PageHead(
            paper_path(paper.arxiv_id),
            paper.plain_title,
            _describe(paper, rows),
            kind="article",
            card=card_path(cells, collection.taxonomy.cells),
            card_text=f"The grid of stages and resources with {rows.cells(paper)} filled",
            feeds=(FeedLink("All papers", "feeds/all.atom"),),
        )
        return pages.render(
            "paper.html",
            head,
            paper=paper,
            authors=", ".join(names) + (f" and {more} more" if more > 0 else ""),
            cells=cells,
            techniques=techniques,
            verdict=verdict(paper),
            approved=added(paper),
            links=_links(paper),
            crumbs=(
                ("Archive", "archive.html"),
                (paper.month[:4], f"archive/{paper.month[:4]}.html"),
                (month_name(paper.month), f"archive/{paper.month}.html"),
            ),
            related=[collection.by_id[one] for one in self._near],
            rows=rows,
            grid=rows.membership(paper.cells, "../" * head.path.count("/")),
            categories=clean(" ".join(paper.categories)),
            bibtex=_bibtex(paper, collection).strip(),
            citation=citation_meta(paper),
            data=paper_data(paper, pages),
        )


def _bibtex(paper: ListEntry, collection: Collection) -> str:
    if len(paper.authors) <= MOST_AUTHORS:
        return collection.bibtex_of(paper)
    few = replace(paper, authors=(*paper.authors[:MOST_AUTHORS], "others"))
    return render_bibtex([few], collection.taxonomy)


def _describe(paper: ListEntry, rows: Rows) -> str:
    text = plain(paper.abstract)
    if not text:
        return f"{rows.cells(paper)}. {rows.techniques(paper)}".strip(". ")
    if len(text) <= _DESCRIPTION:
        return text
    return text[:_DESCRIPTION].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def _links(paper: ListEntry) -> list[tuple[str, str]]:
    found = [
        ("arXiv", f"https://arxiv.org/abs/{paper.arxiv_id}"),
        ("PDF", f"https://arxiv.org/pdf/{paper.arxiv_id}"),
    ]
    if paper.published_url:
        found.append(("Published version", paper.published_url))
    return found
