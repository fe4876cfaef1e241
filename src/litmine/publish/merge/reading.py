"""Reading a Markdown list, however damaged, into a `Document`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from litmine.publish.merge.columns import kinds_of, split_cells, stands_alone
from litmine.publish.merge.document import Container, Document, Node, Row
from litmine.publish.merge.html_tables import Fold, HtmlHeading, as_container, read_html
from litmine.publish.merge.lines import BOM, blank, split_lines
from litmine.publish.merge.raw_html import Comments, raw_block
from litmine.publish.merge.report import Problem

__all__ = ["read"]

_DELIMITER = re.compile(r"[\s>]*\|?[\s|:]*-[\s|:-]*$")
_BELONGS_BELOW = re.compile(
    r"(?:\s*<(?:a\b[^>]*/?>(?:\s*</a>)?|br\s*/?>|hr\s*/?>|details[^>]*>|summary[^>]*>.*</summary>))+\s*",
    re.IGNORECASE | re.DOTALL,
)
_GLUED = re.compile(r" {0,3}(#{1,6})([^\s#].*)$")
_BOLD = re.compile(r" {0,3}(?:\*\*([^*]+)\*\*|__([^_]+)__):?\s*$")
_FRONT_LINE = re.compile(r"[\w-]+[ \t]*:|[ \t#-]|$")
_FRONT = re.compile(r"---[ \t]*$")


def read(text: str, knows: Callable[[str], bool]) -> Document:
    """Read a list.

    Parameters
    ----------
    text : str
    knows : callable
        Tells whether a heading means something. Bold lines, and hashes without a space after
        them, are text to GitHub; they count as headings only if they are known.
    """
    return _Reading(text, knows).document


class _Reading:
    def __init__(self, text: str, knows: Callable[[str], bool]) -> None:
        self.document = Document(split_lines(text))
        self._knows = knows
        self._texts = [line.text for line in self.document.lines]
        if self._texts:
            self._texts[0] = self._texts[0].removeprefix(BOM)
        self._skip_front_matter()
        parser = MarkdownIt("commonmark").enable("table")
        parser.core.ruler.enableOnly(["normalize", "block"])
        self._tokens: Sequence[Token] = parser.parse("\n".join(self._texts))
        self._html: list[tuple[int, str]] = []
        self._comments = Comments()
        self._items: list[Row] = []
        self._lists: list[Container] = []
        self._walk()
        self._take_html()
        self._finish()

    def _skip_front_matter(self) -> None:
        if not self._texts or not _FRONT.match(self._texts[0]):
            return
        for number in range(1, min(len(self._texts), 200)):
            if _FRONT.match(self._texts[number]) or self._texts[number].rstrip() == "...":
                self.document.start = number + 1
                for above in range(number + 1):
                    self._texts[above] = ""
                return
            if not _FRONT_LINE.match(self._texts[number]):
                return  # a line of dashes on top, and then the list

    # -- blocks ---------------------------------------------------------------------------------

    def _walk(self) -> None:
        position = 0
        while position < len(self._tokens):
            token = self._tokens[position]
            if token.map is not None and token.level == 0 and token.type != "inline":
                self.document.blocks.append((token.map[0], token.map[1]))
            position = self._block(token, position) + 1

    def _block(self, token: Token, position: int) -> int:
        """Take in one token, or the block that it opens; return the last token taken in."""
        kind = token.type
        if kind.endswith("_list_close"):
            self._lists.pop()
        elif kind == "list_item_close":
            self._item_as_heading(self._items.pop())
        if token.map is None:
            return position
        first, end = token.map
        if kind in {"bullet_list_open", "ordered_list_open"}:
            self._lists.append(Container("list", first, end))
            if not self._comments.open:
                self.document.containers.append(self._lists[-1])
            self._content(token)
        elif kind == "list_item_open":
            item = Row(first, self._trim(first, end), "item", "", container=self._lists[-1])
            item.place = "comment" if self._comments.open else "item"
            # "- - text": two lists begin on one line, and nothing can go between them.
            item.clear = not (self._items and self._items[-1].first == first)
            self._items.append(item)
            self._lists[-1].rows.append(item)
            self.document.rows.append(item)
        elif kind == "heading_open":
            return self._heading(token, position)
        elif kind == "table_open":
            self._table(first, end)
            self._content(token)
            return self._closing(position, "table_close")
        elif kind == "paragraph_open":
            self._content(token)
            self._paragraph(first, end, nested=token.level > 0)
        elif kind == "html_block":
            self._html_block(token, first, end)
        elif kind in {"fence", "code_block"}:
            self._content(token)
            self._code(token, first, end)
        elif kind == "blockquote_open":
            self._content(token)
        return position

    def _content(self, token: Token) -> None:
        if token.level == 0 and token.map is not None:
            self.document.content.append((token.map[0], token.map[1]))

    def _closing(self, position: int, kind: str) -> int:
        level = self._tokens[position].level
        while self._tokens[position].type != kind or self._tokens[position].level != level:
            position += 1
        return position

    def _trim(self, first: int, end: int) -> int:
        """Give the last line of a block that is not blank."""
        last = end - 1
        while last > first and blank(self._texts[last].replace(">", " ")):
            last -= 1
        return last

    def _say(self, kind: str, line: int, message: str) -> None:
        self.document.problems.append(Problem(kind, line + 1, message))

    def _row(self, number: int, place: str, **more: object) -> Row:
        hidden = self._comments.open
        row = Row(number, number, "comment" if hidden else place, self._texts[number])
        if place == "row":
            row.cells = split_cells(_unquoted(row.text))
        self.document.rows.append(row)
        return row

    # -- headings -------------------------------------------------------------------------------

    def _heading(self, token: Token, position: int) -> int:
        assert token.map is not None  # noqa: S101 - for the type checker; the caller looked
        first, end = token.map
        text = self._tokens[position + 1].content
        setext = token.markup in {"=", "-"}
        if setext and "|" in text:
            # Rows over a line of dashes without pipes: GitHub makes one big heading of them.
            for number in range(first, end - 1):
                self._row(number, "row")
            if not self._comments.open:
                self._say(
                    "header",
                    end - 1,
                    "the line of dashes has fewer columns than the header above it: GitHub shows "
                    "a heading",
                )
        elif token.level > 0 or self._comments.open:
            for number in range(first, end):
                self._row(number, "text")
        else:
            self._node(int(token.tag[1]), first, end - 1, " ".join(text.split()))
        return self._closing(position, "heading_close")

    def _node(self, level: int, first: int, last: int, text: str) -> None:
        self.document.nodes.append(Node(0, level, first, last, text))
        row = self._row(first, "text")
        row.text = text

    def _item_as_heading(self, item: Row) -> None:
        """Take an item that names something we know, and holds a list, for a heading."""
        below = [c for c in self.document.containers if item.first < c.first <= item.last]
        if not below or item.place != "item" or "://" in item.text or "\n" in item.text:
            return
        name = re.sub(r"^[ >\t]*(?:[-*+]|\d+[.)])[ \t]+", "", item.text)
        if self._knows(name):
            level = 7 + len(self._lists)
            node = Node(0, level, item.first, item.first, name, fixed_end=item.last + 1)
            self.document.nodes.append(node)

    # -- tables and text ------------------------------------------------------------------------

    def _table(self, first: int, end: int) -> None:
        header = split_cells(_unquoted(self._texts[first]))
        table = Container("table", first, end, header, body=first + 2)
        self._row(first, "text")
        for number in range(first + 2, end):
            row = self._row(number, "row")
            self._shelve(row, table)
            if len(row.cells) != len(header) and row.place == "row":
                self._say(
                    "cells",
                    number,
                    f"the row has {len(row.cells)} cells, its table {len(header)} columns",
                )
        self._titles(table)
        if not self._comments.open:
            self.document.containers.append(table)

    @staticmethod
    def _shelve(row: Row, table: Container) -> None:
        row.container = table
        table.rows.append(row)

    @staticmethod
    def _titles(table: Container) -> None:
        """Mark the cell of each row that holds the title."""
        kinds = kinds_of(table.header, (row.cells for row in table.rows))
        if kinds is not None and "title" in kinds:
            column = kinds.index("title")
            for row in table.rows:
                row.title = row.cells[column] if column < len(row.cells) else ""

    def _paragraph(self, first: int, end: int, *, nested: bool) -> None:
        if self._items:
            item = self._items[-1]
            item.text = "\n".join(filter(None, [item.text, *self._texts[first:end]]))
            return
        if not nested and not self._comments.open:
            first = self._looks_like_heading(first, end)
        table: Container | None = None
        told = False
        for number in range(first, end):
            text = self._texts[number]
            cells = split_cells(_unquoted(text)) if "|" in text else ()
            if len(cells) < 2:
                self._row(number, "text")
            elif _DELIMITER.match(text):
                continue
            elif table is not None:
                self._shelve(self._row(number, "row"), table)
                table.end = number + 1
            elif (kinds_of(cells) or ("",)).count("") < len(cells) - 1 and not nested:
                table = Container("table", number, number + 1, cells, number + 1, broken=True)
                table.closed = not all(map(stands_alone, self._texts[first:end]))
                self._row(number, "text")
                if not self._comments.open:
                    self.document.containers.append(table)
                    self._say(
                        "header",
                        number,
                        "the header of a table has no line of dashes with as many columns below "
                        "it: GitHub shows the table as text",
                    )
            else:
                row = self._row(number, "row")
                if text.lstrip(" \t>").startswith("|") and not told and row.place == "row":
                    told = True
                    self._say(
                        "orphan",
                        number,
                        "a row without a table (a blank line or a comment above it ends the "
                        "table): GitHub shows it as text",
                    )
        if table is not None:
            self._titles(table)

    def _looks_like_heading(self, first: int, end: int) -> int:
        text = self._texts[first]
        glued = _GLUED.match(text)
        bold = _BOLD.match(text) if end == first + 1 else None
        name = (glued[2] if glued else (bold[1] or bold[2]) if bold else "").strip().rstrip("#")
        if not name or not self._knows(name):
            return first
        if glued:
            self._say("heading", first, "no space after the hashes: GitHub shows no heading")
        self._node(len(glued[1]) if glued else 7, first, first, name.strip())
        return first + 1

    # -- code and HTML --------------------------------------------------------------------------

    def _code(self, token: Token, first: int, end: int) -> None:
        for number in range(first, end):
            self._row(number, "code")
        if token.type == "fence" and token.level == 0:
            close = re.compile(
                rf"[ >\t]*{re.escape(token.markup[0])}{{{len(token.markup)},}}[ \t]*$"
            )
            if end - first < 2 or not close.match(self._texts[end - 1]):
                self._say(
                    "fence",
                    first,
                    "a code block begins here and is never closed: all below is shown as code",
                )

    def _html_block(self, token: Token, first: int, end: int) -> None:
        texts = self._texts[first:end]
        whole = "\n".join(texts)
        if not _BELONGS_BELOW.fullmatch(whole):
            self._content(token)
        closed = None if self._comments.open else raw_block(whole)
        if closed is not None:
            for number in range(first, end):
                self._row(number, "code")
            if token.level == 0 and not closed:
                tag = whole.strip()[:12]
                self._say(
                    "raw", first, f"{tag} begins here and is never closed: it takes in all below"
                )
            return
        for number, text in zip(range(first, end), texts, strict=True):
            shown, hidden = self._comments.part(number, text)
            if hidden.strip():
                row = self._row(number, "text")
                row.text, row.place = hidden, "comment"
            if shown.strip():
                self._html.append((number, shown))
        if self._comments.open and whole.lstrip().startswith("<!--") and whole.count("<!--") == 1:
            self._never_closed()  # such a block ends with its comment, or else with the file

    def _never_closed(self) -> None:
        line = self._comments.since
        self._say("comment", line, "a comment begins here and is never closed: all below is hidden")

    def _take_html(self) -> None:
        tables, headings, folds = read_html(self._html)
        taken: set[int] = set()
        for table in tables:
            for found in table.rows:
                taken.update(range(found.first, found.last + 1))
            container = as_container(table)
            self.document.rows.extend(container.rows)
            self._titles(container)
            self.document.containers.append(container)
        for number, text in self._html:
            if number not in taken:
                self.document.rows.append(Row(number, number, "text", text))
        ends = {number: end for first, end in self.document.blocks for number in range(first, end)}
        for heading in headings:
            if heading.text and (heading.level < 7 or self._folds_hold(heading, folds)):
                last = ends.get(heading.last, heading.last + 1) - 1
                self.document.nodes.append(
                    Node(0, heading.level, heading.first, last, heading.text)
                )
        self._folds = folds

    def _limit(self) -> int:
        """Give the line from which on everything is code or a comment."""
        document = self.document
        for problem in document.problems:
            if problem.kind in {"fence", "comment", "raw"}:
                line = problem.line - 1
                return next((a for a, b in document.blocks if a <= line < b), line)
        return len(document.lines)

    @staticmethod
    def _folds_hold(heading: HtmlHeading, folds: Sequence[Fold]) -> bool:
        return any(fold.opens and fold.line <= heading.first for fold in folds)

    def _finish(self) -> None:
        document = self.document
        if self._comments.open and not any(p.kind == "comment" for p in document.problems):
            self._never_closed()
        document.blocks.extend(self._comments.spans)  # nothing may be put into them
        document.nodes.sort(key=lambda node: node.first)
        document.containers.sort(key=lambda container: container.first)
        document.rows.sort(key=lambda row: (row.first, row.last))
        document.problems.sort(key=lambda problem: problem.line)
        total = document.limit = self._limit()
        closes = [fold.line for fold in self._folds if not fold.opens]
        above: list[Node] = []
        for index, node in enumerate(document.nodes):
            node.index = index
            below = document.nodes[index + 1 :]
            node.own_end = below[0].first if below else total
            node.end = next((n.first for n in below if n.level <= node.level), total)
            if node.level == 7 and node.fixed_end is None:
                # A fold's heading holds until the fold is closed.
                node.fixed_end = next((line for line in closes if line > node.last), total)
            if node.fixed_end is not None:
                node.end = min(node.end, node.fixed_end)
                node.own_end = min(node.own_end, node.end)
            while above and (above[-1].level >= node.level or above[-1].end <= node.first):
                above.pop()
            node.parent = above[-1].index if above else None
            above.append(node)
        for container in document.containers:
            owner = document.node_at(container.first)
            if owner is not None:
                owner.containers.append(container)


def _unquoted(text: str) -> str:
    return text.lstrip(" \t>")
