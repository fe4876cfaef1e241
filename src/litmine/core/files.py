"""Files that are either the old ones or the new ones, never half of each."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

__all__ = ["atomic_open", "atomic_write", "sha256_file"]


@contextmanager
def atomic_open(path: Path | str) -> Iterator[IO[str]]:
    """Open a text file for writing that appears under `path` only when the block ends well.

    The content goes to a temporary name in the same folder, is flushed to the disk and moved
    over `path` with ``os.replace``; when the block raises, `path` is untouched.
    """
    with (
        _replacing(Path(path)) as handle,
        os.fdopen(handle, "w", encoding="utf-8", newline="\n", closefd=False) as stream,
    ):
        yield stream


def atomic_write(
    path: Path | str, data: bytes | str, last_look: Callable[[], None] | None = None
) -> None:
    """Write `data` to `path` so that a crash leaves the old file or the new one.

    Parameters
    ----------
    path : Path or str
    data : bytes or str
    last_look : callable, optional
        Called when the new content is on the disk, right before it takes the old one's place;
        if it raises, the old one stays.
    """
    raw = data.encode() if isinstance(data, str) else data
    with _replacing(Path(path)) as handle:
        with os.fdopen(handle, "wb", closefd=False) as stream:
            stream.write(raw)
        if last_look is not None:
            os.fsync(handle)  # what takes long is done before the look, not after it
            last_look()


def sha256_file(path: Path | str) -> str:
    """Hex sha256 of a file's bytes."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _replacing(target: Path) -> Iterator[int]:
    """Open a temporary file beside `target`, and put it in its place when the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    name = target.parent / f".{target.name[:200]}.{secrets.token_hex(6)}.part"
    # Not tempfile: its files are private, and what we write for others follows the umask.
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        try:
            with suppress(FileNotFoundError):  # a file that was made private stays so
                before = target.stat()
                with suppress(PermissionError):  # root writes for the one whose file it is
                    os.fchown(handle, before.st_uid, before.st_gid)
                os.fchmod(handle, stat.S_IMODE(before.st_mode))
            yield handle
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(name, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    _fsync_folder(target.parent)


def _fsync_folder(folder: Path) -> None:
    # The rename itself must survive a power cut; some filesystems refuse to sync a folder.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
