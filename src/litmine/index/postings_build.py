"""Building postings: documents stream in, sorted runs go to disk, one pass puts them together.

What stays in memory is the vocabulary and one run (`_RUN_SURFACES`), however many papers come.
"""

from __future__ import annotations

import shutil
import tempfile
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from litmine.index.document import Document
from litmine.index.names import coined, title_name
from litmine.index.postings_file import ArrayWriter
from litmine.index.postings_sequence import write_sequences
from litmine.index.postings_strings import write_strings
from litmine.index.postings_vocabulary import END_OF_FIELD, Vocabulary
from litmine.index.text import name_terms

__all__ = ["FILE_NAME", "VERSION", "write_postings"]

FILE_NAME = "postings.bin"
#: Changes with the layout of the file or with what text is cut into.
VERSION = 4
#: A posting says how often a term stands in the title and in the abstract, four bits each.
MOST_COUNTED = 15

_RUN_SURFACES = 3_000_000


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
        self._sequence = sequence
        self._vocabulary = Vocabulary()
        self._rows = 0
        self._lengths: list[NDArray[np.uint32]] = []  # of each run: title, abstract, title, ...
        self._runs: list[int] = []
        self._begin_run()

    def _begin_run(self) -> None:
        self._first_row = self._rows
        self._surfaces = array("I")  # field by field, each ended by END_OF_FIELD
        self._keys = array("I")  # term, field of the run, in turn

    def add(self, document: Document) -> None:
        """Take in one paper."""
        self._add_keys(document, 2 * (self._rows - self._first_row))
        for text in (document.title, document.abstract):
            self._surfaces.extend(self._vocabulary.numbers(text))
            self._surfaces.append(END_OF_FIELD)
        self._rows += 1
        if len(self._surfaces) >= _RUN_SURFACES:
            self.end_run()

    def _add_keys(self, document: Document, field: int) -> None:
        keys = {f"cat:{category.lower()}" for category in document.categories}
        keys |= {key.partition(".")[0] for key in keys}
        for author in document.authors:
            parts = name_terms(author)
            keys.update(f"author:{part}" for part in parts)
            if len(parts) > 1:
                keys.add(f"author:{parts[0]} {parts[-1]}")
        keys.add(f"name:{title_name(document.title)}")
        keys |= {f"coin:{name}" for name in coined(document.abstract)}
        keys.discard("name:")
        for key in sorted(keys):
            self._keys.extend((self._vocabulary.term(key), field))

    def end_run(self) -> None:
        """Sort the run's postings by term and field, and write them down."""
        numbers = np.array(self._surfaces, dtype=np.uint32)
        words = self._vocabulary.words_of(numbers)
        words.tofile(self._sequence)
        ends = np.flatnonzero(words == END_OF_FIELD)
        self._lengths.append((np.diff(ends, prepend=-1) - 1).astype(np.uint32))
        compounds, source = self._vocabulary.compounds_of(numbers)
        given = np.array(self._keys, dtype=np.uint32).reshape(-1, 2)
        keys = np.concatenate(
            [
                _keys(words, _fields(words))[words != END_OF_FIELD],
                _keys(compounds, _fields(numbers)[source]),
                _keys(given[:, 0], given[:, 1]),
            ]
        )
        keys.sort()
        name = str(len(self._runs))
        self._runs.append(self._first_row)
        arrays: dict[str, Any] = {**_postings_of(keys)}
        np.savez(self._scratch / f"{name}.npz", **arrays)
        self._vocabulary.count(numbers)
        self._begin_run()

    def assemble(self, path: Path) -> None:
        """Put the runs together."""
        ids = self._vocabulary.terms
        names = sorted(ids)  # by code point, which is also the order of their UTF-8
        place = np.zeros(len(names) + 1, dtype=np.uint32)  # temporary id to final id, both from 1
        place[[ids[name] for name in names]] = np.arange(1, len(names) + 1)
        spellings = self._vocabulary.spellings()
        self._vocabulary = Vocabulary()  # what it held is needed for the lists
        lengths = np.concatenate(self._lengths).reshape(-1, 2)
        total_length = lengths.sum(axis=0, dtype=np.int64).tolist()
        facts = {"version": VERSION, "rows": self._rows, "total_length": total_length}
        writer = ArrayWriter(path, facts)
        try:
            writer.add("lengths", lengths)
            write_strings(writer, "terms", names)
            self._write_lists(writer, place)
            write_sequences(writer, self._scratch / "sequence", place, lengths)
            write_strings(writer, "spellings", [spelling for spelling, _ in spellings])
            writer.add("spelling_counts", np.array([n for _, n in spellings], dtype=np.uint32))
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


def _fields(ended: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Number the field that each element belongs to, its end included."""
    ends = ended == END_OF_FIELD
    fields: NDArray[np.int64] = np.cumsum(ends) - ends
    return fields


def _keys(terms: NDArray[np.uint32], fields: NDArray[Any]) -> NDArray[np.uint64]:
    return (terms.astype(np.uint64) << np.uint64(32)) | fields.astype(np.uint64)


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
