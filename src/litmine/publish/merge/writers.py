"""New lines written the way their neighbours are."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from litmine.core.plain import escape_markdown, unlinked
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.formats.markdown import keywords
from litmine.publish.merge.columns import (
    CellStyle,
    cell_style,
    fill,
    kinds_of,
    link_label,
    pipe_style,
    write_row,
)
from litmine.publish.merge.dates import DateStyle, read_day, style_of
from litmine.publish.merge.document import Container, Document
from litmine.publish.merge.names import vocabulary
from litmine.publish.merge.order import Mark, mark_text

__all__ = ["DEFAULT_HEADER", "Habits", "TableWriter", "date_column"]

DEFAULT_HEADER = ("| Date | Keywords | Paper | Venue |", "|:---:|:---:|:---|:---:|")
_YEAR = re.compile(r"[\s,'’(-]*(?:(?:19|20)\d\d|['’]\d\d)\)?")


def dates_of(container: Container) -> list[str]:
    """Give the cells of the column of dates."""
    return _column(container, "date")


def _column(container: Container, kind: str) -> list[str]:
    kinds = kinds_of(container.header, (row.cells for row in container.rows))
    if not kinds or kind not in kinds:
        return []
    column = kinds.index(kind)
    return [row.cells[column] for row in container.rows if column < len(row.cells)]


def date_column(container: Container) -> int | None:
    """Give the number of the column of dates."""
    kinds = kinds_of(container.header, (row.cells for row in container.rows))
    return kinds.index("date") if kinds and "date" in kinds else None


@dataclass(frozen=True, slots=True)
class Habits:
    """How most of a file is written.

    Attributes
    ----------
    date : DateStyle or None
    venues : tuple of str
        All cells of the columns of venues.
    """

    date: DateStyle | None
    venues: tuple[str, ...]

    @classmethod
    def of(cls, containers: Iterable[Container]) -> Habits:
        """Read the habits off all tables."""
        found = list(containers)
        venues = [cell for container in found for cell in _column(container, "venue")]
        return cls(style_of(cell for c in found for cell in dates_of(c)), tuple(venues))


class TableWriter:
    """Writes the rows of one table, of pipes or of HTML tags.

    Parameters
    ----------
    document : Document
    container : Container
    taxonomy : Taxonomy
    habits : Habits
        How the rest of the file is written; for what the table itself does not tell.
    anew : bool
        The rows are for a table of its own that only copies this one.
    """

    def __init__(
        self,
        document: Document,
        container: Container,
        taxonomy: Taxonomy,
        habits: Habits,
        *,
        anew: bool = False,
    ) -> None:
        self._taxonomy = taxonomy
        self._container = container
        rows = [row.cells for row in container.rows]
        self._kinds = kinds_of(container.header, rows) or ("title",)
        self._date = style_of(dates_of(container)) or habits.date or self._by_header()
        columns = {
            kind: [cells[number] for cells in rows if number < len(cells)]
            for number, kind in enumerate(self._kinds)
            if kind
        }
        self._frame = cell_style(columns.get("title", ()), linked_elsewhere="link" in self._kinds)
        linked = self._frame.linked
        self._link = link_label(columns.get("link", ()), linked_elsewhere=linked)
        self._venues = columns.get("venue", [])
        self._other_venues = habits.venues
        self._spelt = _spellings(columns.get("keywords", ()), taxonomy)
        texts = [line.text for line in document.lines]
        if container.kind == "table":
            own = [texts[row.first] for row in container.rows]
            delimiter = None if container.broken else texts[container.first + 1]
            self._pipes = pipe_style(own, texts[container.first], delimiter)
            if anew:
                self._pipes = replace(self._pipes, prefix="")
        else:
            self._indent = self._sample(texts)

    def _by_header(self) -> DateStyle:
        plain = " ".join(self._container.header).lower()
        return DateStyle("Y" if "year" in plain else "Y{s}M")

    def _sample(self, texts: Sequence[str]) -> str:
        row = next((row for row in self._container.rows if row.clear), None)
        text = texts[row.first] if row else ""
        return text[: len(text) - len(text.lstrip(" \t"))]

    def line(self, entry: ListEntry, above: str = "") -> str:
        """Write one paper as one line."""
        if self._container.kind == "html":
            return self._html(entry)
        return write_row(fill(self._kinds, self._values(entry)), self._pipes)

    def mark(self, entry: ListEntry) -> Mark:
        """Give what the line of a paper will be ordered by."""
        written = self._date.write(entry.day, exact=entry.published is not None)
        shown = read_day(written) if "date" in self._kinds else None
        known = mark_text("", (entry.arxiv_id,))
        return Mark(shown or known.day, known.fine)

    def _values(self, entry: ListEntry) -> Mapping[str, Callable[[], str]]:
        names = {stage.id: stage.name for stage in self._taxonomy.stages}
        names |= {resource.id: resource.name for resource in self._taxonomy.resources}
        title = escape_markdown(entry.plain_title)
        return {
            "date": lambda: self._date.write(entry.day, exact=entry.published is not None),
            "keywords": lambda: unlinked(self._keywords(entry)),
            "title": lambda: self._frame.write(title, entry.url),
            "venue": lambda: unlinked(self._venue(entry)),
            "link": lambda: self._link.replace("{url}", entry.url),
            "id": lambda: entry.arxiv_id,
            "authors": lambda: unlinked(_authors(entry.authors)),
            "stage": lambda: ", ".join(names.get(stage, stage) for stage in entry.stages),
            "resource": lambda: ", ".join(names.get(name, name) for name in entry.resources),
        }

    def _venue(self, entry: ListEntry) -> str:
        return venue_like(entry.venue, self._venues, self._other_venues)

    def _keywords(self, entry: ListEntry) -> str:
        """Give the reviewer's words, else the techniques as this table spells them."""
        if entry.keywords:
            return ", ".join(entry.keywords)
        names = keywords(entry, self._taxonomy)
        spelt = zip(entry.technique, names, strict=True)
        return ", ".join(self._spelt.get(technique, name) for technique, name in spelt)

    def _html(self, entry: ListEntry) -> str:
        frame = CellStyle("{title}") if "link" in self._kinds else CellStyle(_ANCHOR)
        said = {
            "date": self._date.write(entry.day, exact=entry.published is not None),
            "keywords": _text(self._keywords(entry)),
            "title": frame.write(_text(entry.plain_title), entry.url),
            "venue": _text(self._venue(entry)),
            "link": CellStyle(_ANCHOR).write("Link", entry.url),
            "id": entry.arxiv_id,
            "authors": _text(_authors(entry.authors)),
        }
        cells = "".join(f"<td>{said.get(kind, '')}</td>" for kind in self._kinds)
        return f"{self._indent}<tr>{cells}</tr>"


_ANCHOR = '<a href="{url}">{title}</a>'


def _text(text: str) -> str:
    return html.escape(re.sub(r"\s+", " ", text), quote=True)


def _authors(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} et al."


def _spellings(cells: Iterable[str], taxonomy: Taxonomy) -> dict[str, str]:
    """Tell how a column of keywords spells the names of techniques."""
    words = vocabulary(taxonomy)
    seen: dict[str, Counter[str]] = {}
    for cell in cells:
        if cell and not re.search(r"[|<\[\\]", cell):
            for technique in words.techniques(cell):
                seen.setdefault(technique, Counter())[cell] += 1
    return {technique: spelt.most_common(1)[0][0] for technique, spelt in seen.items()}


def venue_like(venue: str | None, own: Sequence[str], others: Sequence[str] = ()) -> str:
    """Name a venue as its column does: with or without the year, arXiv spelt its way.

    Where the column does not tell, `others` do: the venues of all the file.
    """
    for cells in (own, others):
        plain = [re.sub(r"[*_`\[\]]", "", cell).strip() for cell in cells]
        told = [cell for cell in plain if cell]
        if venue is None:
            spelt = Counter(c for c in told if c.lower() in {"arxiv", "preprint", "arxiv preprint"})
            if spelt:
                return spelt.most_common(1)[0][0]
            continue
        conferences = [cell for cell in told if "arxiv" not in cell.lower()]
        if conferences:
            years = sum(1 for cell in conferences if _YEAR.search(cell))
            short = _YEAR.sub("", venue).strip()
            return short if short and 2 * years < len(conferences) else venue
    return venue or "arXiv"
