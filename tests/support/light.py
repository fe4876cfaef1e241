"""Light stand-ins for encoder and classifier, and a small labelled library that fits them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from litmine.classify.library import LabelledLibrary, LabelledPaper
from litmine.classify.library_files import facts_bytes, vectors_bytes
from litmine.classify.model import Prediction
from litmine.core.paper import Paper
from litmine.core.taxonomy import load_taxonomy

ENCODER_ID = "hash-16"
DIM = 16


class HashEncoder:
    """Deterministic unit vectors from a hash of the text: no model, no meaning."""

    encoder_id = ENCODER_ID
    dim = DIM

    def __init__(self) -> None:
        self.calls = 0

    def encode(
        self,
        texts: Sequence[str],
        *,
        batch_size: int = 32,
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        self.calls += len(texts)
        if progress is not None:
            progress(len(texts))
        rows = [
            np.frombuffer(hashlib.sha256(t.encode()).digest()[:DIM], np.uint8).astype(np.float32)
            - 127.5
            for t in texts
        ]
        if not rows:
            return np.zeros((0, DIM), np.float32)
        matrix = np.stack(rows)
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


class KeywordClassifier:
    """Calls a paper relevant when its text speaks of efficiency; neighbours are real."""

    encoder_id = ENCODER_ID

    def __init__(self, model_id: str = "keyword-1", words: tuple[str, ...] = ("efficien",)) -> None:
        self.model_id = model_id
        self._words = words

    first_stage: Any = None

    def require_encoder(self, encoder_id: str) -> None:
        assert encoder_id == self.encoder_id

    def account(
        self,
        predictions: Sequence[Prediction],
        papers: Any,
        vectors: Any,
        library: Any,
        encoder: Any,
    ) -> list[Prediction]:
        assert encoder.encoder_id == self.encoder_id
        return [replace(p, evidence={"method": "keyword"}) for p in predictions]

    def screen(self, papers: Sequence[Paper]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Drops what does not even speak of models."""
        return np.array([np.nan if "model" in p.text.lower() else 0.001 for p in papers])

    def dropped(self, paper: Paper, relevance: float) -> Prediction:
        return Prediction(
            arxiv_id=paper.arxiv_id,
            model_id=self.model_id,
            relevance=relevance,
            cells={},
            techniques={},
            technique=(),
            assigned=(),
            relevant=False,
            decided_by="first-stage",
        )

    def predict(
        self, papers: Sequence[Paper], vectors: Any, library: LabelledLibrary
    ) -> list[Prediction]:
        near = library.nearest(vectors, 3, [p.arxiv_id for p in papers])
        judged = []
        for paper, neighbours in zip(papers, near, strict=True):
            hit = any(word in paper.text.lower() for word in self._words)
            cells = dict.fromkeys(load_taxonomy().cells, 0.01)
            cells["inference/computation"] = 0.8 if hit else 0.02
            judged.append(
                Prediction(
                    arxiv_id=paper.arxiv_id,
                    model_id=self.model_id,
                    relevance=0.9 if hit else 0.03,
                    cells=cells,
                    techniques={"quantization": 0.7},
                    technique=("quantization",) if hit else (),
                    assigned=("inference/computation",) if hit else (),
                    neighbours=tuple(neighbours),
                )
            )
        return judged


def write_small_corpus(root: Path, real: Path) -> Path:
    """Make a resource root with the taxonomy and sample night of `real` and thirty known papers."""
    (root / "corpus").mkdir(parents=True)
    for name in ("taxonomy.toml", "sample_night.jsonl"):
        shutil.copy(real / name, root / "corpus" / name)
    papers = [
        LabelledPaper(
            id=f"2501.{number:05d}",
            title=f"Known paper {number}",
            date=date(2025, 1, 1 + number % 28),
            relevant=number % 2,
            cells=("inference/memory",) if number % 2 else (),
            technique=("kv-cache",) if number % 2 else (),
            split="train",
        )
        for number in range(1, 31)
    ]
    vectors = HashEncoder().encode([p.title for p in papers])
    (root / "corpus" / "library.jsonl").write_bytes(facts_bytes(papers))
    (root / "corpus" / "library_vectors.npz").write_bytes(
        vectors_bytes([p.id for p in papers], vectors, np.zeros(len(papers), bool), ENCODER_ID)
    )
    return root
