"""Writing a segment: one pass over the documents, in bounded memory."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from litmine.core.errors import InputError
from litmine.core.files import sha256_file
from litmine.index.dense import write_dense
from litmine.index.document import Document, Judgement
from litmine.index.postings import write_postings
from litmine.index.segment import DENSE, POSTINGS, ROWS, day_number
from litmine.index.state import Masks, State, write_arrays

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Incoming = tuple[Document, ArrayLike | None]

__all__ = ["CONTENTS", "PART", "contents", "sync_folder", "write_segment"]

CONTENTS = "segment.json"
#: What unfinished folders and files begin with.
PART = ".part-"
_VECTORS_AT_ONCE = 16_384


@dataclass
class _Intake:
    """What is kept of each document while it passes by on its way to the postings."""

    documents: Iterable[Incoming]
    spool: Any
    dim: int

    def __post_init__(self) -> None:
        self.ids: list[NDArray[np.bytes_]] = []
        self.days: list[NDArray[np.int32]] = []
        self.flags: list[NDArray[np.bool_]] = []
        self.judgements: list[State] = []
        self.rows = 0

    def flow(self, masks: Masks) -> Iterator[Document]:
        """Pass the documents on."""
        batch: list[tuple[Judgement, int, bool, bool]] = []
        nothing = np.zeros(self.dim, "<f2").tobytes()
        for document, vector in self.documents:
            if vector is None:
                self.spool.write(nothing)
            else:
                row = np.asarray(vector, "<f2")
                if row.shape != (self.dim,):
                    raise InputError(
                        f"{document.id}: its vector has shape {row.shape}, not ({self.dim},)"
                    )
                self.spool.write(row.tobytes())
            day = day_number(document.published)
            batch.append((document.judgement, day, bool(document.abstract), vector is not None))
            if len(batch) == 4096:
                self._take(batch, masks)
                batch = []
            yield document
        self._take(batch, masks)

    def _take(self, batch: list[tuple[Judgement, int, bool, bool]], masks: Masks) -> None:
        if not batch:
            return
        judgements, days, abstracts, vectors = zip(*batch, strict=True)
        self.ids.append(np.array([one.id.encode() for one in judgements], "S"))
        self.days.append(np.array(days, "<i4"))
        self.flags.append(np.array([abstracts, vectors], bool))
        self.judgements.append(State.of(judgements, masks))
        self.rows += len(batch)

    def state(self) -> State:
        """State of all rows."""
        names = list(self.judgements[0].columns)
        parts = [one.columns for one in self.judgements]
        return State(**{name: np.concatenate([part[name] for part in parts]) for name in names})

    def columns(self) -> dict[str, NDArray[Any]]:
        """What never changes of all rows."""
        ids = np.concatenate(self.ids)
        flags = np.concatenate(self.flags, axis=1)
        columns: dict[str, NDArray[Any]] = {
            "ids": ids,
            "day": np.concatenate(self.days),
            "has_abstract": flags[0],
            "has_vector": flags[1],
        }
        if not (ids[:-1] < ids[1:]).all():
            order = np.argsort(ids, kind="stable")
            ordered = ids[order]
            twice = np.flatnonzero(ordered[:-1] == ordered[1:])
            if len(twice):
                raise InputError(f"{ordered[twice[0]].decode()} was given twice")
            columns |= {"sorted": ordered, "order": order.astype("<u4")}
        return columns


def write_segment(
    folder: Path,
    documents: Iterable[Incoming],
    *,
    encoder_id: str,
    dim: int,
    masks: Masks,
) -> tuple[str, State]:
    """Write documents as a segment below `folder`.

    Parameters
    ----------
    documents : iterable of (Document, array_like or None)
        At least one, each paper once, with its vector of unit length. Consumed once. A segment
        whose papers come in order of id is a little smaller.

    Returns
    -------
    tuple
        Its name and the state of its rows, which is not written yet.

    Raises
    ------
    InputError
        A paper comes twice, a vector has another shape, or nothing comes; nothing is left behind.
    """
    part = folder / f"{PART}{secrets.token_hex(8)}"
    (part / POSTINGS).mkdir(parents=True)
    try:
        spooled = part / "spool"
        with spooled.open("wb") as spool:
            intake = _Intake(documents, spool, dim)
            write_postings(part / POSTINGS, intake.flow(masks))
        if not intake.rows:
            raise InputError("a segment needs a paper")
        rows = intake.columns()
        write_arrays(part / ROWS, rows, in_order="order" not in rows)
        write_dense(
            part / DENSE, _batches(spooled, intake.rows, dim), dim=dim, encoder_id=encoder_id
        )
        spooled.unlink()
        # A segment with the same content may be in use, and damaged: never the same name.
        name = f"{_seal(part, intake.rows)[:24]}-{secrets.token_hex(4)}"
        os.rename(part, folder / name)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return name, intake.state()


def contents(segment: Path) -> dict[str, int]:
    """Sizes of a segment's files, by name below it."""
    files = json.loads((segment / CONTENTS).read_bytes())["files"]
    return {name: facts["bytes"] for name, facts in files.items()}


def _batches(spool: Path, rows: int, dim: int) -> Iterator[NDArray[np.float16]]:
    vectors = np.memmap(spool, "<f2", "r", shape=(rows, dim))
    for start in range(0, rows, _VECTORS_AT_ONCE):
        yield vectors[start : start + _VECTORS_AT_ONCE]


def _seal(part: Path, rows: int) -> str:
    """Write the table of contents, have everything on the disk, and return the content's name."""
    files = {}
    for path in sorted(part.rglob("*")):
        if path.is_file():
            _fsync(path)
            files[path.relative_to(part).as_posix()] = {
                "bytes": path.stat().st_size,
                "sha256": sha256_file(path),
            }
        else:
            sync_folder(path)
    raw = (json.dumps({"rows": rows, "files": files}, indent=1) + "\n").encode()
    contents = part / CONTENTS
    contents.write_bytes(raw)
    _fsync(contents)
    sync_folder(part)
    return hashlib.sha256(raw).hexdigest()


def _fsync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_folder(path: Path) -> None:
    """Have the names in a folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
