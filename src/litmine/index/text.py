r"""Text to terms: what counts as a word, in papers and in queries alike.

A *surface* is what stands between spaces and punctuation, hyphens kept: ``KV-cache``, ``4-bit``,
``FlashAttention-2``. It is cut into *words* at hyphens, at underscores and between letters and
digits (``4bit`` is ``4 bit``, ``llama3`` is ``llama 3``; a single letter stays with its digits:
``8b``, ``w4a8``, ``h100``), so that one phrase finds every way of writing it. Beside the words, a
surface gives *compounds*, which take no place in the sequence of words:

- neighbours written as one: ``KV-cache`` gives ``kvcache``, ``4-bit`` and ``4bit`` give ``4bit``;
- the parts of a word with capitals inside: ``FlashAttention`` gives ``flash`` and ``attention``.

A *term* is a word in lower case, without accents, stemmed (Snowball English), with British
spellings and the plurals of abbreviations folded (``quantisation``, ``LLMs``). TeX accents are
read as the letters they make; TeX commands of markup are no words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from litmine.index.terms import LONGEST_TERM, fold, is_plural_abbreviation, plain_letters, term_of

__all__ = [
    "COMPOUND_SHARE",
    "COMPOUND_WEIGHT",
    "STOPWORDS",
    "Surface",
    "Token",
    "analyse",
    "fold",
    "name_terms",
    "pattern_for",
    "query_terms",
    "query_weights",
    "surfaces",
    "tokens",
    "words",
]

#: What a compound counts in a query, where each of the words that it is made of counts 1.
COMPOUND_WEIGHT = 0.25
#: How many of the papers with the rarer of two words must write them as one, that it counts: what
#: a handful joined by chance (``LoRA-Fine`` in a title) is rare and would outweigh all words.
COMPOUND_SHARE = 0.05

STOPWORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being
    below between both but by can cannot could did do does doing done down during each etc few for
    from further had has have having he her here hers him his how however i if in into is it its
    itself just let may me might more most must my no nor not now of off on once only onto or other
    our ours out over own per she should since so some such than that the their theirs them then
    there therefore these they this those through thus to too under until up upon us very via was
    we were what when where whether which while who whom whose why will with within would you your
    yours s t d ll m re ve dont isnt cant""".split()  # noqa: SIM905
)

# What people put around what they look for; it says nothing about the papers.
_PAPERS = r"(?:papers?|articles?|works?|research|studies|publications?|literature)"
_ABOUT = r"(?:on|about|dealing\s+with|concerning|discussing|related\s+to)"
_ASKING = re.compile(
    rf"""(?<![^\W_])(?:
    (?:please\s+)?(?:find|show|give|get|list|recommend|suggest|search\s+for|look(?:ing)?\s+for)
        (?:\s+me)?(?:\s+(?:all|any|some|the|recent))*\s+{_PAPERS}(?:\s+(?:that|which|for|{_ABOUT}))?
    |(?:recent\s+)?{_PAPERS}\s+{_ABOUT}
    |(?:i\s+am|i'm|we\s+are)\s+(?:interested\s+in|looking\s+for)
    |(?:i|we)(?:\s+would|'d)\s+like(?:\s+to\s+(?:know|find|read|see))?
    |looking\s+for|interested\s+in|information\s+(?:on|about)
    |what\s+(?:is|are)\s+(?:known|there)\s+(?:about|on)
    )(?![^\W_])""",
    re.IGNORECASE | re.VERBOSE,
)

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # written without spaces
_CHAR = rf"[^\W_{_CJK}][\u0300-\u036f]*"  # with the accents of text that is not composed
_ENDING = r"(?:['’](?:s|t|d|m|re|ve|ll)(?![^\W_]))?"
# TeX: \'e \"{o} {\"o} \v{s} \o {\ss}; any other command stands alone.
_TEX_CHAR = (
    r"\{?\\(?:[\"'`^~=.]\s?\{?\\?[A-Za-z]\}?|[cvuHkrbdt]\s?\{[A-Za-z]\}"
    r"|(?:ss|ae|oe|aa|AE|OE|AA|[oOlLij])(?![A-Za-z])(?:\{\})?)\}?"
)


def _surface_pattern(char: str, alone: str) -> re.Pattern[str]:
    run = rf"{char}+(?:\.\d{char}*)*"
    return re.compile(rf"[{_CJK}]|{run}{_ENDING}(?:[-‐‑_]{run}{_ENDING})*{alone}")


_SURFACE = _surface_pattern(rf"(?:{_CHAR})", "")
_TEX_SURFACE = _surface_pattern(rf"(?:{_TEX_CHAR}|{_CHAR})", r"|\\[A-Za-z]+")
_ASCII_SURFACE = _surface_pattern("[A-Za-z0-9]", "")  # the same for most texts, and faster
_TEX_UNIT = re.compile(rf"{_TEX_CHAR}|.", re.DOTALL)
_TEX_MARKUP = frozenset(
    """textbf textit texttt textsc textrm textsf textsuperscript textsubscript text emph underline
    mathbf mathbb mathcal mathrm mathit mathsf mathtt mathfrak boldsymbol bm bf it tt rm em sc sf
    operatorname href url cite citep citet ref label footnote left right big bigl bigr frac dfrac
    tfrac sqrt hat tilde bar vec widehat widetilde overline begin end item itemize enumerate
    displaystyle quad qquad xspace small large color textcolor ensuremath mbox hspace vspace
    newline noindent ldots cdots dots cdot times leq geq le ge approx sim in""".split()  # noqa: SIM905
)
_TEX_NAMED = {name: name for name in ("ss", "ae", "oe", "AE", "OE")} | {"aa": "a", "AA": "A"}
_RUN = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?")
_APOSTROPHE_INSIDE = re.compile(r"(?<=[^\W_])['’](?=[^\W_])")
_CAPITALS_INSIDE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


#: Letters of a surface that is kept taken apart, which takes hundreds of bytes a letter: what
#: somebody pastes can be one surface of 20,000.
_LONGEST_KEPT = 32


class Token(NamedTuple):
    """A term and the characters ``text[start:end]`` it was made from."""

    term: str
    start: int
    end: int


class Surface(NamedTuple):
    """A surface taken apart; offsets count from its beginning.

    Attributes
    ----------
    words : tuple of Token
        Side by side, in order; empty for markup.
    compounds : tuple of Token
        What the surface gives beside its words.
    spelt : tuple of str
        The words as written.
    """

    words: tuple[Token, ...]
    compounds: tuple[Token, ...]
    spelt: tuple[str, ...] = ()


def surfaces(text: str) -> list[str]:
    """Cut a text into surfaces; the quick way in for whoever needs no offsets."""
    return pattern_for(text).findall(text)


def tokens(text: str) -> list[Token]:
    """List every word of a text, stopwords too, in order.

    Examples
    --------
    >>> tokens("4-bit LLMs")
    [Token(term='4', start=0, end=1), Token(term='bit', start=2, end=5), Token(term='llm', start=6, end=10)]
    """  # noqa: E501 - an answer of one line
    return [
        Token(token.term, start + token.start, start + token.end)
        for start, surface in _placed(text)
        for token in surface.words
    ]


def words(text: str) -> list[str]:
    """List the terms of every word of a text, stopwords too: what a phrase is compared with."""
    return [token.term for surface in surfaces(text) for token in analyse(surface).words]


def query_terms(text: str) -> list[str]:
    """List the terms that a free query asks for, each once, compounds after their words.

    Stopwords and what people put around a request ("papers on ...") are left out, unless nothing
    else would remain.

    Examples
    --------
    >>> query_terms("papers on the KV cache in 4-bit")
    ['kv', 'cach', '4', 'bit', '4bit']
    """
    return list(query_weights(text))


def query_weights(text: str, frequency: Callable[[str], int] | None = None) -> dict[str, float]:
    """Weigh the terms that a free query asks for.

    Parameters
    ----------
    frequency : callable, optional
        Number of papers that hold a term. Given it, ``kv cache`` also asks for ``kvcache`` where
        enough papers write it so, and a compound that few write so does not count.

    Returns
    -------
    dict of str to float
        Terms in order of the query. A word counts as often as it stands there, a compound
        `COMPOUND_WEIGHT`.
    """
    found = list(map(analyse, surfaces(_ASKING.sub(" ", text)) or surfaces(text)))
    asked = [
        (word.term, spelt)
        for surface in found
        for word, spelt in zip(surface.words, surface.spelt, strict=True)
    ]
    asked = [pair for pair in asked if pair[0] not in _stop_terms()] or asked
    weights: dict[str, float] = {}
    for term, _ in asked:
        weights[term] = weights.get(term, 0.0) + 1.0
    for surface in found:
        for token in surface.compounds:
            weights.setdefault(token.term, COMPOUND_WEIGHT)
    if frequency is None:
        return weights
    for (first, one), (second, two) in pairwise(asked):
        joined = term_of(one + two)
        held = frequency(joined)
        if held and held >= COMPOUND_SHARE * min(frequency(first), frequency(second)):
            if not (one[-1:].isdigit() and two[:1].isdigit()):
                weights.setdefault(joined, COMPOUND_WEIGHT)
        elif weights.get(joined) == COMPOUND_WEIGHT:
            del weights[joined]
    return weights


def name_terms(name: str) -> list[str]:
    """Cut a person's name into words as they are looked up: lower case, no accents, not stemmed.

    Examples
    --------
    >>> name_terms("Jean-Paul O'Neill, J. {\\'E}tienne")
    ['jean', 'paul', 'oneill', 'j', 'etienne']
    """
    joined = _APOSTROPHE_INSIDE.sub("", name)
    if joined.isascii() and "\\" not in joined:
        return [run[:LONGEST_TERM] for run in re.findall(r"[a-z0-9]+", joined.lower())]
    plain = (_decode(surface)[0] for surface in surfaces(joined))
    return [fold(run)[:LONGEST_TERM] for word in plain for run in re.findall(r"[^\W_]+", word)]


def analyse(surface: str) -> Surface:
    """Take a surface apart."""
    return _known(surface) if len(surface) <= _LONGEST_KEPT else _taken_apart(surface)


@lru_cache(maxsize=1 << 14)
def _known(surface: str) -> Surface:
    return _taken_apart(surface)


def _taken_apart(surface: str) -> Surface:
    if surface.isascii() and surface.isalpha() and surface[1:].islower():
        # Nine of ten: one word, nothing to decode, no capital inside.
        return Surface((Token(term_of(surface), 0, len(surface)),), (), (surface,))
    if surface.startswith("\\") and surface[1:].isalpha():
        if surface[1:] in _TEX_MARKUP:
            return Surface((), ())
        return Surface((Token(term_of(surface[1:]), 0, len(surface)),), (), (surface[1:],))
    plain, origin = _decode(surface)
    pieces: list[tuple[int, int]] = []  # words, as characters of plain
    last = ""
    for match in _RUN.finditer(plain):
        run = match.group()
        glued = pieces and pieces[-1][1] == match.start() and 1 in _letters(last, run)
        if glued:
            pieces[-1] = (pieces[-1][0], match.end())
        else:
            pieces.append(match.span())
        last = run

    def token(term: str, first: int, end: int) -> Token:
        return Token(term, origin[first], max(origin[end], origin[first] + 1))

    spelt = [plain[first:end] for first, end in pieces]
    compounds: list[Token] = []
    for (first, end), (after, last_end) in pairwise(pieces):
        one, two = plain[first:end], plain[after:last_end]
        if not (_no_part(one) or _no_part(two) or (one[-1].isdigit() and two[0].isdigit())):
            compounds.append(token(term_of(one + two), first, last_end))
    for first, end in pieces:
        compounds += [
            token(term_of(plain[first + a : first + b]), first + a, first + b)
            for a, b in _parts_by_capitals(plain[first:end])
        ]
    return Surface(
        tuple(token(term_of(word), *span) for word, span in zip(spelt, pieces, strict=True)),
        tuple(compounds),
        tuple(spelt),
    )


def _letters(*runs: str) -> tuple[int, ...]:
    """How long the runs of letters among `runs` are."""
    return tuple(len(run) for run in runs if not run[:1].isdigit())


def _no_part(word: str) -> bool:
    """Tell whether a compound with this word would say nothing (``state-of``, ``on-line``)."""
    return len(word) > 1 and word.casefold() in STOPWORDS


def _parts_by_capitals(word: str) -> list[tuple[int, int]]:
    if word.islower() or not word.isalpha() or not word.isascii():
        return []
    if is_plural_abbreviation(word):
        return []
    spans = [match.span() for match in _CAPITALS_INSIDE.finditer(word)]
    sizes = [b - a for a, b in spans]
    # LoRA, LLaMA and vLLM are no compounds: a real one has a part that is long enough to be a word.
    return spans if len(spans) > 1 and min(sizes) > 1 and max(sizes) > 3 else []


@lru_cache(maxsize=1)
def _stop_terms() -> frozenset[str]:
    return frozenset(term_of(word) for word in STOPWORDS)


def pattern_for(text: str) -> re.Pattern[str]:
    """Give what matches the surfaces of a text."""
    if "\\" in text:
        return _TEX_SURFACE
    return _ASCII_SURFACE if text.isascii() else _SURFACE


def _placed(text: str) -> Iterator[tuple[int, Surface]]:
    for match in pattern_for(text).finditer(text):
        yield match.start(), analyse(match.group())


def _decode(surface: str) -> tuple[str, Sequence[int]]:
    """Spell a surface in plain letters; say at which character of it each of them begins."""
    if surface.isascii() and "\\" not in surface:
        return surface, range(len(surface) + 1)
    plain: list[str] = []
    origin: list[int] = []
    for match in _TEX_UNIT.finditer(surface):
        unit = match.group()
        if "\\" in unit:
            unit = _tex_letters(unit)
        elif not unit.isascii():
            unit = plain_letters(unit)
        plain.append(unit)
        origin += [match.start()] * len(unit)
    return "".join(plain), [*origin, len(surface)]


def _tex_letters(unit: str) -> str:
    letters = re.sub(r"[^A-Za-z]", " ", unit).split()
    return _TEX_NAMED.get(unit.strip("{}")[1:], letters[-1] if letters else "")
