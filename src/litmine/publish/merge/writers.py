"""New lines written the way their neighbours are."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from litmine.core.plain import escape_markdown, unlinked
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.markdown import keywords
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
from litmine.publish.merge.order import Mark, mark_text

__all__ = ["DEFAULT_HEADER", "TableWriter", "date_column", "dates_of"]

DEFAULT_HEADER = ("| Date | Keywords | Paper | Venue |", "|:---:|:---:|:---|:---:|")
_YEAR = re.compile(r"[\s,'’(-]*(?:(?:19|20)\d\d|['’]\d\d)\)?")


def dates_of(container: Container) -> list[str]:
    """Give the cells of the column of dates."""
    column = date_column(container)
    if column is None:
        return []
    return [row.cells[column] for row in container.rows if column < len(row.cells)]


def date_column(container: Container) -> int | None:
    """Give the number of the column of dates."""
    kinds = kinds_of(container.header, (row.cells for row in container.rows))
    return kinds.index("date") if kinds and "date" in kinds else None


class TableWriter:
    """Writes the rows of one table, of pipes or of HTML tags.

    Parameters
    ----------
    document : Document
    container : Container
    taxonomy : Taxonomy
    usual : DateStyle or None
        How the rest of the file writes dates; for tables that hold none yet.
    anew : bool
        The rows are for a table of its own that only copies this one.
    """

    def __init__(
        self,
        document: Document,
        container: Container,
        taxonomy: Taxonomy,
        usual: DateStyle | None,
        *,
        anew: bool = False,
    ) -> None:
        self._taxonomy = taxonomy
        self._container = container
        rows = [row.cells for row in container.rows]
        self._kinds = kinds_of(container.header, rows) or ("title",)
        self._date = style_of(dates_of(container)) or usual or self._by_header()
        columns = {
            kind: [cells[number] for cells in rows if number < len(cells)]
            for number, kind in enumerate(self._kinds)
            if kind
        }
        self._frame = cell_style(columns.get("title", ()), linked_elsewhere="link" in self._kinds)
        linked = self._frame.linked
        self._link = link_label(columns.get("link", ()), linked_elsewhere=linked)
        self._venues = columns.get("venue", [])
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
            "keywords": lambda: unlinked(", ".join(keywords(entry, self._taxonomy))),
            "title": lambda: self._frame.write(title, entry.url),
            "venue": lambda: unlinked(venue_like(entry.venue, self._venues)),
            "link": lambda: self._link.replace("{url}", entry.url),
            "id": lambda: entry.arxiv_id,
            "authors": lambda: unlinked(_authors(entry.authors)),
            "stage": lambda: ", ".join(names.get(stage, stage) for stage in entry.stages),
            "resource": lambda: ", ".join(names.get(name, name) for name in entry.resources),
        }

    def _html(self, entry: ListEntry) -> str:
        frame = CellStyle("{title}") if "link" in self._kinds else CellStyle(_ANCHOR)
        said = {
            "date": self._date.write(entry.day, exact=entry.published is not None),
            "keywords": _text(", ".join(keywords(entry, self._taxonomy))),
            "title": frame.write(_text(entry.plain_title), entry.url),
            "venue": _text(venue_like(entry.venue, self._venues)),
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


def venue_like(venue: str | None, others: Sequence[str]) -> str:
    """Name a venue as its column does: with or without the year, arXiv spelt its way."""
    plain = [re.sub(r"[*_`\[\]]", "", cell).strip() for cell in others]
    told = [cell for cell in plain if cell]
    if venue is None:
        spelt = Counter(c for c in told if c.lower() in {"arxiv", "preprint", "arxiv preprint"})
        return spelt.most_common(1)[0][0] if spelt else "arXiv"
    conferences = [cell for cell in told if "arxiv" not in cell.lower()]
    years = sum(1 for cell in conferences if _YEAR.search(cell))
    if conferences and 2 * years < len(conferences):
        return _YEAR.sub("", venue).strip() or venue
    return venue


class ListWriter:
    """Writes the items of one list: date in front, title and link, venue or date behind.

    What most items have is written, in the form in which the first of those has it.
    """

    def __init__(
        self,
        document: Document,
        container: Container,
        usual: DateStyle | None,
        *,
        anew: bool = False,
    ) -> None:
        self._usual = usual or DateStyle()
        self._anew = anew
        lines = [
            (number, document.lines[row.first].text)
            for number, row in enumerate(container.rows)
            if row.text and ("://" in row.text or row.keys.ids)
        ]
        marked = [m for _, text in lines if (m := _MARKER.match(text))]
        self._marker = marked[0] if marked else None
        bodies = [match["body"] for match in marked]
        self._lead = _lead(bodies)
        rest = [_LEAD.sub("", body, count=1) for body in bodies]
        self._frame = cell_style(rest, linked_elsewhere=False)
        self._tail = _tail(rest)
        self._venues = [
            m[1] for body in rest for m in re.finditer(r"[,(*]\s*([A-Z][\w' -]+)", body)
        ]

    def line(self, entry: ListEntry, above: str = "") -> str:
        """Write one paper as one item; `above` is the item above it, for its number."""
        title = self._frame.write(escape_markdown(entry.plain_title), entry.url)
        venue = unlinked(entry.venue or "arXiv")
        year = "" if re.search(r"(?:19|20)\d\d", venue) else f" {entry.day.year}"
        lead, tail = "", ""
        if self._lead is not None:
            style, gap, named = self._lead
            day = style.write(entry.day, exact=entry.published is not None)
            if named:
                day = f"{style.before}{venue}{year}{style.after}"
            lead = day + gap
        if self._tail is not None:
            before, after, kind, style = self._tail
            day = replace(style, before="", after="").write(
                entry.day, exact=entry.published is not None
            )
            tail = before + {"date": day, "venue": venue + year}[kind] + after
        return f"{self._mark(above)}{lead}{title}{tail}"

    def mark(self, entry: ListEntry) -> Mark:
        """Give what the item of a paper will be ordered by."""
        return mark_text(self.line(entry), (entry.arxiv_id,))

    def _mark(self, above: str) -> str:
        if self._marker is None:
            return "- "
        number = re.match(r"(\d+)(.*)", self._marker["mark"])
        mark = self._marker["mark"]
        if number:
            before = re.match(r"[ \t>]*(\d{1,8})[.)]", above)
            first = "1" if self._anew else number[1]
            mark = f"{int(before[1]) + 1 if before else first}{number[2]}"
        box = "[ ] " if self._marker["box"] else ""
        indent = "" if self._anew else self._marker["indent"]
        return f"{indent}{mark}{self._marker['gap']}{box}"


_MARKER = re.compile(
    r"(?P<indent>[ \t>]*)(?P<mark>[-*+]|\d{1,8}[.)])(?P<gap>[ \t]+)"
    r"(?P<box>\[[ xX]\][ \t]+)?(?P<body>.*)$"
)
_DATE = r"(?:19|20)\d\d(?:[-/.]\d\d?){0,2}"
_LEAD = re.compile(
    r"(?P<before>[*_`(\[]*)"
    r"(?P<inner>(?:[A-Z][\w&' -]{0,24}?[ '’,-]{0,2})?"
    rf"(?:{_DATE}|['’]\d\d|\d\d?[-/.](?:19|20)\d\d|[A-Z][a-z]{{2,8}}\.? (?:19|20)\d\d))"
    r"(?P<after>[*_`)\]]*)(?P<gap>[ :,|–-]{1,3})(?=\S)"
)


def _lead(bodies: Sequence[str]) -> tuple[DateStyle, str, bool] | None:
    found = [match for body in bodies if (match := _LEAD.match(body))]
    if not found or 2 * len(found) < len(bodies):
        return None
    first = found[0]
    style = style_of([match["inner"] for match in found]) or DateStyle()
    named = bool(re.match(r"[A-Z]", first["inner"])) and style.form in {"Y", "'y"}
    return replace(style, before=first["before"], after=first["after"]), first["gap"], named


_TAIL = re.compile(
    r".*\)(?:\*\*)?\]?(?P<before>(?:[ ,.–-]{1,3}|<br ?/?>)[(\[*_`]*)"
    r"(?P<inner>[^()\[\]*_`]*?(?:(?:19|20)\d\d(?:[-/.]\d\d?){0,2}|['’]\d\d))(?P<after>[)\]*_`.]*)\s*$"
)


def _tail(bodies: Sequence[str]) -> tuple[str, str, str, DateStyle] | None:
    found = [match for body in bodies if (match := _TAIL.match(body))]
    if not found or 2 * len(found) < len(bodies):
        return None
    first = found[0]
    kind = "venue" if re.match(r"[A-Za-z]", first["inner"]) else "date"
    style = style_of([match["inner"] for match in found]) or DateStyle("Y")
    return first["before"], first["after"], kind, style
