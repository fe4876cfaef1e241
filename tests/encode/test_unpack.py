"""A shipped encoder can be read back into the model it was written from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from safetensors.numpy import load_file

from litmine.core.errors import ModelError
from litmine.core.resources import models_dir
from litmine.encode import load_encoder
from litmine.encode.export import export_encoder
from litmine.encode.graph import Precision, build_graph
from litmine.encode.training.network import resolve_base
from litmine.encode.unpack import unpack_encoder, unpack_weights
from tests.support.tiny_models import write_tiny_bert

TEXTS = ["pruning removes weights", "stars and galaxies " * 20, ""]


def _arrays(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {a.name: numpy_helper.to_array(a) for a in model.graph.initializer}


def _assert_same_codes(model: onnx.ModelProto, again: onnx.ModelProto) -> None:
    before, after = _arrays(model), _arrays(again)
    assert before.keys() == after.keys()
    coded = [name for name in before if name.endswith(".codes")]
    assert coded
    for name, array in before.items():
        if name.endswith(".scales"):
            np.testing.assert_array_max_ulp(array, after[name], maxulp=1)
        else:
            np.testing.assert_array_equal(array, after[name], err_msg=name)
    assert [n.op_type for n in model.graph.node] == [n.op_type for n in again.graph.node]


def test_the_shipped_encoder_gives_the_same_codes_again() -> None:
    model = onnx.load(models_dir() / "encoder" / "model.onnx")
    weights, shape = unpack_weights(model)
    assert (shape.layers, shape.heads) == (6, 12)
    _assert_same_codes(model, build_graph(weights, shape, "int8"))


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_an_unpacked_encoder_exports_to_the_same_vectors(
    precision: Precision, tmp_path: Path
) -> None:
    source = write_tiny_bert(tmp_path / "source")
    export_encoder(source, tmp_path / "one", name="tiny", precision=precision, max_tokens=64)
    unpack_encoder(tmp_path / "one", tmp_path / "back")
    export_encoder(
        tmp_path / "back", tmp_path / "two", name="tiny", precision=precision, max_tokens=64
    )
    one, two = (load_encoder(str(tmp_path / n)).encode(TEXTS) for n in ("one", "two"))
    np.testing.assert_allclose(one, two, atol=1e-6)
    if precision == "fp32":
        was, now = (load_file(f / "model.safetensors") for f in (source, tmp_path / "back"))
        for name in ("encoder.layer.1.output.dense.weight", "encoder.layer.0.output.dense.bias"):
            np.testing.assert_array_equal(was[name], now[name])


def test_an_unpacked_encoder_is_a_sentence_transformer(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    source = write_tiny_bert(tmp_path / "source")
    export_encoder(source, tmp_path / "fp32", name="tiny", precision="fp32", max_tokens=64)
    export_encoder(source, tmp_path / "int8", name="tiny", precision="int8", max_tokens=64)
    full = load_encoder(resolve_base(str(tmp_path / "fp32"), tmp_path / "base"))
    np.testing.assert_allclose(
        full.encode(TEXTS), load_encoder(str(tmp_path / "fp32")).encode(TEXTS), atol=2e-6
    )
    again = load_encoder(str(tmp_path / "base"))
    assert again.encoder_id == full.encoder_id


def test_a_graph_of_another_kind_is_refused() -> None:
    node = onnx.helper.make_node("Identity", ["a"], ["b"])
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph([node], "g", [value("a", 1, [1])], [value("b", 1, [1])])
    with pytest.raises(ModelError, match="not a graph that litmine wrote"):
        unpack_weights(onnx.helper.make_model(graph))
