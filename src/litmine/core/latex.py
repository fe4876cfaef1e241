"""LaTeX as authors put it into titles and abstracts, as safe HTML.

Everything that comes in is text. It leaves escaped, and the only tags are those this module itself
writes: ``sub``, ``sup``, ``em``, ``strong``, ``code``, ``i``. Formulas become letters with sub- and
superscripts and Unicode signs; what is not understood stays as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence

from markupsafe import Markup, escape

from litmine.core.latex_signs import ACCENTS, FUNCTIONS, SIGNS, STYLES

__all__ = ["atoms", "latex", "math_spans", "plain", "to_unicode"]

# A dollar opens a formula when no space follows it, and closes one when no space precedes and no
# digit follows it: "$5 and $10" are prices.
_MATH = re.compile(
    r"(?<!\\)\$\$(?P<display>[^$]+?)(?<!\\)\$\$"
    r"|(?<!\\)\$(?P<inline>(?!\s)[^$]*?(?<![\s\\]))\$(?!\d)"
    r"|\\\((?P<round>.+?)\\\)"
    r"|\\\[(?P<square>.+?)\\\]",
    re.DOTALL,
)
# In text a stretch of plain characters is one piece, in formulas every letter is.
_TEXT = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_~]|[^\\{}^_~]+|\\", re.DOTALL)
_FORMULA = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_~]|[^\\{}^_~]|\\", re.DOTALL)
_SPECIAL = re.compile(r"[\\$^_{}~]")
_DEPTH = 12


def math_spans(text: str) -> list[tuple[int, int]]:
    """Return where the formulas of a text stand, with their delimiters: start and end."""
    if "$" not in text and "\\" not in text:
        return []
    return [found.span() for found in _MATH.finditer(text)]


def latex(text: str | None) -> Markup:
    """Render a text that may hold LaTeX.

    Parameters
    ----------
    text : str or None
        Untrusted.

    Returns
    -------
    markupsafe.Markup
        Escaped text with ``sub``, ``sup``, ``em``, ``strong``, ``code`` and ``i`` at most, always
        closed and rightly nested.
    """
    if not text:
        return Markup("")
    text = str(text)  # a Markup, too, is only text here
    if not _SPECIAL.search(text):
        return escape(text)
    parts: list[Markup] = []
    at = 0
    for found in _MATH.finditer(text):
        parts.append(_Reader(text[at : found.start()], math=False).read())
        body = next(group for group in found.groups() if group is not None)
        parts.append(_Reader(body, math=True).read())
        at = found.end()
    parts.append(_Reader(text[at:], math=False).read())
    return Markup("").join(parts)


def plain(text: str | None) -> str:
    """Render a text that may hold LaTeX without any markup, for titles of windows and messages."""
    if text and not _SPECIAL.search(text):
        return " ".join(text.split())
    return latex(text).striptags()


def to_unicode(text: str) -> str:
    """Render a text that may hold LaTeX as one line of Unicode, for lists and feeds."""
    return plain(text)


def atoms(text: str, places: Sequence[int]) -> list[int]:
    """Move places that fall inside a formula to its start, so that a text can be cut there."""
    spans = math_spans(text)
    starts = [start for start, _ in spans]
    moved = []
    for place in places:
        nearest = bisect_right(starts, place) - 1
        inside = nearest >= 0 and spans[nearest][0] < place < spans[nearest][1]
        moved.append(spans[nearest][0] if inside else place)
    return moved


class _Reader:
    """Reads one stretch of text, in or out of a formula."""

    def __init__(self, text: str, *, math: bool) -> None:
        self._tokens: list[str] = (_FORMULA if math else _TEXT).findall(text)
        self._at = 0
        self._math = math

    def read(self) -> Markup:
        parts: list[Markup] = []
        while self._at < len(self._tokens):
            parts.append(self._one(0))
        return Markup("").join(parts)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _one(self, depth: int) -> Markup:
        """Read one piece or group, always moving on by at least one piece."""
        piece = self._tokens[self._at]
        self._at += 1
        if piece == "{":
            # Outside of formulas braces only protect capitals; too deep, they are taken as text.
            return self._group(depth + 1) if depth < _DEPTH else escape(piece)
        if piece == "}":
            return Markup("")
        if piece == "~":
            return escape("\N{NO-BREAK SPACE}" if self._math else "~")
        if piece in "^_":
            return self._script(piece, depth) if self._math else escape(piece)
        if piece.startswith("\\") and len(piece) > 1:
            return self._command(piece[1:], depth)
        return self._letter(piece)

    def _letter(self, piece: str) -> Markup:
        if not self._math or len(piece) > 1:
            return escape(piece)
        if piece.isascii() and piece.isalpha():
            return _tag("i", escape(piece))
        if piece == "-":
            return escape("\N{MINUS SIGN}")
        if piece == "'":
            return escape("\N{PRIME}")
        return escape(piece)

    def _group(self, depth: int) -> Markup:
        parts: list[Markup] = []
        while self._at < len(self._tokens) and self._peek() != "}":
            parts.append(self._one(depth))
        self._at += 1
        return Markup("").join(parts)

    def _argument(self, depth: int) -> Markup:
        self._skip_space()
        piece = self._peek()
        if not piece or piece == "}" or depth >= _DEPTH:
            return Markup("")
        if len(piece) > 1 and not piece.startswith("\\"):
            # Only the first character of a stretch is the argument.
            self._tokens[self._at] = piece[1:]
            return escape(piece[0])
        return self._one(depth + 1)

    def _skip_space(self) -> None:
        while self._peek()[:1].isspace():
            rest = self._peek().lstrip()
            if rest:
                self._tokens[self._at] = rest
            else:
                self._at += 1

    def _script(self, piece: str, depth: int) -> Markup:
        content = self._argument(depth)
        if not content:
            return escape(piece)
        return _tag("sup" if piece == "^" else "sub", content)

    def _command(self, name: str, depth: int) -> Markup:
        name = name.rstrip("*") or name
        if name in ACCENTS and self._peek():
            return self._accent(name, depth)
        if name in STYLES:
            inner, self._math = self._math, self._math and STYLES[name] == "i"
            content = self._argument(depth)
            self._math = inner
            return _tag(STYLES[name], content) if STYLES[name] else content
        if name in {"frac", "tfrac", "dfrac"}:
            return self._argument(depth) + escape("/") + self._argument(depth)
        if name == "sqrt":
            return escape("\N{SQUARE ROOT}(") + self._argument(depth) + escape(")")
        if name in FUNCTIONS:
            return escape(name)
        if name in SIGNS:
            sign = SIGNS[name]
            # A space after a command in text only ends its name.
            if not self._math and name.isalpha() and self._peek().startswith(" "):
                self._tokens[self._at] = self._peek()[1:]
            return escape(sign)
        return escape("\\" + name)

    def _accent(self, name: str, depth: int) -> Markup:
        content = self._argument(depth)
        base = content.striptags()
        if len(base) != 1:
            return content if base else escape("\\" + name)
        base = {"\N{LATIN SMALL LETTER DOTLESS I}": "i"}.get(base, base)
        return escape(unicodedata.normalize("NFC", base + ACCENTS[name]))


def _tag(name: str, content: Markup) -> Markup:
    return Markup("<%s>" % name) + content + Markup("</%s>" % name)  # noqa: S704, UP031 - our names
