"""An ONNX graph for BERT-shaped sentence encoders, written node by node from a weight table.

Why not trace the model with an exporter: the graph below is what the runtime is fast at (one fused
attention node per layer, one quantised product per weight matrix), it needs neither torch nor a
model class, and it has no attention mask, because a text is always run alone and unpadded. That is
also what makes a vector independent of the batch it was computed in.

Input ``input_ids`` (1, tokens) int64. Outputs: ``embedding`` (1, dim) float32, mean-pooled and
L2-normalised, as in Reimers & Gurevych, "Sentence-BERT" (2019); ``states`` (1, tokens, dim)
float32, the last hidden layer, whose mean over all tokens the embedding points along.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

Precision = Literal["fp32", "int8"]
Weights = Mapping[str, NDArray[np.float32]]

BLOCK = 32
"""Weights that share one scale (along the input dimension), as do activations at run time."""


@dataclass(frozen=True)
class BertShape:
    """The numbers of a BERT encoder that its weight table does not tell."""

    layers: int
    heads: int
    epsilon: float = 1e-12

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> BertShape:
        """Read the shape from a ``config.json`` of the transformers library."""
        return cls(
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            epsilon=float(config.get("layer_norm_eps", 1e-12)),
        )


@dataclass
class _Builder:
    """Collects nodes and initialisers; every method returns the name of its output."""

    precision: Precision
    nodes: list[Any] = field(default_factory=list)
    initialisers: list[Any] = field(default_factory=list)

    def constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.initialisers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(
        self, op: str, inputs: list[str], output: str, domain: str = "", **attributes: Any
    ) -> str:
        from onnx import helper

        self.nodes.append(
            helper.make_node(op, inputs, [output], name=output, domain=domain, **attributes)
        )
        return output

    def linear(self, name: str, x: str, weight: NDArray[np.float32]) -> str:
        """``x @ weight.T`` for a (out, in) weight; the bias is added by the node that follows."""
        outputs, inputs = weight.shape
        if self.precision == "fp32":
            table = self.constant(f"{name}.weight", weight.T)
            return self.node("MatMul", [x, table], f"{name}.product")
        codes, scales = quantise_blocks(weight)
        return self.node(
            "MatMulNBits",
            [x, self.constant(f"{name}.codes", codes), self.constant(f"{name}.scales", scales)],
            f"{name}.product",
            domain="com.microsoft",
            K=inputs,
            N=outputs,
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def rows(self, name: str, ids: str, table: NDArray[np.float32]) -> str:
        """Look rows of an embedding table up; stored as int8 with one scale per row."""
        if self.precision == "fp32":
            return self.node("Gather", [self.constant(f"{name}.table", table), ids], name)
        scale = np.abs(table).max(axis=1, keepdims=True) / 127
        scale = np.where(scale == 0, 1, scale).astype(np.float32)
        codes = np.rint(table / scale).astype(np.int8)
        picked = self.node("Gather", [self.constant(f"{name}.codes", codes), ids], f"{name}.picked")
        as_float = self.node("Cast", [picked], f"{name}.float", to=1)
        scales = self.node(
            "Gather", [self.constant(f"{name}.scales", scale), ids], f"{name}.row_scales"
        )
        return self.node("Mul", [as_float, scales], name)


def quantise_blocks(
    weight: NDArray[np.float32],
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Symmetric 8-bit codes (zero point 128) with one scale per ``BLOCK`` inputs.

    Parameters
    ----------
    weight
        (out, in); ``in`` must be a multiple of ``BLOCK``.

    Returns
    -------
    codes
        (out, in / BLOCK, BLOCK) uint8, the layout of ONNX Runtime's MatMulNBits.
    scales
        (out, in / BLOCK) float32.

    Raises
    ------
    ValueError
        If the input dimension is not a multiple of ``BLOCK``.
    """
    outputs, inputs = weight.shape
    if inputs % BLOCK:
        raise ValueError(f"input dimension {inputs} is not a multiple of {BLOCK}")
    blocks = weight.reshape(outputs, inputs // BLOCK, BLOCK)
    scales = np.abs(blocks).max(axis=2) / 127
    scales = np.where(scales == 0, 1, scales).astype(np.float32)
    codes = np.rint(blocks / scales[:, :, None]) + 128
    return codes.astype(np.uint8), scales


def build_graph(weights: Weights, shape: BertShape, precision: Precision) -> onnx.ModelProto:
    """Write the encoder of ``weights`` (names as in transformers' ``BertModel``) as ONNX.

    Parameters
    ----------
    weights
        Name to array, without a ``bert.`` prefix.
    shape
        Layers, heads, layer-norm epsilon.
    precision
        ``fp32``, or ``int8``: 8-bit weights and activations in blocks, sums in float32.
    """
    from onnx import TensorProto, helper

    b = _Builder(precision)
    hidden = weights["embeddings.LayerNorm.weight"].shape[0]
    words = b.rows("words", "input_ids", weights["embeddings.word_embeddings.weight"])
    # Token type 0 is the only one used, so its row joins the positions.
    positions = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    length = b.node("Shape", ["input_ids"], "length", start=1, end=2)
    position_rows = b.node(
        "Slice",
        [
            b.constant("positions", positions[None]),
            b.constant("zero", np.array([0], np.int64)),
            length,
            b.constant("axis_one", np.array([1], np.int64)),
        ],
        "position_rows",
    )
    summed = b.node("Add", [words, position_rows], "embedding_sum")
    x = b.node(
        "LayerNormalization",
        [summed, *_norm(b, weights, "embeddings.LayerNorm")],
        "layer.start",
        epsilon=shape.epsilon,
        axis=-1,
    )
    for layer in range(shape.layers):
        x = _layer(
            b,
            weights,
            shape,
            f"encoder.layer.{layer}",
            x,
            output="states"
            if layer == shape.layers - 1
            else f"encoder.layer.{layer}.output.normed",
        )
    b.node("ReduceMean", [x, "axis_one"], "pooled", keepdims=0)
    b.node("LpNormalization", ["pooled"], "embedding", axis=-1, p=2)
    graph = helper.make_graph(
        b.nodes,
        "sentence_encoder",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])],
        [
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, hidden]),
            helper.make_tensor_value_info("states", TensorProto.FLOAT, [1, "tokens", hidden]),
        ],
        b.initialisers,
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="litmine")


def _norm(b: _Builder, weights: Weights, prefix: str) -> list[str]:
    return [
        b.constant(f"{prefix}.{part}", weights[f"{prefix}.{part}"]) for part in ("weight", "bias")
    ]


def _layer(
    b: _Builder, weights: Weights, shape: BertShape, prefix: str, x: str, *, output: str
) -> str:
    """One post-norm transformer layer (Devlin et al., "BERT", 2019)."""
    own = f"{prefix}.attention.self"
    hidden = weights[f"{own}.query.weight"].shape[0]
    projections = []
    for part in ("query", "key", "value"):
        product = b.linear(f"{own}.{part}", x, weights[f"{own}.{part}.weight"])
        projections.append(product)
    bias = np.concatenate([weights[f"{own}.{part}.bias"] for part in ("query", "key", "value")])
    attended = b.node(
        "MultiHeadAttention",
        [*projections, b.constant(f"{own}.bias", bias)],
        f"{prefix}.attended",
        domain="com.microsoft",
        num_heads=shape.heads,
        scale=1 / math.sqrt(hidden // shape.heads),
    )
    between = f"{prefix}.attention.output"
    x = _residual(b, weights, shape, between, attended, x, f"{between}.normed")
    wide = b.linear(f"{prefix}.intermediate", x, weights[f"{prefix}.intermediate.dense.weight"])
    bent = b.node(
        "BiasGelu",
        [
            wide,
            b.constant(f"{prefix}.intermediate.bias", weights[f"{prefix}.intermediate.dense.bias"]),
        ],
        f"{prefix}.gelu",
        domain="com.microsoft",
    )
    return _residual(b, weights, shape, f"{prefix}.output", bent, x, output)


def _residual(
    b: _Builder, weights: Weights, shape: BertShape, prefix: str, inner: str, x: str, output: str
) -> str:
    """Project back, add bias and the layer's input, normalise."""
    product = b.linear(f"{prefix}.dense", inner, weights[f"{prefix}.dense.weight"])
    return b.node(
        "SkipLayerNormalization",
        [
            product,
            x,
            *_norm(b, weights, f"{prefix}.LayerNorm"),
            b.constant(f"{prefix}.dense.bias", weights[f"{prefix}.dense.bias"]),
        ],
        output,
        domain="com.microsoft",
        epsilon=shape.epsilon,
    )
