"""Tables, headings and folds written in HTML inside a Markdown list, with their line numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from litmine.publish.merge.document import Container, Row

__all__ = ["Fold", "HtmlHeading", "HtmlRow", "HtmlTable", "as_container", "read_html"]

_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))


@dataclass(slots=True)
class HtmlRow:
    """One ``<tr>``: the lines of its tags, whether they stand at the edges of lines, its cells."""

    first: int
    last: int
    clear: bool
    cells: list[str] = field(default_factory=list)
    is_header: bool = False


@dataclass(slots=True)
class HtmlTable:
    """One ``<table>`` that is closed."""

    first: int
    last: int
    rows: list[HtmlRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HtmlHeading:
    """``<h1>`` to ``<h6>``, and ``<summary>`` as the level below all."""

    level: int
    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Where a ``<details>`` begins (`opens`) or ends."""

    line: int
    opens: bool


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[HtmlTable] = []
        self.headings: list[HtmlHeading] = []
        self.folds: list[Fold] = []
        self._numbers: list[int] = []
        self._lines: list[str] = []
        self._open: list[HtmlTable] = []
        self._row: HtmlRow | None = None
        self._cell: list[str] | None = None
        self._heading: tuple[str, int, list[str]] | None = None

    def read(self, lines: Iterable[tuple[int, str]]) -> None:
        pairs = list(lines)
        self._numbers = [number for number, _ in pairs]
        self._lines = [text for _, text in pairs]
        self.feed("\n".join(self._lines) + "\n")
        self.close()

    @property
    def _line(self) -> int:
        row = min(self.getpos()[0] - 1, len(self._numbers) - 1)
        return self._numbers[row]

    def _at_start(self) -> bool:
        row, column = self.getpos()
        return not self._lines[min(row - 1, len(self._lines) - 1)][:column].strip()

    def _at_end(self, tag: str) -> bool:
        row, column = self.getpos()
        rest = self._lines[min(row - 1, len(self._lines) - 1)][column:]
        return rest.partition(">")[2].strip() == "" and tag in rest.lower()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_row()
            self._open.append(HtmlTable(self._line, self._line))
        elif tag == "tr" and self._open:
            self._end_row()
            self._row = HtmlRow(self._line, self._line, self._at_start())
        elif tag in {"td", "th"} and self._row is not None:
            self._end_cell()
            self._cell = []
            self._row.is_header = tag == "th"
        elif tag in _HEADINGS or tag == "summary":
            self._heading = (tag, self._line, [])
        elif tag == "details":
            self.folds.append(Fold(self._line, opens=True))
        elif self._cell is not None:
            # Links and the like stay in the cell: they are what it is recognised by.
            self._cell.append(self.get_starttag_text() or "")
        if self._heading is not None and tag == "br":
            self._heading[2].append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._open:
            self._end_row()
            table = self._open.pop()
            table.last = self._line
            self.tables.append(table)
        elif tag == "tr" and self._row is not None:
            self._row.last = self._line
            self._row.clear = self._row.clear and self._at_end(tag)
            self._end_row(closed=True)
        elif tag in {"td", "th"}:
            self._end_cell()
        elif self._heading is not None and tag == self._heading[0]:
            name, first, words = self._heading
            level = 7 if name == "summary" else int(name[1])
            self.headings.append(HtmlHeading(level, first, self._line, "".join(words).strip()))
            self._heading = None
        elif tag == "details":
            self.folds.append(Fold(self._line, opens=False))
        elif self._cell is not None:
            self._cell.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        if self._heading is not None:
            self._heading[2].append(data)

    def _end_cell(self) -> None:
        if self._cell is not None and self._row is not None:
            self._row.cells.append(" ".join("".join(self._cell).split()))
        self._cell = None

    def _end_row(self, *, closed: bool = False) -> None:
        self._end_cell()
        if self._row is not None and self._open:
            self._row.clear = self._row.clear and closed
            self._open[-1].rows.append(self._row)
        self._row = None


def read_html(
    lines: Iterable[tuple[int, str]],
) -> tuple[list[HtmlTable], list[HtmlHeading], list[Fold]]:
    """Read the HTML lines of a list.

    Parameters
    ----------
    lines : iterable of (int, str)
        Line numbers and texts; comments are taken out already.

    Returns
    -------
    tables, headings, folds
        In the order in which they end. Tables that are never closed are left out.
    """
    reader = _Reader()
    pairs = list(lines)
    if pairs:
        reader.read(pairs)
    return reader.tables, reader.headings, reader.folds


def as_container(table: HtmlTable) -> Container:
    """Give a table as a container of papers: the first row of headers names its columns."""
    header = next((row.cells for row in table.rows if row.is_header), [])
    container = Container("html", table.first, table.last + 1, tuple(header))
    for found in table.rows:
        if not found.is_header:
            text, cells = " ".join(found.cells), tuple(found.cells)
            row = Row(found.first, found.last, "html", text, cells, clear=found.clear)
            row.container = container
            container.rows.append(row)
    return container
