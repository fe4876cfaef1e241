"""Titles and names as TeX, for BibTeX files.

BibTeX styles write titles in lower case, so what must keep its capitals stands in braces: names
(QLoRA, GPUs, Bayesian), formulas, and what the author protected already. A brace that is followed
at once by a backslash means something else to BibTeX (an accented letter, whose case may change);
protected text therefore never begins with a command, or has braces twice.

Titles come from strangers and end up in TeX: only known commands of mathematics are handed on,
everything else is written as the text that it shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from litmine.core.latex import show, to_unicode
from litmine.core.latex_signs import ACCENTS, FUNCTIONS, SIGNS, STYLES
from litmine.core.latex_tree import (
    Formula,
    Fraction,
    Group,
    Node,
    Root,
    Script,
    Style,
    Text,
    Unknown,
    parse,
    words_of,
)
from litmine.core.plain import clean
from litmine.publish.formats.tex_signs import NAMES, encode

__all__ = ["author_to_tex", "to_tex"]

_WORD = re.compile(r"[^\W_]+")
_LETTER_STYLES = {"emph", "textit", "textsl", "textbf", "texttt", "textsc", "textsf"}
# Commands that a formula may keep: those of LaTeX and amsmath. What this project reads besides
# them (\degree, \softmax) is not defined everywhere.
_MATH = (
    {name for name in SIGNS if not name.startswith("text")}
    | FUNCTIONS
    | set(STYLES)
    | {name for name in ACCENTS if len(name) > 1}
    | {"frac", "tfrac", "dfrac", "sqrt"}
) - {
    "less", "lt", "gt", "euro", "degree", "softmax", "argmax", "argmin", "lg", "xspace", "par",
    "newline", "linebreak", "centering", "noindent", "BibTeX", "LaTeX", "LaTeXe", "TeX", "fbox",
    "\\", "-", "/", "S", "P", "SS", "th", "TH", "dh", "DH", "dj", "DJ", "ng", "NG", "ss", "ae",
    "AE", "oe", "OE", "aa", "AA", "o", "O", "l", "L", "i", "j", "omicron", "mod",
    "protect", "percent", "ie", "eg", "varTheta", "varSigma", "varPhi", "varOmega", "varGamma",
    "varDelta", "varLambda", "thicksim", "frak", "Bbb", "eth",
    "triangleq", "nmid", "url", "nolinkurl", "path", "lowercase", "uppercase",
}  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_TOKEN = re.compile(
    r"(?P<word>(?:[^\W_][\u0300-\u036f]*|(?<=\w)['’](?=[^\W_]))+)"
    r"|(?<=[^\W_]|[)\]])\^(?P<power>-?\d+|[A-Za-z](?![A-Za-z]))"
    r"|(?P<tie>(?<=[^\s~\d])~(?=[^\s~])|(?<=\d)~(?=[A-Za-z]))"
    r"|.",
    re.DOTALL,
)
_SIGN_IN_MATH = re.compile(r"^\{\\ensuremath\{(.*)\}\}$")
# Behind these a sentence begins, and its first word is no name for being capitalised.
_BEGINS = frozenset(':?!.–—"“')
_OPENS = frozenset(" ([{-–—/")


def to_tex(title: str) -> str:
    """Give a title as TeX for BibTeX.

    Parameters
    ----------
    title : str
        As arXiv gives it: Unicode, LaTeX or both. Untrusted.

    Returns
    -------
    str
        One line whose braces are balanced. Formulas stay as they were written where they hold
        nothing but known commands.

    Examples
    --------
    >>> print(to_tex("QLoRA & $O(n^2)$ for Schrödinger bridges: 50% less"))
    {QLoRA} \\& {$O(n^2)$} for {Schr{\\"o}dinger} bridges: 50\\% less
    """
    nodes = parse(clean(title))
    sentence = _in_sentence_case(words_of(nodes))
    parts: list[str] = []
    for before, node, after in zip((None, *nodes), nodes, (*nodes[1:], None), strict=False):
        match node:
            case Text(value):
                parts.append(_prose(value, before, after, sentence=sentence))
            case Group(inside):
                parts.append(_braced(_inner(inside)))
            case Style(command, inside) if command in _LETTER_STYLES:
                parts.append(_braced(f"\\{command}{{{_inner(inside)}}}"))
            case _:
                parts.append(_inner((node,)))
    written = re.sub("([?!])(?=`)", r"\1{}", "".join(parts))  # together they are Spanish signs
    return " ".join(written.split())


def author_to_tex(name: str) -> str:
    """Give a name, or a part of one, as TeX for an author field.

    What BibTeX would take for two names ("and", a comma) is held together by braces.

    Examples
    --------
    >>> print(author_to_tex("Schrödinger"))
    Schr{\\"o}dinger
    """
    text = to_unicode(name)
    written = encode(text)
    return f"{{{written}}}" if re.search(r"\band\b|,", text, re.IGNORECASE) else written


def _prose(text: str, before: Node | None, after: Node | None, *, sentence: bool) -> str:
    """Write text that stands outside of braces and formulas."""
    parts: list[str] = []
    for found in _TOKEN.finditer(text):
        piece, start, end = found[0], found.start(), found.end()
        left = text[:start].rstrip()
        if found["word"]:
            glued = (not start and before is not None) or (end == len(text) and after is not None)
            glued = glued or text[end : end + 1] == "^"
            first = text[start - 1 : start] in {"", " "} and (
                left[-1:] in _BEGINS if left else before is None
            )
            alone = text[end : end + 1] in {"", " "} and not glued
            name = _is_name(piece, first=first, glued=glued, alone=alone, sentence=sentence)
            parts.append(_braced(encode(piece)) if name else encode(piece))
        elif found["power"]:
            parts.append(f"{{$^{{{found['power']}}}$}}")
        elif found["tie"]:
            parts.append("~")
        elif piece == '"':
            opens = text[start - 1 : start] in _OPENS if start else before is None
            parts.append("``" if opens else "''")
        else:
            parts.append(encode(piece))
    return "".join(parts)


def _is_name(word: str, *, first: bool, glued: bool, alone: bool, sentence: bool) -> bool:
    """Tell whether a word loses its meaning in lower case."""
    if not any(character.isupper() for character in word):
        return False
    if word in NAMES or any(character.isupper() for character in word[1:]):
        return True
    if glued or any(character.isdigit() for character in word):
        return True
    if len(word) == 1:  # "A" is mostly the article
        return word != "A" or not (first or alone)
    return sentence and not first


def _in_sentence_case(text: str) -> bool:
    """Whether words begin small, so that a capital tells a name."""
    words = [word for word in _WORD.findall(text)[1:] if len(word) > 3]
    small = sum(map(str.islower, words))
    return small >= 3 and small > 0.6 * len(words)


def _inner(nodes: Sequence[Node]) -> str:
    """Write what stands in braces, where capitals are safe."""
    parts: list[str] = []
    for node in nodes:
        match node:
            case Text(value):
                parts.append(encode(value))
            case Group(inside):
                parts.append("{" + _inner(inside) + "}")
            case Style(command, inside) if command in _LETTER_STYLES:
                parts.append(f"{{\\{command}{{{_inner(inside)}}}}}")
            case Script(mark, inside) if inside:
                parts.append(f"{{${mark}{{\\mathrm{{{_inner(inside)}}}}}$}}")
            case Formula(body, inside) if kept := _formula(body, inside):
                parts.append(f"{{${kept}$}}")
            case _:
                parts.append(_braced(encode(show((node,)))))
    return "".join(parts)


def _braced(written: str) -> str:
    """Put braces around; twice, where BibTeX would take them for those of an accented letter."""
    bare = _COMMAND.sub("", written)
    if written.startswith("\\") and bare != bare.lower():
        return f"{{{{{written}}}}}"
    return f"{{{written}}}" if written else ""


def _formula(body: str, inside: Sequence[Node]) -> str:
    """Give a formula as it was written, or nothing if it is not safe in any TeX file."""
    if "$" in body or "^^" in body or not _sound(inside):
        return ""
    if any(command not in _MATH for command in _COMMAND.findall(body)):
        return ""
    if body.count(r"\left") != body.count(r"\right") or re.search(r"(?<!\\)(\\\\)*\\$", body):
        return ""
    if re.search(r"\\sqrt\s*\[(?![^\[\]{}\\]*\])", body):  # a degree without end
        return ""
    body = body.replace(r"\{", r"\lbrace ").replace(r"\}", r"\rbrace ")
    body = re.sub(r"(?<!\\)([%#&])", r"\\\1", body)
    body = re.sub(r"[^\x00-\x7f]", lambda found: _SIGN_IN_MATH.sub(r"\1 ", encode(found[0])), body)
    return body.strip() if body.isascii() and _balanced(body) else ""


def _sound(nodes: Sequence[Node]) -> bool:
    """Whether TeX could set a formula: no command without its argument, no script on another."""
    for here, following in pairwise((*nodes, None)):
        match here:
            case Script(mark, inside):
                twice = isinstance(following, Script) and following.mark == mark
                if not inside or twice or not _sound(inside):
                    return False
            case Fraction(above, below):
                if not (above and below and _sound(above) and _sound(below)):
                    return False
            case Style(_, inside) | Root(inside, _):
                if not inside or not _sound(inside):
                    return False
            case Group(inside) if not _sound(inside):
                return False
            case Unknown():
                return False
    return True


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0
