"""The site's folder: only what changed is made and written, only what is ours is touched.

``.litmine/manifest.json`` in the folder lists every file that litmine wrote, with the fingerprint
of its inputs and the hash of its bytes. A file is made anew when its inputs changed, or when its
bytes are not those that were written, so that what a crash or a person damaged is mended. New names
are put into the manifest before the first of them is written, the fingerprints after the last: a
build that is killed leaves whole files, all of them known, and the next build does the rest.

What the manifest does not list belongs to somebody else. It is never overwritten or deleted.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litmine.core.errors import ConfigError, LeaseHeld
from litmine.core.files import atomic_write
from litmine.publish.site.files import SiteFile

__all__ = ["SiteReport", "update_folder"]

_STATE = ".litmine"
_FORMAT = 1
_TOLD = 3
# An empty step of a path, one that stands still or leads up, or a sign of other systems.
_OUTSIDE = re.compile(r"/\.{0,2}/|[\\\0]")


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What an update did.

    Attributes
    ----------
    files : int
        That the site has now.
    made : int
        Whose inputs had changed, or whose bytes were damaged.
    written : tuple of str
        Paths whose bytes changed.
    removed : tuple of str
        Paths that the site no longer has.
    """

    folder: Path
    files: int
    made: int
    written: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the manifest says: files as (inputs, hash), both empty for one that was only planned."""

    common: str
    files: dict[str, tuple[str, str]]


def update_folder(
    folder: Path,
    files: Sequence[SiteFile],
    common: str,
    *,
    replace: bool = False,
    tick: Callable[[], None] = lambda: None,
) -> SiteReport:
    """Bring the folder of a site into the state that its files describe.

    Parameters
    ----------
    folder : Path
        Made if missing. It may hold other things, as long as no name is wanted twice.
    common : str
        Fingerprint of what all files depend on.
    replace : bool
        Overwrite files of the same names that are not known to be ours.
    tick : callable
        Called after each file.

    Raises
    ------
    ConfigError
        When files of somebody else stand where the site's own would, or the manifest is damaged.
        Nothing has been written then.
    LeaseHeld
        When another process is building the same site.
    """
    before = _stamp(folder)
    known = _read(folder, replace=replace)
    _no_strangers(folder, files, known, replace=replace)
    with _alone(folder):
        if _stamp(folder) != before:  # another build has just ended
            known = _read(folder, replace=replace)
        fresh = {file.path: ("", "") for file in files if file.path not in known.files}
        if fresh:
            _save(folder, _Known(known.common, {**fresh, **known.files}))
        done: dict[str, tuple[str, str]] = {}
        written: list[str] = []
        made = 0
        writer = _Writer(folder)
        for file in files:
            inputs, digest = known.files.get(file.path, ("", ""))
            stands = _hash_of(f"{folder}/{file.path}")
            if known.common != common or inputs != file.inputs or stands != digest or not stands:
                data = file.make(*((folder / part).read_bytes() for part in file.parts))
                made += 1
                digest = hashlib.blake2b(data, digest_size=12).hexdigest()
                if digest != stands:
                    writer.write(file.path, data)
                    written.append(file.path)
            done[file.path] = (file.inputs, digest)
            tick()
        removed = tuple(path for path in known.files if path not in done)
        for path in removed:
            _remove(folder, path)
        current = _Known(common, done)
        if current != known:
            _save(folder, current)
    return SiteReport(folder, len(done), made, tuple(written), removed)


def _read(folder: Path, *, replace: bool) -> _Known:
    path = folder / _STATE / "manifest.json"
    try:
        data: Any = json.loads(path.read_text("utf-8"))
        if data["format"] == _FORMAT:
            files = {
                str(name): (str(inputs), str(digest))
                for name, (inputs, digest) in data["files"].items()
                if _inside(name)
            }
            return _Known(str(data["common"]), files)
        reason = f"of another version of litmine ({data['format']!r:.20})"
    except (FileNotFoundError, NotADirectoryError):
        return _Known("", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = "damaged"
    if replace:
        return _Known("", {})
    raise ConfigError(
        f"{path} is {reason}: delete it and build with --replace, which overwrites the files of "
        "the site and leaves others alone"
    )


def _stamp(folder: Path) -> tuple[int, int, int] | None:
    """Return what changes whenever the manifest is written."""
    try:
        told = os.stat(folder / _STATE / "manifest.json")
    except OSError:
        return None
    return told.st_ino, told.st_size, told.st_mtime_ns


def _inside(name: str) -> bool:
    """Tell whether a path of the manifest stays in the folder: it may come from a repository."""
    return _OUTSIDE.search(f"/{name}/") is None


def _no_strangers(folder: Path, files: Sequence[SiteFile], known: _Known, *, replace: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder: name another one with --output")
    for parent in sorted({_STATE, *_parents(file.path for file in files)}):
        where = folder / parent
        # The folder itself may be a link; what is inside must lead nowhere else.
        if where.is_symlink() or (where.exists() and not where.is_dir()):
            raise ConfigError(
                f"{where} is not a folder of the site's own: move it away, or name another folder "
                "with --output"
            )
    if replace:
        return
    strange = [
        file.path
        for file in files
        if file.path not in known.files and os.path.lexists(f"{folder}/{file.path}")
    ]
    if strange:
        more = len(strange) - _TOLD
        names = ", ".join(strange[:_TOLD]) + (f" and {more} more" if more > 0 else "")
        raise ConfigError(
            f"{folder} has files that litmine did not write where the site's own would stand "
            f"({names}): name an empty folder with --output, or overwrite them with --replace"
        )


def _parents(paths: Iterable[str]) -> set[str]:
    """Return every folder that paths go through."""
    found: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    state = folder / _STATE
    state.mkdir(parents=True, exist_ok=True)
    handle = os.open(state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LeaseHeld(
                f"the site in {folder} is being built by another process: wait until it is done"
            ) from None
        yield
    finally:
        os.close(handle)


class _Writer:
    """Writes whole files: under another name first, then in their place.

    They are not flushed one by one, which would take minutes on some disks. What a power cut leaves
    half written has another hash than the manifest says, and is made anew by the next build.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = folder / _STATE / "parts"
        self._ready: set[Path] = set()
        if self._parts.is_symlink():
            self._parts.unlink()
        # Left by builds that were killed.
        shutil.rmtree(self._parts, ignore_errors=True)
        for left in self._parts.parent.glob(".manifest.json.*.part"):
            left.unlink(missing_ok=True)
        self._parts.mkdir()

    def write(self, path: str, data: bytes) -> None:
        target = self._folder / path
        if target.parent not in self._ready:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._ready.add(target.parent)
        part = self._parts / "part"
        part.write_bytes(data)
        os.replace(part, target)


def _hash_of(path: str) -> str:
    """Return the hash of a file's bytes, empty when there is none."""
    try:
        with open(path, "rb", buffering=0) as stream:
            return hashlib.blake2b(stream.read(), digest_size=12).hexdigest()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ""


def _remove(folder: Path, path: str) -> None:
    target = folder / path
    if any(parent.is_symlink() for parent in (folder / p for p in Path(path).parents[:-1])):
        return
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        target.unlink()
    for parent in Path(path).parents[:-1]:
        try:
            (folder / parent).rmdir()
        except OSError:  # it holds something else
            break


def _save(folder: Path, known: _Known) -> None:
    lines = ",\n".join(
        f"{json.dumps(path)}: {json.dumps(entry)}" for path, entry in sorted(known.files.items())
    )
    text = (
        f'{{"format": {_FORMAT}, "common": {json.dumps(known.common)}, "files": {{\n{lines}\n}}}}\n'
    )
    atomic_write(folder / _STATE / "manifest.json", text)
