"""What every encoder must do, whatever runs underneath."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from litmine.core.errors import ModelError
from litmine.encode import Encoder, load_encoder
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


def test_a_missing_model_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="give a folder that holds it") as caught:
        load_encoder(str(tmp_path / "nothing-here"))
    assert "\n" not in str(caught.value)
