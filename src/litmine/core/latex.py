"""LaTeX as authors put it into titles and abstracts, shown as safe HTML and as Unicode.

Everything that comes in is text. As HTML it leaves escaped, and the only tags are those this module
itself writes: ``sub``, ``sup``, ``em``, ``strong``, ``code``, ``i``. Formulas become letters with
sub- and superscripts and Unicode signs; what is not understood stays readable.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from litmine.core.latex_signs import STYLES, SUBSCRIPTS, SUPERSCRIPTS
from litmine.core.latex_tree import (
    Formula,
    Fraction,
    Group,
    Letter,
    Node,
    Root,
    Script,
    Style,
    Text,
    Unknown,
    math_spans,
    parse,
    words_of,
)
from litmine.core.plain import clean

__all__ = ["atoms", "latex", "math_spans", "plain", "show", "to_unicode"]

# In text: ties, dashes and quotation marks of TeX, and powers without dollars ("E^2-LLM").
_TIE = re.compile(r"(?<=[^\s~\d])~(?=[^\s~])|(?<=\d)~(?=[A-Za-z])")
_DASH = re.compile(r"(?<![-!<])(?:(?<=\w)--(?=\w)|(?<=[\w.,;:)\]?!\"'])---(?=\w)|(?<= )---?(?= ))")
_QUOTES = re.compile(r"``(.{1,300}?)''")
_POWER = re.compile(r"(?<=[^\W_]|[)\]])\^(-?\d+|[A-Za-z](?![A-Za-z])|[*+-](?!\w))")
_BRACKET_SPACE = re.compile(r"(?<=[(\[]) +| +(?=[)\]])")
# A text without any of these is shown as it is: nearly all names, most titles.
_SPECIAL = re.compile(r"[\\$^_{}~`]|--")
_END = "\x00"  # behind a script that stands as it was written; no text has it
_RAISED_AS_THEY_ARE = frozenset("*\N{ASTERISK OPERATOR}⋆★°†‡′#@♮♯♭⊤⊥")


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
    return _html(parse(text)) if _SPECIAL.search(text) else escape(text)


def to_unicode(text: str | None) -> str:
    """Render a text that may hold LaTeX as one line of Unicode, for lists, feeds and windows.

    Parameters
    ----------
    text : str or None
        Untrusted.

    Returns
    -------
    str
        Without control characters. Sub- and superscripts are characters where Unicode has them,
        else they follow their mark: ``x_(i,j)``.

    Examples
    --------
    >>> to_unicode(r"E$^2$-LLM: $O(\\frac{n}{\\log n})$ Schr\\"odinger")
    'E²-LLM: O(n/(log n)) Schrödinger'
    """
    if not text:
        return ""
    text = clean(text)
    return show(parse(text)) if _SPECIAL.search(text) else text


def show(nodes: Sequence[Node]) -> str:
    """Render what was read as one line of Unicode; see `to_unicode`."""
    line = _line(nodes)
    # What could not be lowered or raised would run into the word that follows.
    if _END in line:
        line = re.sub(rf"(?<=[_^])(\w{{1,100}}){_END}(?=\w)", r"(\1)", line)
    return clean(line)


def plain(text: str | None) -> str:
    """Another name of `to_unicode`."""
    return to_unicode(text)


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


def _html(nodes: Iterable[Node]) -> Markup:
    return Markup("").join(_html_of(node) for node in nodes)


def _html_of(node: Node) -> Markup:
    match node:
        case Text(value):
            return escape(value)
        case Letter(value):
            return _tag("i", escape(value))
        case Script(mark, inside):
            return _tag("sup" if mark == "^" else "sub", _html(inside)) if inside else escape(mark)
        case Style(command, inside):
            tag = STYLES[command].tag
            return _tag(tag, _html(inside)) if tag else _html(inside)
        case Fraction(above, below):
            over = _html(above), _needs_brackets(above)
            under = _html(below), _needs_brackets(below) or not _single(below)
            return escape("/").join(
                escape("(") + shown + escape(")") if brackets else shown
                for shown, brackets in (over, under)
            )
        case Root(inside, degree):
            shown = _html(inside)
            if not _single(inside):
                shown = escape("(") + shown + escape(")")
            return _tag("sup", escape(degree)) * bool(degree) + escape("\N{SQUARE ROOT}") + shown
        case Unknown(command):
            return escape("\\" + command)
        case Group(inside) | Formula(_, inside):
            return _html(inside)


def _tag(name: str, content: Markup) -> Markup:
    return Markup("<%s>" % name) + content + Markup("</%s>" % name)  # noqa: S704, UP031 - our names


def _line(nodes: Sequence[Node]) -> str:
    """Render text, where TeX's habits of writing are undone."""
    parts: list[str] = []
    for at, node in enumerate(nodes):
        before = nodes[at - 1] if at else None
        match node:
            case Text(value):
                following = at + 1 < len(nodes) and isinstance(nodes[at + 1], Group)
                parts.append(_prose(value[:-1] if following and value[-1:] == "^" else value))
            case Formula(_, (Style(_, inside),)) if _begins_with_letter(nodes[at + 1 :]):
                parts.append(_formula(inside))  # an initial, as in $\\mathbb{D}$ynamic
            case Formula(_, inside):
                parts.append(_BRACKET_SPACE.sub("", _formula(inside)))
            case Group(inside) if isinstance(before, Text) and before.value[-1:] == "^":
                parts.append(_script("^", _line(inside)))
            case Style(command, inside) if command == "texttt":
                parts.append(words_of(inside))
            case Group(inside) | Style(_, inside):
                parts.append(_line(inside))
            case Unknown(command) if len(command) == 1:
                parts.append("\\" + command)
            case _:
                parts.append(_sign(node))
    return "".join(parts)


def _begins_with_letter(nodes: Sequence[Node]) -> bool:
    return bool(nodes) and isinstance(nodes[0], Text) and nodes[0].value[:1].isalpha()


def _prose(text: str) -> str:
    text = _QUOTES.sub("“\\1”", _TIE.sub(" ", text))
    text = _DASH.sub(lambda found: "—" if found[0] == "---" else "–", text)
    return _POWER.sub(lambda found: _script("^", found[1]), text)


def _formula(nodes: Iterable[Node]) -> str:
    return "".join(_sign(node) for node in nodes)


def _sign(node: Node) -> str:
    """Render one node of a formula."""
    match node:
        case Text(value) | Letter(value):
            return value
        case Script(mark, inside):
            return _script(mark, _formula(inside))
        case Style(command, inside):
            shown = _formula(inside)
            alphabet = STYLES[command].alphabet
            return _lettered(shown, alphabet) if alphabet and len(shown) == 1 else shown
        case Fraction(above, below):
            over = _bracketed(_formula(above), _needs_brackets(above))
            return f"{over}/{_bracketed(_formula(below), not _single(below))}"
        case Root(inside, degree):
            over = "".join(SUPERSCRIPTS.get(character, character) for character in degree)
            return f"{over}\N{SQUARE ROOT}{_bracketed(_formula(inside), not _single(inside))}"
        case Unknown(command):
            return command
        case Group(inside) | Formula(_, inside):
            return _formula(inside)


def _script(mark: str, content: str) -> str:
    content = content.strip()
    if not content:
        return mark
    if mark == "^" and set(content) <= _RAISED_AS_THEY_ARE | {"∘"}:
        return content.replace("∘", "°")
    table = SUPERSCRIPTS if mark == "^" else SUBSCRIPTS
    if mark == "_" and re.fullmatch(r"\d+\.\d+", content):
        table = table | {".": "."}  # as in PM₂.₅
    if all(character in table for character in content):
        return "".join(table[character] for character in content)
    if re.fullmatch(r"\w+", content):
        return mark + content + _END
    return mark + _bracketed(content, len(content) > 1)


def _lettered(letter: str, alphabet: str) -> str:
    """Give a letter of one of Unicode's mathematical alphabets; some stand among older signs."""
    kind = "CAPITAL" if letter.isupper() else "DIGIT" if letter.isdigit() else "SMALL"
    name = unicodedata.name(letter, "").rpartition(" ")[2]
    older = {"FRAKTUR": "BLACK-LETTER"}.get(alphabet, alphabet)
    for full in (f"MATHEMATICAL {alphabet} {kind} {name}", f"{older} {kind} {name}"):
        try:
            return unicodedata.lookup(full)
        except KeyError:
            continue
    return letter


def _bracketed(text: str, needed: bool) -> str:
    return f"({text})" if needed else text


def _needs_brackets(nodes: tuple[Node, ...]) -> bool:
    words = words_of(nodes)
    return len(words) > 1 and re.search(r"[\s+\-\N{MINUS SIGN}/=,]", words) is not None


def _single(nodes: tuple[Node, ...]) -> bool:
    """Whether a term needs no brackets: one sign or number, raised or lowered as it may be."""
    bare = tuple(node for node in nodes if not isinstance(node, Script))
    words = words_of(bare)
    return len(words) < 2 or words.isdigit()
