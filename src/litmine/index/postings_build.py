"""Building postings: documents stream in, sorted runs go to disk, one pass puts them together.

What stays in memory is the vocabulary and one run (`_RUN_WORDS` words), however many papers come.
"""

from __future__ import annotations

import shutil
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from litmine.index.document import Document
from litmine.index.postings_file import ArrayWriter
from litmine.index.postings_sequence import write_sequences
from litmine.index.postings_strings import write_strings
from litmine.index.text import analyse, fold, name_terms, surfaces

__all__ = ["FILE_NAME", "VERSION", "write_postings"]

FILE_NAME = "postings.bin"
#: Changes with the layout of the file or with what text is cut into.
VERSION = 3
#: A posting says how often a term stands in the title and in the abstract, four bits each.
MOST_COUNTED = 15

_RUN_WORDS = 3_000_000
_SURFACES_KEPT = 600_000
_SPELLINGS_KEPT = 400_000


def write_postings(folder: Path, documents: Iterable[Document]) -> None:
    """Build the postings of `documents`, in their order, in an existing folder.

    Memory stays bounded by the vocabulary; runs go to a folder within `folder` that is removed.
    The file appears when it is complete.
    """
    scratch = Path(tempfile.mkdtemp(prefix=".postings-", dir=folder))
    try:
        with open(scratch / "sequence", "wb") as sequence:
            building = _Building(scratch, sequence)
            for document in documents:
                building.add(document)
            building.end_run()
        building.assemble(folder / FILE_NAME)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class _Building:
    def __init__(self, scratch: Path, sequence: IO[bytes]) -> None:
        self._scratch = scratch
        self._ids: dict[str, int] = {}  # from 1, in the order of appearance; 0 ends a field
        self._known: dict[str, int | tuple[tuple[int, ...], tuple[int, ...]]] = {}
        self._spellings: Counter[str] = Counter()
        self._rows = 0
        self._lengths = array("I")  # title, abstract, title, abstract, ...
        self._sequence = sequence
        self._runs: list[int] = []
        self._begin_run()

    def _begin_run(self) -> None:
        self._first_row = self._rows
        self._words = array("I")
        self._beside: list[int] = []  # compounds and keys: term, field of the run, in turn

    def add(self, document: Document) -> None:
        """Take in one paper."""
        field = 2 * (self._rows - self._first_row)
        self._add_field(document.title, field)
        self._add_field(document.abstract, field + 1)
        self._add_keys(document)
        self._rows += 1
        if len(self._words) >= _RUN_WORDS:
            self.end_run()

    def _add_field(self, text: str, field: int) -> None:
        found = surfaces(text)
        self._spellings.update(found)
        known = self._known
        before = len(self._words)
        append, extend = self._words.append, self._words.extend
        for surface in found:
            entry = known.get(surface)
            if entry is None:
                entry = self._learn(surface)
            if type(entry) is int:
                append(entry)
            else:
                extend(entry[0])
                for term in entry[1]:
                    self._beside += (term, field)
        self._lengths.append(len(self._words) - before)
        append(0)

    def _learn(self, surface: str) -> int | tuple[tuple[int, ...], tuple[int, ...]]:
        if len(self._known) >= _SURFACES_KEPT:
            self._known.clear()
        taken = analyse(surface)
        ids = tuple(self._id(word.term) for word in taken.words)
        beside = tuple(self._id(token.term) for token in taken.compounds)
        entry = ids[0] if len(ids) == 1 and not beside else (ids, beside)
        self._known[surface] = entry
        return entry

    def _id(self, term: str) -> int:
        return self._ids.setdefault(term, len(self._ids) + 1)

    def _add_keys(self, document: Document) -> None:
        keys = {f"cat:{category.lower()}" for category in document.categories}
        keys |= {key.partition(".")[0] for key in keys}
        for author in document.authors:
            parts = name_terms(author)
            keys.update(f"author:{part}" for part in parts)
            if len(parts) > 1:
                keys.add(f"author:{parts[0]} {parts[-1]}")
        field = 2 * (self._rows - self._first_row)
        for key in sorted(keys):
            self._beside += (self._id(key), field)

    def end_run(self) -> None:
        """Sort the run's postings by term and row, and write them down."""
        words = np.array(self._words, dtype=np.uint32)
        words.tofile(self._sequence)
        lengths = np.array(self._lengths[2 * self._first_row :], dtype=np.int64)
        field = np.repeat(np.arange(len(lengths), dtype=np.uint64), lengths + 1)
        keys = (words.astype(np.uint64) << np.uint64(32)) | field
        beside = np.array(self._beside, dtype=np.uint64).reshape(-1, 2)
        keys = np.concatenate([keys[words != 0], (beside[:, 0] << np.uint64(32)) | beside[:, 1]])
        keys.sort()
        name = str(len(self._runs))
        self._runs.append(self._first_row)
        np.savez(self._scratch / f"{name}.npz", **_postings_of(keys))
        self._begin_run()

    def assemble(self, path: Path) -> None:
        """Put the runs together."""
        names = sorted(self._ids)  # by code point, which is also the order of their UTF-8
        place = np.zeros(len(names) + 1, dtype=np.uint32)  # temporary id to final id, both from 1
        place[[self._ids[name] for name in names]] = np.arange(1, len(names) + 1)
        self._ids.clear()
        self._known.clear()
        lengths = np.array(self._lengths, dtype=np.uint32).reshape(-1, 2)
        total_length = lengths.sum(axis=0, dtype=np.int64).tolist()
        facts = {"version": VERSION, "rows": self._rows, "total_length": total_length}
        writer = ArrayWriter(path, facts)
        try:
            writer.add("lengths", lengths)
            write_strings(writer, "terms", names)
            self._write_lists(writer, place)
            write_sequences(writer, self._scratch / "sequence", place, lengths)
            self._write_spellings(writer)
            writer.close()
        except BaseException:
            writer.abandon()
            raise

    def _write_lists(self, writer: ArrayWriter, place: NDArray[np.uint32]) -> None:
        counts = np.zeros(len(place), dtype=np.int64)
        for run in range(len(self._runs)):
            with np.load(self._scratch / f"{run}.npz") as held:
                counts[place[held["terms"]]] += held["counts"]
        starts = np.cumsum(counts)  # term i (from 1) has starts[i - 1] up to starts[i]
        rows = writer.reserve("rows", np.uint32, (int(starts[-1]),))
        codes = writer.reserve("codes", np.uint8, (int(starts[-1]),))
        free = np.concatenate([[0], starts[:-1]])
        for run, first_row in enumerate(self._runs):
            with np.load(self._scratch / f"{run}.npz") as held:
                terms, length = place[held["terms"]], held["counts"]
                before = np.cumsum(length) - length
                target = np.repeat(free[terms] - before, length) + np.arange(length.sum())
                rows[target] = held["rows"] + np.uint32(first_row)
                codes[target] = held["codes"]
                free[terms] += length
        writer.done("rows", rows)
        writer.done("codes", codes)
        writer.add("starts", starts)

    def _write_spellings(self, writer: ArrayWriter) -> None:
        folded: Counter[str] = Counter()
        for surface, count in self._spellings.items():
            if len(surface) > 2 and not surface.startswith("\\") and not surface.isdigit():
                folded[fold(surface)] += count
        kept = sorted(name for name, _ in folded.most_common(_SPELLINGS_KEPT))
        write_strings(writer, "spellings", kept)
        writer.add("spelling_counts", np.array([folded[n] for n in kept], dtype=np.uint32))


def _postings_of(keys: NDArray[np.uint64]) -> dict[str, NDArray[Any]]:
    """Turn sorted (term, row, field) triples into postings."""
    first = np.flatnonzero(np.diff(keys, prepend=np.uint64(0)) != 0) if len(keys) else np.arange(0)
    times = np.minimum(np.diff(first, append=len(keys)), MOST_COUNTED).astype(np.uint8)
    triples = keys[first]
    in_title = (triples & np.uint64(1)) == 0
    pairs = triples >> np.uint64(1)
    start = np.flatnonzero(np.diff(pairs, prepend=np.uint64(0)) != 0) if len(pairs) else first
    codes = np.zeros(0, dtype=np.uint8)
    if len(start):
        codes = np.add.reduceat(np.where(in_title, times << 4, times), start, dtype=np.uint8)
    pairs = pairs[start]
    terms, counts = np.unique(pairs >> np.uint64(31), return_counts=True)
    return {
        "terms": terms.astype(np.uint32),
        "counts": counts,
        "rows": (pairs & np.uint64(0x7FFFFFFF)).astype(np.uint32),
        "codes": codes,
    }
