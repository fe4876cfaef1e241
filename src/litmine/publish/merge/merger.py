"""Approved papers merged into a hand-kept list, and nothing that people wrote lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence, Set

from litmine.core.errors import InputError
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry, in_order
from litmine.publish.merge.document import Document
from litmine.publish.merge.finding import Finder
from litmine.publish.merge.lines import unresolved
from litmine.publish.merge.names import vocabulary
from litmine.publish.merge.place import Placer
from litmine.publish.merge.plan import Plan
from litmine.publish.merge.reading import read
from litmine.publish.merge.report import Added, MergeResult, Present, Problem

__all__ = ["MergeFailed", "decoded", "lines_naming", "merge"]

_TRIES = 6


class MergeFailed(InputError):
    """A file is damaged in a way in which no line can be added to it safely."""


def merge(
    text: bytes | str,
    entries: Iterable[ListEntry],
    taxonomy: Taxonomy,
    *,
    skip: Set[str] = frozenset(),
) -> MergeResult:
    """Merge approved papers into a hand-kept Markdown list.

    Nothing that stands there is changed, moved or taken out: the new text is the old one with
    lines put in. A paper that stands anywhere in it already gets no line, and merging again adds
    nothing.

    Parameters
    ----------
    text : bytes or str
        The list, in UTF-8; bytes that are not are kept as they are.
    entries : iterable of ListEntry
        Each arXiv id once.
    taxonomy : Taxonomy
    skip : set of str
        arXiv ids that a person took out: not put back.

    Raises
    ------
    InputError
        If the text is no text, or a paper stands in `entries` twice.
    MergeFailed
        If a new line would not be read back as a line of the list. What is merged is read again
        to see to that; no list is known that brings it about.
    """
    before = decoded(text)
    wanted = in_order(entries)
    knows = vocabulary(taxonomy).knows
    document = read(before, knows)
    finder = Finder(document, wanted)
    placer = Placer(document, taxonomy)
    present: list[Present] = []
    missing: list[ListEntry] = []
    withheld: list[str] = []
    for entry in wanted:
        found = finder.find(entry)
        if found is not None:
            present.append(found)
        elif entry.arxiv_id in skip:
            withheld.append(entry.arxiv_id)
        else:
            missing.append(entry)
    merged, added, inserted = _merged(placer, missing, taxonomy, knows)
    return MergeResult(
        text=merged,
        before=before,
        added=tuple(added),
        present=tuple(present),
        withheld=tuple(withheld),
        conflicts=tuple(finder.conflicts(present, missing, placer)),
        problems=_problems(document),
        inserted=inserted,
    )


def decoded(text: bytes | str) -> str:
    """Give a list as text; bytes that are not UTF-8 become lone surrogates.

    Raises
    ------
    InputError
        If it is UTF-16, or no text.
    """
    if isinstance(text, bytes):
        if text.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InputError("the list is UTF-16: save it as UTF-8")
        text = text.decode("utf-8", "surrogateescape")
    if "\x00" in text:
        raise InputError("the list holds NUL characters: it is no text file")
    return text


def _problems(document: Document) -> tuple[Problem, ...]:
    """Give what is damaged as Markdown, and conflicts that git left."""
    words = "git left a merge conflict here: choose one side before papers are merged"
    conflicts = [Problem("conflict", n + 1, words) for n in unresolved(document.lines)]
    return tuple(sorted((*document.problems, *conflicts), key=lambda problem: problem.line))


def _merged(
    placer: Placer,
    missing: Sequence[ListEntry],
    taxonomy: Taxonomy,
    knows: Callable[[str], bool],
) -> tuple[str, list[Added], tuple[int, ...]]:
    """Add lines, read the outcome, and go elsewhere with those that are not lines of a list."""
    refused: set[object] = set()
    lost: set[str] = set()
    for _ in range(_TRIES):
        plan = Plan(placer, taxonomy, frozenset(refused))
        plan.add(missing)
        merged, added = plan.carry_out()
        lost = _lost(merged, added, missing, knows)
        if not lost:
            return merged, added, plan.inserted
        refused |= {plan.places[arxiv_id] for arxiv_id in lost}
    raise MergeFailed(f"no safe place for {', '.join(sorted(lost))}: mend the list by hand first")


def _lost(
    merged: str,
    added: Sequence[Added],
    entries: Sequence[ListEntry],
    knows: Callable[[str], bool],
) -> set[str]:
    if not added:
        return set()
    listed = {row.first: row for row in read(merged, knows).rows if row.lists}
    by_id = {entry.arxiv_id: entry for entry in entries}
    lost = set()
    for one in added:
        row = listed.get(one.line - 1)
        if row is None or not Finder.names(row, by_id[one.arxiv_id]):
            lost.add(one.arxiv_id)
    return lost


def lines_naming(text: str, arxiv_ids: Collection[str]) -> dict[str, tuple[int, ...]]:
    """Tell in which lines of a list, from 1, papers stand by their ids; only those that do."""
    found: dict[str, list[int]] = {}
    if arxiv_ids:
        wanted = set(arxiv_ids)
        for row in read(text, lambda _: False).rows:
            for arxiv_id in wanted.intersection(row.keys.ids) if row.lists else ():
                found.setdefault(arxiv_id, []).append(row.first + 1)
    return {arxiv_id: tuple(lines) for arxiv_id, lines in sorted(found.items())}
