"""Teach an encoder with fewer layers to give the vectors of a larger one.

    .venv/bin/python tests/bench/distil_encoder.py --teacher models/encoder --out out/three-layers

The student starts as the teacher without some layers (as DistilBERT does: Sanh et al., 2019) and
learns to bring its unit vector to the teacher's, on titles, abstracts and both joined, of the
papers that a training configuration names. No label is read; what the teacher learnt from labels
shows in its vectors. `OUT/final` is a sentence-transformers folder for encoder_quality.py.
Needs ../shared and the train extra; minutes on a GPU, hours without one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from litmine.encode.training.config import load_config
from litmine.encode.training.data import load_corpus
from litmine.encode.training.material import tokenise
from litmine.encode.training.network import resolve_base
from litmine.encode.training.steps import embed, endless, optimise

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", default="models/encoder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=ROOT / "jobs" / "train" / "encoder.toml")
    parser.add_argument("--layers", default="0,2,5", help="layers of the teacher that stay")
    parser.add_argument("--epochs", type=float, default=4.0)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    config, began = load_config(arguments.config), time.time()
    place = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    folder = resolve_base(arguments.teacher, arguments.out / "teacher")
    teacher = SentenceTransformer(folder, device=str(place)).eval()
    torch.manual_seed(config.seed)
    student: Any = SentenceTransformer(folder, device=str(place))
    network = student[0].auto_model
    kept = [int(layer) for layer in arguments.layers.split(",")]
    network.encoder.layer = torch.nn.ModuleList(network.encoder.layer[layer] for layer in kept)
    network.config.num_hidden_layers = len(kept)
    corpus = load_corpus(config.data, config.seed)
    material = tokenise(corpus, teacher.tokenizer, config, place, arguments.out / "tokens.npz")
    kinds = (material.pool, material.abstracts, material.pool, material.titles)
    papers = len(material.pool)
    steps = int(arguments.epochs * papers / arguments.batch_size)

    def batches() -> Iterator[dict[str, Any]]:
        rows = endless(np.arange(papers), arguments.batch_size, config.seed)
        for step, picked in enumerate(rows):
            yield kinds[step % len(kinds)].batch(picked, place)

    def loss_of(features: dict[str, Any]) -> Any:
        with torch.no_grad():
            wanted = embed(teacher, dict(features))
        return (1 - (embed(student, features) * wanted).sum(dim=1)).mean() * 10

    student.train()
    final = optimise(
        [{"params": list(student.parameters()), "lr": arguments.learning_rate}],
        batches(),
        loss_of,
        steps,
        report=lambda step, loss: print(f"{step}/{steps} 1 - cosine {loss / 10:.4f}", flush=True),
    )
    student.save(str(arguments.out / "final"), create_model_card=False)
    print(
        f"{papers} papers, {steps} steps, {time.time() - began:.0f} s, 1 - cosine {final / 10:.4f}"
    )


if __name__ == "__main__":
    main()
