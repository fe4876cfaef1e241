"""One writer at a time, and errors of the disk in our own words."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from litmine.core.errors import LeaseHeld, StoreError
from litmine.core.process import describe, process_identity

__all__ = ["take_lock", "told"]

_LOCK = "writer.lock"
_LOOK_SECONDS = 0.1


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Tell errors of the disk as errors of ours."""
    try:
        yield
    except OSError as error:
        # NumPy tells of a full disk without a number.
        full = error.errno in {None, errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        reason = error.strerror or next(iter(str(error).splitlines()), "unknown reason")
        hint = "free some space" if full else "check the folder"
        raise StoreError(
            f"the search index cannot be written below {folder} ({reason}); "
            f"the one before stays in use; {hint} and run litmine index sync"
        ) from error


def take_lock(folder: Path, wait: float) -> int:
    """Take the lock of the folder of all indexes; the system gives it back when we end."""
    with told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(_LOOK_SECONDS)
                continue
            holder = os.pread(handle, 500, 0).decode(errors="replace")
            os.close(handle)
            raise LeaseHeld(
                f"the search index is being written by {describe(holder) or 'another process'}: "
                "wait until it is done"
            ) from None
        with suppress(OSError):  # the name is for people only
            os.ftruncate(handle, 0)
            os.pwrite(handle, process_identity().encode(), 0)
        return handle
