"""Where in a hand-kept list a paper belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from litmine.classify.list_sections import read_section
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.merge.columns import kinds_of
from litmine.publish.merge.document import Container, Document, Node
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

__all__ = ["WRAPPERS", "Placer", "Target", "papers_in"]

# Headings under which papers stand although they are no subject themselves.
WRAPPERS = re.compile(r"^(?:content|table content|toc|about|introduction|overview)\b")
_OTHERS = frozenset({"other", "othersystem"})
_ITEM_LINK = re.compile(r"\]\(<?https?://|<a\s[^>]*href=[\"']?https?://|https?://")


# A score from which on a heading is the section, whatever others there are.
_SURE = 0.8


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
        self.words: Vocabulary = vocabulary(taxonomy)
        self._found: dict[tuple[Section, str], list[tuple[float, Node]]] = {}
        self.doubles: dict[str, tuple[int, ...]] = {}

    @cached_property
    def usable(self) -> dict[int, list[Container]]:
        """The containers of papers right below each heading, by its index."""
        return {
            node.index: [
                c for c in node.containers if papers_in(c) and c.end <= self.document.limit
            ]
            for node in self.document.nodes
        }

    @cached_property
    def title(self) -> Node | None:
        """The document's own title, under which everything stands."""
        nodes = self.document.nodes
        tops = [node for node in nodes if node.level == 1]
        if not tops or tops[0] is not nodes[0]:
            return None
        alone = len(tops) == 1 and len(nodes) > 1
        return tops[0] if alone or not self.words.knows(tops[0].text) else None

    @cached_property
    def subjects(self) -> list[Node]:
        """The headings that may be a section of papers."""
        excluded: set[int] = set()
        kept = []
        for node in self.document.nodes:
            off = not_a_list(node.text)
            known = self.words.stage(node.text) is not None or self.words.techniques(node.text)
            if node.parent in excluded or (off and not known):
                if not WRAPPERS.match(" ".join(bare(node.text))):
                    excluded.add(node.index)
            elif node is not self.title:
                kept.append(node)
        return kept

    def _above(self, node: Node | None) -> Iterator[Node]:
        while node is not None:
            yield node
            node = None if node.parent is None else self.document.nodes[node.parent]

    def _stage_of(self, node: Node) -> str | None:
        for above in self._above(node):
            if above is not self.title:
                stage = self.words.stage(above.text)
                if stage is not None:
                    return stage
        return None

    @cached_property
    def stages(self) -> dict[str, list[Node]]:
        """The headings that name a stage, by its id."""
        found: dict[str, list[Node]] = {}
        for node in self.subjects:
            stage = self.words.stage(node.text)
            if stage is not None and node.level <= 7:
                found.setdefault(stage, []).append(node)
        return found

    # -- finding --------------------------------------------------------------------------------

    def target(self, entry: ListEntry) -> Target:
        """Find the place of a paper."""
        section = place(entry, self._taxonomy)
        held = techniques_of(section)
        technique = next((name for name in entry.technique if name in held), "")
        node = self._leaf(section, technique, entry)
        if node is not None:
            return self._within(node, entry, section)
        outer = self._outer(section)
        for one in outer:
            if self.usable[one.index]:
                return Target(one, self.usable[one.index][0], (), section)
        flat = self._flat(entry, section)
        if flat is not None or outer:
            return flat or self._missing(section)
        # A list that knows nothing of the stage may know another technique of the paper.
        for other in entry.technique:
            node = self._leaf(section, other, entry) if other not in held else None
            if node is not None and self.usable[node.index]:
                return self._within(node, entry, section)
        return self._missing(section)

    def _leaf(self, section: Section, technique: str, entry: ListEntry) -> Node | None:
        key_ = (section, technique)
        if key_ not in self._found:
            self._found[key_] = self._leaves_for(section, technique)
        found = self._found[key_]
        if not found:
            return None
        best, node = found[0]
        if best >= _SURE:
            return node
        # Several headings might do: the one whose words the paper uses most.
        said = _said(entry)
        near = [(score, other) for score, other in found if score > best - 0.1]
        return max(near, key=lambda one: (_heard(one[1].text, said), one[0], -one[1].index))[1]

    def _leaves_for(self, section: Section, technique: str) -> list[tuple[float, Node]]:
        """Give the headings that may be a section's, the best first."""
        stage = stage_of(section) or ""
        found = [
            (score, node)
            for node in self.subjects
            if (score := self._score(node, section, technique, stage)) > 0
        ]
        found.sort(key=lambda one: (-one[0], one[1].index))
        equal = [n for s, n in found if s == found[0][0] and key(n.text) == key(found[0][1].text)]
        if len(equal) > 1:
            self.doubles[equal[0].text] = tuple(node.first + 1 for node in equal)
        return found

    def _score(self, node: Node, section: Section, technique: str, stage: str) -> float:
        leaf = section.headings[-1]
        of = self._stage_of(node)
        if of is not None and of != stage:
            return 0.0
        words, wanted = set(bare(node.text)), set(bare(leaf))
        score = 0.0
        if key(node.text) == key(leaf):
            score = 1.0
        elif technique and technique in self.words.techniques(node.text):
            score = 0.95
        elif alike(key(node.text), key(leaf)):
            score = 0.85
        elif key(leaf) in _OTHERS or self.words.means_other(node.text, leaf, technique):
            return 0.0
        elif wanted < words and len(words) <= len(wanted) + 3:
            score = 0.7
        elif technique and self.words.stage(node.text) is None:
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
            said = _said(entry)
            for child in below:
                words = set(bare(child.text))
                if words and words <= said:
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
                for node in self.subjects
                if node.level < 7
                and (key(node.text) == middle or alike(key(node.text), middle))
                and self._stage_of(node) in {None, stage}
            ][:1]
        stages = [node for node in self.stages.get(stage, ()) if node.level < 7]
        return found + sorted(stages, key=lambda node: not self._filled(node))[:1]

    def _flat(self, entry: ListEntry, section: Section) -> Target | None:
        """A list that knows no stages and no techniques: its one table, or that of the year."""
        nodes = self.document.nodes
        if any(self.words.knows(node.text) for node in self.subjects):
            return None
        years = [n for n in self.subjects if is_year(n.text) and self.usable[n.index]]
        for node in years:
            if is_year(node.text) == entry.day.year:
                return Target(node, self.usable[node.index][0], (), section)
        every = [
            c for c in self.document.containers if papers_in(c) and c.end <= self.document.limit
        ]
        if len(every) != 1 or years:
            return None
        owner = next((node for node in nodes if every[0] in node.containers), None)
        return Target(owner, every[0], (), section)

    def _missing(self, section: Section) -> Target:
        outer = self._outer(section)
        if not outer:
            return Target(None, None, section.headings, section)
        node = outer[0]
        known = self.words.stage(node.text)
        if known is not None and len(section.headings) == 3:
            # Its siblings may stand right below the stage: then so does this one.
            flat = any(
                child.parent == node.index and key(child.text) in self._leaves(section)
                for child in self.subjects
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


def _said(entry: ListEntry) -> frozenset[str]:
    """Give the words of a paper's title and keywords."""
    return frozenset(bare(" ".join((*entry.keywords, entry.plain_title))))


def _heard(heading: str, said: frozenset[str]) -> int:
    """Count the words of a heading that a paper says."""
    return len(said.intersection(bare(heading)))
