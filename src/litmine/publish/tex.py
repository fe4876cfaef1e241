"""Titles and names as TeX, for BibTeX files."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from litmine.core.latex import math_spans, plain
from litmine.core.plain import clean

if TYPE_CHECKING:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

__all__ = ["author_to_tex", "to_tex"]

# BibTeX counts every brace, also one behind a backslash, so none is ever written alone.
_ESCAPES = {
    "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}",
    "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"{\textasciitilde}", "^": r"{\textasciicircum}",
}  # fmt: skip
_NAME = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*")


@cache
def _encoder() -> UnicodeToLatexEncoder:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    return UnicodeToLatexEncoder(
        non_ascii_only=True, replacement_latex_protection="braces-all", unknown_char_policy="keep",
        unknown_char_warning=False,
    )  # fmt: skip


def to_tex(title: str) -> str:
    """Give a title as TeX whose braces are balanced."""
    text = clean(title)
    parts: list[str] = []
    at = 0
    for start, end in math_spans(text):
        parts.append(_around(text[at:start]))
        source = text[start:end]
        parts.append("{" + source + "}" if _balanced(source) else _encode(plain(source)))
        at = end
    parts.append(_around(text[at:]))
    return "".join(parts)


def author_to_tex(name: str) -> str:
    """Give the name of an author as TeX whose braces are balanced."""
    return _encode(plain(clean(name)))


def _encode(text: str) -> str:
    escaped = "".join(_ESCAPES.get(c, c) for c in text)
    return str(_encoder().unicode_to_latex(escaped))


def _around(text: str) -> str:
    """Encode what stands between formulas, with the spaces at its ends."""
    before = " " * text.startswith(" ")
    after = " " * text.endswith(" ") if text.strip() else ""
    return before + _words(plain(text)) + after


def _words(text: str) -> str:
    parts: list[str] = []
    at = 0
    for found in _NAME.finditer(text):
        word = _encode(found[0])
        name = any(c.isupper() for c in found[0][1:])
        parts += [_encode(text[at : found.start()]), "{" + word + "}" if name else word]
        at = found.end()
    return "".join([*parts, _encode(text[at:])])


def _balanced(text: str) -> bool:
    depth = 0
    for c in text:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
    return depth == 0
