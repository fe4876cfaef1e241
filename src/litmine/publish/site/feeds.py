"""The site's feeds, the page that lists them, the site map, and what hosts and robots read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from litmine.publish.atom import atom
from litmine.publish.entry import ListEntry
from litmine.publish.feeds import authority_of, list_feed, moved_at
from litmine.publish.site.environment import PageHead, Pages
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.lists import Listing
from litmine.publish.site.model import Collection
from litmine.publish.site.rows import paper_path

__all__ = ["feed_files", "map_files"]

#: Papers in a feed.
NEWEST = 50
#: Addresses that one site map may hold at most, by its standard.
_MAP = 50_000
_MAP_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MAP_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def feed_files(
    collection: Collection, listings: Sequence[Listing], pages: Pages
) -> Iterator[SiteFile]:
    """Give the feed of all papers, one for each list, and the page that lists them."""
    moments = {paper.arxiv_id: moved_at(paper) for paper in collection.papers}

    def newest(papers: Sequence[ListEntry]) -> list[ListEntry]:
        # Papers come newest first, and the sort keeps that order among equal moments.
        return sorted(papers, key=lambda p: moments[p.arxiv_id], reverse=True)[:NEWEST]

    yield _feed("feeds/all.atom", "index.html", "", newest(collection.papers), collection, pages)
    for one in listings:
        papers = newest(one.papers)
        yield _feed(one.feed.path, one.path, one.title, papers, collection, pages)
    head = PageHead(
        "feeds.html", "Feeds", "Atom feeds of the list, by stage, resource, cell and technique."
    )
    yield SiteFile(
        "feeds.html", "", lambda: pages.render("feeds.html", head, most=NEWEST), page=True
    )


def _feed(
    path: str,
    page: str,
    title: str,
    papers: Sequence[ListEntry],
    collection: Collection,
    pages: Pages,
) -> SiteFile:
    settings = pages.settings

    def make() -> bytes:
        def page_of(paper: ListEntry) -> str:
            return pages.address(paper_path(paper.arxiv_id))

        feed = list_feed(
            papers,
            collection.taxonomy,
            name="" if path == "feeds/all.atom" else path[6:-5].replace("/", "-"),
            title=f"{settings.title}: {title}" if title else settings.title,
            address=pages.address(path) if settings.url else "",
            page=pages.address(page) if settings.url else "",
            page_of=page_of if settings.url else None,
            authority=authority_of(settings.url),
        )
        return atom(feed)

    return SiteFile(path, fingerprint([title, collection.digest_of(papers)]), make)


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
