"""The query language: free words, phrases, exclusions and fields.

==============================  ================================================================
``KV cache eviction``           papers about it, best first; no word has to stand in them
``"sparse attention"``          exactly these words side by side
``-training``, ``-"edge AI"``   not with this word or phrase
``author:lecun``                also ``title:``, ``cat:``, ``stage:``, ``resource:``, ``cell:``,
                                ``technique:``, ``year:``, ``is:``, ``night:`` and ``id:``
``stage:inference,system``      one of them; the same field twice asks for both
``-cat:cs.CV``                  none of them
``year:2023..2025``             also ``2025``, ``2025..`` and ``..2024``
``2401.00625``, a link          that paper
==============================  ================================================================

A value with spaces or commas stands in quotes. A colon makes a field only after letters and before
something else than a space: ``FlashAttention: fast ...``, ``10:30`` and ``https://...`` are words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from litmine.core.errors import InputError
from litmine.core.paper import normalise_space, parse_arxiv_id
from litmine.core.taxonomy import Taxonomy
from litmine.index.text import words
from litmine.search.syntax_values import STATES, FieldValues, Years, year_range, years_text

__all__ = ["FIELDS", "STATES", "Filter", "Query", "Years", "identifier", "parse", "year_range"]

FIELDS = (
    "author",
    "title",
    "cat",
    "stage",
    "resource",
    "cell",
    "technique",
    "year",
    "is",
    "night",
    "id",
)
_LONGEST = 10_000
_ALSO_CALLED = {
    "authors": "author",
    "category": "cat",
    "categories": "cat",
    "state": "is",
    "status": "is",
    "tech": "technique",
    "techniques": "technique",
    "stages": "stage",
    "resources": "resource",
    "cells": "cell",
    "years": "year",
    "arxiv": "id",
}
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_FIELD = re.compile(r"(-?)([A-Za-z]{2,}):(?=[^\s:/])")
_VALUE = re.compile(r'"([^"]*)"?|[^\s,"]+')
_PLAIN = re.compile(r"\w[\w.'+/-]*")  # is taken as it is, wherever it stands
_IDENTIFIER = re.compile(r"(?<!\d)(?<!\d\.)\d{4}\.\d{4,5}(?:v\d+)?(?!\d)")


@dataclass(frozen=True, slots=True)
class Filter:
    """What papers must fulfil.

    Attributes
    ----------
    field : str
        One of `FIELDS`.
    values : tuple of str
        In the form that the index and the taxonomy use; a paper needs one of them.
    negated : bool
        A paper must have none of them.
    """

    field: str
    values: tuple[str, ...]
    negated: bool = False

    def __str__(self) -> str:
        values = ",".join(_quoted(value) for value in self.values)
        return f"{'-' if self.negated else ''}{self.field}:{values}"


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart.

    Attributes
    ----------
    text : str
        As typed, whitespace normalised.
    words : tuple of str
        What stands outside quotes and fields, as typed.
    phrases : tuple of str
        What stood in quotes.
    excluded : tuple of str
        Words and phrases that must not stand in a paper.
    filters : tuple of Filter
        All must be fulfilled. Field "year" is here only where `years` cannot say it: several
        ranges, or a negated one (see `year_range`).
    years : (int or None, int or None) or None
        First and last year of publication.
    paper_id : str or None
        The arXiv id, without version, if the query is one or a link to one.
    quoted : str or None
        The text, if the whole query is one text in quotes: a title, perhaps.
    asked : str
        Words, phrases and wanted title words in the order of the query: what ranking goes by.
    """

    text: str = field(default="", compare=False)
    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    years: Years | None = None
    paper_id: str | None = None
    quoted: str | None = None
    asked: str = field(default="", compare=False)

    @property
    def free(self) -> str:
        """The words, one space between them."""
        return " ".join(self.words)

    @property
    def titles(self) -> tuple[str, ...]:
        """What the title must hold, were it said by ``title:``."""
        return tuple(
            value
            for one in self.filters
            if one.field == "title" and not one.negated
            for value in one.values
        )

    def __str__(self) -> str:
        """Write the query in its canonical form, which is parsed to an equal query."""
        if self.paper_id is not None and not self.filters:
            return self.paper_id
        parts = [*self.words]
        parts += [f'"{phrase}"' for phrase in self.phrases]
        parts += [f"-{_quoted(text)}" for text in self.excluded]
        parts += [str(one) for one in self.filters]
        if self.years is not None:
            parts.append(f"year:{years_text(self.years)}")
        return " ".join(parts)


def parse(text: str, *, taxonomy: Taxonomy, categories: Collection[str] | None = None) -> Query:
    """Take a query apart.

    Parameters
    ----------
    text : str
        What somebody typed or pasted.
    taxonomy : Taxonomy
        Names of stages, resources, cells and techniques; matched leniently.
    categories : collection of str, optional
        The arXiv categories that papers have; without it every well-formed one is taken.

    Raises
    ------
    InputError
        For an unknown field or a value that its field does not have; the message names near
        or all possible ones.
    """
    text = normalise_space(text)
    if len(text) > _LONGEST:
        raise InputError(f"a query has at most {_LONGEST:,} characters, this one {len(text):,}")
    paper_id = _whole_identifier(text)
    if paper_id is not None:
        return Query(text=text, paper_id=paper_id, asked="")
    building = _Building(FieldValues(taxonomy, categories))
    building.read(text.translate(_QUOTES))
    return building.query(text)


def identifier(text: str) -> str:
    """Read an arXiv id, without version, from an id or a link to a paper, here or elsewhere.

    Raises
    ------
    InputError
        There is none in it.
    """
    found = _whole_identifier(text.strip())
    return parse_arxiv_id(text).id if found is None else found


def _quoted(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else f'"{value}"'


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _whole_identifier(text: str) -> str | None:
    """The arXiv id if the text is nothing but one, or a link that holds one."""
    if not text or " " in text:
        return None
    if re.match(r"https?://|(?:doi:)?10\.48550/|(?:www\.)?[\w-]+\.\w+/", text, re.IGNORECASE):
        found = _IDENTIFIER.search(text)
        if found is not None:
            text = found.group()
    try:
        return parse_arxiv_id(text).id
    except InputError:
        return None


class _Building:
    """Reads a query from left to right."""

    def __init__(self, values: FieldValues) -> None:
        self._values = values
        self._words: list[str] = []
        self._phrases: list[str] = []
        self._excluded: list[str] = []
        self._filters: list[Filter] = []
        self._years: Years | None = None
        self._asked: list[str] = []

    def read(self, text: str) -> None:
        at = 0
        while at < len(text):
            if text[at] == " ":
                at += 1
                continue
            at = self._field(text, at) or self._term(text, at)

    def _field(self, text: str, at: int) -> int | None:
        """Read a field with its values; None if none begins here."""
        match = _FIELD.match(text, at)
        if match is None:
            return None
        minus, typed = match.groups()
        name = _ALSO_CALLED.get(typed.lower(), typed.lower())
        if name not in FIELDS:
            if not typed.islower():
                return None  # the beginning of a title, such as LoRA:low-rank ...
            near = get_close_matches(name, (*FIELDS, *_ALSO_CALLED), n=1, cutoff=0.6)
            meant = f"; did you mean {_ALSO_CALLED.get(near[0], near[0])}:?" if near else "."
            raise InputError(
                f"unknown field {typed!r}{meant} Known fields: {', '.join(FIELDS)}. "
                f'To look for the text itself, put it in quotes: "{typed}:..."'
            )
        given, at = _values(text, match.end())
        if not given:
            raise InputError(f"{name}: needs a value right behind the colon")
        self._add(name, given, negated=bool(minus))
        return at

    def _add(self, name: str, given: list[str], *, negated: bool) -> None:
        values = tuple(dict.fromkeys(self._values.read(name, value) for value in given))
        if name == "year" and not negated and len(values) == 1:
            self._narrow(year_range(values[0]))
            return
        if name == "title" and not negated:
            self._asked += values
        made = Filter(name, values, negated)
        if made not in self._filters:
            self._filters.append(made)

    def _narrow(self, years: Years) -> None:
        first, last = self._years or (None, None)
        firsts = [year for year in (first, years[0]) if year is not None]
        lasts = [year for year in (last, years[1]) if year is not None]
        narrowed = (max(firsts, default=None), min(lasts, default=None))
        if narrowed[0] is not None and narrowed[1] is not None and narrowed[0] > narrowed[1]:
            raise InputError(
                f"no year is in {years_text((first, last))} and in {years_text(years)}: "
                "for one or the other write year:2023,2025"
            )
        self._years = narrowed

    def _term(self, text: str, at: int) -> int:
        """Read a word or a phrase, excluded or not."""
        start = at
        minus = text[at] == "-" and text[at + 1 : at + 2] not in ("", " ", "-")
        at += minus
        quote = text[at] == '"'
        end = text.find('"' if quote else " ", at + 1)
        end = len(text) if end < 0 else end
        # A quote that nobody closed yet lasts until the end: people look while they type.
        found = normalise_space(text[at + 1 : end]) if quote else text[at:end]
        if minus and not quote:
            found = found.replace('"', "")
        if not (words(found) if quote or minus else _says_something(found)):
            pass  # nothing that a paper could hold
        elif minus:
            self._excluded.append(found)
        else:
            (self._phrases if quote else self._words).append(found)
            self._asked.append(found)
        return max(end + quote, start + 1)

    def query(self, text: str) -> Query:
        only = self._phrases[0] if len(self._phrases) == 1 else None
        if self._words or self._excluded or self._filters or self._years:
            only = None
        paper_id = None
        if len(self._words) == 1 and not (
            self._phrases or self._excluded or self._filters or self._years
        ):
            paper_id = _whole_identifier(self._words[0])
            if paper_id is not None:
                return Query(text=text, paper_id=paper_id)
        if self._filters and len(self._filters) == 1 and self._filters[0].field == "id":
            one = self._filters[0]
            if len(one.values) == 1 and not (one.negated or self._asked or self._years):
                paper_id = one.values[0]
        return Query(
            text=text,
            words=tuple(self._words),
            phrases=tuple(self._phrases),
            excluded=tuple(dict.fromkeys(self._excluded)),
            filters=tuple(self._filters),
            years=self._years,
            paper_id=paper_id,
            quoted=only,
            asked=" ".join(self._asked),
        )


def _values(text: str, at: int) -> tuple[list[str], int]:
    """Read values with commas between them."""
    given: list[str] = []
    for match in _following(text, at):
        value = match.group() if match.group(1) is None else match.group(1)
        at = match.end()
        if _says_something(value):
            given.append(value)
        if text[at : at + 1] == ",":
            at += 1
    return given, at


def _following(text: str, at: int) -> Iterator[re.Match[str]]:
    while True:
        while text[at : at + 1] == ",":
            at += 1
        match = _VALUE.match(text, at)
        if match is None:
            return
        yield match
        at = match.end()
        if text[at : at + 1] != ",":
            return
