"""Which papers hold which words: memory-mapped postings, BM25F scores, exact phrases.

Scores follow BM25F in the form of Zaragoza et al. (2004): how often a term stands in title and
abstract, each count divided by a normalised length of its own field, is weighted and added up
*before* the saturation, so that a term in both fields counts once. The inverse document frequency
is that of the whole index, whatever part of it a segment holds (`Stats`).

Reading is thread-safe: nothing but caches changes after opening.
"""

from __future__ import annotations

import bisect
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.index.postings_build import FILE_NAME, VERSION, write_postings
from litmine.index.postings_file import ArrayFile, DamagedIndex
from litmine.index.text import fold, name_terms

__all__ = ["BM25F", "Bm25f", "DamagedIndex", "Postings", "Stats", "write_postings"]

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bm25f:
    """Constants of the scores.

    Attributes
    ----------
    k1 : float
        How fast further occurrences of a term stop counting.
    title_weight : float
        What one occurrence in the title counts, where one in the abstract counts 1.
    title_b, abstract_b : float
        From 0 (length of the field does not matter) to 1 (only the density of a term does).
    """

    k1: float = 1.2
    title_weight: float = 2.0
    title_b: float = 0.5
    abstract_b: float = 0.75


BM25F = Bm25f()


@dataclass(frozen=True)
class Stats:
    """What the scores need to know of the whole index.

    Attributes
    ----------
    rows : int
        Papers.
    total_length : tuple of int
        Words in all titles and in all abstracts.
    frequency : callable
        Number of papers that hold a term.
    """

    rows: int
    total_length: tuple[int, int]
    frequency: Callable[[str], int]

    @classmethod
    def of(cls, parts: Sequence[Postings]) -> Stats:
        """Add up the parts of an index."""
        return cls(
            sum(part.rows for part in parts),
            (
                sum(part.total_length[0] for part in parts),
                sum(part.total_length[1] for part in parts),
            ),
            lambda term: sum(part.frequency(term) for part in parts),
        )

    def idf(self, term: str) -> float:
        """Weigh a term by how few papers hold it; never negative."""
        held = self.frequency(term)
        return log(1 + (self.rows - held + 0.5) / (held + 0.5))


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

    # Enough for the impacts of a hundred frequent words at 218,000 papers.
    _CACHED_BYTES = 64 << 20
    # Impacts of rarer terms are computed afresh: that costs microseconds.
    _CACHED_FROM = 4096

    def __init__(self, file: ArrayFile) -> None:
        if file.facts.get("version") != VERSION:
            raise DamagedIndex("the search index is of another version: run litmine index rebuild")
        self._file = file
        self.rows = int(file.facts["rows"])
        self.lengths: NDArray[np.uint32] = file.array("lengths")
        title, abstract = self.lengths.sum(axis=0, dtype=np.int64).tolist()
        self.total_length: tuple[int, int] = (title, abstract)
        self._terms = _Strings(file, "terms")
        self._starts: NDArray[np.int64] = file.array("starts")
        self._rows: NDArray[np.uint32] = file.array("rows")
        self._codes: NDArray[np.uint8] = file.array("codes")
        self._sequence: NDArray[np.uint32] = file.array("sequence")
        self._ends: NDArray[np.int64] = file.array("ends")
        self._spellings = _Strings(file, "spellings")
        self._spelling_counts: NDArray[np.uint32] = file.array("spelling_counts")
        if len(self.lengths) != self.rows or len(self._starts) != len(self._terms) + 1:
            raise DamagedIndex("the search index contradicts itself: run litmine index rebuild")
        self._lock = threading.Lock()
        self._norms: tuple[Any, NDArray[np.float32], NDArray[np.float32]] | None = None
        self._impacts: OrderedDict[Any, NDArray[np.float32]] = OrderedDict()
        self._impact_bytes = 0

    @classmethod
    def open(cls, folder: Path) -> Postings:
        """Open the postings in a folder, memory-mapped.

        Raises
        ------
        DamagedIndex
            If they are missing, cut off or of another version: build them again.
        """
        return cls(ArrayFile(Path(folder) / FILE_NAME))

    def verify(self) -> None:
        """Compare the whole file with its checksums; raises `DamagedIndex` if one differs."""
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
        title, abstract = self._field_norms(stats, bm25f)
        for term, weight in weights.items():
            first, end = self._span(term)
            if first == end or not weight or not len(rows):
                continue
            held = self._rows[first:end]
            at = np.searchsorted(held, rows.astype(np.uint32))
            at[at == len(held)] = 0
            here = np.flatnonzero(held[at] == rows)
            found = rows[here]
            impact = _saturated(
                self._codes[first:end][at[here]], title[found], abstract[found], bm25f
            )
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

    def phrase(self, terms: Sequence[str]) -> Rows:
        """List the rows where the terms stand side by side in one field, ascending.

        Parameters
        ----------
        terms : sequence of str
            As `litmine.index.text.words` cuts a phrase, stopwords included.
        """
        rows = self.holding(terms)
        if len(terms) < 2 or not len(rows):
            return rows
        ids = [self._terms.find(term) + 1 for term in terms]
        kept = [
            rows[first : first + _PHRASE_ROWS][
                self._side_by_side(rows[first : first + _PHRASE_ROWS], ids)
            ]
            for first in range(0, len(rows), _PHRASE_ROWS)
        ]
        return np.concatenate(kept)

    def _side_by_side(self, rows: Rows, ids: list[int]) -> NDArray[np.bool_]:
        ends = self._ends[rows]
        sizes = self.lengths[rows].sum(axis=1, dtype=np.int64) + 2
        before = np.cumsum(sizes) - sizes
        flat = self._sequence[np.repeat(ends - sizes - before, sizes) + np.arange(sizes.sum())]
        at = np.flatnonzero(flat[: len(flat) - len(ids) + 1] == ids[0])
        for step, wanted in enumerate(ids[1:], 1):
            at = at[flat[at + step] == wanted]
        # No match crosses a field or a paper: both end with 0, which is no term.
        hit = np.zeros(len(rows), dtype=np.bool_)
        hit[np.searchsorted(before, at, side="right") - 1] = True
        return hit

    def sequence(self, row: int) -> tuple[list[str], list[str]]:
        """Give the terms of a paper's title and abstract, in order, stopwords too."""
        title, abstract = (int(n) for n in self.lengths[row])
        first = int(self._ends[row]) - title - abstract - 2
        ids = self._sequence[first : first + title + abstract + 2].tolist()
        names = [self._terms.get(i - 1) if i else "" for i in ids]
        return names[:title], names[title + 1 : -1]

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

    def _span(self, term: str) -> tuple[int, int]:
        at = self._terms.find(term)
        return (0, 0) if at < 0 else (int(self._starts[at]), int(self._starts[at + 1]))

    def _field_norms(
        self, stats: Stats, bm25f: Bm25f
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What one occurrence in a paper's title and in its abstract counts before saturation."""
        key = (stats.rows, stats.total_length, bm25f)
        norms = self._norms
        if norms is None or norms[0] != key:
            title, abstract = (length / max(stats.rows, 1) for length in stats.total_length)
            norms = (
                key,
                _norm(self.lengths[:, 0], title, bm25f.title_b, bm25f.title_weight),
                _norm(self.lengths[:, 1], abstract, bm25f.abstract_b, 1.0),
            )
            self._norms = norms
        return norms[1], norms[2]

    def _impact(self, first: int, end: int, stats: Stats, bm25f: Bm25f) -> NDArray[np.float32]:
        """Saturated counts of one list: of its rows, or of all rows where most hold the term."""
        key = (first, stats.rows, stats.total_length, bm25f)
        with self._lock:
            held = self._impacts.get(key)
            if held is not None:
                self._impacts.move_to_end(key)
                return held
        title, abstract = self._field_norms(stats, bm25f)
        rows = self._rows[first:end]
        impact = _saturated(self._codes[first:end], title[rows], abstract[rows], bm25f)
        if len(rows) * 8 > self.rows:
            full = np.zeros(self.rows, dtype=np.float32)
            full[rows] = impact
            impact = full
        if len(rows) >= self._CACHED_FROM:
            with self._lock:
                if key not in self._impacts:
                    self._impacts[key] = impact
                    self._impact_bytes += impact.nbytes
                while self._impact_bytes > self._CACHED_BYTES:
                    self._impact_bytes -= self._impacts.popitem(last=False)[1].nbytes
        return impact


# Papers whose words are compared with a phrase at once: some ten megabytes.
_PHRASE_ROWS = 16_384


def _norm(lengths: NDArray[np.uint32], mean: float, b: float, weight: float) -> NDArray[np.float32]:
    relative = lengths / np.float32(max(mean, 1e-9))
    return (np.float32(weight) / (np.float32(1 - b) + np.float32(b) * relative)).astype(np.float32)


def _saturated(
    codes: NDArray[np.uint8],
    title: NDArray[np.float32],
    abstract: NDArray[np.float32],
    bm25f: Bm25f,
) -> NDArray[np.float32]:
    count = _IN_TITLE[codes] * title
    count += _IN_ABSTRACT[codes] * abstract
    impact: NDArray[np.float32] = count * np.float32(bm25f.k1 + 1)
    count += np.float32(bm25f.k1)
    impact /= count
    return impact


_IN_TITLE = (np.arange(256) >> 4).astype(np.float32)
_IN_ABSTRACT = (np.arange(256) & 15).astype(np.float32)


class _Strings:
    """Sorted strings in one run of bytes, looked up by bisection."""

    def __init__(self, file: ArrayFile, name: str) -> None:
        self._ends: NDArray[np.int64] = file.array(f"{name}_ends")
        self._bytes: NDArray[np.uint8] = file.array(name)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def raw(self, index: int) -> bytes:
        return self._bytes[self._ends[index] : self._ends[index + 1]].tobytes()

    def get(self, index: int) -> str:
        return self.raw(index).decode()

    def find(self, string: str) -> int:
        """Index of a string; -1 where it is missing."""
        wanted = string.encode()
        at = self._place(wanted)
        return at if at < len(self) and self.raw(at) == wanted else -1

    def beginning(self, prefix: str) -> tuple[int, int]:
        """Range of the strings that begin with `prefix`."""
        wanted = prefix.encode()
        # 0xFF never stands in UTF-8, so this is behind everything that begins so.
        return self._place(wanted), self._place(wanted + b"\xff")

    def _place(self, wanted: bytes) -> int:
        return bisect.bisect_left(range(len(self)), wanted, key=self.raw)
