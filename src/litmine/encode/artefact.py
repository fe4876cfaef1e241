"""Model folders: files beside a ``manifest.json`` that names each one's sha256.

A folder is either exactly what its manifest says or an `ArtefactMismatch`. Encoders and
classifiers both live in such folders.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litmine.core.errors import ArtefactMismatch
from litmine.core.files import atomic_write, sha256_file

__all__ = ["MANIFEST", "Artefact", "open_artefact", "seal_artefact"]

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Artefact:
    """A model folder whose files were found to be those of its manifest.

    Attributes
    ----------
    folder
        Where the files lie.
    manifest
        The manifest as read.
    artefact_id
        The manifest's name and the first ten digits of a hash over what decides the outcome
        (kind, name, settings, file hashes), so that a changed weight is a changed id.
    """

    folder: Path
    manifest: Mapping[str, Any]
    artefact_id: str

    def path(self, name: str) -> Path:
        """Path of a file that the manifest lists."""
        if name not in self.manifest["files"]:
            raise ArtefactMismatch(f"{self.folder / MANIFEST} lists no {name}: restore the folder")
        return self.folder / name


def _identity(manifest: Mapping[str, Any]) -> str:
    decisive = {
        "kind": manifest["kind"],
        "name": manifest["name"],
        "settings": manifest["settings"],
        "files": {name: entry["sha256"] for name, entry in manifest["files"].items()},
    }
    text = json.dumps(decisive, sort_keys=True)
    return f"{manifest['name']}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def seal_artefact(
    folder: Path,
    *,
    kind: str,
    name: str,
    settings: Mapping[str, Any],
    files: Iterable[str],
    facts: Mapping[str, Any],
) -> Artefact:
    """Write the manifest of a folder whose files are in place.

    Parameters
    ----------
    folder
        The model folder.
    kind
        ``encoder`` or ``classifier``.
    name
        Short name of the model; the first half of its id.
    settings
        What the code needs to run the files; part of the id.
    files
        Names of the files that belong to the model.
    facts
        Where it comes from: base model, licence, data, seeds, hardware. Not part of the id.
    """
    entries = {
        name_: {"sha256": sha256_file(folder / name_), "bytes": (folder / name_).stat().st_size}
        for name_ in sorted(files)
    }
    manifest: dict[str, Any] = {
        "kind": kind,
        "name": name,
        "settings": dict(settings),
        "files": entries,
        "facts": dict(facts),
    }
    manifest[f"{kind}_id" if kind == "encoder" else "model_id"] = _identity(manifest)
    atomic_write(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    return Artefact(folder, manifest, _identity(manifest))


def open_artefact(folder: Path, kind: str) -> Artefact:
    """Read a model folder and check every file against the manifest.

    Raises
    ------
    ArtefactMismatch
        When the manifest is missing or unreadable, is of another kind, or a file is missing or
        differs from it.
    """
    path = folder / MANIFEST
    trained_by = "litmine train encoder" if kind == "encoder" else "litmine train"
    remedy = f"restore {folder} from the release (git checkout), or make it anew: {trained_by}"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        found = manifest["kind"]
        identity = _identity(manifest)
        files = {name: entry["sha256"] for name, entry in manifest["files"].items()}
    except FileNotFoundError:
        raise ArtefactMismatch(f"{path} is missing: {remedy}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtefactMismatch(f"{path} cannot be read ({error!r}): {remedy}") from error
    if found != kind:
        raise ArtefactMismatch(f"{path} describes a {found}, not a {kind}: give another folder")
    if manifest.get("encoder_id" if kind == "encoder" else "model_id") != identity:
        raise ArtefactMismatch(f"{path} was edited by hand (its id does not match): {remedy}")
    for name, expected in files.items():
        file = folder / name
        if not file.is_file():
            raise ArtefactMismatch(f"{file} is missing: {remedy}")
        if sha256_file(file) != expected:
            raise ArtefactMismatch(f"{file} is not the file its manifest names: {remedy}")
    return Artefact(folder, manifest, identity)
