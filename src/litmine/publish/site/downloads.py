"""The whole list in every format, and the page that tells of them."""

from __future__ import annotations

from collections.abc import Iterator

from litmine.publish.site.environment import PageHead, Pages
from litmine.publish.site.files import SiteFile
from litmine.publish.site.model import Collection

__all__ = ["download_files"]


def download_files(collection: Collection, pages: Pages) -> Iterator[SiteFile]:
    """Give the files below ``data/`` and the page of downloads."""
    total = len(collection.papers)
    head = PageHead("downloads.html", "Downloads", f"All {total:,} papers in several formats.")
    yield SiteFile(
        "downloads.html",
        str(total),
        lambda: pages.render("downloads.html", head, total=total, files=[]),
        page=True,
    )
