"""The pages that there is one of each: new, techniques, archive, trends, glossary, about, 404."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from urllib.parse import urlsplit

from litmine.core.taxonomy import METRIC_FAMILIES, Technique
from litmine.publish.entry import ListEntry
from litmine.publish.site.environment import PageHead, Pages
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.front import cell_counts, monthly, technique_counts
from litmine.publish.site.lists import Listing, period_files
from litmine.publish.site.model import NEW_DAYS, Collection, added
from litmine.publish.site.periods import FULL, NEWEST, SHORT, Period, calendar
from litmine.publish.site.rows import Rows

__all__ = ["archive_files", "archive_listing", "fixed_files", "new_file", "techniques_file"]


def archive_listing(collection: Collection) -> Listing:
    """Give the list of all papers."""
    return Listing("archive", "Archive", "Every paper by month.", "archive", collection.papers,
                   (), ())  # fmt: skip


def archive_files(
    collection: Collection, cut: Sequence[Period], pages: Pages, rows: Rows
) -> Iterator[SiteFile]:
    """Give the archive's front page and the pages of its years and months."""
    listing = archive_listing(collection)
    papers = collection.papers
    years = calendar("archive", papers, [period.path for period in cut])
    newest = papers[:NEWEST]

    def make() -> bytes:
        head = PageHead(
            "archive.html",
            "Archive",
            f"All {len(papers):,} papers by the month of their first version.",
            "archive",
        )
        return pages.render(
            "archive.html",
            head,
            total=len(papers),
            first=papers[-1].month if papers else "",
            last=papers[0].month if papers else "",
            years=years,
            newest=newest,
            rows=rows,
        )

    inputs = fingerprint([collection.digest_of(newest), years])
    changed = papers[0].day if papers else None
    yield SiteFile("archive.html", inputs, make, page=True, changed=changed)
    yield from period_files(listing, cut, collection, pages, rows)


def new_file(collection: Collection, pages: Pages, rows: Rows) -> SiteFile:
    """Give the page of what was approved in the latest week."""
    papers = collection.new
    short = len(papers) > FULL
    days: list[tuple[date, tuple[ListEntry, ...], int]] = []
    room = SHORT if short else FULL
    for when, group in groupby(papers, key=added):
        of_day = tuple(group)
        if when is not None:
            days.append((when, of_day[:room], len(of_day)))
            room -= len(of_day[:room])
    latest = collection.latest
    since = latest - timedelta(days=NEW_DAYS - 1) if latest else None

    def make() -> bytes:
        head = PageHead(
            "new.html", "New this week", f"{len(papers):,} papers approved this week.", "new"
        )
        return pages.render(
            "new.html",
            head,
            total=len(papers),
            latest=latest,
            since=since,
            days=days,
            short=short,
            rows=rows,
            counts=cell_counts(collection, papers),
            techniques=technique_counts(collection, papers)[:12],
        )

    inputs = fingerprint([collection.digest_of(papers), latest])
    return SiteFile("new.html", inputs, make, page=True, changed=latest)


@dataclass(frozen=True, slots=True)
class _Counted:
    id: str
    name: str
    definition: str
    count: int
    new: int
    months: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    id: str
    name: str
    path: str
    techniques: tuple[_Counted, ...]


def techniques_file(collection: Collection, pages: Pages) -> SiteFile:
    """Give the overview of techniques."""
    months = collection.spark_months
    homes: dict[str, list[Technique]] = {stage.id: [] for stage in collection.taxonomy.stages}
    anywhere: list[Technique] = []
    for technique in collection.taxonomy.techniques:
        home = technique.home_stages[0] if technique.home_stages else None
        (homes[home] if home else anywhere).append(technique)

    def counted(technique: Technique) -> _Counted:
        papers = collection.by_technique[technique.id]
        return _Counted(
            technique.id,
            technique.name,
            technique.definition,
            len(papers),
            collection.count_new(papers),
            monthly(papers, months),
        )

    groups = [
        _Group(stage.id, stage.name, f"stages/{stage.id}.html",
               tuple(counted(one) for one in homes[stage.id]))
        for stage in collection.taxonomy.stages
        if homes[stage.id]
    ]  # fmt: skip
    if anywhere:
        groups.append(_Group("any", "At any stage", "", tuple(counted(one) for one in anywhere)))

    def make() -> bytes:
        head = PageHead(
            "techniques.html",
            "Techniques",
            "Ways of making language models cheaper, each with its papers.",
            "techniques",
        )
        return pages.render("techniques.html", head, groups=groups)

    return SiteFile("techniques.html", fingerprint(groups), make, page=True)


def fixed_files(pages: Pages) -> Iterator[SiteFile]:
    """Give the pages that depend on no paper."""
    taxonomy = pages.taxonomy
    families = [
        (family, [metric for metric in taxonomy.metrics if metric.family == family])
        for family in METRIC_FAMILIES
    ]

    def fixed(head: PageHead, template: str, **context: object) -> SiteFile:
        def make() -> bytes:
            return pages.render(template, head, **context)

        return SiteFile(head.path, "", make, page=not head.hidden)

    yield fixed(
        PageHead(
            "glossary.html",
            "Glossary",
            "Definitions of stages, resources, metrics, benchmarks and techniques of "
            "resource-efficient language models.",
            "glossary",
        ),
        "glossary.html",
        families=families,
    )
    yield fixed(
        PageHead(
            "about.html",
            "About this list",
            "What stands in the list, who decides, and how to read its numbers.",
            "about",
        ),
        "about.html",
    )
    yield SiteFile("404.html", "", _not_found(pages))


def _not_found(pages: Pages) -> Callable[[], bytes]:
    head = PageHead("404.html", "Nothing stands here", "No page at this address.", hidden=True)
    # Hosts show it at whatever address was asked for, so its links begin at the host's own root.
    root = f"{urlsplit(pages.settings.url).path}/" if pages.settings.url else ""
    return lambda: pages.render_at("404.html", head, root)
