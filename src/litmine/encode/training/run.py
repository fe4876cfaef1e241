"""One training run from configuration to folder.

Order: contrastive warm-up once; then for every fold, and at last for all labels, heads and encoder
together, and (if asked) a self-training round. The folds give out-of-fold logits and vectors: what
the encoder says about papers it has not seen the labels of, which is all the classifier's fusion
may learn from.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.core.errors import ConfigError, ModelError
from litmine.core.files import atomic_write
from litmine.encode.training.config import TrainingConfig
from litmine.encode.training.data import (
    fold_of,
    load_corpus,
)
from litmine.encode.training.material import Material, tokenise
from litmine.encode.training.network import build_head, head_arrays, resolve_base
from litmine.encode.training.steps import (
    Tokens,
    contrastive_loss,
    embed,
    embed_tokens,
    endless,
    optimise,
    similarity_loss,
)

__all__ = ["train_encoder"]

Say = Callable[[str], None]


def train_encoder(
    config: TrainingConfig,
    out: Path,
    *,
    parts: Sequence[str] = ("warmup", "folds", "final"),
    device: str | None = None,
    say: Say = print,
) -> Path:
    """Train; every part leaves its result in `out`, so that parts can run one by one.

    Parameters
    ----------
    config
        The settings.
    out
        Folder for ``warmup/`` and ``final/`` (sentence-transformers folders), ``head.npz``,
        ``folds.npz`` and ``report.json``.
    parts
        ``warmup``, ``folds``, ``fold:K`` (one fold, saved as ``fold-K.npz``), ``gather``
        (``fold-*.npz`` into ``folds.npz``) and ``final``, in the order to run them.
    device
        A torch device; a GPU when there is one by default.
    say
        Called with one line per event.

    Raises
    ------
    ModelError
        When the ``train`` extra is missing or the base model cannot be loaded.
    InputError
        When training data are missing.
    """
    try:
        import torch
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ModelError("training needs the train extra: pip install 'litmine[train]'") from error
    began = time.time()
    out.mkdir(parents=True, exist_ok=True)
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    base = resolve_base(config.base, out / "base")
    corpus = load_corpus(config.data, config.seed)
    say(
        f"{len(corpus.labelled)} labelled, {len(corpus.pool)} others, "
        f"{len(corpus.sections)} sections, on {place}"
    )
    try:
        fresh = SentenceTransformer(base, device="cpu")
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot load the base model {base!r}: give a folder that holds it") from (
            error
        )
    material = tokenise(corpus, fresh.tokenizer, config, place, out / "tokens.npz")
    say(f"tokenised after {time.time() - began:.0f} s")
    facts: dict[str, Any] = {}
    for part in parts:
        start = time.time()
        torch.manual_seed(config.seed)
        kind, _, number = part.partition(":")
        if kind == "warmup":
            encoder = fresh.to(place)
            facts["warmup_loss"] = _warm_up(encoder, material, config, say)
            encoder.save(str(out / "warmup"), create_model_card=False)
        elif kind == "folds":
            for k in range(config.folds):
                _train_fold(out, material, config, k, say)
            _gather(out, material, config)
        elif kind == "fold" and number.isdigit():
            _train_fold(out, material, config, int(number), say)
        elif kind == "gather":
            _gather(out, material, config)
        elif kind == "final":
            rows = np.arange(len(material.ids))
            encoder, head = _fit(out / "warmup", material, config, rows, say)
            encoder.save(str(out / "final"), create_model_card=False)
            np.savez(out / "head.npz", **{"names": np.array(material.names), **head_arrays(head)})  # type: ignore[arg-type]
        else:
            raise ConfigError(f"unknown part {part!r}: warmup, folds, fold:K, gather or final")
        facts[f"seconds_{part}"] = round(time.time() - start, 1)
        say(f"{part} done in {time.time() - start:.0f} s")
    _write_report(out / f"report-{'-'.join(parts).replace(':', '')}.json", config, place, facts)
    return out


def _warm_up(encoder: Any, material: Material, config: TrainingConfig, say: Say) -> float:
    settings = config.contrastive
    rows = np.arange(len(material.titles))
    steps = int(settings.epochs * len(rows) / settings.batch_size)
    if steps == 0:
        return float("nan")
    random = np.random.default_rng(config.seed)

    def batches() -> Iterator[Any]:
        titles = endless(rows, settings.batch_size, config.seed)
        for step in range(1_000_000_000):
            if (
                settings.section_every
                and material.sections
                and (step % settings.section_every == settings.section_every - 1)
            ):
                picked = random.permutation(len(material.sections))[: settings.batch_size]
                two = np.array(
                    [random.choice(material.sections[s], 2, replace=False) for s in picked]
                )
                yield material.pool, two[:, 0], material.pool, two[:, 1]
            else:
                own = next(titles)
                yield material.titles, own, material.abstracts, own

    def loss_of(batch: Any) -> Any:
        left, left_rows, right, right_rows = batch
        return contrastive_loss(
            embed(encoder, left.batch(left_rows, material.device)),
            embed(encoder, right.batch(right_rows, material.device)),
            settings.scale,
        )

    encoder.train()
    return optimise(
        [{"params": list(encoder.parameters()), "lr": settings.learning_rate}],
        batches(),
        loss_of,
        steps,
        report=lambda step, loss: say(f"warm-up {step}/{steps} loss {loss:.3f}"),
    )


def _fit(
    start: Path, material: Material, config: TrainingConfig, rows: NDArray[np.int64], say: Say
) -> tuple[Any, Any]:
    """Encoder and head trained on the labels of some rows only."""
    import torch

    encoder, head = _supervise(start, material, config, rows, None, say)
    extra = min(config.self_training.papers, len(material.pool))
    if extra:
        picked = np.random.default_rng(config.seed).permutation(len(material.pool))[:extra]
        chosen = material.pool.picked(picked)
        head.eval()
        with torch.no_grad():
            soft = torch.sigmoid(head(embed_tokens(encoder, chosen, material.device)))
        say(f"self-training on {extra} papers, mean relevance {float(soft[:, 0].mean()):.3f}")
        encoder, head = _supervise(start, material, config, rows, (chosen, soft), say)
    return encoder, head


def _supervise(
    start: Path,
    material: Material,
    config: TrainingConfig,
    rows: NDArray[np.int64],
    soft: tuple[Tokens, Any] | None,
    say: Say,
) -> tuple[Any, Any]:
    import torch
    from sentence_transformers import SentenceTransformer

    settings = config.supervised
    device = material.device
    torch.manual_seed(config.seed)
    encoder = SentenceTransformer(str(start), device=str(device))
    encoder.train()
    dim = int(encoder.get_embedding_dimension() or 0)
    head = build_head(dim, settings.hidden, len(material.names), settings.dropout).to(device)
    targets = torch.from_numpy(material.targets).to(device)
    weights = _positive_weights(material.targets[rows], settings.positive_power)
    positive = torch.from_numpy(weights).to(device)
    fine = [i for i, n in enumerate(material.names) if n.startswith(("cell:", "technique:"))]
    epochs = settings.epochs if soft is None else config.self_training.epochs
    steps = max(1, int(epochs * len(rows) / settings.batch_size))
    if soft is not None:
        steps = max(steps, int(len(soft[0]) / config.self_training.batch_size))

    def supervised(vectors: Any, wanted: Any, relevance: Any, pos_weight: Any) -> Any:
        # Stage, resource, cell and technique are asked of relevant papers only: what they are
        # given relevance is a question of its own, and does not shift with the base rate.
        losses = torch.nn.functional.binary_cross_entropy_with_logits(
            head(vectors), wanted, pos_weight=pos_weight, reduction="none"
        )
        given = (losses[:, 1:] * relevance[:, None]).sum(1)
        return (settings.relevance_weight * losses[:, 0] + given).mean()

    def batches() -> Iterator[Any]:
        own = endless(rows, settings.batch_size, config.seed)
        pairs = endless(np.arange(len(material.titles)), settings.contrastive_batch, config.seed)
        size = config.self_training.batch_size
        weak = None if soft is None else endless(np.arange(len(soft[0])), size, config.seed)
        while True:
            for step in range(max(1, settings.contrastive_every)):
                yield (
                    next(own),
                    next(pairs) if settings.contrastive_weight and step == 0 else None,
                    None if weak is None else next(weak),
                )

    def loss_of(batch: Any) -> Any:
        own, pairs, weak = batch
        vectors = embed(encoder, material.labelled.batch(own, device))
        wanted = targets[torch.from_numpy(own).to(device)]
        loss = supervised(vectors, wanted, wanted[:, 0], positive)
        if settings.similarity_weight:
            near = similarity_loss(vectors, wanted[:, fine], config.contrastive.scale)
            loss = loss + settings.similarity_weight * near
        if pairs is not None:
            left = embed(encoder, material.titles.batch(pairs, device))
            right = embed(encoder, material.abstracts.batch(pairs, device))
            apart = contrastive_loss(left, right, config.contrastive.scale)
            loss = loss + settings.contrastive_weight * apart
        if weak is not None and soft is not None:
            seen = embed(encoder, soft[0].batch(weak, device))
            guess = soft[1][torch.from_numpy(weak).to(device)]
            loss = loss + config.self_training.weight * supervised(seen, guess, guess[:, 0], None)
        return loss

    final = optimise(
        [
            {"params": list(encoder.parameters()), "lr": settings.learning_rate},
            {"params": list(head.parameters()), "lr": settings.head_learning_rate},
        ],
        batches(),
        loss_of,
        steps,
        weight_decay=settings.weight_decay,
    )
    say(f"supervised {steps} steps on {len(rows)} papers, loss {final:.3f}")
    encoder.eval()
    head.eval()
    return encoder, head


def _positive_weights(targets: NDArray[np.float32], power: float) -> NDArray[np.float32]:
    """(negatives / positives) ** power per output; all but relevance among relevant papers."""
    counts = targets.sum(0).clip(min=1)
    among = np.full(len(counts), targets[:, 0].sum(), dtype=np.float32)
    among[0] = len(targets)
    weights: NDArray[np.float32] = ((among - counts) / counts).clip(min=1) ** power
    return weights.astype(np.float32)


def _train_fold(out: Path, material: Material, config: TrainingConfig, k: int, say: Say) -> None:
    import torch

    fold = fold_of(material.ids, config.folds, config.seed)
    rows = np.flatnonzero(fold != k)
    encoder, head = _fit(out / "warmup", material, config, rows, say)
    vectors = embed_tokens(encoder, material.labelled, material.device)
    with torch.no_grad():
        logits = head(vectors).cpu().numpy()
    found = _title_recall(encoder, material, np.flatnonzero(fold == k))
    say(f"fold {k}: a held-out title finds its abstract first: {found:.3f}")
    dense = vectors.cpu().numpy()
    scale = np.abs(dense).max(axis=1, keepdims=True) / 127
    np.savez(
        out / f"fold-{k}.npz",
        held_out=np.flatnonzero(fold == k),
        logits=logits[fold == k].astype(np.float32),
        codes=np.rint(dense / scale).astype(np.int8),
        scales=scale.astype(np.float32),
    )


def _title_recall(encoder: Any, material: Material, rows: NDArray[np.int64]) -> float:
    """Share of titles whose own abstract is the nearest of all labelled abstracts."""
    titles = embed_tokens(encoder, material.labelled_titles.picked(rows), material.device)
    abstracts = embed_tokens(encoder, material.labelled_abstracts, material.device)
    nearest = (titles @ abstracts.T).argmax(1).cpu().numpy()
    return float((nearest == rows).mean())


def _gather(out: Path, material: Material, config: TrainingConfig) -> None:
    """All folds in one file: out-of-fold logits, and every fold's vectors of all papers."""
    fold = fold_of(material.ids, config.folds, config.seed)
    logits = np.zeros((len(fold), len(material.names)), dtype=np.float32)
    codes, scales = [], []
    for k in range(config.folds):
        with np.load(out / f"fold-{k}.npz", allow_pickle=False) as arrays:
            logits[arrays["held_out"]] = arrays["logits"]
            codes.append(arrays["codes"])
            scales.append(arrays["scales"])
    np.savez(
        out / "folds.npz",
        ids=np.array(material.ids),
        names=np.array(material.names),
        fold=fold,
        logits=logits,
        codes=np.stack(codes),
        scales=np.stack(scales),
    )


def _write_report(path: Path, config: TrainingConfig, place: Any, facts: dict[str, Any]) -> None:
    import torch

    hardware = torch.cuda.get_device_name(place) if place.type == "cuda" else platform.processor()
    report = {
        "config": config.as_dict(),
        "hardware": hardware or platform.machine(),
        "torch": torch.__version__,
        "precision": "bfloat16 autocast",
        **facts,
    }
    atomic_write(path, json.dumps(report, indent=2) + "\n")


def main() -> None:
    """``python -m litmine.encode.training.run CONFIG OUT PART...`` for machines without the CLI."""
    import sys

    from litmine.encode.training.config import load_config

    train_encoder(load_config(Path(sys.argv[1])), Path(sys.argv[2]), parts=sys.argv[3:])


if __name__ == "__main__":
    main()
