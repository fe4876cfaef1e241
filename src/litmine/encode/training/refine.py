"""Going on from a trained encoder when more labels have come.

Models are trained from the same encoder and head, each on all earlier labels and on the new labels
but one fold, of which its opinion is then out of fold. What is kept is the mean of their weights:
models tuned from one start lie in one basin, where the mean does as well as each (Wortsman et al.,
"Model soups", 2022), so no further run on everything is needed. One model is enough where time is
short; the mean is then that model.

Earlier labels have been seen by the start already: nothing here is out of fold for them.
"""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.core.errors import InputError
from litmine.encode.training.data import fold_of
from litmine.encode.training.network import build_head, head_arrays
from litmine.encode.training.steps import (
    Tokens,
    contrastive_loss,
    embed,
    embed_tokens,
    optimise,
)

__all__ = ["Labelled", "Refinement", "refine_encoder"]

Say = Callable[[str], None]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Refinement:
    """Settings of a refinement.

    Attributes
    ----------
    folds
        Parts of the new labels.
    models
        How many folds are held out, one after the other; the models are averaged.
    frozen_layers
        Layers from below that keep their weights, with the embeddings.
    title_weight
        Weight of the term by which a title must find its own abstract among the batch, in every
        second batch, which then shows the abstract without its title.
    """

    folds: int = 3
    models: int = 1
    epochs: float = 2.0
    batch_size: int = 32
    learning_rate: float = 5e-5
    head_learning_rate: float = 3e-4
    weight_decay: float = 0.01
    dropout: float = 0.1
    frozen_layers: int = 3
    relevance_weight: float = 3.0
    title_weight: float = 0.2
    scale: float = 20.0
    max_tokens: int = 256
    seed: int = 7


@dataclass(frozen=True)
class Labelled:
    """Papers with targets; `new` marks those that take part in folds."""

    ids: Sequence[str]
    titles: Sequence[str]
    abstracts: Sequence[str]
    targets: Floats
    new: NDArray[np.bool_]


def refine_encoder(
    start: Path,
    head: dict[str, Floats],
    data: Labelled,
    settings: Refinement,
    out: Path,
    *,
    device: str | None = None,
    say: Say = print,
) -> dict[str, Any]:
    """Train the folds and write their mean.

    Parameters
    ----------
    start
        A sentence-transformers folder.
    head
        Parameters of the head trained with it.
    data
        All labelled papers.
    settings
        See `Refinement`.
    out
        Folder for ``refine-K/`` per fold (kept: a run that was killed goes on with the next fold),
        ``final/``, ``head.npz`` and ``refined.npz`` (every model's logits and vectors).

    Returns
    -------
    dict
        Hardware, seconds and losses.

    Raises
    ------
    InputError
        When no label is new, or `out` holds models of other labels or settings.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    if not data.new.any():
        # Nothing would be left that the encoder has not seen, and so nothing to calibrate on.
        raise InputError("no label is new to the encoder: there is nothing to refine it with")
    mark = _mark(head, data, settings)
    began = time.time()
    out.mkdir(parents=True, exist_ok=True)
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    tokenizer = SentenceTransformer(str(start), device="cpu").tokenizer
    titles = Tokens.of(tokenizer, list(data.titles), settings.max_tokens)
    abstracts = Tokens.of(tokenizer, list(data.abstracts), settings.max_tokens)
    texts = titles.joined(abstracts, settings.max_tokens)
    fold = np.where(data.new, fold_of(data.ids, settings.folds, settings.seed), -1)
    losses = {}
    for k in range(settings.models):
        done = out / f"refine-{k}" / "done"
        if done.is_file():
            if done.read_text(encoding="utf-8") != mark:
                raise InputError(
                    f"{done.parent} was trained on other labels, with other settings or from "
                    "another encoder: give another run folder, or remove it"
                )
            say(f"fold {k} is there already")
            continue
        rows = np.flatnonzero(fold != k)
        encoder, top, losses[f"loss_{k}"] = _train(
            start, head, (titles, abstracts, texts), data.targets, rows, settings, place, say
        )
        vectors = embed_tokens(encoder, texts, place, batch=32)
        with torch.no_grad():
            logits = top(vectors).cpu().numpy()
        folder = out / f"refine-{k}"
        encoder.save(str(folder), create_model_card=False)
        np.savez(folder / "head.npz", **head_arrays(top))  # type: ignore[arg-type]
        np.savez(folder / "opinions.npz", logits=logits, vectors=vectors.cpu().numpy())
        done.write_text(mark, encoding="utf-8")
        say(f"fold {k} done after {time.time() - began:.0f} s")
    _average(start, out, settings.models)
    _gather(out, data, fold, settings.models)
    return {
        "hardware": torch.cuda.get_device_name(place)
        if place.type == "cuda"
        else platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "precision": "bfloat16 autocast",
        "seconds": round(time.time() - began),
        **losses,
    }


def _mark(head: dict[str, Floats], data: Labelled, settings: Refinement) -> str:
    """Names everything that decides the models: the start by its head, papers, and settings."""
    seen = hashlib.sha256(repr(settings).encode())
    for name in sorted(head):
        seen.update(np.ascontiguousarray(head[name]).tobytes())
    for part in zip(data.ids, data.titles, data.abstracts, strict=True):
        seen.update("\n".join(part).encode())
    seen.update(np.ascontiguousarray(data.targets).tobytes())
    seen.update(np.ascontiguousarray(data.new).tobytes())
    return seen.hexdigest()


def _train(
    start: Path,
    head: dict[str, Floats],
    tokens: tuple[Tokens, Tokens, Tokens],
    targets: Floats,
    rows: NDArray[np.int64],
    settings: Refinement,
    place: Any,
    say: Say,
) -> tuple[Any, Any, float]:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.manual_seed(settings.seed)
    titles, abstracts, texts = tokens
    encoder = SentenceTransformer(str(start), device=str(place))
    encoder.train()
    bert: Any = encoder[0].auto_model
    for part in [bert.embeddings, *bert.encoder.layer[: settings.frozen_layers]]:
        part.requires_grad_(False)
    hidden, dim = head["inner_weight"].shape
    top = build_head(dim, hidden, targets.shape[1], settings.dropout)
    named = {name.replace(".", "_"): name for name in top.state_dict()}
    top.load_state_dict({named[k]: torch.from_numpy(np.array(v)) for k, v in head.items()})
    top.to(place).train()
    wanted_all = torch.from_numpy(targets).to(place)
    bce = torch.nn.functional.binary_cross_entropy_with_logits

    def loss_of(batch: tuple[int, NDArray[np.int64]]) -> Any:
        step, own = batch
        alone = bool(settings.title_weight) and step % 2 == 1
        vectors = embed(encoder, (abstracts if alone else texts).batch(own, place))
        wanted = wanted_all[torch.from_numpy(own).to(place)]
        losses = bce(top(vectors), wanted, reduction="none")
        given = (losses[:, 1:] * wanted[:, :1]).sum(1)
        loss = (settings.relevance_weight * losses[:, 0] + given).mean()
        if alone:
            names = embed(encoder, titles.batch(own, place))
            loss = loss + settings.title_weight * contrastive_loss(names, vectors, settings.scale)
        return loss

    steps = int(settings.epochs * len(rows) / settings.batch_size)
    batches = enumerate(_similar_lengths(rows, texts, settings.batch_size, settings.seed))
    final = optimise(
        [
            {
                "params": [p for p in encoder.parameters() if p.requires_grad],
                "lr": settings.learning_rate,
            },
            {"params": list(top.parameters()), "lr": settings.head_learning_rate},
        ],
        batches,
        loss_of,
        steps,
        weight_decay=settings.weight_decay,
        report=lambda step, loss: say(f"{step}/{steps} loss {loss:.3f}"),
    )
    encoder.eval()
    top.eval()
    return encoder, top, final


def _similar_lengths(
    rows: NDArray[np.int64], tokens: Tokens, size: int, seed: int
) -> Iterator[NDArray[np.int64]]:
    """Shuffled batches for ever; those of sixteen neighbours in the order share similar lengths."""
    random = np.random.default_rng(seed)
    size = min(size, len(rows))
    while True:
        order = random.permutation(rows)
        batches = []
        for start in range(0, len(order) - size + 1, size * 16):
            group = order[start : start + size * 16]
            group = group[np.argsort([len(tokens.ids[int(r)]) for r in group], kind="stable")]
            batches += [group[i : i + size] for i in range(0, len(group) - size + 1, size)]
        for i in random.permutation(len(batches)):
            yield batches[int(i)]


def _average(start: Path, out: Path, models: int) -> None:
    """``final/`` and ``head.npz``: the mean of the folds' weights."""
    import torch
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(start), device="cpu")
    states = [
        SentenceTransformer(str(out / f"refine-{k}"), device="cpu").state_dict()
        for k in range(models)
    ]
    mean = {
        name: torch.stack([s[name].float() for s in states]).mean(0).to(value.dtype)
        for name, value in encoder.state_dict().items()
    }
    encoder.load_state_dict(mean)
    encoder.save(str(out / "final"), create_model_card=False)
    heads = []
    for k in range(models):
        with np.load(out / f"refine-{k}" / "head.npz", allow_pickle=False) as stored:
            heads.append(dict(stored))
    np.savez(out / "head.npz", **{n: np.mean([h[n] for h in heads], axis=0) for n in heads[0]})


def _gather(out: Path, data: Labelled, fold: NDArray[np.int64], models: int) -> None:
    """``refined.npz``: fold of every paper (-1: an earlier label), each model's logits, vectors."""
    logits, vectors = [], []
    for k in range(models):
        with np.load(out / f"refine-{k}" / "opinions.npz", allow_pickle=False) as stored:
            logits.append(stored["logits"].astype(np.float32))
            vectors.append(stored["vectors"].astype(np.float16))
    np.savez(
        out / "refined.npz",
        ids=np.array(list(data.ids)),
        fold=fold,
        logits=np.stack(logits),
        vectors=np.stack(vectors),
    )
