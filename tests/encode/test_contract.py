"""What every encoder must do, whatever runs underneath."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from litmine.core.errors import ModelError
from litmine.encode import Encoder, load_encoder
from litmine.encode.artefact import seal_artefact
from litmine.encode.base import TokenEncoder
from litmine.encode.export import export_encoder
from tests.support.tiny_models import write_tiny_bert, write_tiny_sentence_transformer

TEXTS = [
    "pruning removes weights from large language models",
    "stars",
    "",
    "serving batches requests on one device " * 30,
    "quantization stores numbers in few bits",
    "μ-law, 量子化 & <b>tags</b> \U0001f600",
]


def _shipped(folder: Path) -> Encoder:
    return load_encoder()


def _tiny(folder: Path) -> Encoder:
    export_encoder(write_tiny_bert(folder / "source"), folder / "onnx", name="tiny", max_tokens=64)
    return load_encoder(str(folder / "onnx"))


def _sentence_transformer(folder: Path) -> Encoder:
    return load_encoder(str(write_tiny_sentence_transformer(folder / "st")))


@pytest.fixture(scope="module", params=[_shipped, _tiny, _sentence_transformer])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    make: Callable[[Path], Encoder] = request.param
    if make is _sentence_transformer and find_spec("sentence_transformers") is None:
        pytest.skip("needs the train extra")
    return make(tmp_path_factory.mktemp("encoder"))


def test_it_is_an_encoder_with_unit_rows_in_the_order_given(encoder: Encoder) -> None:
    assert isinstance(encoder, Encoder)
    assert encoder.encoder_id
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(encoder.encode(TEXTS[::-1]), vectors[::-1])


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dim)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_a_vector_is_the_same_bits_in_any_batch(encoder: Encoder, batch_size: int) -> None:
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert np.array_equal(encoder.encode(TEXTS, batch_size=batch_size), alone)


def test_progress_adds_up_to_the_number_of_texts(encoder: Encoder) -> None:
    steps: list[int] = []
    encoder.encode(TEXTS, batch_size=4, progress=steps.append)
    assert steps == [4, 2]


def test_different_texts_differ(encoder: Encoder) -> None:
    first, second = encoder.encode(TEXTS[:2])
    assert float(first @ second) < 0.999


@pytest.mark.parametrize("workers", [1, 3])
def test_a_vector_is_the_same_bits_with_any_number_of_workers(workers: int, tmp_path: Path) -> None:
    first = _tiny(tmp_path)
    other = load_encoder(str(tmp_path / "onnx"), workers=workers)
    assert np.array_equal(other.encode(TEXTS * 5), first.encode(TEXTS * 5))


def test_token_states_stand_behind_the_vector(tmp_path: Path) -> None:
    encoder = _tiny(tmp_path)
    assert isinstance(encoder, TokenEncoder)
    for text in TEXTS:
        seen = encoder.states(text)
        assert np.array_equal(seen.vector, encoder.encode([text])[0])
        mean = seen.states.mean(axis=0)
        np.testing.assert_allclose(mean / np.linalg.norm(mean), seen.vector, atol=1e-6)
        assert seen.states.shape == (len(seen.spans), encoder.dim)
        assert seen.states.dtype == np.float32


def test_spans_are_the_places_the_tokens_were_read_from(tmp_path: Path) -> None:
    encoder = _tiny(tmp_path)
    assert isinstance(encoder, TokenEncoder)
    text = "Pruning  removes\nweights, 量"
    spans = encoder.states(text).spans
    assert [text[begin:end] for begin, end in spans] == [
        *("", "Pruning", "removes", "weights", ",", "量", "")
    ]
    long = "serving batches requests " * 30
    spans = encoder.states(long).spans
    assert len(spans) == 64
    assert (spans[[0, -1]] == 0).all()
    assert (
        "".join(long[begin:end] for begin, end in spans)
        == ("servingbatchesrequests" * 21)[: int((spans[:, 1] - spans[:, 0]).sum())]
    )


def test_a_model_without_token_states_says_how_to_get_them(tmp_path: Path) -> None:
    import onnx

    folder = tmp_path / "onnx"
    _tiny(tmp_path)
    model = onnx.load(folder / "model.onnx")
    del model.graph.output[1]
    onnx.save(model, folder / "model.onnx")
    manifest = json.loads((folder / "manifest.json").read_text())
    names = list(manifest["files"])
    seal_artefact(
        folder, kind="encoder", name="old", settings=manifest["settings"], files=names, facts={}
    )
    encoder = load_encoder(str(folder))
    assert isinstance(encoder, TokenEncoder)
    with pytest.raises(ModelError, match="without token states: export it again"):
        encoder.states("stars")


def test_a_missing_model_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="give a folder that holds it") as caught:
        load_encoder(str(tmp_path / "nothing-here"))
    assert "\n" not in str(caught.value)
