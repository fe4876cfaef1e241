"""From a shipped encoder folder back to a sentence-transformers folder.

The shipped graph holds every weight, as 8-bit codes or as floats, under names that tell which is
which. Reading them back gives a model that training can start from and that exports again to the
same codes, so the float weights of a training run need not be kept for ever.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from litmine.core.errors import ModelError
from litmine.core.files import atomic_write
from litmine.encode.artefact import open_artefact
from litmine.encode.graph import BertShape

if TYPE_CHECKING:
    import onnx

__all__ = ["unpack_encoder", "unpack_weights"]

_NORMS = ("InstanceNormalization", "LayerNormalization")
_MODULES = ("Transformer", "Pooling", "Normalize")


def unpack_weights(
    model: onnx.ModelProto,
) -> tuple[dict[str, NDArray[np.float32]], BertShape]:
    """Read the weight table of a graph that `litmine.encode.graph.build_graph` wrote.

    Parameters
    ----------
    model
        The graph, in any precision.

    Returns
    -------
    weights
        Name to float32 array, names as in transformers' ``BertModel``. `build_graph` makes the
        same codes of them; a scale may differ in its last bit. The row of token type 0 stays in
        the position embeddings.
    shape
        Layers, heads and layer-norm epsilon.

    Raises
    ------
    ModelError
        When the graph is not such a one.
    """
    from onnx import numpy_helper

    arrays = {a.name: numpy_helper.to_array(a) for a in model.graph.initializer}
    nodes = list(model.graph.node)
    try:
        heads = [_attributes(n)["num_heads"] for n in nodes if n.op_type == "MultiHeadAttention"]
        weights = _embeddings(arrays)
        for layer in range(len(heads)):
            weights |= _layer(arrays, f"encoder.layer.{layer}")
        epsilon = next(_attributes(n)["epsilon"] for n in nodes if n.op_type in _NORMS)
        shape = BertShape(layers=len(heads), heads=int(heads[0]), epsilon=float(epsilon))
    except (KeyError, IndexError, StopIteration, ValueError) as error:
        raise ModelError(f"model.onnx is not a graph that litmine wrote ({error!r})") from error
    return weights, shape


def unpack_encoder(folder: Path, target: Path) -> Path:
    """Write a shipped encoder as a sentence-transformers folder.

    Parameters
    ----------
    folder
        A folder with ``manifest.json``, ``model.onnx`` and ``tokenizer.json``.
    target
        Where ``config.json``, ``model.safetensors``, the tokeniser and the module list go; made
        if missing.

    Returns
    -------
    Path
        `target`, which `litmine.encode.export.export_encoder`, encoder training (``base``) and
        sentence-transformers read.

    Raises
    ------
    ArtefactMismatch
        When the folder is not what its manifest says.
    ModelError
        When the ``train`` extra is missing or the graph is not one of ours.
    """
    try:
        import onnx
        from safetensors.numpy import save
    except ImportError as error:
        raise ModelError(
            "unpacking a model needs the train extra: pip install 'litmine[train]'"
        ) from error
    artefact = open_artefact(folder, "encoder")
    weights, shape = unpack_weights(onnx.load(artefact.path("model.onnx")))
    dim = weights["embeddings.LayerNorm.weight"].shape[0]
    # Mean pooling never reads the pooler. Left out it would be drawn at random by each load.
    weights["pooler.dense.weight"] = np.zeros((dim, dim), np.float32)
    weights["pooler.dense.bias"] = np.zeros(dim, np.float32)
    max_tokens = int(artefact.manifest["settings"]["max_tokens"])
    tokenizer = artefact.path("tokenizer.json").read_bytes()
    files: dict[str, Any] = {
        "config.json": _config(weights, shape),
        "modules.json": [
            {
                "idx": i,
                "name": str(i),
                "path": "" if i == 0 else f"{i}_{kind}",
                "type": f"sentence_transformers.models.{kind}",
            }
            for i, kind in enumerate(_MODULES)
        ],
        "sentence_bert_config.json": {"max_seq_length": max_tokens, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": dim,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": max_tokens,
            **_marks(tokenizer),
        },
    }
    target.mkdir(parents=True, exist_ok=True)
    (target / "1_Pooling").mkdir(exist_ok=True)
    atomic_write(target / "model.safetensors", save(weights, metadata={"format": "pt"}))
    atomic_write(target / "tokenizer.json", tokenizer)
    for name, content in files.items():
        atomic_write(target / name, json.dumps(content, indent=2) + "\n")
    return target


def _attributes(node: Any) -> dict[str, Any]:
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def _embeddings(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    if "words.codes" in arrays:
        words = arrays["words.codes"].astype(np.float32) * arrays["words.scales"]
    else:
        words = arrays["words.table"]
    positions = arrays["positions"][0]
    return {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": positions,
        "embeddings.token_type_embeddings.weight": np.zeros((2, words.shape[1]), np.float32),
        "embeddings.LayerNorm.weight": arrays["embeddings.LayerNorm.weight"],
        "embeddings.LayerNorm.bias": arrays["embeddings.LayerNorm.bias"],
    }


def _linear(arrays: dict[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    """The (out, in) weight of a product, whichever way it is stored."""
    if f"{name}.weight" in arrays:
        return np.ascontiguousarray(arrays[f"{name}.weight"].T)
    codes, scales = arrays[f"{name}.codes"], arrays[f"{name}.scales"]
    blocks = (codes.astype(np.float32) - 128) * scales.astype(np.float32).reshape(
        codes.shape[0], -1, 1
    )
    weight: NDArray[np.float32] = blocks.reshape(codes.shape[0], -1)
    return weight


def _layer(arrays: dict[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[np.float32]]:
    own = f"{prefix}.attention.self"
    parts = ("query", "key", "value")
    weights = {f"{own}.{part}.weight": _linear(arrays, f"{own}.{part}") for part in parts}
    biases = np.split(arrays[f"{own}.bias"], len(parts))
    weights |= {f"{own}.{part}.bias": bias for part, bias in zip(parts, biases, strict=True)}
    wide = f"{prefix}.intermediate"
    weights[f"{wide}.dense.weight"] = _linear(arrays, wide)
    weights[f"{wide}.dense.bias"] = arrays[f"{wide}.bias"]
    for name in (f"{prefix}.attention.output", f"{prefix}.output"):
        weights[f"{name}.dense.weight"] = _linear(arrays, f"{name}.dense")
        for kept in ("dense.bias", "LayerNorm.weight", "LayerNorm.bias"):
            weights[f"{name}.{kept}"] = arrays[f"{name}.{kept}"]
    return weights


def _config(weights: dict[str, NDArray[np.float32]], shape: BertShape) -> dict[str, Any]:
    words, dim = weights["embeddings.word_embeddings.weight"].shape
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": dim,
        "intermediate_size": weights["encoder.layer.0.intermediate.dense.bias"].shape[0],
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "max_position_embeddings": weights["embeddings.position_embeddings.weight"].shape[0],
        "type_vocab_size": 2,
        "vocab_size": words,
        "layer_norm_eps": shape.epsilon,
        "pad_token_id": 0,
    }


def _marks(tokenizer: bytes) -> dict[str, str]:
    """The special tokens that the vocabulary has, under the names transformers gives them."""
    vocabulary = json.loads(tokenizer)["model"]["vocab"]
    named = {f"{kind}_token": f"[{kind.upper()}]" for kind in ("pad", "unk", "cls", "sep", "mask")}
    return {key: mark for key, mark in named.items() if mark in vocabulary}
