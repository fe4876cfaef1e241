"""Surfaces and terms by number while postings are built.

Every distinct surface is analysed once; texts become arrays of surface numbers, and these are
turned into terms by numpy, a run at a time.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from litmine.index.text import analyse, fold, surfaces

__all__ = ["END_OF_FIELD", "Vocabulary"]

#: Number of the surface, and of the term, that ends a field.
END_OF_FIELD = 0

_SURFACES_KEPT = 1_000_000
_SPELLINGS_KEPT = 400_000


class Vocabulary:
    """Numbers for surfaces and terms.

    Attributes
    ----------
    terms : dict of str to int
        From 1, in the order of appearance.
    """

    def __init__(self) -> None:
        self.terms: dict[str, int] = {}
        self._spellings: Counter[str] = Counter()
        self._forget()

    def _forget(self) -> None:
        self._surfaces = _Numbers(self._learn)
        self._surfaces[""] = END_OF_FIELD
        # Terms of all surfaces one behind another, and where those of each surface begin.
        self._words, self._words_from = array("I", [END_OF_FIELD]), array("I", [0, 1])
        self._compounds, self._compounds_from = array("I"), array("I", [0, 0])
        self._times = np.zeros(1, dtype=np.int64)

    def numbers(self, text: str) -> list[int]:
        """Cut a text into surfaces, by number."""
        return list(map(self._surfaces.__getitem__, surfaces(text)))

    def term(self, term: str) -> int:
        """Give the number of a term."""
        return self.terms.setdefault(term, len(self.terms) + 1)

    def words_of(self, numbers: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Turn surfaces into the words that they are made of, in order."""
        return _expanded(numbers, self._words, self._words_from)[0]

    def compounds_of(
        self, numbers: NDArray[np.uint32]
    ) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Turn surfaces into compounds, each with the index of its surface in `numbers`."""
        return _expanded(numbers, self._compounds, self._compounds_from)

    def count(self, numbers: NDArray[np.uint32]) -> None:
        """Count a run's surfaces; afterwards numbers that were given out may be void."""
        times = np.bincount(numbers, minlength=len(self._surfaces))
        times[: len(self._times)] += self._times
        self._times = times
        if len(self._surfaces) >= _SURFACES_KEPT:
            self._spellings = Counter(dict(self._counted().most_common(_SPELLINGS_KEPT)))
            self._forget()

    def spellings(self) -> list[tuple[str, int]]:
        """List words as texts write them, folded, with how often they stand there; sorted."""
        return sorted(self._counted().most_common(_SPELLINGS_KEPT))

    def _counted(self) -> Counter[str]:
        counted = self._spellings.copy()
        for surface, times in zip(self._surfaces, self._times.tolist(), strict=True):
            if len(surface) > 2 and not surface.startswith("\\") and not surface.isdigit():
                counted[fold(surface)] += times
        return counted

    def _learn(self, surface: str) -> None:
        taken = analyse(surface)
        self._words.extend([self.term(token.term) for token in taken.words])
        self._compounds.extend([self.term(token.term) for token in taken.compounds])
        self._words_from.append(len(self._words))
        self._compounds_from.append(len(self._compounds))


class _Numbers(dict[str, int]):
    """Numbers in the order of first use; `learn` hears of every new one."""

    def __init__(self, learn: Callable[[str], None]) -> None:
        super().__init__()
        self._learn = learn

    def __missing__(self, surface: str) -> int:
        number = self[surface] = len(self)
        self._learn(surface)
        return number


def _expanded(
    numbers: NDArray[np.uint32], terms: array[int], begins: array[int]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    begin = np.array(begins, dtype=np.int64)
    size = np.diff(begin)[numbers]
    source = np.repeat(np.arange(len(numbers)), size)
    before = np.cumsum(size) - size
    at = np.arange(len(source)) + np.repeat(begin[numbers] - before, size)
    return np.array(terms, dtype=np.uint32)[at], source
