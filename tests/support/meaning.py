"""An encoder whose meaning is its words: texts that share words are near to one another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from litmine.index.text import words

DIM = 64


class WordEncoder:
    """Unit vectors: the sum of one random vector a word.

    Parameters
    ----------
    same : mapping, optional
        Words that mean another one.
    """

    encoder_id = "words-64"
    dim = DIM

    def __init__(self, same: dict[str, str] | None = None) -> None:
        self._same = same or {}

    def encode(
        self,
        texts: Sequence[str],
        *,
        batch_size: int = 32,
        progress: Callable[[int], None] | None = None,
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        if progress is not None:
            progress(len(texts))
        rows = np.zeros((len(texts), DIM))
        for row, text in zip(rows, texts, strict=True):
            for word in words(text):
                row += _direction(self._same.get(word, word))
            row[0] += 1e-9  # a text without a word has a direction too
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _direction(word: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
    return np.random.default_rng(seed).normal(size=DIM)
