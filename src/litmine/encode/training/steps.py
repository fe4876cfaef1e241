"""Batches, losses and the optimisation loop.

The contrastive loss is the in-batch softmax of van den Oord et al., "Representation learning with
contrastive predictive coding" (2018), taken in both directions as in CLIP; the similarity term is
the soft form of Khosla et al., "Supervised contrastive learning" (2020).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tokens", "contrastive_loss", "embed_tokens", "optimise", "similarity_loss"]


class Tokens:
    """Texts as token ids (with the start and end marks); a batch is padded on demand."""

    def __init__(self, ids: Sequence[NDArray[np.int32]]) -> None:
        self.ids = list(ids)

    @classmethod
    def of(cls, tokenizer: Any, texts: Sequence[str], max_tokens: int) -> Tokens:
        """Tokenise texts, cut to `max_tokens`."""
        encoded = tokenizer(
            list(texts), truncation=True, max_length=max_tokens, return_attention_mask=False
        )["input_ids"]
        return cls([np.asarray(row, dtype=np.int32) for row in encoded])

    def joined(self, other: Tokens, max_tokens: int) -> Tokens:
        """Each text followed by its partner, as if tokenised with white space between them."""
        both = []
        for first, second in zip(self.ids, other.ids, strict=True):
            inner = np.concatenate([first[:-1], second[1:-1]])[: max_tokens - 1]
            both.append(np.append(inner, first[-1:]))
        return Tokens(both)

    def picked(self, rows: NDArray[np.int64]) -> Tokens:
        """Some of the texts."""
        return Tokens([self.ids[int(row)] for row in rows])

    def packed(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """All ids in a row, and the length of each text."""
        lengths = np.array([len(row) for row in self.ids], dtype=np.int64)
        return np.concatenate(self.ids), lengths

    @classmethod
    def unpacked(cls, flat: NDArray[np.int32], lengths: NDArray[np.int64]) -> Tokens:
        """Undo `packed`."""
        return cls(np.split(flat, np.cumsum(lengths)[:-1]))

    def __len__(self) -> int:
        return len(self.ids)

    def batch(self, rows: Sequence[int] | NDArray[np.int64], device: Any) -> dict[str, Any]:
        """Padded ``input_ids`` and ``attention_mask`` of some rows."""
        import torch

        picked = [self.ids[int(row)] for row in rows]
        width = max(len(row) for row in picked)
        ids = np.zeros((len(picked), width), dtype=np.int64)
        mask = np.zeros((len(picked), width), dtype=np.int64)
        for i, row in enumerate(picked):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        return {
            "input_ids": torch.from_numpy(ids).to(device, non_blocking=True),
            "attention_mask": torch.from_numpy(mask).to(device, non_blocking=True),
        }


def embed(encoder: Any, features: dict[str, Any]) -> Any:
    """Unit vectors of a batch, float32."""
    import torch

    with torch.autocast(features["input_ids"].device.type, dtype=torch.bfloat16):
        vectors = encoder(features)["sentence_embedding"]
    return torch.nn.functional.normalize(vectors.float(), dim=-1)


def embed_tokens(encoder: Any, tokens: Tokens, device: Any, batch: int = 256) -> Any:
    """Unit vectors of all texts, in order, without gradients."""
    import torch

    order = np.argsort([len(row) for row in tokens.ids], kind="stable")
    parts: list[Any] = []
    encoder.eval()
    with torch.no_grad():
        for start in range(0, len(order), batch):
            parts.append(embed(encoder, tokens.batch(order[start : start + batch], device)))
    encoder.train()
    vectors = torch.cat(parts)
    result = torch.empty_like(vectors)
    result[torch.from_numpy(order).to(vectors.device)] = vectors
    return result


def contrastive_loss(left: Any, right: Any, scale: float) -> Any:
    """Each row of `left` must find its own row of `right` among the batch, and back."""
    import torch

    scores = left @ right.T * scale
    target = torch.arange(len(left), device=left.device)
    cross = torch.nn.functional.cross_entropy
    return (cross(scores, target) + cross(scores.T, target)) / 2


def similarity_loss(vectors: Any, targets: Any, scale: float) -> Any:
    """Papers whose labels overlap should be near each other.

    `targets` (batch, outputs) of 0/1 over cells and techniques; the wanted neighbour distribution
    of a paper is proportional to the Jaccard overlap of labels. Papers without overlap with any
    batch mate are left out.
    """
    import torch

    shared = targets @ targets.T
    sizes = targets.sum(1, keepdim=True)
    overlap = shared / (sizes + sizes.T - shared).clamp(min=1)
    overlap = overlap - torch.diag(torch.diag(overlap))
    mass = overlap.sum(1)
    keep = mass > 0
    if not bool(keep.any()):
        return vectors.sum() * 0
    scores = vectors @ vectors.T * scale
    scores = scores - torch.eye(len(scores), device=scores.device) * 1e4
    wanted = overlap[keep] / mass[keep, None]
    return -(wanted * torch.log_softmax(scores[keep], dim=1)).sum(1).mean()


def optimise(
    groups: list[dict[str, Any]],
    batches: Iterator[Any],
    loss_of: Callable[[Any], Any],
    steps: int,
    *,
    weight_decay: float = 0.01,
    warmup: float = 0.1,
    report: Callable[[int, float], None] | None = None,
) -> float:
    """AdamW with linear warm-up and decay; returns the mean loss of the last tenth."""
    import torch

    optimiser = torch.optim.AdamW(groups, weight_decay=weight_decay)
    rise = max(1, int(steps * warmup))

    def factor(step: int) -> float:
        return (step + 1) / rise if step < rise else max(0.0, (steps - step) / max(1, steps - rise))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    parameters = [p for group in groups for p in group["params"]]
    recent: list[Any] = []
    tail = max(1, steps // 10)
    for step in range(steps):
        loss = loss_of(next(batches))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        if step >= steps - tail:
            recent.append(loss.detach())
        if report is not None and (step + 1) % 100 == 0:
            report(step + 1, float(loss.detach()))
    return float(torch.stack(recent).mean()) if recent else math.nan


def endless(rows: NDArray[np.int64], size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Shuffled batches for ever; a new order each epoch."""
    random = np.random.default_rng(seed)
    size = min(size, len(rows))
    while True:
        order = random.permutation(rows)
        for start in range(0, len(order) - size + 1, size):
            yield order[start : start + size]
