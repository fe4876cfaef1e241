"""A tiny invented encoder and labelled corpus, made in milliseconds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

_TEXT = (
    "pruning removes weights from large language models so that inference needs less memory and "
    "time quantization stores numbers in few bits serving batches requests on one device cache "
    "keys values long prompts tokens flowers birds rivers songs painting history of gardens and "
    "stars telescope galaxies dust light years measured survey of methods results improve speed"
)
WORDS = _TEXT.split()


def write_tiny_bert(folder: Path, *, seed: int = 0, dim: int = 32, layers: int = 2) -> Path:
    """A BERT-shaped model folder with random weights and a whole-word tokeniser."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {w: i for i, w in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])}
    for word in WORDS:
        vocabulary.setdefault(word, len(vocabulary))
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    random = np.random.default_rng(seed)

    def table(*shape: int) -> np.ndarray[Any, Any]:
        return random.normal(0, 0.3, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": table(len(vocabulary), dim),
        "embeddings.position_embeddings.weight": table(64, dim),
        "embeddings.token_type_embeddings.weight": table(2, dim),
        "embeddings.LayerNorm.weight": 1 + table(dim),
        "embeddings.LayerNorm.bias": table(dim),
    }
    for layer in range(layers):
        prefix = f"encoder.layer.{layer}"
        shapes = {
            **{f"attention.self.{p}": (dim, dim) for p in ("query", "key", "value")},
            "attention.output.dense": (dim, dim),
            "intermediate.dense": (4 * dim, dim),
            "output.dense": (dim, 4 * dim),
        }
        for name, shape in shapes.items():
            weights[f"{prefix}.{name}.weight"] = table(*shape)
            weights[f"{prefix}.{name}.bias"] = table(shape[0])
        for name in ("attention.output", "output"):
            weights[f"{prefix}.{name}.LayerNorm.weight"] = 1 + table(dim)
            weights[f"{prefix}.{name}.LayerNorm.bias"] = table(dim)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": dim,
        "intermediate_size": 4 * dim,
        "num_attention_heads": 2,
        "num_hidden_layers": layers,
        "max_position_embeddings": 64,
        "type_vocab_size": 2,
        "vocab_size": len(vocabulary),
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def write_tiny_sentence_transformer(folder: Path) -> Path:
    """The same as a sentence-transformers folder: mean pooling, then normalisation."""
    write_tiny_bert(folder)
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True})
    )
    module = "sentence_transformers.models"
    (folder / "modules.json").write_text(
        json.dumps(
            [
                {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
                {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
                {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{module}.Normalize"},
            ]
        )
    )
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64}))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "model_max_length": 64,
                "pad_token": "[PAD]",
                "unk_token": "[UNK]",
                "cls_token": "[CLS]",
                "sep_token": "[SEP]",
            }
        )
    )
    return folder


def invented_labels(count: int = 80, seed: int = 1) -> list[dict[str, Any]]:
    """Label records with texts (title, abstract) that a word model can tell apart."""
    random = np.random.default_rng(seed)
    kinds = [
        ("pruning removes weights", "inference/memory", "pruning"),
        ("quantization stores numbers in few bits", "inference/computation", "quantization"),
        ("serving batches requests", "system/computation", "serving"),
    ]
    records = []
    for i in range(count):
        filler = " ".join(random.choice(WORDS[28:], 12))
        record: dict[str, Any] = {"id": f"2501.{i:05d}", "relevant": int(i % 2 == 0)}
        if record["relevant"]:
            phrase, cell, technique = kinds[int(random.integers(0, len(kinds)))]
            record |= {"cells": [cell], "technique": [technique]}
            record |= {"title": phrase, "abstract": f"{phrase} {filler} {phrase}"}
        else:
            record |= {"title": "gardens and stars", "abstract": f"{filler} galaxies {filler}"}
        records.append(record)
    return records
