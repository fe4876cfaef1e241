"""Sentences of an abstract, as character spans.

Evidence names a sentence by where it stands, so the spans must fit the stored text to the
character: together they are the text, whatever it holds. Abstracts are full of full stops that
end nothing ("e.g.", "et al.", "v1.5", "Fig. 3"), which the rules below know; a sentence that was
cut wrongly costs a reviewer a glance, never a wrong offset.
"""

from __future__ import annotations

import re

__all__ = ["split_sentences"]

_END = re.compile(
    r"""
    (?<![.!?]) (?P<mark>[.!?]++ ['"”’)\]}]*+) (?=\s)  # a mark, what it closes, then space
    | (?<=[a-z]{3})\.(?=(?:We|The|This|These|Our|In|It|To|For|However)[ ,])  # space forgotten
    | [。！？]+  # these need no space
    | \n [^\S\n]*+ (?=\n)  # an empty line
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_WORD_BEFORE = re.compile(r"[^\s(\[{\"“‘]*\Z")
_NEXT_WORD = re.compile(r"[\"“‘'(\[{`*]*([^\s.,;:!?)\]}]*)")

_NEVER_LAST = (
    "e.g i.e eg ie cf vs viz resp approx fig figs eq eqs eqn sec secs tab ref refs no nos vol ch "
    "app thm lem prop def alg dr mr mrs ms prof st w.r.t a.k.a i.i.d s.t"
)
"""Abbreviations that something always follows."""

_MAYBE_LAST = "al inc ltd co jr sr dept univ"
"""Abbreviations that may end a sentence: it depends on the next word."""

_STARTERS = (
    "a additionally all although an and as at based because besides both but by compared "
    "consequently conversely crucially despite due during each empirically even existing "
    "experimental experiments extensive finally first for from further furthermore given here "
    "hence however if importantly in instead it its many moreover most motivated nevertheless "
    "notably on one our overall recent second several similarly since so some specifically such "
    "surprisingly than that the their then there therefore these they this those though through "
    "thus to together traditional two under unfortunately unlike using we what when where whereas "
    "while with without yet"
)
"""Words that begin sentences and hardly ever names."""

_never_last, _maybe_last, _starters = (
    frozenset(words.split()) for words in (_NEVER_LAST, _MAYBE_LAST, _STARTERS)
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]\Z")
_NUMBER_OF_A_LIST = re.compile(r"(?:\d{1,2}|[ivx]{1,4})\Z")
_LONGEST = 40
"""Characters looked at before a mark; no abbreviation is longer."""


def split_sentences(text: str) -> list[tuple[int, int]]:
    r"""Cut a text into sentences.

    Parameters
    ----------
    text
        Any text, such as an abstract with LaTeX in it.

    Returns
    -------
    list of (int, int)
        Half-open spans in order. They partition the text: the first starts at 0, each starts
        where the one before ends, the last ends at ``len(text)``; space after a sentence belongs
        to it. None of them is empty; there are none for an empty text.

    Examples
    --------
    >>> text = "We train models, e.g. LLaMA. Memory falls by 2.5x."
    >>> [text[start:end] for start, end in split_sentences(text)]
    ['We train models, e.g. LLaMA. ', 'Memory falls by 2.5x.']
    """
    spans = []
    start = 0
    head = _after_space(text, 0)
    for found in _END.finditer(text):
        if found.start() < head or found.end() <= start:
            continue
        end = _after_space(text, found.end())
        if end >= len(text):
            break
        if found["mark"] is None or _ends(text, start, found.start(), found["mark"], end):
            spans.append((start, end))
            start = end
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def _after_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _ends(text: str, start: int, mark_at: int, mark: str, after: int) -> bool:
    """Whether a mark followed by space ends the sentence that began at `start`."""
    following = _NEXT_WORD.match(text, after)
    word = following[1] if following else ""
    if not _can_begin(word):
        return False
    if mark[0] != "." or mark.startswith(".."):
        return True
    before = _WORD_BEFORE.search(text[max(start, mark_at - _LONGEST) : mark_at])
    last = before[0] if before else ""
    plain = last.lower().removeprefix("\\emph{").removeprefix("\\textit{")
    if plain in _never_last:
        return False
    if _NUMBER_OF_A_LIST.match(last) and mark_at - len(last) - start <= 1:
        return False  # "1. First we ..." at the head of a sentence
    if plain in _maybe_last or _INITIALS.match(last):
        return word.lower() in _starters
    return True


def _can_begin(word: str) -> bool:
    """Whether a word may stand first: "The", "7B", "vLLM", "$O(n)$", but not "the"."""
    if not word:
        return True
    first = word[0]
    if first.islower():
        # Names such as vLLM and k-NN begin small, ordinary words are small throughout.
        return any(c.isupper() for c in word[1:])
    return first not in "&=+<>|,;:-"
