"""The search page and everything that it fetches."""

from __future__ import annotations

from collections.abc import Iterator

from litmine.publish.site.environment import PageHead, Pages
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.model import Collection
from litmine.publish.site.search_index import files

__all__ = ["search_files"]


def search_files(collection: Collection, pages: Pages) -> Iterator[SiteFile]:
    """Give the page and the files of its index."""
    count = len(collection.papers)

    def make() -> bytes:
        head = PageHead(
            "search.html",
            "Search",
            f"Find any of {count:,} papers on resource-efficient language models by words, "
            "authors, stage, resource, technique and year.",
            "search",
        )
        return pages.render("search.html", head)

    yield SiteFile("search.html", fingerprint([count]), make, page=True, changed=collection.latest)
    digests = collection.digests
    yield from files(collection.papers, collection.taxonomy, lambda one: digests[one.arxiv_id])
