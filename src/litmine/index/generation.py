"""Reading a search index that changes under its readers.

A reader holds one generation: its files are memory-mapped and stay readable after they were
deleted, so an answer is never a mixture of two. Between two queries it looks whether the manifest
was replaced (`SearchIndex.current`, a microsecond or two) and then opens the segments that are new.

`litmine.index.writer` makes generations.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from litmine.core.log import get_logger
from litmine.core.taxonomy import Taxonomy, load_taxonomy
from litmine.index.base import Damaged
from litmine.index.manifest import (
    Manifest,
    Mark,
    encoder_folder,
    look,
    read_manifest,
    segments_folder,
)
from litmine.index.segment import Segment
from litmine.index.state import Masks

__all__ = ["Generation", "SearchIndex", "open_generation"]

# A writer may replace the manifest and delete old files between a reader's look at the manifest
# and at the files; to be overtaken this often would take a writer that does nothing else.
_TRIES = 20
_log = get_logger("litmine.index")


@dataclass(frozen=True)
class Generation:
    """The index at one moment.

    Attributes
    ----------
    manifest : Manifest or None
        None for an index that is not there yet.
    """

    encoder_id: str
    segments: tuple[Segment, ...] = ()
    manifest: Manifest | None = None

    @property
    def number(self) -> int:
        """Grows with every change; 0 while there is no index."""
        return 0 if self.manifest is None else self.manifest.number

    @cached_property
    def papers(self) -> int:
        """Papers that can be found."""
        return sum(segment.papers for segment in self.segments)

    @cached_property
    def vectors(self) -> int:
        """Papers among them that have a vector."""
        return sum(int(np.count_nonzero(one.alive & one.facts.has_vector)) for one in self.segments)

    @property
    def complete(self) -> bool:
        """Whether all papers of the database were in it when it was written."""
        return self.manifest is not None and self.manifest.complete

    def find(self, arxiv_id: str) -> tuple[int, int] | None:
        """Number of the segment and row of a paper that counts, or None."""
        for number, segment in enumerate(self.segments):
            row = segment.row_of(arxiv_id)
            if row is not None and segment.alive[row]:
                return number, row
        return None


def open_generation(
    folder: Path, manifest: Manifest, known: Generation | None = None
) -> Generation:
    """Open the segments that a manifest names.

    Parameters
    ----------
    folder : Path
        Of the encoder.
    known : Generation, optional
        Open already: what the two share is not opened again.

    Raises
    ------
    Damaged
        Something is missing or is not what the manifest says.
    """
    manifest.check_sizes(folder)
    open_already = {} if known is None else {one.name: one for one in known.segments}
    segments = tuple(
        Segment.open(segments_folder(folder), part.name, part.state, open_already)
        for part in manifest.parts
    )
    for part, segment in zip(manifest.parts, segments, strict=True):
        if (len(segment), segment.papers) != (part.rows, part.papers):
            raise Damaged(f"{part.name} holds another number of papers than the manifest says")
        if (segment.dense.dim, segment.dense.encoder_id) != (manifest.dim, manifest.encoder_id):
            raise Damaged(f"{part.name} holds vectors of another encoder")
    return Generation(manifest.encoder_id, segments, manifest)


class SearchIndex:
    """An index, open for reading. Thread-safe; any number of processes may read.

    While the index of the wanted encoder is not complete, one of another encoder is used if there
    is a complete one: ask a generation for its `encoder_id` before giving it a query's vector.

    Use `SearchIndex.open`.
    """

    def __init__(self, folder: Path, encoder_id: str, taxonomy: Taxonomy) -> None:
        self.folder = folder
        self.encoder_id = encoder_id
        self._wanted = encoder_folder(folder, encoder_id)
        self._masks = Masks(taxonomy)
        self._lock = threading.Lock()
        self._seen: object = object()
        self._now = Generation(encoder_id)
        self._trouble: str | None = None

    @classmethod
    def open(
        cls, folder: Path, encoder_id: str, *, taxonomy: Taxonomy | None = None
    ) -> SearchIndex:
        """Open the index below `folder`, which need not be there yet.

        Parameters
        ----------
        encoder_id : str
            Whose vectors are wanted.
        taxonomy : Taxonomy, optional
            The shipped one by default. An index that was made with another one is of no use.
        """
        index = cls(folder, encoder_id, taxonomy or load_taxonomy())
        index.current()
        return index

    @property
    def trouble(self) -> str | None:
        """Why the newest generation cannot be opened; None if it can, or there is none."""
        return self._trouble

    def current(self) -> Generation:
        """Return the newest generation; one without segments while there is none.

        A generation that cannot be opened is passed over: the one before stays in use.
        """
        if self._look() == self._seen:
            return self._now
        # Whoever comes while another thread opens files is answered from the generation before.
        if self._lock.acquire(blocking=self._now.manifest is None):
            try:
                self._refresh()
            finally:
                self._lock.release()
        return self._now

    def _look(self) -> tuple[tuple[Path, Mark], ...]:
        """All manifests, the wanted encoder's first; others only as long as they matter."""
        wanted = self._wanted
        mark = look(wanted)
        if self._now.encoder_id == self.encoder_id and self._now.complete and mark is not None:
            return ((wanted, mark),)
        try:
            others = sorted(path for path in self.folder.iterdir() if path != wanted)
        except OSError:
            others = []
        marks = [(path, look(path)) for path in others]
        return ((wanted, mark), *((path, mark) for path, mark in marks if mark is not None))

    def _refresh(self) -> None:
        for _ in range(_TRIES):
            seen = self._look()
            if seen == self._seen:
                return
            trouble = None
            try:
                self._now = self._newest(seen)
            except Damaged as error:
                trouble = str(error)
            # Opening may have changed what has to be looked at, and so may a writer meanwhile.
            again = self._look()
            if set(again) <= set(seen):
                self._seen = again
                if trouble is not None and trouble != self._trouble:
                    _log.warning("search_index_damaged", folder=str(self.folder), reason=trouble)
                self._trouble = trouble
                return

    def _newest(self, seen: tuple[tuple[Path, Mark], ...]) -> Generation:
        """Open what is to be used of the manifests seen."""
        damage: Damaged | None = None
        best: tuple[Path, Manifest] | None = None
        for place, (folder, _) in enumerate(seen):
            try:
                manifest = self._usable(read_manifest(folder))
            except Damaged as error:
                damage = damage or (error if place == 0 else None)
                continue
            if manifest is None or (place > 0 and not manifest.complete):
                continue
            if best is None or (not best[1].complete and manifest.complete):
                best = folder, manifest
        if best is None:
            if damage is not None:
                raise damage
            return Generation(self.encoder_id)
        return open_generation(*best, known=self._now)

    def _usable(self, manifest: Manifest | None) -> Manifest | None:
        """The same, if it was made as this version of litmine does."""
        if manifest is not None:
            as_now = Manifest.blank(manifest.encoder_id, manifest.dim, self._masks)
            wrong = manifest.disagreement(as_now)
            if wrong is not None:
                raise Damaged(f"it was made otherwise: {wrong}")
        return manifest
