"""A small companion site of invented papers that has every kind of page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import Approval, ListEntry
from litmine.publish.site.build import site_files
from litmine.publish.site.files import SiteFile
from litmine.publish.site.folder import SiteReport, update_folder
from litmine.publish.site.model import Collection, SiteSettings

__all__ = ["ADDRESS", "build", "invented", "made"]

ADDRESS = "https://papers.example.org/list"
_WORDS = (
    "cache", "pruning", "sparse", "routing", "compact", "serving", "kernel", "adapter",
    "distilled", "quantized", "budget", "energy", "router", "token", "draft", "expert",
)  # fmt: skip
_NAMES = (
    "Ada Lovelace",
    "Émile Borel",
    "王 小明",
    "Ludwig van Beethoven",
    "José {\\'A}lvarez",
    "O'Neill, T.",
)


def invented(count: int, first: int = 0) -> list[ListEntry]:
    """Make papers over five years, more of them lately, each in one to three cells."""
    taxonomy = load_taxonomy()
    papers = []
    for number in range(first, first + count):
        day = date(2026, 7, 14) - timedelta(days=(number * number) % 1700)
        cells = {taxonomy.cells[(number * 7) % 25], taxonomy.cells[(number * 3) % 25 // 2]}
        words = [_WORDS[(number * step + step) % len(_WORDS)] for step in (1, 3, 5, 7)]
        title = " ".join(words).capitalize()
        if number % 9 == 0:
            title += r" in $O(n \log n)$ with <b>&amp; \"quotes\""
        approval = Approval(
            "Grace Hopper",
            datetime(2026, 7, 15, 4, tzinfo=UTC) - timedelta(days=number % 40),
            "m1",
            0.9,
            comment="a word of the reviewer",
        )
        papers.append(
            ListEntry(
                f"{day:%y%m}.{number:05d}",
                title,
                day,
                technique=(taxonomy.techniques[number % 33].id,),
                cells=tuple(cell for cell in taxonomy.cells if cell in cells),
                venue="ICML 2026" if number % 5 == 0 else None,
                authors=tuple(_NAMES[: 1 + number % len(_NAMES)]),
                abstract=f"We {words[0]} the {words[1]} of {words[2]} models. " * (1 + number % 7),
                categories=("cs.LG", "cs.CL"),
                doi=f"10.1145/{number}" if number % 5 == 0 else None,
                source="label" if number % 11 == 3 else "reviewer",
                approval=None if number % 11 == 3 else approval,
            )
        )
    return papers


def made(
    papers: Iterable[ListEntry],
    related: Mapping[str, tuple[str, ...]] | None = None,
    settings: SiteSettings | None = None,
) -> dict[str, bytes]:
    """Make every file of the site in memory."""
    files: dict[str, bytes] = {}
    for file in listed(papers, related, settings):
        assert file.path not in files, f"{file.path} is made twice"
        files[file.path] = file.make(*(files[part] for part in file.parts))
    return files


def listed(
    papers: Iterable[ListEntry],
    related: Mapping[str, tuple[str, ...]] | None = None,
    settings: SiteSettings | None = None,
) -> list[SiteFile]:
    """List every file of the site."""
    collection = Collection.of(papers, load_taxonomy(), related)
    return site_files(collection, settings or SiteSettings(url=ADDRESS, library=True))


def build(
    folder: Path, papers: Iterable[ListEntry], settings: SiteSettings | None = None
) -> SiteReport:
    """Build the site in a folder."""
    return update_folder(folder, listed(papers, None, settings), "test")
