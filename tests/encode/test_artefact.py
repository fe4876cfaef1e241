"""A model folder is exactly what its manifest says, or an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from litmine.core.errors import ArtefactMismatch
from litmine.core.resources import models_dir
from litmine.encode.artefact import MANIFEST, open_artefact, seal_artefact


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "weights.bin").write_bytes(b"weights")
    seal_artefact(
        tmp_path, kind="encoder", name="toy", settings={"dim": 3}, files=["weights.bin"], facts={}
    )
    return tmp_path


def test_a_sealed_folder_opens_under_the_id_it_was_given(folder: Path) -> None:
    artefact = open_artefact(folder, "encoder")
    assert artefact.artefact_id == artefact.manifest["encoder_id"]
    assert artefact.artefact_id.startswith("toy-")
    assert artefact.path("weights.bin").read_bytes() == b"weights"


def test_facts_do_not_change_the_id_but_bytes_do(folder: Path) -> None:
    before = open_artefact(folder, "encoder").artefact_id
    again = {"kind": "encoder", "name": "toy", "settings": {"dim": 3}, "files": ["weights.bin"]}
    assert seal_artefact(folder, facts={"seed": 1}, **again).artefact_id == before  # type: ignore[arg-type]
    (folder / "weights.bin").write_bytes(b"Weights")
    assert seal_artefact(folder, facts={}, **again).artefact_id != before  # type: ignore[arg-type]


def _flip(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"weightz")


def _remove(folder: Path) -> None:
    (folder / "weights.bin").unlink()


def _remove_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def _cut_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text()[:40])


def _list_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("[]")


def _edit_settings(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["settings"]["dim"] = 4
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "tamper", [_flip, _remove, _remove_manifest, _cut_manifest, _list_manifest, _edit_settings]
)
def test_tampering_is_one_line_with_a_remedy(folder: Path, tamper: object) -> None:
    tamper(folder)  # type: ignore[operator]
    with pytest.raises(
        ArtefactMismatch, match=r"restore .* from the release .* litmine train"
    ) as caught:
        open_artefact(folder, "encoder")
    assert "\n" not in str(caught.value)


def test_another_kind_is_refused(folder: Path) -> None:
    with pytest.raises(ArtefactMismatch, match="not a classifier"):
        open_artefact(folder, "classifier")


@pytest.mark.parametrize("kind", ["encoder", "classifier"])
def test_the_shipped_models_are_whole_and_small(kind: str) -> None:
    artefact = open_artefact(models_dir() / kind, kind)
    assert sum(f["bytes"] for f in artefact.manifest["files"].values()) < 30_000_000
