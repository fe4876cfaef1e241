"""What the site's own search knows a paper by: its terms, and how much each of them counts.

The terms are those of `litmine.index.text`, so that both searches find the same words. How much a
term counts in a paper is BM25F's saturated sum over the fields, worked out here and kept in four
bits; only the rarity of a term is left to the browser. Lengths are compared with fixed ones, not
with the mean of the collection: else a new paper would change what is kept of all the others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from litmine.core.taxonomy import Taxonomy
from litmine.index.terms import fold, term_of
from litmine.index.text import STOPWORDS, analyse, name_terms, surfaces
from litmine.publish.entry import ListEntry

__all__ = ["FULL_NAME", "LEVELS", "PART_OF_NAME", "Words", "level", "words_of"]

#: Four bits: `level` 0 to 13 count `LEVELS` in even steps; the two above mark a paper's own name.
PART_OF_NAME, FULL_NAME = 14, 15
_LOW, _STEP = 0.3, 0.165
#: What each level counts, from the smallest use of a word to a paper that bears it as its name.
LEVELS = (*(round(_LOW + _STEP * n, 3) for n in range(PART_OF_NAME)), 2.9, 4.0)

_K1, _B = 1.5, 0.5
_TITLE_WEIGHT, _AUTHOR_WEIGHT, _KEYWORD_WEIGHT, _LABEL_WEIGHT = 2.0, 1.5, 2.0, 0.5
_TITLE_LENGTH, _ABSTRACT_LENGTH = 10, 180
#: Of a collaboration's authors so many first ones are found, and the last.
_AUTHORS = 24
#: Longer runs are formulas or addresses.
_LONGEST_WORD = 32

# What stands before a colon or dash names the method; a sentence there is no name.
_NAMED = re.compile(r"^\s*([^:?!]{2,48}?)\s*(?::|\s[-–—]{1,3}\s)\s*\S")
_NAME_WORDS = 3
# "We introduce FooBar": a word that only a name is written like, capitals or digits inside.
_INTRODUCED = re.compile(
    r"\b(?:[Ww]e|[Tt]his (?:paper|work|article))\s+(?:\w+ly\s+|then\s+|thus\s+)?"
    r"(?:introduces?|presents?|proposes?|builds?|built|develops?|designs?|releases?|describes?|"
    r"call(?: it)?|name it|term(?: it)?|dub(?: it)?)\s+(?:the\s+)?[\"“‘'`]*"
    r"([^\W_][\w.+-]*[A-Z0-9][\w+-]*)"
    r"|\b(?:called|named|dubbed|termed|namely)\s+[\"“‘'`]*([^\W_][\w.+-]*[A-Z0-9][\w+-]*)"
)
_DECIMAL = re.compile(r"\d+(?:\.\d+)+|\d{5,}")


@dataclass(slots=True)
class Words:
    """The terms of one paper.

    Attributes
    ----------
    levels : dict of str to int
        How much each term counts, see `LEVELS`.
    forms : dict of str to set of str
        The words, in lower case and without accents, that stand for each term.
    """

    levels: dict[str, int] = field(default_factory=dict)
    forms: dict[str, set[str]] = field(default_factory=dict)


def level(count: float) -> int:
    """Saturate a weighted count of uses, and give the nearest of the first fourteen levels."""
    saturated = count * (_K1 + 1) / (_K1 + count)
    return max(0, min(PART_OF_NAME - 1, round((saturated - _LOW) / _STEP)))


def words_of(entry: ListEntry, taxonomy: Taxonomy) -> Words:
    """Cut a paper into the terms it is found by.

    Title, abstract, authors, the reviewer's keywords, and the names of its techniques, stages and
    resources. Stopwords are found in titles only; compounds of `litmine.index` likewise, since
    joined at random they fill an index and find nothing.
    """
    counts: defaultdict[str, float] = defaultdict(float)
    forms: defaultdict[str, set[str]] = defaultdict(set)
    _add_text(entry.plain_title, _TITLE_WEIGHT, _TITLE_LENGTH, counts, forms, title=True)
    _add_text(entry.abstract, 1.0, _ABSTRACT_LENGTH, counts, forms, title=False)
    for weight, texts in (
        (_KEYWORD_WEIGHT, entry.keywords),
        (_LABEL_WEIGHT, _labels(entry, taxonomy)),
    ):
        for term, word in {pair for text in texts for pair in _pairs(text)}:
            counts[term] += weight
            forms[term].add(word)
    authors = entry.authors
    if len(authors) > _AUTHORS:
        authors = (*authors[: _AUTHORS - 1], authors[-1])
    for word in {part for author in authors for part in name_terms(author) if len(part) > 1}:
        term = term_of(word)
        counts[term] += _AUTHOR_WEIGHT
        forms[term].add(word)
    levels = {term: level(count) for term, count in counts.items()}
    for term, own in _names(entry).items():
        if term in levels:
            levels[term] = max(levels[term], own)
    return Words(levels, dict(forms))


def _add_text(
    text: str,
    weight: float,
    usual_length: int,
    counts: defaultdict[str, float],
    forms: defaultdict[str, set[str]],
    *,
    title: bool,
) -> None:
    seen: defaultdict[str, int] = defaultdict(int)
    length = 0
    for surface in surfaces(text):
        parts = analyse(surface)
        length += len(parts.words)
        for token, spelt in zip(parts.words, parts.spelt, strict=True):
            word = _spelt(spelt)
            if len(word) > _LONGEST_WORD:
                continue
            if not title and (word in STOPWORDS or _DECIMAL.fullmatch(word)):
                continue
            seen[token.term] += 1
            forms[token.term].add(word)
        if title:
            for token in parts.compounds:
                seen[token.term] += 1
                forms[token.term].add(token.term)
    norm = weight / (1 - _B + _B * length / usual_length)
    for term, times in seen.items():
        counts[term] += times * norm


def _labels(entry: ListEntry, taxonomy: Taxonomy) -> Iterable[str]:
    """Name the techniques, stages and resources of a paper."""
    names = _label_names(taxonomy)
    for one in (*entry.technique, *entry.stages, *entry.resources):
        if one in names:
            yield names[one]


def _label_names(taxonomy: Taxonomy) -> Mapping[str, str]:
    names = {one.id: one.name for one in taxonomy.techniques}
    names |= {one.id: one.name for one in taxonomy.stages}
    return names | {one.id: one.name for one in taxonomy.resources}


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for surface in surfaces(text):
        parts = analyse(surface)
        for token, spelt in zip(parts.words, parts.spelt, strict=True):
            word = _spelt(spelt)
            if word not in STOPWORDS:
                yield token.term, word


def _spelt(word: str) -> str:
    """Write a word as queries are looked up: the scripts of the page do the same."""
    return fold(word).removesuffix("'s").replace("'", "")


def _compounds(text: str) -> Iterable[str]:
    return (token.term for surface in surfaces(text) for token in analyse(surface).compounds)


def _names(entry: ListEntry) -> dict[str, int]:
    """Find the words that are the name of what a paper brings, or a part of the name."""
    found: dict[str, int] = {}
    named = _NAMED.match(entry.plain_title)
    if named:
        words = list(_pairs(named[1]))
        if 1 <= len(words) <= _NAME_WORDS:
            own = FULL_NAME if len(words) == 1 else PART_OF_NAME
            found = dict.fromkeys(_compounds(named[1]), PART_OF_NAME)
            found |= {term: own for term, _ in words}
            joined = term_of("".join(word for _, word in words))
            found.setdefault(joined, FULL_NAME)
    introduced = _INTRODUCED.search(entry.abstract)
    if introduced:
        words = list(_pairs(introduced[1] or introduced[2]))
        if len(words) == 1:
            found[words[0][0]] = FULL_NAME
    return found
