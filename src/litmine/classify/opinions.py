"""What each source says of the labelled papers without having seen their labels.

The fusion may learn from nothing else: words are refitted per fold, and the encoder comes with
opinions of its own folds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.lexical import learn_table
from litmine.classify.model import WordModel
from litmine.classify.votes import NEIGHBOURS, neighbour_votes
from litmine.encode.artefact import Artefact
from litmine.encode.training.network import apply_head
from litmine.index.exact import on_grid, top_k

__all__ = ["HeadEvidence", "fit_probe", "fit_words", "known_evidence", "votes_out_of_fold"]


@dataclass(frozen=True)
class HeadEvidence:
    """What comes with a trained encoder.

    Attributes
    ----------
    names
        Outputs of the head.
    head
        Its parameters.
    ids, logits, votes
        Out-of-fold opinions on papers it was trained on.
    seen
        Other papers it was trained on, of which there is no opinion out of fold.
    """

    names: tuple[str, ...]
    head: Mapping[str, NDArray[np.float32]]
    ids: tuple[str, ...]
    logits: NDArray[np.float64]
    votes: NDArray[np.float64]
    seen: frozenset[str] = frozenset()

    @classmethod
    def load(cls, encoder: Artefact) -> HeadEvidence | None:
        """Read ``head.npz`` and ``oof.npz`` of an encoder folder; None when it has none."""
        if "head.npz" not in encoder.manifest["files"]:
            return None
        with np.load(encoder.path("head.npz"), allow_pickle=False) as arrays:
            head = {k: v.astype(np.float32) for k, v in arrays.items() if k != "names"}
            names = tuple(str(n) for n in arrays["names"])
        with np.load(encoder.path("oof.npz"), allow_pickle=False) as arrays:
            return cls(
                names,
                head,
                tuple(str(i) for i in arrays["ids"]),
                arrays["logits"].astype(np.float64),
                arrays["votes"].astype(np.float64),
                frozenset(str(i) for i in arrays["seen"]) if "seen" in arrays else frozenset(),
            )


def fit_words(
    texts: list[str], targets: NDArray[np.float32], fold: NDArray[np.int64], min_df: int
) -> tuple[WordModel, NDArray[np.float64], Any]:
    """The word model on everything, its out-of-fold logits, and the texts' TF-IDF rows."""
    table = learn_table(texts, min_df=min(min_df, max(1, len(texts) // 50)))
    matrix = table.matrix(texts)
    logits = np.zeros(targets.shape)
    for k in sorted(set(fold.tolist())):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        weights, bias = _linear(matrix[inside], targets[inside], strength=10.0)
        logits[outside] = matrix[outside] @ weights.T + bias
    weights, bias = _linear(matrix, targets, strength=10.0)
    scales = np.maximum(np.abs(weights).max(axis=1), 1e-9) / 127
    codes = np.rint(weights / scales[:, None]).astype(np.int8).T
    return WordModel(table, np.ascontiguousarray(codes), scales, bias), logits, matrix


def fit_probe(
    vectors: NDArray[np.float32], targets: NDArray[np.float32], fold: NDArray[np.int64]
) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float64]]:
    """A linear head on given vectors, and its out-of-fold logits."""
    # The scale of network.apply_head: unit vectors times the root of their length.
    x = vectors.astype(np.float64) * np.sqrt(vectors.shape[1])
    logits = np.zeros(targets.shape)
    for k in sorted(set(fold.tolist())):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        weights, bias = _linear(x[inside], targets[inside], strength=0.02)
        logits[outside] = x[outside] @ weights.T + bias
    weights, bias = _linear(x, targets, strength=0.02)
    outputs, dim = weights.shape
    head = {
        "linear_weight": weights.astype(np.float32),
        "linear_bias": bias.astype(np.float32),
        "inner_weight": np.zeros((1, dim), np.float32),
        "inner_bias": np.zeros(1, np.float32),
        "outer_weight": np.zeros((outputs, 1), np.float32),
    }
    return head, logits


def votes_out_of_fold(
    vectors: NDArray[np.float32],
    targets: NDArray[np.float32],
    fold: NDArray[np.int64],
    asked: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """(asked, outputs): votes of the nearest papers of other folds; about all papers by default."""
    if asked is None:
        asked = np.arange(len(targets))
    votes = np.zeros((len(asked), targets.shape[1]))
    grid = on_grid(vectors)
    for k in sorted(set(fold[asked].tolist())):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold[asked] == k)
        rows, similarities = top_k(grid[asked[outside]], grid[inside], NEIGHBOURS)
        votes[outside] = neighbour_votes(rows, similarities, targets[inside])
    return votes


def known_evidence(
    ids: Sequence[str],
    vectors: NDArray[np.float32],
    evidence: HeadEvidence,
    targets: NDArray[np.float32],
    fold: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Opinions of head and neighbours, and where they did not see the paper's label.

    Out of fold where there are such; for papers that the encoder never saw, its own opinion and
    the votes of the other folds' papers.
    """
    row_of = {arxiv_id: row for row, arxiv_id in enumerate(evidence.ids)}
    known = np.array([row_of.get(arxiv_id, -1) for arxiv_id in ids])
    new = known < 0
    logits, votes = np.zeros(targets.shape), np.zeros(targets.shape)
    logits[~new], votes[~new] = evidence.logits[known[~new]], evidence.votes[known[~new]]
    seen = new & np.array([arxiv_id in evidence.seen for arxiv_id in ids])
    if new.any():
        logits[new] = apply_head(evidence.head, vectors[new])
        votes[new] = votes_out_of_fold(vectors, targets, fold, np.flatnonzero(new))
    return logits, votes, ~seen


def _linear(
    x: Any, targets: NDArray[np.float32], strength: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Logistic regressions: relevance on all papers, the other outputs on relevant ones."""
    from sklearn.linear_model import LogisticRegression

    relevant = targets[:, 0] > 0
    weights = np.zeros((targets.shape[1], x.shape[1]))
    bias = np.zeros(targets.shape[1])
    for column in range(targets.shape[1]):
        rows = np.flatnonzero(relevant) if column else np.arange(len(targets))
        truth = targets[rows, column] > 0
        if 3 < truth.sum() < len(truth):
            model = LogisticRegression(
                C=strength, max_iter=300, class_weight=None if column else "balanced"
            )
            model.fit(x[rows], truth)
            weights[column], bias[column] = model.coef_[0], model.intercept_[0]
        else:
            # Too few to learn from: the smoothed share alone.
            share = (truth.sum() + 0.5) / (len(truth) + 1)
            bias[column] = np.log(share / (1 - share))
    return weights, bias
