"""The site's feeds, the page that lists them, the site map, and what hosts and robots read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

from litmine.publish.entry import ListEntry
from litmine.publish.formats.atom import Entry, atom
from litmine.publish.formats.feeds import authority_of, feed_entry, list_feed, moved_at
from litmine.publish.site.environment import PageHead, Pages
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.lists import Listing
from litmine.publish.site.model import Collection
from litmine.publish.site.rows import paper_path

__all__ = ["feed_files", "map_files"]

#: Papers in a feed.
NEWEST = 50
_ALL = "feeds/all.atom"
#: Addresses that one site map may hold at most, by its standard.
_MAP = 50_000
_MAP_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MAP_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def feed_files(
    collection: Collection, listings: Sequence[Listing], pages: Pages
) -> Iterator[SiteFile]:
    """Give the feed of all papers, one for each list, and the page that lists them."""
    moments = {paper.arxiv_id: moved_at(paper) for paper in collection.papers}
    writer = _Writer(collection, pages)

    def newest(papers: Sequence[ListEntry]) -> list[ListEntry]:
        # Papers come newest first, and the sort keeps that order among equal moments.
        return sorted(papers, key=lambda p: moments[p.arxiv_id], reverse=True)[:NEWEST]

    def feed(path: str, page: str, title: str, papers: Sequence[ListEntry]) -> SiteFile:
        shown = newest(papers)
        inputs = fingerprint([title, collection.digest_of(shown)])
        return SiteFile(path, inputs, partial(writer.write, path, page, title, shown))

    yield feed(_ALL, "index.html", "", collection.papers)
    for one in listings:
        yield feed(one.feed.path, one.path, one.title, one.papers)
    head = PageHead(
        "feeds.html", "Feeds", "Atom feeds of the list, by stage, resource, cell and technique."
    )
    yield SiteFile(
        "feeds.html", "", lambda: pages.render("feeds.html", head, most=NEWEST), page=True
    )


class _Writer:
    """Writes feeds; the entry of a paper is made once for all of them."""

    def __init__(self, collection: Collection, pages: Pages) -> None:
        self._taxonomy = collection.taxonomy
        self._pages = pages
        self._url = pages.settings.url
        self._authority = authority_of(self._url)
        self._entries: dict[str, Entry] = {}

    def write(self, path: str, page: str, title: str, papers: Sequence[ListEntry]) -> bytes:
        name = self._pages.settings.title
        feed = list_feed(
            papers,
            self._taxonomy,
            name="" if path == _ALL else path[6:-5].replace("/", "-"),
            title=f"{name}: {title}" if title else name,
            address=self._pages.address(path) if self._url else "",
            page=self._pages.address(page) if self._url else "",
            authority=self._authority,
            entry_of=self._entry,
        )
        return atom(feed)

    def _entry(self, paper: ListEntry) -> Entry:
        made = self._entries.get(paper.arxiv_id)
        if made is None:
            page_of = self._page_of if self._url else None
            made = feed_entry(paper, self._taxonomy, page_of, self._authority)
            self._entries[paper.arxiv_id] = made
        return made

    def _page_of(self, paper: ListEntry) -> str:
        return self._pages.address(paper_path(paper.arxiv_id))


def map_files(files: Sequence[SiteFile], pages: Pages) -> Iterator[SiteFile]:
    """Give the site map of some files, ``robots.txt``, and the file that keeps Jekyll away."""
    settings = pages.settings
    if settings.url:
        told = [(pages.address(file.path), file.changed) for file in files if file.page]
        parts = [told[start : start + _MAP] for start in range(0, len(told), _MAP)] or [[]]
        names = ["sitemap.xml"]
        if len(parts) > 1:
            names = [f"sitemap-{number}.xml" for number in range(1, len(parts) + 1)]
            index = [(pages.address(name), None) for name in names]
            yield _map("sitemap.xml", "sitemapindex", "sitemap", index)
        for name, part in zip(names, parts, strict=True):
            yield _map(name, "urlset", "url", part)
    lines = ["User-agent: *", "Allow: /"]
    if settings.url:
        lines.append(f"Sitemap: {pages.address('sitemap.xml')}")
    robots = "\n".join(lines) + "\n"
    yield SiteFile("robots.txt", fingerprint([robots]), robots.encode)
    yield SiteFile(".nojekyll", "", lambda: b"")


def _map(path: str, outer: str, inner: str, told: Sequence[tuple[str, date | None]]) -> SiteFile:
    def make() -> bytes:
        lines = [_MAP_HEAD + f'<{outer} xmlns="{_MAP_SPACE}">']
        for address, changed in told:
            when = f"<lastmod>{changed.isoformat()}</lastmod>" if changed else ""
            lines.append(f"<{inner}><loc>{_xml(address)}</loc>{when}</{inner}>")
        return "\n".join([*lines, f"</{outer}>", ""]).encode()

    return SiteFile(path, fingerprint(part for pair in told for part in pair), make)


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
