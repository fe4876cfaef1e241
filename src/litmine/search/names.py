"""Papers that a query may name: by what stands before a title's colon, a whole title, a new word.

Ranking by words and meaning finds what is about something. Who types ``Mamba`` wants the paper of
that name, not those that say the word most often; this tells how surely a paper is the one meant.

The constants were chosen on half of the names of ``tests/bench/search_names.py`` and on headings of
public lists, which are topics and must not be taken for names; ``docs/search-quality.md`` has the
figures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from litmine.index.names import joined
from litmine.index.text import words

if TYPE_CHECKING:
    from litmine.index.segment import Segment
    from litmine.search.rows import Rows

__all__ = ["meant"]

Places = NDArray[np.int64]

#: A longer query describes something, or is a whole title, which its words find.
_MOST_WORDS = 12
#: How surely a later paper is meant where the earliest of the same name counts 1.
_LATER = 0.5
#: What abstracts or title words tell where a title is the name: little beside it.
_BESIDE_BETTER = 0.5
#: What more papers coin, or have in their titles, names none of them.
_MOST_ALIKE = 20
#: Where so many papers hold the rarest of several words, their places are not looked through: that
#: would take milliseconds, and they are a topic.
_MOST_HOLDING = 30_000
#: How surely n papers are meant that coin a word, or have words side by side in their titles:
#: n to the minus this. Words side by side are mostly a topic as soon as two papers have them.
_COINED, _SIDE_BY_SIDE = 0.5, 2.0


def meant(rows: Rows, text: str, allowed: NDArray[np.bool_]) -> tuple[Places, NDArray[np.float32]]:
    """Tell which of the allowed papers a query may name, and how surely.

    Most surely the earliest paper whose title begins with the query and a colon or is the query;
    then the earliest whose abstract coins it, then those that have it word for word in their title.

    Returns
    -------
    places : ndarray of int64, shape (n,)
        Ascending.
    sure : ndarray of float32, shape (n,)
        From 0 to 1.
    """
    terms = words(text)
    name = joined(text)
    if not name or not 1 <= len(terms) <= _MOST_WORDS:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    sure: dict[int, float] = {}

    def add(found: Places, most: float, *, earliest: bool) -> None:
        first = _earliest(rows, found) if earliest else -1
        for place in found.tolist():
            share = 1.0 if place == first or not earliest else _LATER
            sure[place] = max(sure.get(place, 0.0), most * share)

    beside = np.zeros(0, np.int64)
    if len(terms) == 1 or min(map(rows.stats.frequency, terms)) <= _MOST_HOLDING:
        beside = _places(rows, allowed, lambda one: one.postings.phrase(terms, title_only=True))
    coined = _places(rows, allowed, lambda one: one.postings.key(f"coin:{name}"))
    titled = _places(rows, allowed, lambda one: one.postings.key(f"name:{name}"))
    if len(beside) > _MOST_ALIKE:
        # The words are in use as they stand: "Qu-ANTI-zation: ..." is not meant by quantization.
        begins = [_begins(rows, place, terms) for place in titled.tolist()]
        titled = titled[np.array(begins, bool)]
    titled = np.union1d(titled, beside[_title_lengths(rows, beside) == len(terms)])
    if len(titled):
        add(titled, 1.0, earliest=True)
    for found, falls, earliest in (
        (coined, _COINED, True),
        (beside, _SIDE_BY_SIDE, len(terms) == 1),
    ):
        if 0 < len(found) <= _MOST_ALIKE:
            most = _BESIDE_BETTER if sure else 1.0
            add(found, most * float(len(found)) ** -falls, earliest=earliest)
    places = np.array(sorted(sure), np.int64)
    return places, np.array([sure[place] for place in places.tolist()], np.float32)


def _places(rows: Rows, allowed: NDArray[np.bool_], of: Callable[[Segment], Places]) -> Places:
    found = [np.zeros(0, np.int64)]
    for segment, start in zip(rows.segments, rows.starts[:-1].tolist(), strict=True):
        found.append(of(segment) + start)
    places = np.concatenate(found)
    return places[allowed[places]]


def _begins(rows: Rows, place: int, terms: list[str]) -> bool:
    number, row = rows.owner(place)
    return rows.segments[number].postings.sequence(row)[0][: len(terms)] == terms


def _title_lengths(rows: Rows, places: Places) -> Places:
    """Words of the papers' titles."""
    return _looked_up(rows, places, lambda one, own: one.postings.lengths[own, 0])


def _earliest(rows: Rows, places: Places) -> int:
    """The paper submitted first; one of unknown day comes last."""
    days = _looked_up(rows, places, lambda one, own: one.facts.day[own])
    return int(places[np.argmin(np.where(days < 0, np.iinfo(np.int64).max, days))])


def _looked_up(rows: Rows, places: Places, of: Callable[[Segment, Places], NDArray[Any]]) -> Places:
    """A number of each of the papers, in the order of `places`."""
    found = np.zeros(len(places), np.int64)
    for (inside, own), segment in zip(rows.split(places), rows.segments, strict=True):
        found[inside] = of(segment, own)
    return found
