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
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litmine.core.errors import ConfigError, LeaseHeld
from litmine.core.files import atomic_write
from litmine.publish.site.beside import second_process
from litmine.publish.site.files import SiteFile
from litmine.publish.site.manifest import (
    STATE,
    Manifest,
    read_manifest,
    read_seen,
    save_manifest,
    save_seen,
    stamp,
)

__all__ = ["SiteReport", "update_folder"]

_TOLD = 3
# Fewer files than this are made sooner than a process is.
_WORTH = 400


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
class _Outcome:
    """What came of some files: (inputs, hash) by path, how many were made, which were written.

    And how the system describes each file now.
    """

    done: dict[str, tuple[str, str]]
    made: int
    written: list[str]
    seen: dict[str, list[int | str]]


def update_folder(
    folder: Path,
    files: Sequence[SiteFile],
    common: str,
    *,
    replace: bool = False,
    tick: Callable[[], None] = lambda: None,
    beside: Callable[[SiteFile], bool] | None = None,
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
    beside : callable, optional
        Tells the files that a second process makes meanwhile, where that is possible: about half of
        the work, and with each file the ones that it is put together of. For processes without
        other threads only.

    Raises
    ------
    ConfigError
        When files of somebody else stand where the site's own would, or the manifest is damaged.
        Nothing has been written then.
    LeaseHeld
        When another process is building the same site.
    """
    before = stamp(folder)
    known = read_manifest(folder, replace=replace)
    _no_strangers(folder, files, known, replace=replace)
    with _alone(folder):
        if stamp(folder) != before:  # another build has just ended
            known = read_manifest(folder, replace=replace)
        fresh = {file.path: ("", "") for file in files if file.path not in known.files}
        if fresh:
            save_manifest(folder, Manifest(known.common, {**fresh, **known.files}))
        parts = _parts(folder)
        theirs = [file for file in files if beside(file)] if beside else []
        paths = {file.path for file in theirs}
        mine = [file for file in files if file.path not in paths] if theirs else files

        seen = read_seen(folder)

        def helped() -> list[Any]:
            outcome = _bring(theirs, known, common, _Writer(folder, parts / "second", seen))
            return [outcome.done, outcome.made, outcome.written, outcome.seen]

        with second_process(helped, worth=len(theirs) >= _WORTH) as second:
            first = _bring(mine, known, common, _Writer(folder, parts / "first", seen), tick)
            other = _Outcome(*second())
        for _ in theirs:
            tick()
        all_done = first.done | {path: (one[0], one[1]) for path, one in other.done.items()}
        done = {file.path: all_done[file.path] for file in files}
        removed = tuple(path for path in known.files if path not in done)
        for path in removed:
            _remove(folder, path)
        current = Manifest(common, done)
        if current != known:
            save_manifest(folder, current)
        now = {**first.seen, **other.seen}
        if now != seen:
            save_seen(folder, now)
    written = (*first.written, *other.written)
    return SiteReport(folder, len(done), first.made + other.made, written, removed)


def _bring(
    files: Sequence[SiteFile],
    known: Manifest,
    common: str,
    writer: _Writer,
    tick: Callable[[], None] = lambda: None,
) -> _Outcome:
    """Make and write those of some files that are not what they should be."""
    done: dict[str, tuple[str, str]] = {}
    written: list[str] = []
    made = 0
    for file in files:
        inputs, digest = known.files.get(file.path, ("", ""))
        stands = writer.hash_of(file.path, digest)
        if known.common != common or inputs != file.inputs or stands != digest or not stands:
            data = file.make(*map(writer.read, file.parts))
            made += 1
            digest = _hash(data)
            if digest != stands:
                writer.write(file.path, data, digest)
                written.append(file.path)
        done[file.path] = (file.inputs, digest)
        tick()
    return _Outcome(done, made, written, writer.seen)


def _no_strangers(
    folder: Path, files: Sequence[SiteFile], known: Manifest, *, replace: bool
) -> None:
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder: name another one with --output")
    for parent in sorted({STATE, *_parents(file.path for file in files)}):
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
    state = folder / STATE
    state.mkdir(parents=True, exist_ok=True)
    local = state / ".gitignore"
    if not local.exists():  # in a repository, what is of this copy alone stays out
        atomic_write(local, "lock\nparts\nseen.json\n")
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


def _parts(folder: Path) -> Path:
    """Give an empty folder for files that are being written."""
    parts = folder / STATE / "parts"
    if parts.is_symlink():
        parts.unlink()
    # Left by builds that were killed.
    shutil.rmtree(parts, ignore_errors=True)
    for left in parts.parent.glob(".manifest.json.*.part"):
        left.unlink(missing_ok=True)
    parts.mkdir()
    return parts


class _Writer:
    """Writes whole files: under another name first, then in their place.

    They are not flushed one by one, which would take minutes on some disks. What a power cut leaves
    half written has another hash than the manifest says, and is made anew by the next build.

    A file that the system describes as before (size, time of change, inode) is taken to hold what
    it held: ten thousand files are not read to write ten.

    Attributes
    ----------
    seen : dict of str to list
        How the system describes each file that was asked for, and the hash of its bytes.
    """

    def __init__(self, folder: Path, part: Path, before: Mapping[str, list[int | str]]) -> None:
        self.seen: dict[str, list[int | str]] = {}
        self._before = before
        self._folder = str(folder)
        self._part = str(part)
        self._ready: set[str] = set()

    def write(self, path: str, data: bytes, digest: str) -> None:
        target = f"{self._folder}/{path}"
        parent = target.rpartition("/")[0]
        if parent not in self._ready:
            os.makedirs(parent, exist_ok=True)
            self._ready.add(parent)
        with open(self._part, "wb") as stream:
            stream.write(data)
        os.replace(self._part, target)
        self._look(path, digest)

    def read(self, path: str) -> bytes:
        with open(f"{self._folder}/{path}", "rb", buffering=0) as stream:
            return stream.read()

    def hash_of(self, path: str, believed: str) -> str:
        """Return the hash of a file's bytes, empty when there is none."""
        before = self._before.get(path)
        if believed and before is not None and before == self._look(path, believed):
            return believed
        try:
            digest = _hash(self.read(path))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return ""
        self._look(path, digest)
        return digest

    def _look(self, path: str, digest: str) -> list[int | str] | None:
        try:
            told = os.stat(f"{self._folder}/{path}")
        except OSError:
            return None
        self.seen[path] = [told.st_size, told.st_mtime_ns, told.st_ino, digest]
        return self.seen[path]


def _hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()


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
