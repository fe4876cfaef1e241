"""From a trained sentence-transformers folder to a shipped encoder folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litmine.core.errors import ModelError
from litmine.core.files import atomic_write
from litmine.encode.artefact import Artefact, seal_artefact
from litmine.encode.graph import BertShape, Precision, build_graph

__all__ = ["export_encoder"]


def export_encoder(
    source: Path,
    folder: Path,
    *,
    name: str,
    precision: Precision = "int8",
    max_tokens: int = 256,
    extra: Mapping[str, bytes] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Artefact:
    """Write ``model.onnx``, ``tokenizer.json`` and the manifest.

    Parameters
    ----------
    source
        A folder with ``config.json``, ``model.safetensors`` and ``tokenizer.json`` of a
        BERT-shaped model that is mean-pooled and normalised.
    folder
        Where the encoder goes; made if missing.
    name
        First half of the encoder id.
    precision
        ``int8`` (shipped) or ``fp32`` (to compare with).
    max_tokens
        Longer texts are cut.
    extra
        Further files of the encoder by name: its head and its out-of-fold opinions.
    facts
        Provenance for the manifest.

    Raises
    ------
    ModelError
        When the source is not such a model.
    """
    try:
        from safetensors.numpy import load_file
    except ImportError as error:
        raise ModelError("exporting needs the train extra: pip install 'litmine[train]'") from error
    try:
        config = json.loads((source / "config.json").read_text(encoding="utf-8"))
        weights = {
            key.removeprefix("bert."): value.astype("float32")
            for key, value in load_file(source / "model.safetensors").items()
        }
        shape = BertShape.from_config(config)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{source} holds no BERT-shaped model ({error!r})") from error
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise ModelError(f"{source} is not a BERT with erf-GELU: only those can be exported")
    model = build_graph(weights, shape, precision)
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / "model.onnx", model.SerializeToString())
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    for file, content in (extra or {}).items():
        atomic_write(folder / file, content)
    return seal_artefact(
        folder,
        kind="encoder",
        name=name,
        settings={
            "dim": int(config["hidden_size"]),
            "max_tokens": max_tokens,
            "precision": precision,
            "pooling": "mean",
            "normalised": True,
        },
        files=["model.onnx", "tokenizer.json", *(extra or {})],
        facts=facts or {},
    )
