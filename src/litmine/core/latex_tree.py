"""LaTeX as authors put it into titles and abstracts, read into a small tree.

No author's text is refused: what is not LaTeX, or is broken LaTeX, is text. The tree says what was
written, not how it looks; `litmine.core.latex` shows it as HTML and as Unicode, and
`litmine.publish.formats.tex` writes it as TeX again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from litmine.core.latex_signs import (
    ACCENTS,
    DROPPED,
    FUNCTIONS,
    LAST_ARGUMENT,
    SIGNS,
    STYLES,
    TEXT_SIGNS,
)

__all__ = [
    "Formula",
    "Fraction",
    "Group",
    "Letter",
    "Node",
    "Root",
    "Script",
    "Style",
    "Text",
    "Unknown",
    "math_spans",
    "parse",
]


@dataclass(frozen=True, slots=True)
class Text:
    """Characters to be shown as they are; signs are translated already."""

    value: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One variable of a formula."""

    value: str


@dataclass(frozen=True, slots=True)
class Script:
    """Something raised ("^") or lowered ("_"); with nothing inside, the bare mark."""

    mark: str
    inside: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Style:
    """A change of letters; `command` is a key of `latex_signs.STYLES`."""

    command: str
    inside: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Fraction:
    """A quotient."""

    above: tuple[Node, ...]
    below: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """A root; without a degree, the square root."""

    inside: tuple[Node, ...]
    degree: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Braces; outside of formulas they protect capitals."""

    inside: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A command that this module does not know, without its backslash."""

    command: str


@dataclass(frozen=True, slots=True)
class Formula:
    """A stretch between delimiters: `body` as written without them, and what it holds."""

    body: str
    inside: tuple[Node, ...]


Node: TypeAlias = Text | Letter | Script | Style | Fraction | Root | Group | Unknown | Formula

# A dollar opens a formula when no space follows it, and closes one when no space precedes and no
# digit follows it: "$5 and $10" are prices. With a command between them, or with nothing but a
# letter, two dollars are a formula anyhow: "5$\\times$2", "$ k $-NN".
_MATH = re.compile(
    r"(?<!\\)\$\$(?P<display>[^$]+?)(?<!\\)\$\$"
    r"|(?<!\\)\$(?P<inline>(?!\s)[^$]+?(?<![\s\\]))\$(?!\d)"
    r"|(?<!\\)\$(?P<loose>(?!\d)(?:[^$]{0,80}?\\[A-Za-z][^$]{0,80}?|\s*[A-Za-z]\s*)(?<!\\))\$"
    r"|\\\((?P<round>.{1,1000}?)\\\)"
    r"|\\\[(?P<square>.{1,2000}?)\\\]",
    re.DOTALL,
)
# In text a stretch of plain characters is one piece, in formulas every letter is.
_TEXT = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_~]|[^\\{}^_~]+|\\", re.DOTALL)
_FORMULA = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_~]|[^\\{}^_~]|\\", re.DOTALL)
_SPECIAL = re.compile(r"[\\$^_{}~]")
_DEPTH = 12
_LONGEST_OPTION = 200
# Accents of one letter are commands of text; in a formula they are somebody's own abbreviation.
_TEXT_ACCENTS = frozenset("cvuHrkdb")
_UNDOTTED = {"\N{LATIN SMALL LETTER DOTLESS I}": "i", "\N{LATIN SMALL LETTER DOTLESS J}": "j"}


def math_spans(text: str) -> list[tuple[int, int]]:
    """Return where the formulas of a text stand, with their delimiters: start and end."""
    if "$" not in text and "\\" not in text:
        return []
    return [found.span() for found in _MATH.finditer(text)]


def parse(text: str) -> tuple[Node, ...]:
    """Read a text that may hold LaTeX.

    Parameters
    ----------
    text : str
        Untrusted.

    Returns
    -------
    tuple
        Nodes; neighbouring texts are one.
    """
    if not _SPECIAL.search(text):
        return (Text(text),) if text else ()
    nodes: list[Node] = []
    at = 0
    for found in _MATH.finditer(text):
        nodes += _Reader(text[at : found.start()], math=False).read()
        body = next(group for group in found.groups() if group is not None).strip()
        nodes.append(Formula(body, _Reader(body, math=True).read()))
        at = found.end()
    nodes += _Reader(text[at:], math=False).read()
    return _joined(nodes)


def _joined(nodes: list[Node]) -> tuple[Node, ...]:
    kept: list[Node] = []
    for node in nodes:
        last = kept[-1] if kept else None
        if isinstance(node, Text) and isinstance(last, Text):
            kept[-1] = Text(last.value + node.value)
        elif not (isinstance(node, Text) and not node.value):
            kept.append(node)
    return tuple(kept)


def words_of(nodes: tuple[Node, ...]) -> str:
    """Give the bare characters of a tree."""
    return "".join(_words(nodes))


def _words(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        match node:
            case Text(value) | Letter(value) | Unknown(value):
                yield value
            case Fraction(above, below):
                yield from (*_words(above), "/", *_words(below))
            case _:
                yield from _words(node.inside)


class _Reader:
    """Reads one stretch of text, in or out of a formula."""

    def __init__(self, text: str, *, math: bool) -> None:
        self._tokens: list[str] = (_FORMULA if math else _TEXT).findall(text)
        self._at = 0
        self._math = math
        self._upright = False  # inside of \\mathrm and its like, where letters form words

    def read(self) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while self._at < len(self._tokens):
            nodes += self._one(0)
        return _joined(nodes)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _one(self, depth: int) -> list[Node]:
        """Read one piece or group, always moving on by at least one piece."""
        piece = self._tokens[self._at]
        self._at += 1
        if piece == "{":
            # Too deep, braces are taken as text.
            return [Group(self._group(depth + 1))] if depth < _DEPTH else [Text(piece)]
        if piece == "}":
            return []
        if piece == "~":
            return [Text("\N{NO-BREAK SPACE}" if self._math else "~")]
        if piece in {"^", "_"}:
            if not self._math:
                return [Text(piece)]
            return [Script(piece, self._argument(depth))]
        if piece.startswith("\\") and len(piece) > 1:
            return self._command(piece[1:], depth)
        return [self._letter(piece)]

    def _letter(self, piece: str) -> Node:
        if not self._math or len(piece) > 1:
            return Text(piece)
        if piece.isascii() and piece.isalpha():
            return Text(piece) if self._upright else Letter(piece)
        if piece == "-":
            # "$k-$means": a hyphen that fell into the formula.
            hyphen = self._upright or self._at == len(self._tokens)
            return Text(piece if hyphen else "\N{MINUS SIGN}")
        return Text("\N{PRIME}" if piece == "'" else piece)

    def _group(self, depth: int) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while self._at < len(self._tokens) and self._peek() != "}":
            nodes += self._one(depth)
        self._at += 1
        return _joined(nodes)

    def _argument(self, depth: int) -> tuple[Node, ...]:
        self._skip_space()
        piece = self._peek()
        if not piece or piece == "}" or depth >= _DEPTH:
            return ()
        if len(piece) > 1 and not piece.startswith("\\"):
            # Only the first character of a stretch is the argument.
            self._tokens[self._at] = piece[1:]
            return (Text(piece[0]),)
        nodes = self._one(depth + 1)
        # The braces of an argument only hold it together.
        if len(nodes) == 1 and isinstance(nodes[0], Group):
            return nodes[0].inside
        return _joined(nodes)

    def _skip_space(self) -> None:
        while self._peek()[:1].isspace():
            rest = self._peek().lstrip()
            if rest:
                self._tokens[self._at] = rest
            else:
                self._at += 1

    def _command(self, name: str, depth: int) -> list[Node]:
        name = name.rstrip("*") or name
        if name in ACCENTS and self._peek() and not (self._math and name in _TEXT_ACCENTS):
            return self._accent(name, depth)
        if name in STYLES:
            math = self._math and STYLES[name].math
            return [Style(name, self._switched(depth, math=math, upright=True))]
        if name in {"frac", "tfrac", "dfrac", "nicefrac", "sfrac"}:
            return [Fraction(self._argument(depth), self._argument(depth))]
        if name == "sqrt":
            degree = self._option()
            return [Root(self._argument(depth), degree)]
        if name in {"textsuperscript", "textsubscript"}:
            return [Script("^" if "super" in name else "_", self._argument(depth))]
        if name == "ensuremath":
            return list(self._switched(depth, math=True, upright=False))
        if name == "unicode":  # arXiv's own: the number of a character
            return [Text(_character(words_of(self._argument(depth))))]
        if name in DROPPED:
            return self._dropped(DROPPED[name], depth)
        if name in LAST_ARGUMENT:
            self._dropped(LAST_ARGUMENT[name] - 1, depth)
            return list(self._argument(depth))
        sign = None if self._math else TEXT_SIGNS.get(name)
        if sign is None and name in FUNCTIONS:
            return [Text(self._apart(name))]
        sign = SIGNS.get(name) if sign is None else sign
        if sign is None:
            return self._unknown(name, depth)
        if name.isalpha() and not self._spaced_before():
            self._skip_space()  # it only ends the command's name
        return [Text(sign)]

    def _apart(self, name: str) -> str:
        """Set the name of a function apart from the words around it: "n log log n"."""
        before = self._tokens[self._at - 2] if self._at > 1 else ""
        after = self._peek()
        glued = before[-1:].isalnum() or before[-1:] in {")", "}"}
        behind = after[:1].isalnum() or (after[1:2].isalpha() and after[1:] not in FUNCTIONS)
        return " " * glued + name + " " * behind

    def _spaced_before(self) -> bool:
        """Whether a formula has a space before the command, too: "A \\neq B"."""
        return self._math and self._at > 1 and self._tokens[self._at - 2] == " "

    def _switched(self, depth: int, *, math: bool, upright: bool) -> tuple[Node, ...]:
        before = self._math, self._upright
        self._math, self._upright = math, upright
        nodes = self._argument(depth)
        self._math, self._upright = before
        return nodes

    def _dropped(self, arguments: int, depth: int) -> list[Node]:
        if arguments:
            self._option()
        for _ in range(arguments):
            self._argument(depth)
        return []

    def _option(self) -> str:
        """Read over an optional argument, if one stands here and ends."""
        if not self._peek().startswith("["):
            return ""
        read = ""
        for at in range(self._at, min(self._at + _LONGEST_OPTION, len(self._tokens))):
            before, closed, after = self._tokens[at].partition("]")
            read += before
            if closed:
                self._at = at + (not after)
                self._tokens[at] = after or self._tokens[at]
                return read[1:]
        return ""

    def _unknown(self, name: str, depth: int) -> list[Node]:
        # Of a command with an argument the argument is what can be read; of another, its name.
        if name.isalpha() and self._peek() == "{" and depth < _DEPTH:
            return list(self._argument(depth))
        return [Unknown(name)]

    def _accent(self, name: str, depth: int) -> list[Node]:
        content = self._argument(depth)
        base = words_of(content)
        if len(base) != 1:
            return list(content) if base else [Unknown(name)]
        base = _UNDOTTED.get(base, base)
        if name == "." and base in "ij":
            return [Text(base)]
        return [Text(unicodedata.normalize("NFC", base + ACCENTS[name]))]


def _character(number: str) -> str:
    """Read "x2013" or "8211"; what is no character stays as it is written."""
    try:
        return chr(int(number[1:], 16) if number[:1] == "x" else int(number))
    except (ValueError, OverflowError):
        return number
