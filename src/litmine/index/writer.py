"""Making new generations of a search index: one writer at a time, readers never wait.

Everything new is written beside the old, under names that were never used; then the manifest is
replaced, and what no manifest names is deleted. A writer that is killed, or whose disk is full,
leaves the old generation as it was, and rubbish that the next one removes.

Few segments are kept: a new one takes in those that are not larger than what it takes in already,
as adding 1 to a binary number carries. So a paper is written again some times only, however many
nights come. What is taken in is asked for again from whoever knows the texts.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litmine.core.errors import InputError
from litmine.core.taxonomy import Taxonomy, load_taxonomy
from litmine.index.base import Damaged
from litmine.index.document import Document, Judgement
from litmine.index.generation import Generation, open_generation
from litmine.index.lock import take_lock, told
from litmine.index.manifest import (
    Manifest,
    Part,
    encoder_folder,
    read_manifest,
    segments_folder,
    write_manifest,
)
from litmine.index.segment import Segment
from litmine.index.segment_build import contents, sync_folder, write_segment
from litmine.index.state import Masks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Incoming = tuple[Document, ArrayLike | None]
    Reread = Callable[[Sequence[str]], Iterable[Incoming]]

__all__ = ["IndexWriter", "segments_to_merge"]

#: More papers than this go into segments of this size, each committed when it is written.
SEGMENT_ROWS = 1_000_000
_JUDGED_AT_ONCE = 50_000
_SMALL = 1_000  # below this, a segment always goes into the next one
_MOST_SEGMENTS = 8
_DEAD_SHARE = 0.3
_PEEK = 10_000  # papers looked at for the length of a vector


class IndexWriter:
    """Writes the index of one encoder.

    ``with writer:`` holds the lock over several calls; each call takes it for itself otherwise.

    Parameters
    ----------
    folder : Path
        Of the indexes of all encoders; made if missing.
    encoder_id : str
    dim : int, optional
        Length of a vector; by default that of the present index, else of the first vector.
    taxonomy : Taxonomy, optional
        The shipped one by default.
    wait : float, default 0
        Seconds to wait for another writer.
    """

    def __init__(
        self,
        folder: Path,
        encoder_id: str,
        *,
        dim: int | None = None,
        taxonomy: Taxonomy | None = None,
        wait: float = 0.0,
    ) -> None:
        self.folder = encoder_folder(folder, encoder_id)
        self.encoder_id = encoder_id
        self._root = folder
        self._given_dim = self._dim = dim
        self._masks = Masks(taxonomy or load_taxonomy())
        self._wait = wait
        self._lock: int | None = None
        self._reason: str | None = None
        self._beside = False  # what is written replaces the old generation as a whole
        self._depth = 0
        self._now: Generation | None = None

    def __enter__(self) -> IndexWriter:
        if self._depth == 0:
            self._lock = take_lock(self._root, self._wait)
            # Somebody else may have written since this one last held the lock.
            self._now, self._dim, self._beside = None, self._given_dim, False
        self._depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0 and self._lock is not None:
            os.close(self._lock)
            self._lock = self._now = None

    def beside(self, encoder_id: str, *, dim: int) -> IndexWriter:
        """Return a writer of another encoder's index that shares this one's lock.

        Use it only while this one holds the lock.
        """
        other = IndexWriter(self._root, encoder_id, dim=dim)
        other._masks = self._masks
        other._depth = 1  # never 0: this one gives the lock back
        return other

    def open(self, *, verify_up_to: int = 0) -> Generation:
        """Open the present generation, as far as it can be built upon.

        Parameters
        ----------
        verify_up_to : int
            An index of so many bytes is read through and compared with its checksums.
        """
        with self, told(self._root):
            if self._now is None:
                self._now, self._reason = self._salvage(verify_up_to)
            return self._now

    @property
    def generation(self) -> Generation:
        """The present generation, as far as it can be built upon."""
        return self.open()

    @property
    def rebuilt_because(self) -> str | None:
        """Why something of the present index cannot be built upon, or None."""
        self.open()
        return self._reason

    def fingerprints(self) -> dict[str, str]:
        """Fingerprints of the papers in the index, by id."""
        found: dict[str, str] = {}
        for segment in self.generation.segments:
            rows = np.flatnonzero(segment.alive)
            marks = segment.state.fingerprints[rows].tolist()
            found |= {
                name: mark.decode()
                for name, mark in zip(segment.ids.take(rows), marks, strict=True)
            }
        return found

    def apply(
        self,
        add: Iterable[Incoming] = (),
        remove: Iterable[str] = (),
        judge: Iterable[Judgement] = (),
        *,
        complete: bool = True,
        source: Mapping[str, Any] | None = None,
    ) -> Generation:
        """Make a new generation.

        Parameters
        ----------
        add : iterable of (Document, array_like or None)
            Papers with their vectors of unit length; one that is in the index already is replaced.
            Consumed once, in bounded memory.
        remove : iterable of str
            Papers to take out; unknown ones are passed over.
        judge : iterable of Judgement
            New judgements of papers whose text stays as it is; unknown ones are passed over.
        complete : bool
            Whether the index then holds all there is.
        source : mapping, optional
            Kept in the manifest; by default what is there.

        Returns
        -------
        Generation
            The new one; the present one if nothing changes.

        Raises
        ------
        LeaseHeld
            Another process writes.
        StoreError
            The disk is full or the folder cannot be written; the old generation stays.
        InputError
            A paper comes twice, or a vector has another length; the old generation stays.
        """
        with self, told(self._root):
            segments = _without(self.open().segments, list(remove))
            judgements = iter(judge)
            while some := list(islice(judgements, _JUDGED_AT_ONCE)):
                segments = _judged(segments, some, self._masks)
            stream = iter(add)
            while first := list(islice(stream, 1)):
                more = chain(first, islice(stream, SEGMENT_ROWS - 1))
                new = self._write(more)
                segments = [*_without(segments, new.ids), new]
                # Papers that come in millions can be found before the last of them is written.
                if len(new) == SEGMENT_ROWS and not self._beside:
                    now = self._commit(segments, self.open().complete, None)
                    segments = list(now.segments)
            self._beside = False
            return self._commit(segments, complete, source)

    def compact(self, reread: Reread) -> Generation:
        """Put small segments together, and write anew those with many dead rows.

        Parameters
        ----------
        reread : callable
            Gives the documents of ids that are in the index; those that no longer exist are left
            out, and then taken out of the index.
        """
        with self, told(self._root):
            now = self.open()
            chosen = segments_to_merge(now.segments)
            if not chosen:
                return now
            ids = sorted(name for one in chosen for name in one.ids.take(np.flatnonzero(one.alive)))
            stream = iter(reread(ids)) if ids else iter(())
            first = list(islice(stream, 1))
            new = [self._write(chain(first, stream))] if first else []
            kept = [one for one in now.segments if one not in chosen]
            return self._commit([*kept, *new], now.complete, None)

    def discard(self) -> None:
        """Forget the present generation: the next `apply` begins with an empty index.

        Call it with the lock held. Readers keep the old generation until then.
        """
        now = self.open()
        self._now = Generation(self.encoder_id, (), now.manifest)
        self._beside = True

    def _salvage(self, verify_up_to: int) -> tuple[Generation, str | None]:
        """Open the present generation without what is damaged or was made otherwise."""
        empty = Generation(self.encoder_id)
        try:
            manifest = read_manifest(self.folder)
        except Damaged as error:
            return empty, str(error)
        if manifest is None:
            return empty, None
        self._dim = self._dim or manifest.dim
        wrong = manifest.disagreement(self._manifest())
        if wrong is not None:
            return replace(empty, manifest=replace(manifest, parts=())), wrong
        size = sum(sum(part.files.values()) for part in manifest.parts)
        damaged = manifest.damaged_parts(self.folder) if size <= verify_up_to else {}
        good: list[Segment] = []
        reasons = [f"{name}: {wrong}" for name, wrong in damaged.items()]
        for part in manifest.parts:
            if part.name in damaged:
                continue
            try:
                one = replace(manifest, parts=(part,))
                good += open_generation(self.folder, one).segments
            except Damaged as error:
                reasons.append(str(error))
        return Generation(self.encoder_id, tuple(good), manifest), "; ".join(reasons) or None

    def _manifest(self) -> Manifest:
        """A manifest as this writer would begin it."""
        return Manifest.blank(self.encoder_id, self._dim or 0, self._masks)

    def _write(self, documents: Iterable[Incoming]) -> Segment:
        """Write a segment of documents, of which there is one at least, and open it."""
        folder = segments_folder(self.folder)
        stream = iter(documents)
        peeked: list[Incoming] = []
        while self._dim is None and len(peeked) < _PEEK and (one := next(stream, None)):
            peeked.append(one)
            self._dim = None if one[1] is None else len(np.asarray(one[1]))
        if self._dim is None:
            raise InputError("none of the papers has a vector: say how long vectors are (dim)")
        name, state = write_segment(
            folder,
            chain(peeked, stream),
            encoder_id=self.encoder_id,
            dim=self._dim,
            masks=self._masks,
        )
        return Segment.fresh(folder, name, state)

    def _commit(
        self, segments: Sequence[Segment], complete: bool, source: Mapping[str, Any] | None
    ) -> Generation:
        """Write the states that changed and the manifest; delete what no longer counts."""
        old = self.open().manifest
        folder = segments_folder(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        sizes = {} if old is None else {part.name: part.files for part in old.parts}
        parts, kept = [], []
        for one in segments:
            if not one.papers:
                continue
            saved = one.saved(folder)
            kept.append(saved)
            files = sizes.get(one.name) or contents(folder / one.name)
            parts.append(Part(one.name, saved.state_name, len(one), one.papers, files))
        manifest = replace(
            self._manifest(),
            number=0 if old is None else old.number,
            complete=complete,
            parts=tuple(parts),
            source=dict(source if source is not None else {} if old is None else old.source),
        )
        if manifest != old:
            manifest = replace(manifest, number=manifest.number + 1)
            sync_folder(folder)
            write_manifest(self.folder, manifest)
        self._now = Generation(self.encoder_id, tuple(kept), manifest)
        _clean(folder, manifest)
        return self._now


def _without(segments: Sequence[Segment], ids: Sequence[str]) -> list[Segment]:
    """The same segments with some papers dead."""
    if not len(ids):
        return list(segments)
    names = np.array([one.encode() for one in ids], "S")
    found = []
    for one in segments:
        rows = one.rows_of(names)
        rows = rows[rows >= 0]
        rows = rows[one.alive[rows]]
        found.append(one.with_state(one.state.without(rows)) if len(rows) else one)
    return found


def _judged(
    segments: Sequence[Segment], judgements: Sequence[Judgement], masks: Masks
) -> list[Segment]:
    """The same segments with new judgements of papers that are alive in them."""
    if not judgements:
        return list(segments)
    names = np.array([one.id.encode() for one in judgements], "S")
    found = []
    for one in segments:
        rows = one.rows_of(names)
        here = np.flatnonzero((rows >= 0) & one.alive[rows])
        if len(here):
            new = [judgements[place] for place in here.tolist()]
            one = one.with_state(one.state.judged(rows[here], new, masks))
        found.append(one)
    return found


def segments_to_merge(segments: Sequence[Segment]) -> list[Segment]:
    """Segments that are to become one."""
    by_size = sorted(segments, key=lambda one: one.papers)
    chosen: list[Segment] = []
    total = 0
    for one in by_size:
        few = len(segments) - len(chosen) < _MOST_SEGMENTS
        carries = one.papers <= max(total, _SMALL) and one.papers < SEGMENT_ROWS // 2
        if few and chosen and not carries:
            break
        chosen.append(one)
        total += one.papers
    if len(chosen) < 2:
        chosen = []
    chosen += [
        one
        for one in segments
        if one not in chosen and len(one) - one.papers > max(_DEAD_SHARE * len(one), _SMALL)
    ]
    return chosen


def _clean(folder: Path, manifest: Manifest) -> None:
    """Delete what the manifest does not name; readers keep what they have open."""
    named = {name for part in manifest.parts for name in (part.name, part.state)}
    unfinished = folder.parent.glob(".*.part")  # a manifest whose writer was killed
    for path in [*folder.iterdir(), *unfinished]:
        if path.name not in named:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
