"""Where in a hand-kept list a paper belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from litmine.classify.list_sections import read_section
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.merge.columns import kinds_of
from litmine.publish.merge.document import Container, Document, Node
from litmine.publish.merge.identity import squeeze
from litmine.publish.merge.names import (
    Vocabulary,
    alike,
    bare,
    is_year,
    key,
    not_a_list,
    vocabulary,
)
from litmine.publish.sections import Section, place, stage_of, techniques_of

__all__ = ["Placer", "Target", "papers_in"]

# Headings under which papers stand although they are no subject themselves.
_WRAPPERS = re.compile(r"^(?:content|table content|toc|about|introduction|overview)\b")
_OTHERS = frozenset({"other", "othersystem"})
_ITEM_LINK = re.compile(r"\]\(<?https?://|<a\s[^>]*href=[\"']?https?://|https?://")


@dataclass(frozen=True, slots=True)
class Target:
    """The place of a paper.

    Attributes
    ----------
    node : Node or None
        The heading it goes under; None: below no heading.
    container : Container or None
        The table or list; None where one is to be made.
    missing : tuple of str
        Headings to be made below `node`, from the outermost.
    section : Section
        What the place is called in our own list.
    """

    node: Node | None
    container: Container | None
    missing: tuple[str, ...]
    section: Section


def papers_in(container: Container) -> bool:
    """Tell whether a table or a list is one of papers, and open to new ones."""
    if container.closed:
        return False
    if container.kind == "list":
        own = [row for row in container.rows if row.text]
        linked = [row for row in own if _ITEM_LINK.search(row.text) or row.keys.ids]
        clear = all(row.clear for row in container.rows)
        return clear and bool(linked) and 2 * len(linked) >= len(own)
    if container.kind == "html" and not any(row.clear for row in container.rows):
        return False
    kinds = kinds_of(container.header, (row.cells for row in container.rows))
    return kinds is not None and "title" in kinds


class Placer:
    """Finds the place of each paper in one document."""

    def __init__(self, document: Document, taxonomy: Taxonomy) -> None:
        self.document = document
        self._taxonomy = taxonomy
        self._words: Vocabulary = vocabulary(taxonomy)
        self._found: dict[tuple[Section, str], Node | None] = {}
        self.doubles: dict[str, tuple[int, ...]] = {}

    @cached_property
    def usable(self) -> dict[int, list[Container]]:
        """The containers of papers right below each heading, by its index."""
        return {
            node.index: [c for c in node.containers if papers_in(c) and c.end <= self._limit]
            for node in self.document.nodes
        }

    @property
    def _limit(self) -> int:
        return self.document.limit

    @cached_property
    def _title(self) -> Node | None:
        """The document's own title, under which everything stands."""
        nodes = self.document.nodes
        tops = [node for node in nodes if node.level == 1]
        if not tops or tops[0] is not nodes[0]:
            return None
        alone = len(tops) == 1 and len(nodes) > 1
        return tops[0] if alone or not self._words.knows(tops[0].text) else None

    @cached_property
    def _subjects(self) -> list[Node]:
        """The headings that may be a section of papers."""
        excluded: set[int] = set()
        kept = []
        for node in self.document.nodes:
            off = not_a_list(node.text)
            known = self._words.stage(node.text) is not None or self._words.techniques(node.text)
            if node.parent in excluded or (off and not known):
                if not _WRAPPERS.match(" ".join(bare(node.text))):
                    excluded.add(node.index)
            elif node is not self._title:
                kept.append(node)
        return kept

    def _above(self, node: Node | None) -> Iterator[Node]:
        while node is not None:
            yield node
            node = None if node.parent is None else self.document.nodes[node.parent]

    def _stage_of(self, node: Node) -> str | None:
        for above in self._above(node):
            if above is not self._title:
                stage = self._words.stage(above.text)
                if stage is not None:
                    return stage
        return None

    @cached_property
    def _stages(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self._subjects:
            stage = self._words.stage(node.text)
            if stage is not None and node.level <= 7:
                found.setdefault(stage, []).append(node)
        return found

    # -- finding --------------------------------------------------------------------------------

    def target(self, entry: ListEntry) -> Target:
        """Find the place of a paper."""
        section = place(entry, self._taxonomy)
        held = techniques_of(section)
        technique = next((name for name in entry.technique if name in held), "")
        if (section, technique) not in self._found:
            self._found[section, technique] = self._leaf(section, technique)
        node = self._found[section, technique]
        if node is not None:
            return self._within(node, entry, section)
        for outer in self._outer(section):
            if self.usable[outer.index]:
                return Target(outer, self.usable[outer.index][0], (), section)
        return self._flat(entry, section) or self._missing(section)

    def _leaf(self, section: Section, technique: str) -> Node | None:
        stage = stage_of(section) or ""
        best: tuple[float, Node] | None = None
        equal: list[Node] = []
        for node in self._subjects:
            score = self._score(node, section, technique, stage)
            if score <= 0:
                continue
            if best is None or score > best[0]:
                best, equal = (score, node), [node]
            elif score == best[0] and key(node.text) == key(best[1].text):
                equal.append(node)
        if best is None:
            return None
        if len(equal) > 1:
            self.doubles[best[1].text] = tuple(node.first + 1 for node in equal)
        return best[1]

    def _score(self, node: Node, section: Section, technique: str, stage: str) -> float:
        leaf = section.headings[-1]
        of = self._stage_of(node)
        if of is not None and of != stage:
            return 0.0
        words, wanted = set(bare(node.text)), set(bare(leaf))
        score = 0.0
        if key(node.text) == key(leaf):
            score = 1.0
        elif technique and technique in self._words.techniques(node.text):
            score = 0.95
        elif alike(key(node.text), key(leaf)):
            score = 0.85
        elif key(leaf) in _OTHERS:
            score = 0.0
        elif wanted < words and len(words) <= len(wanted) + 3:
            score = 0.7
        elif technique and self._words.stage(node.text) is None:
            path = " > ".join(("List", *self.document.path(node)[-2:]))
            read_stage, read_technique = read_section(path)
            if read_technique == technique and (of is not None or read_stage == stage):
                score = 0.6
        if key(leaf) in _OTHERS and of is None:
            return 0.0  # "Other" of what?
        if score:
            score += 0.04 if of is not None else 0.0
            score += 0.005 if self._filled(node) else 0.0
        return score

    def _filled(self, node: Node) -> bool:
        return any(
            self.usable[other.index]
            for other in self.document.nodes[node.index :]
            if other.first < node.end
        )

    def _within(self, node: Node, entry: ListEntry, section: Section) -> Target:
        """Choose among a heading's own table and the headings below it."""
        if not self.usable[node.index]:
            below = [c for c in self.document.children(node) if self.usable[c.index]]
            for child in below:
                if is_year(child.text) == entry.day.year:
                    return Target(child, self.usable[child.index][0], (), section)
            said = squeeze(" ".join((*entry.keywords, entry.title)))
            for child in below:
                words = bare(child.text)
                if words and all(word in said for word in words):
                    return Target(child, self.usable[child.index][0], (), section)
        own = self.usable[node.index]
        return Target(node, own[0] if own else None, (), section)

    def _outer(self, section: Section) -> list[Node]:
        """Give the headings that stand for the outer ones of a section, the inner one first."""
        stage = stage_of(section) or ""
        found = []
        if len(section.headings) == 3:
            middle = key(section.headings[1])
            found += [
                node
                for node in self._subjects
                if node.level < 7
                and (key(node.text) == middle or alike(key(node.text), middle))
                and self._stage_of(node) in {None, stage}
            ][:1]
        stages = [node for node in self._stages.get(stage, ()) if node.level < 7]
        return found + sorted(stages, key=lambda node: not self._filled(node))[:1]

    def _flat(self, entry: ListEntry, section: Section) -> Target | None:
        """A list that knows no stages and no techniques: its one table, or that of the year."""
        nodes = self.document.nodes
        if any(self._words.knows(node.text) for node in self._subjects):
            return None
        years = [n for n in self._subjects if is_year(n.text) and self.usable[n.index]]
        for node in years:
            if is_year(node.text) == entry.day.year:
                return Target(node, self.usable[node.index][0], (), section)
        every = [c for c in self.document.containers if papers_in(c) and c.end <= self._limit]
        if len(every) != 1 or years:
            return None
        owner = next((node for node in nodes if every[0] in node.containers), None)
        return Target(owner, every[0], (), section)

    def _missing(self, section: Section) -> Target:
        outer = self._outer(section)
        if not outer:
            return Target(None, None, section.headings, section)
        node = outer[0]
        known = self._words.stage(node.text)
        if known is not None and len(section.headings) == 3:
            # Its siblings may stand right below the stage: then so does this one.
            flat = any(
                child.parent == node.index and key(child.text) in self._leaves(section)
                for child in self._subjects
            )
            return Target(
                node, None, section.headings[2:] if flat else section.headings[1:], section
            )
        return Target(node, None, section.headings[-1:], section)

    def _leaves(self, section: Section) -> set[str]:
        from litmine.publish.sections import sections

        return {
            key(other.headings[-1])
            for other in sections(self._taxonomy)
            if len(other.headings) == 3 and other.headings[0] == section.headings[0]
        }

    # -- where new headings go ------------------------------------------------------------------

    def stage_level(self) -> int:
        """The level of the headings of stages."""
        levels = [node.level for nodes in self._stages.values() for node in nodes if node.level < 7]
        if levels:
            return min(levels)
        return 1 if self._title is None and self.document.nodes and self._many_tops() else 2

    def _many_tops(self) -> bool:
        return sum(node.level == 1 for node in self.document.nodes) > 1

    def child_level(self, parent: Node) -> int:
        """The level of the headings below one."""
        levels = [c.level for c in self.document.children(parent) if c.level < 7]
        return min(6, min(levels) if levels else parent.level + 1)

    def spot(self, parent: Node | None, name: str, order: Sequence[str]) -> int:
        """Find the line before which a new heading goes, next to those that precede it in `order`.

        Parameters
        ----------
        parent : Node or None
            None: among the stages.
        name : str
        order : sequence of str
            The names of all its siblings in our own list.
        """
        names = [self._match(other, parent) for other in order]
        mine = order.index(name)
        for sibling in reversed(names[:mine]):
            if sibling is not None:
                return self.end_of(sibling)
        for sibling in names[mine + 1 :]:
            if sibling is not None:
                return self._before(sibling.first)
        if parent is not None:
            return self.end_of(parent)
        tails = [
            node
            for node in self.document.nodes
            if not_a_list(node.text)
            and node.level <= self.stage_level()
            and node is not self._title
            and not _WRAPPERS.match(" ".join(bare(node.text)))
        ]
        last = max((n.first for n in self._subjects if n.level <= self.stage_level()), default=-1)
        tail = next((node for node in tails if node.first > last and self._ends_there(node)), None)
        return self._before(tail.first) if tail else self._before(self._limit)

    def _ends_there(self, tail: Node) -> bool:
        # News stand at the top, citations at the end: only what is followed by no papers.
        return not any(c.first > tail.first for found in self.usable.values() for c in found)

    def _match(self, name: str, parent: Node | None) -> Node | None:
        pool = self.document.children(parent) if parent else self._subjects
        stage = None if parent else self._words.stage(name)
        for node in pool:
            if node.level > 6:
                continue
            if key(node.text) == key(name) or alike(key(node.text), key(name)):
                return node
            at_level = stage is not None and node.level == self.stage_level()
            if at_level and self._words.stage(node.text) == stage:
                return node
        return None

    def end_of(self, node: Node) -> int:
        """Find the line before which something new goes that stands after a heading's all."""
        return self._before(node.end)

    def _before(self, line: int) -> int:
        """Step back over what belongs to the heading that stands at `line`."""
        document = self.document
        line = min(line, self._limit)
        content = [block for block in document.content if block[0] < line]
        headings = [
            node.last + 1 for node in document.nodes if node.first < line and node.level < 8
        ]
        last = max([document.start, *(end for _, end in content), *headings])
        at = min(max(last, document.start), line)
        return self._whole(at)

    def _whole(self, at: int) -> int:
        """Move a place out of the block that it would cut in two."""
        cut = self.document.inside(at)
        while cut is not None:
            at = cut[1] if cut[1] <= self._limit else cut[0]
            cut = self.document.inside(at) if at != cut[0] else None
        return at

    def after_text(self, node: Node) -> int:
        """Find the line before which a new table below a heading goes: after its own text."""
        ends = [b for a, b in self.document.content if node.last < a and b <= node.own_end]
        at = max([node.last + 1, *ends])
        return self._whole(min(at, max(self._limit, 0)))
