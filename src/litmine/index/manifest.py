"""The manifest of a search index: which segments make the present generation.

An index is a folder for each encoder, since vectors of two encoders cannot be compared::

    <index>/writer.lock
    <index>/<encoder>/manifest.json          replaced atomically: the old generation or the new one
    <index>/<encoder>/segments/<name>/       see `litmine.index.segment`
    <index>/<encoder>/segments/<hash>.state
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from litmine.core.files import atomic_write, sha256_file
from litmine.index import dense_files, postings_build
from litmine.index.base import Damaged
from litmine.index.segment_build import CONTENTS
from litmine.index.state import Masks

__all__ = [
    "Manifest",
    "Mark",
    "Part",
    "encoder_folder",
    "forget_manifest",
    "look",
    "read_manifest",
    "segments_folder",
    "write_manifest",
]

FORMAT = 1
_ROWS_VERSION = 1
_NAME = "manifest.json"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

#: Another one whenever a manifest was replaced; None while there is none.
Mark = tuple[int, int, int] | None


@dataclass(frozen=True)
class Part:
    """One segment of a generation.

    Attributes
    ----------
    files : dict of str to int
        Sizes of its files, by name below the segment.
    """

    name: str
    state: str
    rows: int
    papers: int
    files: dict[str, int]


@dataclass(frozen=True)
class Manifest:
    """A generation of the index of one encoder.

    Attributes
    ----------
    number : int
        Grows with every generation.
    analysis : str
        How texts become terms, and how those are written down.
    taxonomy : str
        What the bits of cells and techniques mean (a hash).
    complete : bool
        Every paper of the database was in it, and those that await a vector are few.
    source : dict
        What the database looked like: `litmine.search.sync` compares it.
    """

    encoder_id: str
    dim: int
    analysis: str
    taxonomy: str
    number: int = 0
    complete: bool = False
    parts: tuple[Part, ...] = ()
    source: dict[str, Any] = field(default_factory=dict)

    @property
    def papers(self) -> int:
        """Papers that can be found."""
        return sum(part.papers for part in self.parts)

    @classmethod
    def blank(cls, encoder_id: str, dim: int, masks: Masks) -> Manifest:
        """A manifest as this version of litmine begins one."""
        return cls(
            encoder_id=encoder_id,
            dim=dim,
            analysis=f"{_ROWS_VERSION}.{postings_build.VERSION}.{dense_files.FORMAT}",
            taxonomy=hashlib.sha256(json.dumps(masks.key).encode()).hexdigest()[:32],
        )

    def disagreement(self, other: Manifest) -> str | None:
        """Say in what the two cannot share segments, or None."""
        for name in ("encoder_id", "dim", "analysis", "taxonomy"):
            if getattr(self, name) != getattr(other, name):
                return f"{name} is {getattr(self, name)}, wanted {getattr(other, name)}"
        return None

    def check_sizes(self, folder: Path) -> None:
        """See whether all files of the index in `folder` have their sizes.

        Raises
        ------
        Damaged
            One is missing or has another size.
        """
        below = segments_folder(folder)
        for part in self.parts:
            for name, size in part.files.items():
                try:
                    found = (below / part.name / name).stat().st_size
                except OSError as error:
                    raise Damaged(f"{part.name}/{name}: {error.strerror}") from error
                if found != size:
                    raise Damaged(f"{part.name}/{name} has {found} bytes, not {size}")

    def damaged_parts(self, folder: Path) -> dict[str, str]:
        """Read every byte and return what is wrong, by name of the segment; empty if nothing is."""
        below = segments_folder(folder)
        return {
            part.name: wrong
            for part in self.parts
            if (wrong := _wrong_with(below, part)) is not None
        }


def encoder_folder(index: Path, encoder_id: str) -> Path:
    """The folder of an encoder's index."""
    if _PLAIN.fullmatch(encoder_id):
        return index / encoder_id
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", encoder_id).strip("-.")[:40]
    return index / f"{plain}-{hashlib.sha256(encoder_id.encode()).hexdigest()[:12]}"


def segments_folder(folder: Path) -> Path:
    """Where the segments of an encoder's index lie."""
    return folder / "segments"


def look(folder: Path) -> Mark:
    """See whether the manifest was replaced, without reading it."""
    try:
        stat = os.stat(folder / _NAME)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino, stat.st_size


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of an encoder's index; None if there is none.

    Raises
    ------
    Damaged
        It cannot be used, or is of another format.
    """
    try:
        raw = json.loads((folder / _NAME).read_bytes())
        if raw.pop("format") != FORMAT:
            raise Damaged("the index was written by another version of litmine")
        parts = tuple(Part(**part) for part in raw.pop("parts"))
        manifest = Manifest(parts=parts, **raw)
        if not all(_PLAIN.fullmatch(one) for part in parts for one in (part.name, part.state)):
            raise Damaged("the manifest names files elsewhere")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(f"the manifest cannot be read: {error}") from error
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make `manifest` the present one."""
    raw = {"format": FORMAT} | asdict(manifest)
    atomic_write(folder / _NAME, json.dumps(raw, indent=1) + "\n")


def forget_manifest(folder: Path) -> None:
    """Tell readers that there is no index any more."""
    (folder / _NAME).unlink(missing_ok=True)


def _wrong_with(below: Path, part: Part) -> str | None:
    try:
        if sha256_file(below / part.state)[:32] != part.state.removesuffix(".state"):
            return f"{part.state} has another content"
        raw = (below / part.name / CONTENTS).read_bytes()
        if hashlib.sha256(raw).hexdigest()[:24] != part.name.partition("-")[0]:
            return f"{CONTENTS} has another content"
        for name, facts in json.loads(raw)["files"].items():
            if sha256_file(below / part.name / name) != facts["sha256"]:
                return f"{name} has another content"
    except OSError as error:
        return f"{error.strerror}: {Path(str(error.filename)).name}"
    return None
