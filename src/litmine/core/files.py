"""Files that are either the old ones or the new ones, never half of each."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

__all__ = ["atomic_open", "atomic_write", "sha256_file"]


@contextmanager
def atomic_open(path: Path | str, mode: str = "w") -> Iterator[IO[str]]:
    """Open a text file for writing that appears under `path` only when the block ends well.

    The content goes to a temporary name in the same folder, is flushed to the disk and moved
    over `path` with ``os.replace``; when the block raises, `path` is untouched.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, mode, encoding="utf-8", newline="\n") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _set_default_mode(name)
        os.replace(name, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    _fsync_folder(target.parent)


def atomic_write(path: Path | str, data: bytes | str) -> None:
    """Write `data` to `path` so that a crash leaves the old file or the new one."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    raw = data.encode() if isinstance(data, str) else data
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        _set_default_mode(name)
        os.replace(name, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    _fsync_folder(target.parent)


def sha256_file(path: Path | str) -> str:
    """Hex sha256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _set_default_mode(name: str) -> None:
    # mkstemp makes private files; what we write for others follows the process's umask.
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(name, 0o666 & ~mask)


def _fsync_folder(folder: Path) -> None:
    # The rename itself must survive a power cut; some filesystems refuse to sync a folder.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
