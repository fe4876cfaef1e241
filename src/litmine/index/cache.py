"""A vector index on disk, as a cache: right, or rebuilt.

The vectors of record live in the database. The cache is a folder::

    manifest.json        what the other two files are and what they were made from
    <sha256>.faiss       the FAISS index
    <sha256>.ids         the arXiv ids, one a line, in order of FAISS label

Data files are named after their own content and the manifest is replaced last, so a reader
meets the old cache or the new one. Whatever does not check out is rebuilt from the database: a
damaged cache costs time, never a wrong answer. A reader holds its index in memory and is not
disturbed when the files change under it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss

from litmine.core.errors import InputError
from litmine.core.files import atomic_write, sha256_file
from litmine.core.log import get_logger
from litmine.index.flat import FlatIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import ArrayLike

    Batches = Iterable[tuple[Sequence[str], ArrayLike]]

MANIFEST = "manifest.json"
_FORMAT = 1
_PART = ".faiss.part"
_ABANDONED_AFTER = 86_400.0  # seconds; no index takes a day to write
_log = get_logger("litmine.index")


class _Unusable(Exception):
    """The cache cannot be used; the message says why."""


def open_or_build(
    path: Path,
    encoder_id: str,
    fingerprint: str,
    loader: Callable[[], Batches],
    *,
    dim: int,
    threads: int = 1,
) -> FlatIndex:
    """Open the cached index, or build it from the database and cache it.

    Parameters
    ----------
    path : Path
        Folder of the cache; made if missing. If it cannot be written, the index is built in
        memory and a warning is logged.
    encoder_id : str
        The encoder whose vectors are wanted.
    fingerprint : str
        Changes whenever the rows in the database do (for example a hash over paper ids and
        content hashes, or a row count with the last change).
    loader : callable
        Gives the rows as batches ``(ids, vectors)``; called only if the cache does not match.
        Its own errors are passed on.
    dim : int
        Length of a vector.
    threads : int, default 1
        OpenMP threads for searching.

    Returns
    -------
    FlatIndex
        In memory, independent of the files from here on.
    """
    try:
        return _open(path, encoder_id, fingerprint, dim, threads)
    except _Unusable as reason:
        _log.info("index_rebuilt", path=str(path), reason=str(reason))
    index = FlatIndex(dim, encoder_id, threads=threads)
    for ids, vectors in loader():
        index.add(ids, vectors)
    save(index, path, fingerprint)
    return index


def save(index: FlatIndex, path: Path, fingerprint: str) -> bool:
    """Write an index to the cache; log and return False if the folder cannot be written.

    Use it after adding a night's papers to an open index, with the fingerprint of the rows the
    index now holds.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        previous = _read_manifest_or_none(path)
        core, ids = index.to_parts()
        manifest = {
            "format": _FORMAT,
            "encoder_id": index.encoder_id,
            "dimension": index.dim,
            "count": len(ids),
            "fingerprint": fingerprint,
            "index_sha256": _write_index(core, path),
            "ids_sha256": _write_ids(ids, path),
        }
        atomic_write(path / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    except (OSError, RuntimeError) as error:  # FAISS reports a full disk as RuntimeError
        _log.warning("index_cache_not_written", path=str(path), error=str(error).splitlines()[0])
        return False
    _clean(path, keep=[manifest, previous or {}])
    return True


def _open(path: Path, encoder_id: str, fingerprint: str, dim: int, threads: int) -> FlatIndex:
    manifest = _read_manifest(path)
    expected = {
        "format": _FORMAT,
        "encoder_id": encoder_id,
        "dimension": dim,
        "fingerprint": fingerprint,
    }
    for key, value in expected.items():
        if manifest.get(key) != value:
            raise _Unusable(f"{key} is {manifest.get(key)!r}, wanted {value!r}")
    ids_file, index_file = _data_files(path, manifest)
    try:
        raw = ids_file.read_bytes()
        if hashlib.sha256(raw).hexdigest() != manifest["ids_sha256"]:
            raise _Unusable(f"{ids_file.name} is damaged")
        # FAISS trusts what it reads, so only bytes with the right hash reach it.
        if sha256_file(index_file) != manifest["index_sha256"]:
            raise _Unusable(f"{index_file.name} is damaged")
        core = faiss.read_index(os.fspath(index_file))
        ids = raw.decode("utf-8").split("\n")[:-1]
        if len(ids) != manifest.get("count") or core.d != dim:
            raise _Unusable("the manifest miscounts the index")
        return FlatIndex.from_parts(core, ids, encoder_id, threads=threads)
    except (OSError, RuntimeError, ValueError, InputError) as error:
        raise _Unusable(str(error).splitlines()[0]) from error


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise _Unusable("no cache yet") from error
    except (OSError, ValueError, RecursionError) as error:
        raise _Unusable(f"the manifest cannot be read: {error}") from error
    if not isinstance(manifest, dict):
        raise _Unusable("the manifest is not a table")
    return manifest


def _read_manifest_or_none(path: Path) -> dict[str, Any] | None:
    try:
        return _read_manifest(path)
    except _Unusable:
        return None


def _data_files(path: Path, manifest: dict[str, Any]) -> tuple[Path, Path]:
    """Paths of the ids and the index, from hashes that really are hashes."""
    names = []
    for key, suffix in (("ids_sha256", "ids"), ("index_sha256", "faiss")):
        digest = manifest.get(key)
        if not isinstance(digest, str) or len(digest) != 64 or not digest.isalnum():
            raise _Unusable(f"{key} is not a hash")
        names.append(path / f"{digest}.{suffix}")
    return names[0], names[1]


def _write_index(core: Any, path: Path) -> str:
    part = path / f".{secrets.token_hex(8)}{_PART}"
    try:
        faiss.write_index(core, os.fspath(part))
        with part.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno())
        os.replace(part, path / f"{digest}.faiss")
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
    return digest


def _write_ids(ids: list[str], path: Path) -> str:
    raw = "".join(f"{arxiv_id}\n" for arxiv_id in ids).encode()
    digest = hashlib.sha256(raw).hexdigest()
    atomic_write(path / f"{digest}.ids", raw)
    return digest


def _clean(path: Path, keep: list[dict[str, Any]]) -> None:
    """Delete data files that neither the new manifest nor the one before it names.

    One generation is kept for readers who have read the old manifest and not yet its files.
    Parts that a killed writer left behind go after a day.
    """
    kept = {m.get(key) for m in keep for key in ("ids_sha256", "index_sha256")}
    with suppress(OSError):
        for file in path.iterdir():
            with suppress(OSError):
                if file.name.endswith(_PART):
                    stale = time.time() - file.stat().st_mtime > _ABANDONED_AFTER
                else:
                    stale = file.suffix in {".faiss", ".ids"} and file.stem not in kept
                if stale:
                    file.unlink()
