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
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from litmine.core.taxonomy import Taxonomy
from litmine.index.names import coined, title_name
from litmine.index.terms import fold, term_of
from litmine.index.text import STOPWORDS, analyse, name_terms, surfaces
from litmine.publish.entry import ListEntry
from litmine.publish.site.varint import base36

__all__ = ["COINED", "LEVELS", "NAME", "TITLED", "Words", "level", "name_key", "words_of"]

_LOW, _STEP = 0.8, 0.1
#: What each of the sixteen levels counts: four bits, in even steps up to what BM25F can give.
LEVELS = tuple(round(_LOW + _STEP * n, 2) for n in range(16))
#: Levels of a name: a title begins with it or is it; an abstract introduces it.
TITLED, COINED = 15, 14
#: Stands between two terms that are side by side in a title.
PAIR = " "
#: Ends a name, which no word does. Longer names are kept as their beginning and a hash.
NAME = "="
_LONGEST_NAME, _KEPT_OF_NAME = 20, 8

_K1, _B = 1.5, 0.5
_TITLE_WEIGHT, _AUTHOR_WEIGHT, _KEYWORD_WEIGHT, _LABEL_WEIGHT = 2.0, 1.5, 2.0, 0.5
_TITLE_LENGTH, _ABSTRACT_LENGTH = 10, 180
#: Of a collaboration's authors so many first ones are found, and the last.
_AUTHORS = 24
#: Longer runs are formulas or addresses.
_LONGEST_WORD = 32

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
    """Saturate a weighted count of uses, and give the nearest of `LEVELS`."""
    saturated = count * (_K1 + 1) / (_K1 + count)
    return max(0, min(len(LEVELS) - 1, round((saturated - _LOW) / _STEP)))


def name_key(name: str) -> str:
    """Return what a name is looked up by, from its words written as one.

    Examples
    --------
    >>> name_key("mamba"), name_key("lineartimesequencemodeling")
    ('mamba=', 'linearti=1kf8u30')
    """
    if len(name) <= _LONGEST_NAME:
        return name + NAME
    hashed = 2166136261  # FNV-1a, 32 bits, over UTF-16 as scripts see texts
    for unit in memoryview(name.encode("utf-16-le")).cast("H"):
        hashed = (hashed ^ unit) * 16777619 & 0xFFFFFFFF
    return f"{name[:_KEPT_OF_NAME]}{NAME}{base36(hashed)}"


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
    labels = () if entry.abstract else _labels(entry, taxonomy)
    for weight, texts in ((_KEYWORD_WEIGHT, entry.keywords), (_LABEL_WEIGHT, labels)):
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
    for name, kind in _names(entry).items():
        if name:
            levels[name_key(name)] = kind
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
    in_order: list[str] = []
    for surface in surfaces(text):
        parts = _cut(surface)
        length += len(parts.words)
        for term, word in parts.words if title else parts.telling:
            seen[term] += 1
            forms[term].add(word)
        if title:
            in_order += (term for term, _ in parts.words)
            for term in parts.compounds:
                seen[term] += 1
                forms[term].add(term)
    for one, two in pairwise(in_order):
        if one not in _stop_terms() and two not in _stop_terms():
            seen[one + PAIR + two] = 1
    norm = weight / (1 - _B + _B * length / usual_length)
    for term, times in seen.items():
        counts[term] += times * norm


class _Cut(NamedTuple):
    """A surface taken apart: (term, word) of its words, of those fit for abstracts, compounds."""

    words: tuple[tuple[str, str], ...]
    telling: tuple[tuple[str, str], ...]
    compounds: tuple[str, ...]


@lru_cache(maxsize=1 << 17)
def _cut(surface: str) -> _Cut:
    parts = analyse(surface)
    pairs = tuple(
        (token.term, _spelt(spelt)) for token, spelt in zip(parts.words, parts.spelt, strict=True)
    )
    words = tuple(pair for pair in pairs if 0 < len(pair[1]) <= _LONGEST_WORD)
    telling = tuple(
        pair for pair in words if pair[1] not in STOPWORDS and not _DECIMAL.fullmatch(pair[1])
    )
    return _Cut(words, telling, tuple(token.term for token in parts.compounds))


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
        yield from (pair for pair in _cut(surface).words if pair[1] not in STOPWORDS)


@lru_cache(maxsize=1)
def _stop_terms() -> frozenset[str]:
    return frozenset(map(term_of, STOPWORDS))


def _spelt(word: str) -> str:
    """Write a word as queries are looked up: the scripts of the page do the same."""
    return fold(word).removesuffix("'s").replace("'", "")


def _names(entry: ListEntry) -> dict[str, int]:
    """Find the names of a paper, written as one: its method's, and the whole title."""
    found = dict.fromkeys(coined(entry.abstract), COINED)
    found[title_name(entry.plain_title)] = TITLED
    found[_joined(entry.plain_title)] = TITLED
    return found


def _joined(text: str) -> str:
    return "".join(word for surface in surfaces(text) for _, word in _cut(surface).words)
