"""The library as people look at it: a filtered list in pages, and the 5 x 5 matrix of its cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from math import ceil, sqrt
from typing import Literal

from litmine.core.errors import InputError
from litmine.core.paper import normalise_space
from litmine.core.taxonomy import load_taxonomy
from litmine.store import Store
from litmine.store.library import (
    ApprovedPaper,
    LibraryFilter,
    approving_reviewers,
    cell_groups,
    library_page,
)

__all__ = [
    "HEAT_LEVELS",
    "ApprovedPaper",
    "LibraryPage",
    "LibraryQuery",
    "Matrix",
    "MatrixCell",
    "browse",
    "matrix",
    "reviewers",
]

HEAT_LEVELS = 9
"""Shades of the matrix above "none"."""

_WORDS = 8

Sort = Literal["newest", "title"]


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """What somebody asks the library for, as it stands in an address; checked on construction.

    Attributes
    ----------
    stage, resource : str
        Ids of the taxonomy; both together mean their cell.
    cell : str
        "stage/resource".
    technique : str
        Id of the taxonomy.
    text : str
        Words, each of which must occur in title, abstract or authors; at most eight.
    month : str
        YYYY-MM of the first submission.
    reviewer : str
        Who took the decision that stands.
    sort : str
        ``newest`` (by first submission) or ``title``.

    Raises
    ------
    InputError
        When a name is unknown or the month is none.
    """

    stage: str = ""
    resource: str = ""
    cell: str = ""
    technique: str = ""
    text: str = ""
    month: str = ""
    reviewer: str = ""
    sort: Sort = "newest"

    def __post_init__(self) -> None:
        taxonomy = load_taxonomy()
        put = object.__setattr__  # the way to normalise fields of a frozen dataclass
        if self.cell:
            put(self, "cell", taxonomy.parse_cell(self.cell))
        if self.stage:
            put(self, "stage", taxonomy.stage(self.stage).id)
        if self.resource:
            put(self, "resource", taxonomy.resource(self.resource).id)
        if self.stage and self.resource and not self.cell:
            put(self, "cell", f"{self.stage}/{self.resource}")
        if self.technique:
            put(self, "technique", taxonomy.technique(self.technique).id)
        put(self, "text", normalise_space(self.text))
        put(self, "reviewer", normalise_space(self.reviewer))
        if len(self.text.split(" ")) > _WORDS:
            raise InputError(f"the library is searched for at most {_WORDS} words; leave some out")
        if "\x00" in self.text + self.reviewer:
            raise InputError("words and names hold no such character; leave it out")
        if self.sort not in ("newest", "title"):
            raise InputError(f"the library is not sorted by {self.sort!r}; use newest or title")
        self._months()

    @property
    def given(self) -> dict[str, str]:
        """The fields that ask for something, by name; the sort only where it is not the usual."""
        usual = {field.name: field.default for field in fields(self)}
        return {name: value for name, value in asdict(self).items() if value != usual[name]}

    @property
    def filters(self) -> dict[str, str]:
        """As `given`, without the sort."""
        return {name: value for name, value in self.given.items() if name != "sort"}

    @property
    def wanted(self) -> LibraryFilter:
        """The same for the store."""
        first, end = self._months()
        return LibraryFilter(
            # A cell says both halves.
            stage="" if self.cell else self.stage,
            resource="" if self.cell else self.resource,
            cell=self.cell,
            technique=self.technique,
            words=tuple(self.text.split()),
            first=first,
            end=end,
            reviewer=self.reviewer,
        )

    def _months(self) -> tuple[date | None, date | None]:
        if not self.month:
            return None, None
        try:
            first = date.fromisoformat(f"{self.month}-01")
            end = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        except ValueError:
            raise InputError(f"{self.month[:20]!r} is no month; write it as 2026-07") from None
        return first, end


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """One page of the list.

    Attributes
    ----------
    total : int
        Papers that fulfil the query, on all pages.
    next : tuple of str or None
        Where the next page starts: key and arXiv id of the last paper here.
    """

    papers: tuple[ApprovedPaper, ...]
    total: int
    next: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """Papers in one cell, one row or one column.

    Attributes
    ----------
    share : float
        Of the papers that fulfil the query, 0 to 1.
    heat : int
        0 for none, else 1 to `HEAT_LEVELS` by the square root of the count over the greatest one.
    """

    papers: int
    share: float
    heat: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """The 5 x 5 matrix.

    A paper stands in each of its cells, and once in the total of a row or column, so the totals
    are not sums.

    Attributes
    ----------
    papers : int
        Papers that fulfil the query.
    cells : mapping
        All 25, by "stage/resource".
    stages, resources : mapping
        Row and column totals by id.
    """

    papers: int
    cells: Mapping[str, MatrixCell]
    stages: Mapping[str, MatrixCell]
    resources: Mapping[str, MatrixCell]


def browse(
    store: Store,
    query: LibraryQuery,
    *,
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> LibraryPage:
    """Return one page of approved papers with the decision that stands now.

    Parameters
    ----------
    after : tuple of str, optional
        `LibraryPage.next` of the page before.

    Raises
    ------
    InputError
        `after` belongs to another order.
    """
    if after is not None and query.sort == "newest" and after[0]:
        try:
            date.fromisoformat(after[0])
        except ValueError:
            raise InputError("the cursor is of another list; start at the first page") from None
    with store.read() as connection:
        total, found = library_page(
            connection,
            query.wanted,
            by_title=query.sort == "title",
            after=after,
            limit=limit + 1,
        )
    shown = tuple(found[:limit])
    more = (shown[-1].key, shown[-1].paper.arxiv_id) if len(found) > limit else None
    return LibraryPage(shown, total, more)


def matrix(store: Store, query: LibraryQuery) -> Matrix:
    """Count the approved papers that fulfil `query`, cell by cell."""
    taxonomy = load_taxonomy()
    with store.read() as connection:
        groups = cell_groups(connection, query.wanted)
    papers = sum(n for _, n in groups)
    by_cell = dict.fromkeys(taxonomy.cells, 0)
    by_stage = {stage.id: 0 for stage in taxonomy.stages}
    by_resource = {resource.id: 0 for resource in taxonomy.resources}
    for cells, n in groups:
        known = [cell for cell in set(cells) if cell in by_cell]
        for cell in known:
            by_cell[cell] += n
        for stage in {cell.split("/")[0] for cell in known}:
            by_stage[stage] += n
        for resource in {cell.split("/")[1] for cell in known}:
            by_resource[resource] += n
    return Matrix(papers, *(_heated(c, papers) for c in (by_cell, by_stage, by_resource)))


def reviewers(store: Store) -> list[str]:
    """Return everybody who ever approved a paper, by name."""
    with store.read() as connection:
        return approving_reviewers(connection)


def _heated(counts: Mapping[str, int], papers: int) -> dict[str, MatrixCell]:
    most = max(counts.values(), default=0)
    return {
        name: MatrixCell(
            n, n / papers if papers else 0.0, ceil(HEAT_LEVELS * sqrt(n / most)) if n else 0
        )
        for name, n in counts.items()
    }
