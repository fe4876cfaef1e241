"""The lists: one for each stage, resource, cell and technique, and the archive of all papers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from litmine.publish.entry import ListEntry
from litmine.publish.site.downloads import MONTHLY, month_path
from litmine.publish.site.environment import FeedLink, PageHead, Pages, cell_path
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.front import cell_counts, technique_counts
from litmine.publish.site.model import Collection
from litmine.publish.site.periods import FULL, NEWEST, Period, by_year, calendar, periods
from litmine.publish.site.rows import Rows
from litmine.publish.site.structured import collection_data

__all__ = ["Listing", "list_files", "listings", "period_files"]


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of papers.

    Attributes
    ----------
    base : str
        Its front page is ``base.html``, its periods stand below ``base/``, its feed is
        ``feeds/base.atom``.
    definitions : tuple of (str, str, str)
        Names, definitions and pages of what it is about; an empty name or page is left out.
    here : tuple of str
        Its cells, marked in the small grid.
    axis : str
        Its stage or resource.
    """

    base: str
    title: str
    description: str
    section: str
    papers: tuple[ListEntry, ...]
    definitions: tuple[tuple[str, str, str], ...]
    crumbs: tuple[tuple[str, str], ...]
    here: tuple[str, ...] = ()
    axis: str = ""
    card: str = "cards/site.png"
    aliases: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Where its front page stands."""
        return f"{self.base}.html"

    @property
    def feed(self) -> FeedLink:
        """Its feed; that of the archive is the one of all papers."""
        if self.base == "archive":
            return FeedLink("All papers", "feeds/all.atom")
        return FeedLink(self.title, f"feeds/{self.base}.atom")


_TOP = ("Matrix", "index.html")


def listings(collection: Collection, pages: Pages) -> list[Listing]:
    """Give the lists of all stages, resources, cells and techniques."""
    taxonomy = collection.taxonomy
    stages = {one.id: one for one in taxonomy.stages}
    resources = {one.id: one for one in taxonomy.resources}
    found = []
    for stage in taxonomy.stages:
        cells = tuple(cell for cell in taxonomy.cells if cell.startswith(f"{stage.id}/"))
        found.append(
            Listing(
                f"stages/{stage.id}",
                stage.name,
                f"Papers that save at the stage of {stage.name.lower()}. {stage.definition}",
                "index",
                collection.by_stage[stage.id],
                (("", stage.definition, ""),),
                (_TOP,),
                cells,
                stage.id,
                f"cards/stage-{stage.id}.png",
            )
        )
    for resource in taxonomy.resources:
        cells = tuple(cell for cell in taxonomy.cells if cell.endswith(f"/{resource.id}"))
        found.append(
            Listing(
                f"resources/{resource.id}",
                resource.name,
                f"Papers that save {resource.name.lower()}. {resource.definition}",
                "index",
                collection.by_resource[resource.id],
                (("", resource.definition, ""),),
                (_TOP,),
                cells,
                resource.id,
                f"cards/resource-{resource.id}.png",
            )
        )
    for cell in taxonomy.cells:
        stage, resource = stages[cell.split("/")[0]], resources[cell.split("/")[1]]
        stage_page = f"stages/{stage.id}.html"
        found.append(
            Listing(
                cell_path(cell).removesuffix(".html"),
                pages.cell_name(cell),
                f"Papers that save {resource.name.lower()} at the stage of {stage.name.lower()}.",
                "index",
                collection.by_cell[cell],
                (
                    (stage.name, stage.definition, stage_page),
                    (resource.name, resource.definition, f"resources/{resource.id}.html"),
                ),
                (_TOP, (pages.stage_names[stage.id], stage_page)),
                (cell,),
                card=f"cards/cell-{stage.id}-{resource.id}.png",
            )
        )
    for technique in taxonomy.techniques:
        found.append(
            Listing(
                f"techniques/{technique.id}",
                technique.name,
                f"{technique.name}: papers that save resources of language models this way. "
                f"{technique.definition}",
                "techniques",
                collection.by_technique[technique.id],
                (("", technique.definition, ""),),
                (("Techniques", "techniques.html"),),
                aliases=technique.aliases,
            )
        )
    return found


def list_files(
    listing: Listing, collection: Collection, pages: Pages, rows: Rows
) -> Iterator[SiteFile]:
    """Give the front page of a list and the pages of its periods."""
    cut = periods(listing.base, listing.papers)
    yield _front(listing, collection, pages, rows, [period.path for period in cut])
    yield from period_files(listing, cut, collection, pages, rows)


def period_files(
    listing: Listing, cut: Sequence[Period], collection: Collection, pages: Pages, rows: Rows
) -> Iterator[SiteFile]:
    """Give the pages of a list's years, months and days."""
    for period in cut:
        shown = [paper for section in period.sections for paper in section.papers]
        totals = [
            part
            for section in period.sections
            for part in (section.anchor, section.total, section.more, len(section.papers))
        ]
        inputs = fingerprint(
            [collection.digest_of(shown), *totals, period.short, period.earlier, period.later,
             period.up, len(period.papers)]
        )  # fmt: skip
        latest = max((paper.day for paper in period.papers), default=None)
        yield SiteFile(
            period.path,
            inputs,
            _PeriodPage(listing, period, pages, rows),
            page=True,
            changed=latest,
        )


class _PeriodPage:
    """Makes the page of a period when it is asked to."""

    def __init__(self, listing: Listing, period: Period, pages: Pages, rows: Rows) -> None:
        self._parts = listing, period, pages, rows

    def __call__(self) -> bytes:
        listing, period, pages, rows = self._parts
        archive = listing.base == "archive"
        title = period.name if archive else f"{listing.title}, {period.name}"
        head = PageHead(
            period.path,
            title,
            f"{len(period.papers):,} papers: {title}.",
            listing.section,
            feeds=(listing.feed,),
            card=listing.card,
        )
        return pages.render(
            "period.html",
            head,
            title=title,
            period=period,
            downloads=_downloads(period) if archive else (),
            rows=rows,
            crumbs=(*listing.crumbs, (listing.title, listing.path), *period.up),
        )


def _downloads(period: Period) -> tuple[tuple[str, str], ...]:
    """Name the files that a month of the archive can be had as."""
    month = period.path.removeprefix("archive/").removesuffix(".html")
    if not re.fullmatch(r"\d{4}-\d{2}", month):
        return ()
    return tuple((label, month_path(month, ending)) for label, ending in MONTHLY)


def _front(
    listing: Listing,
    collection: Collection,
    pages: Pages,
    rows: Rows,
    period_pages: Sequence[str],
) -> SiteFile:
    papers = listing.papers
    long = len(papers) > FULL
    newest = papers[:NEWEST]
    technique = listing.base.startswith("techniques/")
    counts = cell_counts(collection, papers if technique else None)
    techniques = technique_counts(collection, papers)
    if technique:  # those that its papers use besides it
        own = listing.base.partition("/")[2]
        techniques = [pair for pair in techniques if pair[0] not in {own, "other"}]
    total = len(collection.papers)
    new = collection.count_new(papers)
    years = calendar(listing.base, papers, period_pages)

    def make() -> bytes:
        head = PageHead(
            listing.path,
            listing.title,
            listing.description,
            listing.section,
            feeds=(listing.feed,),
            card=listing.card,
        )
        share = f"{100 * len(papers) / total:.1f}%" if total else ""
        return pages.render(
            "list.html",
            head,
            crumbs=listing.crumbs,
            total=len(papers),
            new=new,
            share=share,
            first=papers[-1].month if papers else "",
            definitions=listing.definitions,
            aliases=listing.aliases,
            years=years,
            long=long,
            newest=newest,
            sections=() if long else by_year(papers),
            rows=rows,
            counts=counts,
            grid_title="Where it saves" if technique else "All cells",
            here=listing.here,
            axis=listing.axis,
            techniques=techniques[:12],
            techniques_title="Together with" if technique else "Techniques",
            data=collection_data(listing.title, listing.description, listing.path, papers, pages),
        )

    inputs = fingerprint(
        [collection.digest_of(newest if long else papers), len(papers), total, new, counts,
         techniques, years]
    )  # fmt: skip
    latest = max((paper.day for paper in papers), default=None)
    return SiteFile(listing.path, inputs, make, page=True, changed=latest)
