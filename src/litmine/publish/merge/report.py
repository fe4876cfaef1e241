"""What a merge did, what it found there already, and what a person should look at."""

from __future__ import annotations

import difflib
from bisect import bisect_right
from dataclasses import dataclass

__all__ = ["Added", "Conflict", "MergeResult", "Present", "Problem"]


@dataclass(frozen=True, slots=True)
class Added:
    """A paper that got a line: `line` is its number in the new text, from 1."""

    arxiv_id: str
    title: str
    section: str
    line: int


@dataclass(frozen=True, slots=True)
class Present:
    """A paper that stood there before: in `line` of the old text, recognised `by` this."""

    arxiv_id: str
    line: int
    by: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something on which the list and the approvals differ; a person decides.

    Attributes
    ----------
    kind : str
        ``section``, ``title``, ``date``, ``id``, ``twice``, ``hidden``, ``mention``, ``similar``,
        ``heading``.
    lines : tuple of int
        Where it stands in the old text, from 1.
    message : str
        One line for a person, without the line numbers.
    """

    kind: str
    arxiv_id: str | None
    lines: tuple[int, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Damage in the file that GitHub would show wrongly; `line` of the old text, from 1."""

    kind: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The merged text and the account of it.

    Attributes
    ----------
    text, before : str
        New and old text. Bytes that are not UTF-8 are kept in them as lone surrogates.
    added, present : tuple
        Every entry is in one of them or in `withheld`.
    withheld : tuple of str
        arXiv ids that were left out because a person had taken them out before.
    conflicts, problems : tuple
        Their lines are those of the old text; `line_now` gives those of the new one.
    inserted : tuple of int
        For each new line the number of the old line, from 0, before which it was put; sorted.
    """

    text: str
    before: str
    added: tuple[Added, ...]
    present: tuple[Present, ...]
    withheld: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    problems: tuple[Problem, ...]
    inserted: tuple[int, ...] = ()

    def line_now(self, line: int) -> int:
        """Give the number in the new text of a line of the old one."""
        return line + bisect_right(self.inserted, line - 1)

    @property
    def changed(self) -> bool:
        """Whether the new text differs from the old one."""
        return self.text != self.before

    @property
    def data(self) -> bytes:
        """The new text as bytes; what was not UTF-8 comes out as it came in."""
        return self.text.encode("utf-8", "surrogateescape")

    def diff(self, name: str) -> str:
        """Give the change as a unified diff, for reading."""
        return "".join(
            line if line.endswith("\n") else line + "\n"
            for line in difflib.unified_diff(
                self.before.splitlines(keepends=True),
                self.text.splitlines(keepends=True),
                name,
                name,
            )
        )
