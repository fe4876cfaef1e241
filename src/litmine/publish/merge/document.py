"""A hand-kept Markdown list as headings, containers of papers, and every line that names one.

Blocks are found by markdown-it, which reads as GitHub does: what it calls code is code, what it
calls a table is a table. Nothing is ever written from what is read here; new lines only go between
the old ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from litmine.publish.merge.identity import Keys, keys_of
from litmine.publish.merge.lines import Line
from litmine.publish.merge.report import Problem

__all__ = ["Container", "Document", "Node", "Row"]


@dataclass(eq=False)
class Row:
    """A stretch of lines that may name a paper.

    Attributes
    ----------
    first, last : int
        Lines, from 0, the last one included.
    place : str
        ``row``, ``item`` (of a list), ``html`` (a row of an HTML table); ``text``, ``code``,
        ``comment``: nothing that lists a paper.
    title : str
        The cell that holds the title, where one does.
    clear : bool
        A line may stand right before and right after it.
    """

    first: int
    last: int
    place: str
    text: str
    cells: tuple[str, ...] = ()
    title: str = ""
    clear: bool = True
    container: Container | None = None

    @cached_property
    def keys(self) -> Keys:
        """What tells which papers it names."""
        return keys_of(self.text, (self.title,))

    @property
    def lists(self) -> bool:
        """Whether it lists papers, and does not only mention them."""
        return self.place in {"row", "item", "html"}


@dataclass(eq=False)
class Container:
    """A table or a list.

    Attributes
    ----------
    kind : str
        ``table``, ``html`` or ``list``.
    first, end : int
        Lines, the end not included.
    body : int
        Where the first row of a table goes.
    broken : bool
        GitHub shows it as text: it has no line of dashes under its header.
    closed : bool
        No line may be put into it: code or HTML in that text could take the line in.
    """

    kind: str
    first: int
    end: int
    header: tuple[str, ...] = ()
    body: int = 0
    rows: list[Row] = field(default_factory=list)
    broken: bool = False
    closed: bool = False


@dataclass(eq=False)
class Node:
    """A heading.

    Attributes
    ----------
    level : int
        1 to 6; 7 for folds and bold lines, more for items of a list that hold a list.
    first, last : int
        Lines of the heading, the last one included.
    own_end, end : int
        Where the next heading stands, and the next one of the same level or above.
    """

    index: int
    level: int
    first: int
    last: int
    text: str
    parent: int | None = None
    own_end: int = 0
    end: int = 0
    containers: list[Container] = field(default_factory=list)
    fixed_end: int | None = None


@dataclass(eq=False)
class Document:
    """Everything that was read; see `litmine.publish.merge.reading.read`.

    Attributes
    ----------
    lines : list of Line
    nodes : list of Node
        In order.
    containers : list of Container
        In order; those inside comments are left out.
    rows : list of Row
    blocks : list of (int, int)
        Top-level blocks; no line may be put inside one that is not a table or a list.
    content : list of (int, int)
        The blocks that belong to the heading above: no anchors, rules, openings of folds.
    start, limit : int
        New lines go between these: front matter stands before, code or a comment that is never
        closed after.
    """

    lines: list[Line]
    nodes: list[Node] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    blocks: list[tuple[int, int]] = field(default_factory=list)
    content: list[tuple[int, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    start: int = 0
    limit: int = 0

    def inside(self, line: int) -> tuple[int, int] | None:
        """Give the top-level block that a new line before `line` would cut in two."""
        return next((block for block in self.blocks if block[0] < line < block[1]), None)

    def node_at(self, line: int) -> Node | None:
        """Give the heading under which a line stands."""
        best: Node | None = None
        for node in self.nodes:
            if node.first > line:
                break
            if line < node.end:
                best = node
        return best

    def path(self, node: Node) -> tuple[str, ...]:
        """Give the texts of the headings from the outermost to this one."""
        texts = [node.text]
        while node.parent is not None:
            node = self.nodes[node.parent]
            texts.append(node.text)
        return tuple(reversed(texts))

    def children(self, node: Node | None) -> list[Node]:
        """Give the headings right below one, or those that stand below none."""
        index = None if node is None else node.index
        return [other for other in self.nodes if other.parent == index]
