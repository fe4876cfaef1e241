"""From the folds of an encoder training run to what the classifier's fusion learns from."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.votes import NEIGHBOURS, neighbour_votes
from litmine.core.errors import InputError
from litmine.encode.training.data import target_matrix
from litmine.index.exact import on_grid, top_k

__all__ = ["pack_evidence", "pack_refined"]


def pack_evidence(run: Path, labels: Sequence[dict[str, Any]]) -> dict[str, bytes]:
    """``head.npz`` and ``oof.npz`` of an encoder folder, from a training run.

    A held-out paper's neighbours are looked up among the papers its fold's encoder was trained on,
    with that encoder's vectors: the situation of a new paper in front of the labelled library.

    Parameters
    ----------
    run
        Folder with ``head.npz`` and ``folds.npz``.
    labels
        The labels that were trained on.

    Raises
    ------
    InputError
        When the run is unfinished or the labels are others.
    """
    try:
        with np.load(run / "folds.npz", allow_pickle=False) as stored:
            folds = dict(stored)
        with np.load(run / "head.npz", allow_pickle=False) as stored:
            head = dict(stored)
    except OSError as error:
        raise InputError(f"{run} holds no finished run ({error}): train folds and final") from error
    names = [str(name) for name in folds["names"]]
    records = {label["id"]: label for label in labels}
    ids = [str(i) for i in folds["ids"]]
    if not set(ids) <= set(records):
        raise InputError(f"the labels lack papers that {run} was trained on: give the same ones")
    targets = target_matrix([records[i] for i in ids], names)
    votes = np.zeros(targets.shape)
    for k in sorted(set(folds["fold"].tolist())):
        vectors = folds["codes"][k].astype(np.float32) * folds["scales"][k]
        outside = np.flatnonzero(folds["fold"] == k)
        votes[outside] = _votes_held_out(vectors, targets, folds["fold"], k)
    return {
        "head.npz": _packed(
            {k: v if k == "names" else v.astype(np.float16) for k, v in head.items()}
        ),
        "oof.npz": _packed(
            {
                "ids": np.array(ids),
                "logits": folds["logits"].astype(np.float16),
                "votes": votes.astype(np.float16),
            }
        ),
    }


def pack_refined(
    run: Path,
    records: Mapping[str, dict[str, Any]],
    names: Sequence[str],
    earlier: Iterable[str] = (),
) -> dict[str, bytes]:
    """``head.npz`` and ``oof.npz`` of an encoder folder, from a refinement.

    Only the new papers of held-out folds have opinions out of fold; all the others count as seen.

    Parameters
    ----------
    run
        Folder with ``head.npz`` and ``refined.npz``.
    records
        Label of each paper by id.
    names
        Outputs of the head.
    earlier
        Papers that the start was trained on. One that has lost its label since was seen all the
        same.

    Raises
    ------
    InputError
        When the run is unfinished.
    """
    try:
        with np.load(run / "refined.npz", allow_pickle=False) as stored:
            found = dict(stored)
        with np.load(run / "head.npz", allow_pickle=False) as stored:
            head = dict(stored)
    except OSError as error:
        raise InputError(f"{run} holds no finished refinement ({error})") from error
    ids, fold = [str(i) for i in found["ids"]], found["fold"]
    targets = target_matrix([records[i] for i in ids], names)
    logits, votes = np.zeros(targets.shape), np.zeros(targets.shape)
    for k in range(len(found["logits"])):
        outside = np.flatnonzero(fold == k)
        vectors = found["vectors"][k].astype(np.float32)
        votes[outside] = _votes_held_out(vectors, targets, fold, k)
        logits[outside] = found["logits"][k][outside]
    held = np.flatnonzero((fold >= 0) & (fold < len(found["logits"])))
    seen = sorted({*ids, *earlier} - {ids[row] for row in held.tolist()})
    return {
        "head.npz": _packed(
            {"names": np.array(list(names)), **{k: v.astype(np.float16) for k, v in head.items()}}
        ),
        "oof.npz": _packed(
            {
                "ids": np.array([ids[row] for row in held.tolist()]),
                "logits": logits[held].astype(np.float16),
                "votes": votes[held].astype(np.float16),
                "seen": np.array(seen),
            }
        ),
    }


def _votes_held_out(
    vectors: NDArray[np.float32], targets: NDArray[np.float32], fold: NDArray[np.int64], k: int
) -> NDArray[np.float64]:
    """Votes about the papers of fold `k` by all the others, under the encoder of that fold."""
    inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
    grid = on_grid(vectors)
    rows, similarities = top_k(grid[outside], grid[inside], NEIGHBOURS)
    return neighbour_votes(rows, similarities, targets[inside])


def _packed(arrays: dict[str, NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
