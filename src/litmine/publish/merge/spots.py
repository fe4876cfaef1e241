"""Where new headings and new tables go in a hand-kept list."""

from __future__ import annotations

from collections.abc import Sequence

from litmine.publish.merge.document import Node
from litmine.publish.merge.names import alike, bare, key, not_a_list
from litmine.publish.merge.place import WRAPPERS, Placer

__all__ = ["Spots"]


class Spots:
    """Finds the lines before which new headings and tables go.

    Parameters
    ----------
    placer : Placer
        What is known of the headings that are there.
    """

    def __init__(self, placer: Placer) -> None:
        self._placer = placer
        self._document = placer.document

    def stage_level(self) -> int:
        """The level of the headings of stages."""
        levels = [
            node.level for nodes in self._placer.stages.values() for node in nodes if node.level < 7
        ]
        if levels:
            return min(levels)
        return 1 if self._placer.title is None and self._document.nodes and self._many_tops() else 2

    def _many_tops(self) -> bool:
        return sum(node.level == 1 for node in self._document.nodes) > 1

    def child_level(self, parent: Node) -> int:
        """The level of the headings below one."""
        levels = [c.level for c in self._document.children(parent) if c.level < 7]
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
            for node in self._document.nodes
            if not_a_list(node.text)
            and node.level <= self.stage_level()
            and node is not self._placer.title
            and not WRAPPERS.match(" ".join(bare(node.text)))
        ]
        last = max(
            (n.first for n in self._placer.subjects if n.level <= self.stage_level()), default=-1
        )
        tail = next((node for node in tails if node.first > last and self._ends_there(node)), None)
        return self._before(tail.first) if tail else self._before(self._document.limit)

    def _ends_there(self, tail: Node) -> bool:
        # News stand at the top, citations at the end: only what is followed by no papers.
        return not any(
            c.first > tail.first for found in self._placer.usable.values() for c in found
        )

    def _match(self, name: str, parent: Node | None) -> Node | None:
        pool = self._document.children(parent) if parent else self._placer.subjects
        stage = None if parent else self._placer.words.stage(name)
        for node in pool:
            if node.level > 6:
                continue
            if key(node.text) == key(name) or alike(key(node.text), key(name)):
                return node
            at_level = stage is not None and node.level == self.stage_level()
            if at_level and self._placer.words.stage(node.text) == stage:
                return node
        return None

    def end_of(self, node: Node) -> int:
        """Find the line before which something new goes that stands after a heading's all."""
        return self._before(node.end)

    def _before(self, line: int) -> int:
        """Step back over what belongs to the heading that stands at `line`."""
        document = self._document
        line = min(line, self._document.limit)
        content = [block for block in document.content if block[0] < line]
        headings = [
            node.last + 1 for node in document.nodes if node.first < line and node.level < 8
        ]
        last = max([document.start, *(end for _, end in content), *headings])
        at = min(max(last, document.start), line)
        return self._whole(at)

    def _whole(self, at: int) -> int:
        """Move a place out of the block that it would cut in two."""
        cut = self._document.inside(at)
        while cut is not None:
            at = cut[1] if cut[1] <= self._document.limit else cut[0]
            cut = self._document.inside(at) if at != cut[0] else None
        return at

    def after_text(self, node: Node) -> int:
        """Find the line before which a new table below a heading goes: after its own text."""
        ends = [b for a, b in self._document.content if node.last < a and b <= node.own_end]
        at = max([node.last + 1, *ends])
        return self._whole(min(at, max(self._document.limit, 0)))
