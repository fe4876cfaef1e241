"""A file that people keep by hand: read, and put in its place anew only if nobody changed it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from litmine.core.errors import InputError, Stale
from litmine.core.files import atomic_write

__all__ = ["KeptFile"]

_MOST = 50_000_000


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file as it was when it was read.

    Attributes
    ----------
    name : Path
        As the user gave it.
    path : Path
        The file itself, links followed.
    data : bytes
    """

    name: Path
    path: Path
    data: bytes

    @classmethod
    def read(cls, name: Path) -> KeptFile:
        """Read a file.

        Raises
        ------
        InputError
            If it is not there, is no ordinary file, or is a link that leads out of its folder.
        """
        path = _followed(name)
        try:
            # Not blocking: a pipe of that name must be told of, not waited for.
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise InputError(f"{name} cannot be read: {error.strerror}") from error
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            os.close(handle)
            raise InputError(f"{name} is no ordinary file")
        with os.fdopen(handle, "rb") as stream:
            if found.st_size > _MOST:
                raise InputError(f"{name} has {found.st_size // 1_000_000} MB: that is no list")
            return cls(name, path, stream.read())

    def replace(self, data: bytes) -> None:
        """Put new content into the file's place; its mode and owner stay.

        Raises
        ------
        InputError
            If the file is read-only, or its folder cannot be written.
        Stale
            If somebody changed the file since it was read; it is left as they left it.
        """
        try:
            if not self.path.stat().st_mode & 0o222:
                raise InputError(f"{self.name} is read-only: chmod u+w it first")
            atomic_write(self.path, data, last_look=self._look)
        except FileNotFoundError as error:
            raise Stale(f"{self.name} was taken away meanwhile; nothing was written") from error
        except OSError as error:
            raise InputError(f"{self.name} cannot be written: {error.strerror}") from error

    def _look(self) -> None:
        if self.path.is_symlink() or self.path.read_bytes() != self.data:
            raise Stale(f"{self.name} was changed meanwhile; nothing was written, run again")


def _followed(name: Path) -> Path:
    """Follow a link that stays below the folder in which it stands."""
    if not os.path.lexists(name):
        raise InputError(
            f"{name} does not exist; litmine publish --output FOLDER writes a list of its own"
        )
    if not name.is_symlink():
        return name
    folder = name.parent.resolve()
    try:
        path = name.resolve(strict=True)
    except (OSError, RuntimeError) as error:  # dangling, or round in circles
        raise InputError(f"{name} is a link that leads nowhere") from error
    if not path.is_relative_to(folder):
        raise InputError(f"{name} is a link to {path}, out of its folder: name that file itself")
    return path
