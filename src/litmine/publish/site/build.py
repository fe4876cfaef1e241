"""All files of the site, put together."""

from __future__ import annotations

from litmine.publish.site.cards import card_files
from litmine.publish.site.downloads import download_files
from litmine.publish.site.environment import Pages
from litmine.publish.site.feeds import feed_files, map_files
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.fixed import (
    archive_files,
    fixed_files,
    new_file,
    techniques_file,
)
from litmine.publish.site.front import front
from litmine.publish.site.lists import list_files, listings
from litmine.publish.site.model import Collection, SiteSettings
from litmine.publish.site.papers import paper_files
from litmine.publish.site.periods import periods
from litmine.publish.site.rows import Rows
from litmine.publish.site.search_page import search_files
from litmine.publish.site.style import program_fingerprint, static_files, style_fingerprint
from litmine.publish.site.trends import trends_file

__all__ = ["made_beside", "site_files", "site_fingerprint"]

#: About half of the work, of a build from nothing and of a night: see `made_beside`.
_BESIDE = ("search/", "feeds/", "cards/")


def site_files(collection: Collection, settings: SiteSettings) -> list[SiteFile]:
    """Give every file of the site; nothing is made before its `SiteFile.make` is called."""
    pages = Pages(settings, collection.taxonomy, style_fingerprint())
    rows = Rows(pages)
    archive = periods("archive", collection.papers, always=True)
    lists = listings(collection, pages)
    files = [
        front(collection, pages, rows, [period.path for period in archive]),
        new_file(collection, pages, rows),
        techniques_file(collection, pages),
        trends_file(collection, pages),
        *fixed_files(pages),
        *archive_files(collection, archive, pages, rows),
        *(file for one in lists for file in list_files(one, collection, pages, rows)),
        *download_files(collection, pages),
        *feed_files(collection, lists, pages),
        *paper_files(collection, pages, rows),
        *card_files(collection, pages),
        *search_files(collection, pages),
        *static_files(),
    ]
    return [*files, *map_files(files, pages)]


def site_fingerprint(settings: SiteSettings, taxonomy_text: bytes) -> str:
    """Return what all files depend on: the program, the settings and the taxonomy."""
    return fingerprint(
        [program_fingerprint(), settings.title, settings.url, settings.library, taxonomy_text]
    )


def made_beside(file: SiteFile) -> bool:
    """Tell which files a second process may make: they share no work with the others."""
    return file.path.startswith(_BESIDE) or file.path.endswith(".parquet")
