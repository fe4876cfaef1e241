"""What the search view must never touch, and what every encoder promises, of the shipped one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from litmine.core.errors import ArtefactMismatch
from litmine.core.resources import models_dir
from litmine.encode import Encoder, load_encoder, load_search_encoder, search_encoder_id
from litmine.encode.artefact import MANIFEST, Artefact, open_artefact
from litmine.encode.export import export_encoder
from litmine.encode.onnx_encoder import OnnxEncoder
from litmine.encode.search_view import open_view, seen_through, write_view
from tests.support.tiny_models import write_tiny_bert

TEXTS = [
    "pruning removes weights from large language models",
    "stars",
    "",
    "serving batches requests on one device " * 30,
    "μ-law, 量子化 & <b>tags</b> \U0001f600",
]


@pytest.fixture(scope="module")
def shipped() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="module")
def search() -> Encoder:
    return load_search_encoder()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    export_encoder(write_tiny_bert(folder / "source"), folder / "onnx", name="tiny", max_tokens=64)
    return folder / "onnx"


def _write(folder: Path, encoder: Path, size: float) -> Artefact:
    random = np.random.default_rng(4)

    def draw(*shape: int) -> np.ndarray:
        return (size * random.normal(size=shape)).astype(np.float32)

    return write_view(
        folder,
        encoder_id=open_artefact(encoder, "encoder").artefact_id,
        tables={"encoder.layer.1.attention.self.value": (draw(32, 2), draw(2, 32))},
        vectors={"encoder.layer.0.attention.self.bias": draw(96)},
        facts={"seed": 4},
    )


def test_the_shipped_view_gives_other_unit_vectors(shipped: Encoder, search: Encoder) -> None:
    assert search.encoder_id != shipped.encoder_id
    assert search.dim == shipped.dim
    vectors = search.encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors * shipped.encode(TEXTS)).sum(axis=1).max() < 0.999


def test_its_vectors_do_not_depend_on_their_company(search: Encoder) -> None:
    together = search.encode(TEXTS)
    assert np.array_equal(np.concatenate([search.encode([text]) for text in TEXTS]), together)
    assert np.array_equal(search.encode(TEXTS[::-1], batch_size=2), together[::-1])
    assert np.array_equal(load_search_encoder(workers=1).encode(TEXTS), together)


def test_the_shipped_vectors_of_record_stay_bit_for_bit(shipped: Encoder, search: Encoder) -> None:
    before = shipped.encode(TEXTS)
    search.encode(TEXTS)
    assert np.array_equal(shipped.encode(TEXTS), before)
    assert np.array_equal(load_encoder().encode(TEXTS), before)


def test_no_view_changes_the_folder_of_its_encoder(tiny: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in tiny.iterdir()}
    vectors = load_encoder(str(tiny)).encode(TEXTS)
    _write(tmp_path, tiny, 0.3)
    assert not np.array_equal(OnnxEncoder(tiny, view=tmp_path).encode(TEXTS), vectors)
    assert np.array_equal(load_encoder(str(tiny)).encode(TEXTS), vectors)
    assert {path.name: path.read_bytes() for path in tiny.iterdir()} == before


def test_a_change_of_nothing_gives_the_very_vectors(tiny: Path, tmp_path: Path) -> None:
    view, encoder = _write(tmp_path, tiny, 0.0), load_encoder(str(tiny))
    same = OnnxEncoder(tiny, view=tmp_path)
    assert same.encoder_id == view.artefact_id != encoder.encoder_id
    assert np.array_equal(same.encode(TEXTS), encoder.encode(TEXTS))


def test_what_is_written_is_what_is_opened_and_the_graph_keeps_its_size(
    tiny: Path, tmp_path: Path
) -> None:
    written = _write(tmp_path, tiny, 0.3)
    view = open_view(tmp_path, open_artefact(tiny, "encoder").artefact_id)
    assert (view.artefact_id, view.manifest) == (written.artefact_id, written.manifest)
    assert view.manifest["facts"] == {"seed": 4}
    model = (tiny / "model.onnx").read_bytes()
    seen = seen_through(view, model)
    assert seen != model
    assert len(seen) == len(model)


def _flip(folder: Path) -> None:
    packed = bytearray((folder / "change.npz").read_bytes())
    packed[len(packed) // 2] ^= 1
    (folder / "change.npz").write_bytes(packed)


def _remove(folder: Path) -> None:
    (folder / "change.npz").unlink()


def _cut_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text()[:-20])


def _edit_manifest(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["settings"]["rank"] = 1
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize("damage", [_flip, _remove, _cut_manifest, _edit_manifest])
def test_a_damaged_view_is_refused(
    damage: Callable[[Path], None], tiny: Path, tmp_path: Path
) -> None:
    _write(tmp_path, tiny, 0.1)
    damage(tmp_path)
    with pytest.raises(ArtefactMismatch, match="restore") as caught:
        OnnxEncoder(tiny, view=tmp_path)
    assert "\n" not in str(caught.value)


def test_any_other_encoder_searches_as_it_is(tiny: Path, tmp_path: Path) -> None:
    loaded, plain = load_search_encoder(str(tiny)), load_encoder(str(tiny))
    assert loaded.encoder_id == search_encoder_id(str(tiny)) == plain.encoder_id
    assert np.array_equal(loaded.encode(TEXTS), plain.encode(TEXTS))
    assert search_encoder_id(str(tmp_path / "nowhere")) is None


def test_all_that_is_shipped_stays_below_thirty_megabytes() -> None:
    files = [path for path in models_dir().rglob("*") if path.is_file()]
    assert any(path.parent.name == "search" for path in files)
    assert sum(path.stat().st_size for path in files) < 30_000_000
