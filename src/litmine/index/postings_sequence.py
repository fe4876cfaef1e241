"""The words of every paper in order, and where in them frequent words stand: exact phrases.

All papers lie one behind another as term numbers from 1; 0 ends each title and each abstract, so
that no phrase crosses a field. For a word that stands in many places these are kept, too (as gaps
of 16 bits): a phrase is then looked for around its rarest word, at the cost of the places of that
word, whatever the size of the papers. The places of rarer words are found in the papers that hold
the whole phrase somehow.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from litmine.index.postings_file import ArrayFile, ArrayWriter, make_room

__all__ = ["Sequences", "decode_gaps", "encode_gaps", "write_sequences"]

# From here on the places of a word are kept; below, some thousand papers are read instead.
_PLACES_FROM = 2_048
_FILLER = 0xFFFF
_WORDS_AT_ONCE = 3_000_000
_ROWS_AT_ONCE = 4_096


def write_sequences(
    writer: ArrayWriter,
    temporary: Path,
    place: NDArray[np.uint32],
    lengths: NDArray[np.uint32],
) -> None:
    """Write the words of all papers.

    Parameters
    ----------
    temporary : Path
        File of uint32: the words by temporary number. A second file beside it is made and removed.
    place : ndarray of uint32
        Final number of every temporary one; 0 stays 0.
    lengths : ndarray of uint32, shape (rows, 2)
        Words of title and abstract.
    """
    ends = np.cumsum(lengths.sum(axis=1, dtype=np.int64) + 2)
    total = int(ends[-1]) if len(ends) else 0
    sequence = writer.reserve("sequence", np.uint32, (total,))
    counts = np.zeros(len(place), dtype=np.int64)
    with open(temporary, "rb") as stream:
        for first in range(0, total, _WORDS_AT_ONCE):
            piece = place[np.fromfile(stream, np.uint32, _WORDS_AT_ONCE)]
            sequence[first : first + len(piece)] = piece
            counts += np.bincount(piece, minlength=len(counts))
    counts[0] = 0
    writer.done("sequence", sequence)
    writer.add("sequence_ends", ends)
    frequent = np.flatnonzero(counts >= _PLACES_FROM)
    writer.add("frequent", frequent.astype(np.uint32))
    starts = np.concatenate([[0], np.cumsum(counts[frequent])])
    spill = temporary.with_suffix(".places")
    gaps: list[NDArray[np.uint16]] = []
    if len(frequent):
        with open(spill, "w+b") as stream:
            make_room(stream, 0, 8 * int(starts[-1]))
            places = np.memmap(stream, np.int64, "r+", shape=(int(starts[-1]),))
        _fill_places(places, sequence, frequent, starts)
        gaps = [encode_gaps(places[first:end]) for first, end in pairwise(starts.tolist())]
        del places
        spill.unlink()
    writer.add("gaps_ends", np.cumsum([0, *map(len, gaps)], dtype=np.int64))
    writer.add("gaps", np.concatenate([np.zeros(0, dtype=np.uint16), *gaps]))


def _fill_places(
    places: NDArray[np.int64],
    sequence: NDArray[np.uint32],
    frequent: NDArray[np.int64],
    starts: NDArray[np.int64],
) -> None:
    """Sort the places of frequent words by word, in pieces that fit into memory."""
    number = np.full(int(frequent[-1]) + 1, -1, dtype=np.int32)
    number[frequent] = np.arange(len(frequent))
    free = starts[:-1].copy()
    for first in range(0, len(sequence), _WORDS_AT_ONCE):
        piece = np.asarray(sequence[first : first + _WORDS_AT_ONCE])
        known = np.flatnonzero(piece < len(number))
        words = number[piece[known]]
        known, words = known[words >= 0], words[words >= 0]
        order = np.argsort(words, kind="stable")
        words, where = words[order], known[order] + first
        count = np.bincount(words, minlength=len(free))
        before = np.cumsum(count) - count
        places[(free - before)[words] + np.arange(len(words))] = where
        free += count


def encode_gaps(places: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Write ascending places as 16-bit gaps; a larger gap is preceded by fillers."""
    gaps = np.diff(places, prepend=np.int64(0))
    fillers = gaps // _FILLER
    coded = np.full(len(gaps) + int(fillers.sum()), _FILLER, dtype=np.uint16)
    coded[np.cumsum(fillers) + np.arange(len(gaps))] = gaps % _FILLER
    return coded


def decode_gaps(coded: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Give the places that `encode_gaps` wrote."""
    places: NDArray[np.int64] = np.cumsum(coded, dtype=np.int64)[coded != _FILLER]
    return places


class Sequences:
    """The words of the papers of one segment."""

    def __init__(self, file: ArrayFile, lengths: NDArray[np.uint32]) -> None:
        self._lengths = lengths
        self._words: NDArray[np.uint32] = file.array("sequence")
        self._ends: NDArray[np.int64] = file.array("sequence_ends")
        self._frequent: NDArray[np.uint32] = file.array("frequent")
        self._gaps: NDArray[np.uint16] = file.array("gaps")
        self._gaps_ends: NDArray[np.int64] = file.array("gaps_ends")

    def of(self, row: int) -> tuple[list[int], list[int]]:
        """Give the term numbers of a paper's title and abstract."""
        title, abstract = (int(n) for n in self._lengths[row])
        end = int(self._ends[row]) - 1
        both = self._words[end - abstract - title - 1 : end].tolist()
        return both[:title], both[title + 1 :]

    def places(self, term: int) -> NDArray[np.int64] | None:
        """Where a term stands, ascending; None where that is not kept."""
        at = int(np.searchsorted(self._frequent, term))
        if at == len(self._frequent) or self._frequent[at] != term:
            return None
        return decode_gaps(self._gaps[self._gaps_ends[at] : self._gaps_ends[at + 1]])

    def places_in(self, term: int, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where a term stands in the given papers (ascending), read from their words."""
        found = [np.zeros(0, dtype=np.int64)]
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[first : first + _ROWS_AT_ONCE]
            sizes = self._lengths[some].sum(axis=1, dtype=np.int64) + 2
            shift = self._ends[some] - np.cumsum(sizes)
            where = np.repeat(shift, sizes) + np.arange(int(sizes.sum()))
            found.append(where[self._words[where] == term])
        return np.concatenate(found)

    def rows_with(
        self,
        terms: Sequence[int],
        anchor: int,
        places: NDArray[np.int64],
        *,
        title_only: bool = False,
    ) -> NDArray[np.int64]:
        """List the papers where terms stand side by side, given where one of them stands.

        Parameters
        ----------
        terms : sequence of int
            Term numbers, none 0.
        anchor : int
            Which of `terms` stands at `places`.
        title_only : bool
            Whether abstracts do not count.
        """
        begin = places - anchor
        begin = begin[(begin >= 0) & (begin <= len(self._words) - len(terms))]
        for step, term in enumerate(terms):
            if step != anchor:
                begin = begin[self._words[begin + step] == term]
        rows = np.searchsorted(self._ends, begin, side="right")
        if title_only:
            rows = rows[begin < self._ends[rows] - self._lengths[rows, 1] - 2]
        # Quicker than sorting what repeats.
        hit = np.zeros(len(self._ends), dtype=np.bool_)
        hit[rows] = True
        return np.flatnonzero(hit)
