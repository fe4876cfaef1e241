"""The search page and everything that it fetches."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from litmine.publish.site.environment import PageHead, Pages
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.model import Collection
from litmine.publish.site.search_index import files

__all__ = ["script_folder", "scripts", "search_files"]

_SCRIPTS = Path(__file__).parent / "scripts"


@cache
def scripts() -> dict[str, bytes]:
    """Return the modules of the page by name, without comments and indentation."""
    found = {}
    for path in sorted(_SCRIPTS.glob("*.js")):
        text = re.sub(
            r"^\s*/\*\*.*?\*/\n", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
        )
        text = re.sub(r"^\s*//.*\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"^\s+", "", text, flags=re.MULTILINE)
        found[path.name] = text.encode()
    return found


def script_folder() -> str:
    """Return where the modules stand: others stand elsewhere, so that none is taken for another."""
    digest = hashlib.blake2b(digest_size=4)
    for name, script in scripts().items():
        digest.update(name.encode() + b"\n" + script)
    return f"static/search-{digest.hexdigest()}"


def search_files(collection: Collection, pages: Pages) -> Iterator[SiteFile]:
    """Give the page and the files of its index."""
    count = len(collection.papers)
    folder = script_folder()
    modules = sorted(scripts())

    def make() -> bytes:
        head = PageHead(
            "search.html",
            "Search",
            f"Find any of {count:,} papers on resource-efficient language models by words, "
            "authors, stage, resource, technique and year.",
            "search",
        )
        return pages.render("search.html", head, scripts=folder, modules=modules)

    yield SiteFile(
        "search.html", fingerprint([count, folder]), make, page=True, changed=collection.latest
    )
    for name, script in scripts().items():
        yield SiteFile(f"{folder}/{name}", fingerprint([script]), partial(bytes, script))
    digests = collection.digests
    yield from files(collection.papers, collection.taxonomy, lambda one: digests[one.arxiv_id])
