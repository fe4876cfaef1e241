"""A text as its lines, and the same text with lines put in between and nothing else changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["BOM", "Insertion", "Line", "blank", "insert", "split_lines", "unresolved"]

BOM = "\ufeff"
# Only these end a line in Markdown. Form feeds and Unicode's separators are text.
_OURS, _OR, _THEIRS = re.compile(r"<{7}( |$)"), re.compile(r"={7}$"), re.compile(r">{7}( |$)")
_LINE = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text, and the characters that end it (none at the end of some files)."""

    text: str
    end: str


@dataclass(frozen=True, slots=True)
class Insertion:
    """New lines to stand before the line number `at`, counted from 0."""

    at: int
    lines: tuple[str, ...]


def split_lines(text: str) -> list[Line]:
    """Cut a text into lines; putting ``text + end`` of all together gives the text again."""
    found = [Line(match[1], match[2]) for match in _LINE.finditer(text)]
    while found and not found[-1].text and not found[-1].end:
        found.pop()
    return found


def blank(text: str) -> bool:
    """Tell whether Markdown sees a line as blank: spaces and tabs only, no other white space."""
    return not text.strip(" \t")


def unresolved(lines: Sequence[Line]) -> list[int]:
    """Give the lines, from 0, at which a merge conflict begins that git left for people."""
    found: list[int] = []
    begun: int | None = None
    parted = False
    for number, line in enumerate(lines):
        if _OURS.match(line.text):
            begun, parted = number, False
        elif begun is not None and _OR.match(line.text):
            parted = True
        elif begun is not None and parted and _THEIRS.match(line.text):
            found.append(begun)
            begun = None
    return found


def insert(lines: Sequence[Line], insertions: Iterable[Insertion]) -> str:
    """Give the text with the new lines in it.

    Each new line ends as the line above it does. What stood there stays byte for byte; where the
    last line of a file has no end, the new last line has none either, and a byte order mark stays
    in front of everything.
    """
    usual = Counter(line.end for line in lines if line.end).most_common(1)
    newline = usual[0][0] if usual else "\n"
    waiting: dict[int, list[str]] = {}
    for insertion in insertions:
        waiting.setdefault(insertion.at, []).extend(insertion.lines)
    out: list[str] = []
    if waiting.get(0) and lines and lines[0].text.startswith(BOM):
        out.append(BOM)
        lines = [Line(lines[0].text[1:], lines[0].end), *lines[1:]]
    above = ""
    for number, line in enumerate(lines):
        out.extend(text + (above or line.end or newline) for text in waiting.get(number, ()))
        out.append(line.text + line.end)
        above = line.end
    last = waiting.get(len(lines), [])
    if lines and not lines[-1].end:
        before = lines[-2].end if len(lines) > 1 else newline
        out.extend((before or newline) + text for text in last)
    else:
        out.extend(text + (above or newline) for text in last)
    return "".join(out)
