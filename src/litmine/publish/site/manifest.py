"""The manifest of a site's folder: which files litmine wrote, of what inputs, with which bytes."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litmine.core.errors import ConfigError
from litmine.core.files import atomic_write

__all__ = [
    "STATE",
    "Manifest",
    "read_manifest",
    "read_seen",
    "save_manifest",
    "save_seen",
    "stamp",
]

#: Folder of the manifest, inside the site's.
STATE = ".litmine"
_FORMAT = 1
# An empty step of a path, one that stands still or leads up, or a sign of other systems.
_OUTSIDE = re.compile(r"/\.{0,2}/|[\\\0]")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a folder.

    Attributes
    ----------
    common : str
        Fingerprint of what all files depend on.
    files : dict of str to (str, str)
        By path: the fingerprint of its inputs and the hash of its bytes; both empty for a file that
        was only planned when a build was killed.
    """

    common: str
    files: dict[str, tuple[str, str]]


def read_manifest(folder: Path, *, replace: bool = False) -> Manifest:
    """Read the manifest of a folder; an empty one where there is none.

    Parameters
    ----------
    replace : bool
        Take a damaged one for an empty one.

    Raises
    ------
    ConfigError
        It is damaged, or of another version of litmine.
    """
    path = folder / STATE / "manifest.json"
    try:
        data: Any = json.loads(path.read_text("utf-8"))
        if data["format"] == _FORMAT:
            files = {
                str(name): (str(inputs), str(digest))
                for name, (inputs, digest) in data["files"].items()
                if _inside(name)
            }
            return Manifest(str(data["common"]), files)
        reason = f"of another version of litmine ({data['format']!r:.20})"
    except (FileNotFoundError, NotADirectoryError):
        return Manifest("", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = "damaged"
    if replace:
        return Manifest("", {})
    raise ConfigError(
        f"{path} is {reason}: delete it and build with --replace, which overwrites the files of "
        "the site and leaves others alone"
    )


def stamp(folder: Path) -> tuple[int, int, int] | None:
    """Return what changes whenever the manifest is written."""
    try:
        told = os.stat(folder / STATE / "manifest.json")
    except OSError:
        return None
    return told.st_ino, told.st_size, told.st_mtime_ns


def _inside(name: str) -> bool:
    """Tell whether a path of the manifest stays in the folder: it may come from a repository."""
    return _OUTSIDE.search(f"/{name}/") is None


def save_manifest(folder: Path, known: Manifest) -> None:
    """Write the manifest: the whole old one or the whole new one is there at any moment."""
    lines = ",\n".join(
        f"{json.dumps(path)}: {json.dumps(entry)}" for path, entry in sorted(known.files.items())
    )
    text = (
        f'{{"format": {_FORMAT}, "common": {json.dumps(known.common)}, "files": {{\n{lines}\n}}}}\n'
    )
    atomic_write(folder / STATE / "manifest.json", text)


def read_seen(folder: Path) -> dict[str, list[int | str]]:
    """Read how the system described each file when it was last written or read, and its hash."""
    try:
        data: Any = json.loads((folder / STATE / "seen.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def save_seen(folder: Path, seen: dict[str, list[int | str]]) -> None:
    """Write what `read_seen` reads. It is of this copy of the folder alone, and may be lost."""
    atomic_write(folder / STATE / "seen.json", json.dumps(seen, separators=(",", ":")))
