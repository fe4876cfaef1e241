"""The search view: the encoder's graph with its weights changed in place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from safetensors.numpy import load_file, save_file

from litmine.core.errors import ArtefactMismatch, ModelError
from litmine.core.resources import models_dir
from litmine.encode import load_encoder, load_search_encoder, search_encoder_id
from litmine.encode.export import export_encoder
from litmine.encode.onnx_encoder import OnnxEncoder
from litmine.encode.search_view import write_view
from litmine.encode.tables import find_tables
from tests.support.tiny_models import write_tiny_bert

DIM, RANK = 32, 2
TEXTS = ["pruning removes weights", "stars and galaxies", "serving batches requests on one device"]
LINEAR = "encoder.layer.0.output.dense"
WIDE = "encoder.layer.1.intermediate"
NORM = "encoder.layer.1.output.LayerNorm.bias"


@pytest.fixture
def tiny(tmp_path: Path) -> tuple[Path, Path]:
    source = write_tiny_bert(tmp_path / "source", dim=DIM)
    export_encoder(source, tmp_path / "encoder", name="tiny", max_tokens=64)
    return source, tmp_path / "encoder"


def _view(folder: Path, encoder_id: str, scale: float = 1.0) -> dict[str, np.ndarray]:
    """Write a view; return what it adds, by the names of the trained model."""
    random = np.random.default_rng(2)

    def factor(*shape: int) -> np.ndarray:
        return (scale * random.normal(0, 0.3, shape)).astype(np.float32)

    tables = {
        LINEAR: (factor(DIM, RANK), factor(RANK, 4 * DIM)),
        WIDE: (factor(4 * DIM, RANK), factor(RANK, DIM)),
    }
    vectors = {NORM: factor(DIM)}
    write_view(folder, encoder_id=encoder_id, tables=tables, vectors=vectors, facts={})
    products = {name: up @ down for name, (up, down) in tables.items()}
    return {
        f"{LINEAR}.weight": products[LINEAR],
        f"{WIDE}.dense.weight": products[WIDE],
        NORM: vectors[NORM],
    }


def test_it_is_the_encoder_of_the_changed_weights(tiny: tuple[Path, Path], tmp_path: Path) -> None:
    source, folder = tiny
    plain = load_encoder(str(folder))
    added = _view(tmp_path / "view", plain.encoder_id)
    seen = OnnxEncoder(folder, view=tmp_path / "view")

    weights = load_file(source / "model.safetensors")
    changed = {name: table + added.get(name, 0) for name, table in weights.items()}
    save_file(
        {name: table.astype(np.float32) for name, table in changed.items()},
        source / "model.safetensors",
        metadata={"format": "pt"},
    )
    export_encoder(source, tmp_path / "whole", name="whole", max_tokens=64)
    wanted = load_encoder(str(tmp_path / "whole")).encode(TEXTS)

    found = seen.encode(TEXTS)
    assert (found * wanted).sum(axis=1).min() > 0.999  # codes of both are rounded
    assert (found * plain.encode(TEXTS)).sum(axis=1).max() < 0.99
    assert seen.encoder_id != plain.encoder_id
    assert seen.encoder_id.startswith("litmine-search-view-")


def test_a_view_that_changes_nothing_leaves_the_vectors(
    tiny: tuple[Path, Path], tmp_path: Path
) -> None:
    _, folder = tiny
    plain = load_encoder(str(folder))
    _view(tmp_path / "view", plain.encoder_id, scale=0.0)
    seen = OnnxEncoder(folder, view=tmp_path / "view")
    np.testing.assert_allclose(seen.encode(TEXTS), plain.encode(TEXTS), atol=1e-3)


def test_a_view_of_another_encoder_is_refused(tiny: tuple[Path, Path], tmp_path: Path) -> None:
    _view(tmp_path / "view", "other-0123456789")
    with pytest.raises(ArtefactMismatch, match="is a view of other-0123456789"):
        OnnxEncoder(tiny[1], view=tmp_path / "view")


def test_a_view_of_tables_that_are_not_there_is_refused(
    tiny: tuple[Path, Path], tmp_path: Path
) -> None:
    encoder_id = load_encoder(str(tiny[1])).encoder_id
    change = np.ones((DIM, RANK), np.float32), np.ones((RANK, DIM), np.float32)
    tables = {"encoder.layer.9.output.dense": change}
    shift = {NORM: np.zeros(DIM, np.float32)}
    write_view(tmp_path / "view", encoder_id=encoder_id, tables=tables, vectors=shift, facts={})
    with pytest.raises(ArtefactMismatch, match=r"encoder\.layer\.9\.output\.dense"):
        OnnxEncoder(tiny[1], view=tmp_path / "view")


def test_a_changed_file_is_refused(tiny: tuple[Path, Path], tmp_path: Path) -> None:
    _view(tmp_path / "view", load_encoder(str(tiny[1])).encoder_id)
    with (tmp_path / "view" / "change.npz").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ArtefactMismatch, match=r"change\.npz"):
        OnnxEncoder(tiny[1], view=tmp_path / "view")


def test_the_shipped_view_is_one_of_the_shipped_encoder() -> None:
    encoder = load_search_encoder()
    assert encoder.encoder_id == search_encoder_id()
    manifest = json.loads((models_dir() / "search" / "manifest.json").read_text("utf-8"))
    assert manifest["settings"]["encoder_id"] == load_encoder().encoder_id
    near, far = (
        encoder.encode(
            ["quantizing the key-value cache to two bits", "telescopes measure dust in galaxies"]
        )
        @ encoder.encode(["low-bit compression of cached keys and values"]).T
    )
    assert near > far + 0.3


def test_tables_are_those_that_onnx_reads(tiny: tuple[Path, Path]) -> None:
    content = (tiny[1] / "model.onnx").read_bytes()
    tables = find_tables(content)
    initialisers = onnx.load_from_string(content).graph.initializer
    assert tables.keys() == {one.name for one in initialisers}
    for one in initialisers:
        np.testing.assert_array_equal(tables[one.name].read(content), numpy_helper.to_array(one))


def test_a_table_is_written_where_it_was(tiny: tuple[Path, Path]) -> None:
    content = bytearray((tiny[1] / "model.onnx").read_bytes())
    place = find_tables(content)[NORM]
    place.write(content, np.arange(DIM, dtype=np.float32))
    for one in onnx.load_from_string(bytes(content)).graph.initializer:
        if one.name == NORM:
            assert numpy_helper.to_array(one).tolist() == list(range(DIM))
    with pytest.raises(ValueError, match="has shape"):
        place.write(content, np.zeros(DIM + 1, np.float32))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_half_a_file_is_told_as_such(tiny: tuple[Path, Path], share: float) -> None:
    content = (tiny[1] / "model.onnx").read_bytes()
    with pytest.raises(ModelError, match="cannot be read"):
        find_tables(content[: int(len(content) * share)])
