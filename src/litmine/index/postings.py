"""Which papers hold which words: memory-mapped postings, BM25F scores, exact phrases.

Reading is thread-safe: nothing but caches changes after opening.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.index.base import Damaged
from litmine.index.bm25f import BM25F, Bm25f, ImpactCache, Norms, Stats
from litmine.index.postings_build import FILE_NAME, VERSION, write_postings
from litmine.index.postings_file import ArrayFile
from litmine.index.postings_sequence import Sequences
from litmine.index.postings_strings import Strings
from litmine.index.text import fold, name_terms

__all__ = ["BM25F", "Bm25f", "Postings", "Stats", "write_postings"]

Rows = NDArray[np.int64]

# Impacts of rarer terms are computed afresh: that costs microseconds.
_CACHED_FROM = 4_096
# Room for the impacts of some seventy frequent words at 218,000 papers, and for 24 at any number.
_CACHED_BYTES = 64 << 20
_CACHED_LISTS = 24
_SPANS_KEPT = 16_384


class Postings:
    """The postings of one segment; rows are numbered from 0.

    Attributes
    ----------
    rows : int
        Number of papers.
    lengths : ndarray of uint32, shape (rows, 2)
        Words of title and abstract.
    total_length : tuple of int
        Words in all titles and in all abstracts.
    """

    def __init__(self, file: ArrayFile) -> None:
        if file.facts.get("version") != VERSION:
            raise Damaged("the search index is of another version: run litmine index rebuild")
        self._file = file
        self.rows = int(file.facts["rows"])
        self.lengths: NDArray[np.uint32] = file.array("lengths")
        title, abstract = file.facts["total_length"]
        self.total_length: tuple[int, int] = (int(title), int(abstract))
        self._terms = Strings(file, "terms")
        self._starts: NDArray[np.int64] = file.array("starts")
        self._rows: NDArray[np.uint32] = file.array("rows")
        self._codes: NDArray[np.uint8] = file.array("codes")
        # Not a method: a cache that held its own object would keep old files mapped.
        self._span = lru_cache(_SPANS_KEPT)(partial(_span, self._terms, self._starts))
        self._sequences = Sequences(file, self.lengths)
        self._spellings = Strings(file, "spellings")
        self._spelling_counts: NDArray[np.uint32] = file.array("spelling_counts")
        sizes = (len(self.lengths), len(self._starts), int(self._starts[-1]))
        if sizes != (self.rows, len(self._terms) + 1, len(self._rows)):
            raise Damaged("the search index contradicts itself: run litmine index rebuild")
        self._norms: tuple[Any, Norms] | None = None
        self._impacts = ImpactCache(max(_CACHED_BYTES, _CACHED_LISTS * 4 * self.rows))

    @classmethod
    def open(cls, folder: Path) -> Postings:
        """Open the postings in a folder, memory-mapped.

        Raises
        ------
        Damaged
            If they are missing, cut off or of another version: build them again.
        """
        return cls(ArrayFile(Path(folder) / FILE_NAME))

    def verify(self) -> None:
        """Compare the whole file with its checksums; raises `Damaged` if one differs."""
        self._file.verify()

    def frequency(self, term: str) -> int:
        """Count the papers that hold a term."""
        first, end = self._span(term)
        return end - first

    def scores(
        self, weights: Mapping[str, float], stats: Stats, bm25f: Bm25f = BM25F
    ) -> NDArray[np.float32]:
        """Score every paper for weighted terms.

        Returns
        -------
        ndarray of float32, shape (rows,)
            Sum over terms of weight, idf and saturated count; 0 for papers with none of them.
        """
        total = np.zeros(self.rows, dtype=np.float32)
        for term, weight in weights.items():
            first, end = self._span(term)
            if first == end or not weight:
                continue
            factor = np.float32(weight * stats.idf(term))
            impact = self._impact(first, end, stats, bm25f)
            if len(impact) == self.rows:
                total += impact * factor
            else:
                total[self._rows[first:end]] += impact * factor
        return total

    def scores_at(
        self,
        weights: Mapping[str, float],
        stats: Stats,
        rows: NDArray[Any],
        bm25f: Bm25f = BM25F,
    ) -> NDArray[np.float32]:
        """Score the given papers alone; equal to ``scores(...)[rows]``.

        Parameters
        ----------
        rows : ndarray of int
            Row numbers in any order.
        """
        rows = np.asarray(rows, dtype=np.int64)
        total = np.zeros(len(rows), dtype=np.float32)
        norms = self._field_norms(stats, bm25f)
        for term, weight in weights.items():
            first, end = self._span(term)
            if first == end or not weight or not len(rows):
                continue
            held = self._rows[first:end]
            at = np.searchsorted(held, rows.astype(np.uint32))
            at[at == len(held)] = 0
            here = np.flatnonzero(held[at] == rows)
            impact = norms.impacts(self._codes[first:end][at[here]], rows[here])
            total[here] += impact * np.float32(weight * stats.idf(term))
        return total

    def holding(self, terms: Iterable[str]) -> Rows:
        """List the rows that hold all of the terms, ascending; none for no terms."""
        spans = sorted((self._span(term) for term in set(terms)), key=lambda s: s[1] - s[0])
        if not spans:
            return np.zeros(0, dtype=np.int64)
        found: NDArray[np.uint32] = self._rows[slice(*spans[0])]
        for first, end in spans[1:]:
            if not len(found) or first == end:
                return np.zeros(0, dtype=np.int64)
            held = self._rows[first:end]
            at = np.searchsorted(held, found)
            at[at == len(held)] = 0
            found = found[held[at] == found]
        return found.astype(np.int64)

    def phrase(self, terms: Sequence[str], *, title_only: bool = False) -> Rows:
        """List the rows where the terms stand side by side in one field, ascending.

        Parameters
        ----------
        terms : sequence of str
            As `litmine.index.text.words` cuts a phrase, stopwords included.
        title_only : bool
            Whether the field must be the title.
        """
        spans = [self._span(term) for term in terms]
        if not spans or any(first == end for first, end in spans):
            return np.zeros(0, dtype=np.int64)
        if len(spans) == 1:
            one = slice(*spans[0])
            rows = self._rows[one]
            # The upper four bits count the title.
            return (rows[self._codes[one] > 15] if title_only else rows).astype(np.int64)
        ids = [self._terms.find(term) + 1 for term in terms]
        anchor = min(range(len(ids)), key=lambda i: spans[i][1] - spans[i][0])
        places = self._sequences.places(ids[anchor])
        if places is None:
            places = self._sequences.places_in(ids[anchor], self.holding(terms))
        return self._sequences.rows_with(ids, anchor, places, title_only=title_only)

    def sequence(self, row: int) -> tuple[list[str], list[str]]:
        """Give the terms of a paper's title and abstract, in order, stopwords too."""
        title, abstract = self._sequences.of(row)
        return [self._terms.get(i - 1) for i in title], [self._terms.get(i - 1) for i in abstract]

    def key(self, key: str) -> Rows:
        """List the rows with a key, ascending.

        Parameters
        ----------
        key : str
            ``cat:cs.lg``, ``cat:cs``, ``author:lecun`` (any word of a name) or
            ``author:yann lecun`` (first and last word of one name).
        """
        return self.holding([key])

    def author(self, name: str) -> Rows:
        """List the rows with an author of this name, ascending.

        One word is looked for in all names; of several, the outer two must be first and last word
        of one author's name, in either order, and those between must stand in some name.
        """
        parts = name_terms(name)
        if len(parts) < 2:
            return self.key(f"author:{parts[0]}") if parts else np.zeros(0, dtype=np.int64)
        rows = np.union1d(
            self.key(f"author:{parts[0]} {parts[-1]}"), self.key(f"author:{parts[-1]} {parts[0]}")
        )
        for middle in parts[1:-1]:
            rows = np.intersect1d(rows, self.key(f"author:{middle}"), assume_unique=True)
        return rows

    def complete(self, prefix: str, limit: int = 8) -> list[str]:
        """List words as papers write them that begin with `prefix`, the most frequent first."""
        wanted = fold(prefix)
        if not wanted or limit < 1:
            return []
        first, end = self._spellings.beginning(wanted)
        counts = self._spelling_counts[first:end].astype(np.int64)
        best = np.argsort(-counts, kind="stable")[:limit]
        return [self._spellings.get(first + int(i)) for i in best]

    def _field_norms(self, stats: Stats, bm25f: Bm25f) -> Norms:
        key = (stats.rows, stats.total_length, bm25f)
        held = self._norms
        if held is None or held[0] != key:
            self._norms = held = (key, Norms(self.lengths, stats, bm25f))
        return held[1]

    def _impact(self, first: int, end: int, stats: Stats, bm25f: Bm25f) -> NDArray[np.float32]:
        """Impacts on the rows of one list, or on all rows where a good part holds the term."""
        key = (first, stats.rows, stats.total_length, bm25f)
        often = end - first >= _CACHED_FROM
        held = self._impacts.get(key) if often else None
        if held is not None:
            return held
        rows = self._rows[first:end]
        impact = self._field_norms(stats, bm25f).impacts(self._codes[first:end], rows)
        if len(rows) * 8 > self.rows:  # adding to all rows in order is faster by then
            full = np.zeros(self.rows, dtype=np.float32)
            full[rows] = impact
            impact = full
        if often:
            self._impacts.put(key, impact)
        return impact


def _span(terms: Strings, starts: NDArray[np.int64], term: str) -> tuple[int, int]:
    """Where the postings of a term begin and end; nowhere for a term that no paper holds."""
    at = terms.find(term)
    return (0, 0) if at < 0 else (int(starts[at]), int(starts[at + 1]))
