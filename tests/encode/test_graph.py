"""The hand-written graph is the model it was written from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from litmine.core.errors import ModelError
from litmine.encode import load_encoder
from litmine.encode.export import export_encoder
from litmine.encode.graph import BLOCK, quantise_blocks
from tests.support.tiny_models import write_tiny_sentence_transformer

TEXTS = ["pruning removes weights", "stars and galaxies " * 20, "serving on one device"]


def test_full_precision_equals_sentence_transformers(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    source = write_tiny_sentence_transformer(tmp_path / "st")
    export_encoder(source, tmp_path / "fp32", name="tiny", precision="fp32", max_tokens=64)
    ours = load_encoder(str(tmp_path / "fp32")).encode(TEXTS)
    theirs = load_encoder(str(source)).encode(TEXTS)
    np.testing.assert_allclose(ours, theirs, atol=2e-6)


def test_eight_bits_stay_close_to_full_precision(tmp_path: Path) -> None:
    source = write_tiny_sentence_transformer(tmp_path / "st")
    export_encoder(source, tmp_path / "fp32", name="tiny", precision="fp32", max_tokens=64)
    export_encoder(source, tmp_path / "int8", name="tiny", precision="int8", max_tokens=64)
    full = load_encoder(str(tmp_path / "fp32"))
    small = load_encoder(str(tmp_path / "int8"))
    assert full.encoder_id != small.encoder_id
    cosines = (full.encode(TEXTS) * small.encode(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.99


@given(hnp.arrays(np.float32, (3, 2 * BLOCK), elements=st.floats(-4, 4, width=32)))
def test_block_codes_are_within_half_a_step(weight: np.ndarray) -> None:
    codes, scales = quantise_blocks(weight)
    back = (codes.astype(np.float32) - 128) * scales[:, :, None]
    error = np.abs(back.reshape(weight.shape) - weight)
    assert (error <= np.repeat(scales, BLOCK, axis=1) * 0.5001).all()
    again = quantise_blocks(back.reshape(weight.shape))
    assert np.array_equal(again[0], codes)
    assert np.array_equal(again[1], scales)


def test_a_ragged_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        quantise_blocks(np.zeros((2, BLOCK + 1), np.float32))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no BERT-shaped model"):
        export_encoder(tmp_path, tmp_path / "out", name="x")
