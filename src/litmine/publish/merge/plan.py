"""The lines to put into a list, worked out before any is: rows, items, new tables, new headings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.merge.document import Container, Document
from litmine.publish.merge.items import ListWriter
from litmine.publish.merge.lines import BOM, Insertion, blank, insert
from litmine.publish.merge.order import NEWEST, OLDEST, arrange, direction, mark_of
from litmine.publish.merge.place import Placer, Target, papers_in
from litmine.publish.merge.reading import read
from litmine.publish.merge.report import Added
from litmine.publish.merge.spots import Spots
from litmine.publish.merge.writers import (
    DEFAULT_HEADER,
    Habits,
    TableWriter,
    date_column,
)
from litmine.publish.sections import Section, sections

__all__ = ["Plan"]


@dataclass
class _Shelf:
    """New papers that go to the same place."""

    target: Target
    entries: list[ListEntry] = field(default_factory=list)


@dataclass(frozen=True, slots=True, order=True)
class _New:
    """A new line: before which old line it goes, its rank among those there, what it holds."""

    at: int
    rank: tuple[int, ...]
    text: str
    arxiv_id: str = ""
    section: str = ""


class Plan:
    """Where each new line goes.

    Parameters
    ----------
    placer : Placer
    taxonomy : Taxonomy
    refused : set
        Values of `places` that turned out to be no good.

    Attributes
    ----------
    places : dict of str to object
        What each paper's place hangs on, by arXiv id.
    inserted : tuple of int
        Before which old line each new line was put, once `carry_out` has run.
    """

    def __init__(self, placer: Placer, taxonomy: Taxonomy, refused: Set[object]) -> None:
        self._placer = placer
        self._spots = Spots(placer)
        self._document: Document = placer.document
        self._taxonomy = taxonomy
        self._refused = refused
        self._shelves: dict[object, _Shelf] = {}
        self._lines: list[_New] = []
        self._titles: dict[str, str] = {}
        self.places: dict[str, object] = {}
        self.inserted: tuple[int, ...] = ()
        papers = [c for c in self._document.containers if papers_in(c)]
        self._habits = Habits.of(papers)
        votes = [direction([mark_of(r, date_column(c)) for r in c.rows]) for c in papers]
        self._running = OLDEST if votes.count(OLDEST) > votes.count(NEWEST) else NEWEST
        self._model_document, self._model = self._model_of(papers)

    def _model_of(self, papers: Sequence[Container]) -> tuple[Document, Container]:
        """Find the table or list that new ones copy: one of the kind that most are of."""
        fit = [c for c in papers if not c.broken and c.kind != "html" and self._at_edge(c)]
        if fit:
            tables = [c for c in fit if c.kind == "table"]
            fit = tables if 2 * len(tables) >= len(fit) else [c for c in fit if c.kind == "list"]
            headers = [c.header for c in fit]
            best = max(fit, key=lambda c: (headers.count(c.header), len(c.rows), -c.first))
            return self._document, best
        own = read("\n".join((*DEFAULT_HEADER, "")), lambda _: False)
        return own, own.containers[0]

    def _at_edge(self, container: Container) -> bool:
        return not self._document.lines[container.first].text.startswith((" ", "\t", ">"))

    # -- places ---------------------------------------------------------------------------------

    def add(self, entries: Iterable[ListEntry]) -> None:
        """Find the places of papers."""
        for entry in entries:
            target, key = self._allowed(self._placer.target(entry))
            self._shelves.setdefault(key, _Shelf(target)).entries.append(entry)
            self.places[entry.arxiv_id] = key
            self._titles[entry.arxiv_id] = entry.plain_title

    def _allowed(self, target: Target) -> tuple[Target, object]:
        """Go from the table to a new one under the heading, and from there to a new heading."""
        section = target.section
        if target.container is not None:
            key: object = ("in", target.container.first)
            if key not in self._refused:
                return target, key
            target = Target(target.node, None, target.missing, section)
        if target.node is not None:
            key = ("under", target.node.index, target.missing)
            if key not in self._refused and target.node.level < 8:
                return target, key
        key = ("new", section.headings)
        if key not in self._refused:
            return Target(None, None, section.headings, section), key
        return Target(None, None, ("Papers",), section), ("top",)

    def carry_out(self) -> tuple[str, list[Added]]:
        """Write the lines; give the new text and where each paper stands in it."""
        fresh: list[_Shelf] = []
        for key, shelf in self._shelves.items():
            target = shelf.target
            if target.container is not None:
                self._rows(shelf, target.container)
            elif key == ("top",):
                self._anew(shelf, self._document.start, (2, 0), ["## Papers"])
            elif target.missing or target.node is None:
                fresh.append(shelf)
            else:
                self._anew(shelf, self._spots.after_text(target.node), (1, 0), [])
        self._headings(fresh)
        return self._put_in()

    def _put_in(self) -> tuple[str, list[Added]]:
        lines = self._document.lines
        insertions: list[Insertion] = []
        added: list[Added] = []
        new = sorted(self._lines)
        above = True  # whether the line above is blank, or there is none
        for number, one in enumerate(new):
            if not number or one.at != new[number - 1].at:
                above = one.at == 0 or blank(lines[one.at - 1].text)
            if not one.text:
                last = number + 1 == len(new) or new[number + 1].at != one.at
                below = one.at == len(lines) or blank(lines[one.at].text)
                if above or (last and below):
                    continue
            insertions.append(Insertion(one.at, (one.text,)))
            above = not one.text
            if one.arxiv_id:
                title = self._titles[one.arxiv_id]
                line = one.at + len(insertions)
                added.append(Added(one.arxiv_id, title, one.section, line))
        self.inserted = tuple(insertion.at for insertion in insertions)
        return insert(lines, insertions), added

    def _name(self, target: Target) -> str:
        path = self._document.path(target.node) if target.node is not None else ()
        return " > ".join((*path, *target.missing))

    # -- rows of what is there ------------------------------------------------------------------

    def _rows(self, shelf: _Shelf, container: Container) -> None:
        rows = container.rows
        column = date_column(container)
        marks = [mark_of(row, column) for row in rows]
        running = direction(marks)
        shown = {mark.day for mark in marks if mark.day}
        if running is None and len(shown) <= 1 and (shown or not rows):
            running = self._running  # nothing tells here: as most of the file
        name = self._name(shelf.target)
        writer = self._writer(self._document, container)
        above = ""
        new = [writer.mark(entry) for entry in shelf.entries]
        for rank, (before, number) in enumerate(arrange(marks, new, running)):
            entry = shelf.entries[number]
            if before and (not rank or rows[before - 1].first >= self._lines[-1].at):
                above = self._document.lines[rows[before - 1].first].text
            above = writer.line(entry, above)
            # Of two lists that end together the inner one began later, and goes on first.
            order = (0, -container.first, before, rank)
            at = _line_for(container, before)
            self._lines.append(_New(at, order, above, entry.arxiv_id, name))

    def _writer(
        self, document: Document, container: Container, *, anew: bool = False
    ) -> ListWriter | TableWriter:
        if container.kind == "list":
            return ListWriter(document, container, anew=anew)
        return TableWriter(document, container, self._taxonomy, self._habits, anew=anew)

    # -- new tables and headings ----------------------------------------------------------------

    def _anew(self, shelf: _Shelf, at: int, rank: tuple[int, ...], headings: Sequence[str]) -> None:
        """Begin a table or list, with headings above it if there are any."""
        document, model = self._model_document, self._model
        texts = [part for heading in headings for part in ("", heading)]
        texts.append("")
        if model.kind != "list":
            texts += [document.lines[model.first + n].text.removeprefix(BOM) for n in (0, 1)]
        writer = self._writer(document, model, anew=True)
        new = [(text, "") for text in texts]
        above = ""
        marks = [writer.mark(entry) for entry in shelf.entries]
        for _, number in arrange((), marks, self._running):
            entry = shelf.entries[number]
            above = writer.line(entry, above)
            new.append((above, entry.arxiv_id))
        name = self._name(shelf.target)
        for number, (text, arxiv_id) in enumerate([*new, ("", "")]):
            self._lines.append(_New(at, (*rank, number), text, arxiv_id, name))

    def _headings(self, fresh: Sequence[_Shelf]) -> None:
        """Make the headings that are missing, each once, in the order of our own list."""
        every = sections(self._taxonomy)
        made: set[tuple[object, ...]] = set()
        for shelf in sorted(fresh, key=lambda shelf: every.index(shelf.target.section)):
            target = shelf.target
            node, missing, section = target.node, target.missing, target.section
            order = _siblings(section, missing, every)
            at = self._spots.spot(node, missing[0], order)
            level = self._spots.stage_level() if node is None else self._spots.child_level(node)
            lines = []
            for depth, name in enumerate(missing):
                path = (node and node.index, *missing[: depth + 1])
                if path not in made:
                    made.add(path)
                    lines.append(f"{'#' * min(level + depth, 6)} {name}")
            self._anew(shelf, at, (1, 1, every.index(section)), lines)


def _siblings(
    section: Section, missing: Sequence[str], every: Sequence[Section]
) -> tuple[str, ...]:
    """Give the names of a missing heading and its siblings, in the order of our own list."""
    if missing[-1:] == section.headings[-1:] and len(missing) == 1:
        same = [s.headings[-1] for s in every if s.headings[0] == section.headings[0]]
        return tuple(dict.fromkeys(same))
    depth = len(section.headings) - len(missing)
    above = section.headings[:depth]
    same = [s.headings[depth] for s in every if s.headings[:depth] == above]
    return tuple(dict.fromkeys(same))


def _line_for(container: Container, before: int) -> int:
    """Give the line before which a row goes that stands before row number `before`."""
    rows = container.rows
    if not rows:
        return container.body
    if container.kind == "html":
        # Only where the tags of two rows do not share a line.
        after = next((row.first for row in rows[before:] if row.clear), None)
        if after is not None:
            return after
        return next(row.last + 1 for row in reversed(rows) if row.clear)
    return rows[before].first if before < len(rows) else rows[-1].last + 1
