"""The front page: the 5 x 5 matrix, what is new, techniques, and the months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from litmine.publish.entry import ListEntry
from litmine.publish.site.environment import PageHead, Pages, cell_path, month_name
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.glyphs import heat
from litmine.publish.site.model import Collection, by_month, verdict
from litmine.publish.site.periods import calendar
from litmine.publish.site.rows import Rows
from litmine.publish.site.structured import site_data

__all__ = ["cell_counts", "front", "monthly", "technique_counts"]

_NEW_SHOWN = 10
_TECHNIQUES_SHOWN = 16


@dataclass(frozen=True, slots=True)
class _Line:
    """A cell of the matrix, or the sum of a row or column."""

    id: str
    name: str
    path: str
    count: int
    months: tuple[int, ...]
    heat: int = 0
    new: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    name: str
    count: int
    months: tuple[int, ...]
    cells: tuple[_Line, ...]


def front(
    collection: Collection, pages: Pages, rows: Rows, archive_pages: Sequence[str]
) -> SiteFile:
    """Give the front page.

    Parameters
    ----------
    archive_pages : sequence of str
        Pages of years and months, for the links of the calendar.
    """
    months = collection.spark_months
    new = collection.new
    shown = new[:_NEW_SHOWN]
    counted = tuple(collection.digest_of(papers) for papers in collection.by_cell.values())

    def make() -> bytes:
        columns = [
            _Line(
                one.id,
                pages.resource_names[one.id],
                f"resources/{one.id}.html",
                len(collection.by_resource[one.id]),
                monthly(collection.by_resource[one.id], months),
            )
            for one in collection.taxonomy.resources
        ]
        total = len(collection.papers)
        head = PageHead(
            "index.html", pages.settings.title, description(total), "index", card_text=_CARD
        )
        return pages.render(
            "index.html",
            head,
            total=total,
            said=Counter(verdict(paper) for paper in collection.papers),
            matrix=_matrix(collection, pages, months),
            columns=columns,
            months=monthly(collection.papers, months),
            span=f"{month_name(months[0])} to {month_name(months[-1])}" if months else "none yet",
            rows=rows,
            new=shown,
            new_total=len(new),
            latest=collection.latest,
            techniques=technique_counts(collection, collection.papers)[:_TECHNIQUES_SHOWN],
            years=calendar("archive", collection.papers, archive_pages)[:6],
            data=site_data(description(total), pages),
        )

    digest = fingerprint([*counted, *(p.arxiv_id for p in new), collection.latest, *archive_pages])
    everything = collection.digest_of(collection.papers)
    return SiteFile("index.html", digest + everything, make, page=True, changed=collection.latest)


def description(total: int) -> str:
    """Describe the site in one sentence."""
    return (
        f"{total:,} papers on resource-efficient language models, by stage (architecture, "
        "pre-training, fine-tuning, inference, system) and resource (computation, memory, energy, "
        "cost, network), updated every night."
    )


def monthly(papers: Sequence[ListEntry], months: Sequence[str]) -> tuple[int, ...]:
    """Count papers in each of some months."""
    counts = by_month(papers)
    return tuple(counts[month] for month in months)


def cell_counts(
    collection: Collection, papers: Sequence[ListEntry] | None = None
) -> dict[str, int]:
    """Count papers by cell, of the whole list or of some of it."""
    if papers is None:
        return {cell: len(group) for cell, group in collection.by_cell.items()}
    counts = Counter(cell for paper in papers for cell in dict.fromkeys(paper.cells))
    return {cell: counts[cell] for cell in collection.taxonomy.cells}


def technique_counts(collection: Collection, papers: Sequence[ListEntry]) -> list[tuple[str, int]]:
    """Count papers by technique, the most frequent first; none without a paper."""
    counts = Counter(one for paper in papers for one in dict.fromkeys(paper.technique))
    order = {one.id: place for place, one in enumerate(collection.taxonomy.techniques)}
    known = [(one, counts[one]) for one in order if counts[one]]
    # What is of no certain kind comes last, however much there is of it.
    return sorted(known, key=lambda pair: (pair[0] == "other", -pair[1], order[pair[0]]))


def _matrix(collection: Collection, pages: Pages, months: Sequence[str]) -> list[_Row]:
    counts = cell_counts(collection)
    most = max(counts.values())
    rows = []
    for stage in collection.taxonomy.stages:
        cells = []
        for resource in collection.taxonomy.resources:
            cell = f"{stage.id}/{resource.id}"
            papers = collection.by_cell[cell]
            cells.append(
                _Line(
                    cell,
                    pages.cell_name(cell),
                    cell_path(cell),
                    counts[cell],
                    monthly(papers, months),
                    heat(counts[cell], most),
                    collection.count_new(papers),
                )
            )
        papers = collection.by_stage[stage.id]
        name = pages.stage_names[stage.id]
        rows.append(_Row(stage.id, name, len(papers), monthly(papers, months), tuple(cells)))
    return rows


_CARD = "The grid of stages and resources, darker where there are more papers"
