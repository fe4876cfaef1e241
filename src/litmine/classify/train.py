"""Training the classifier on gold labels.

The encoder's head was trained with the encoder, on the same labels. What it and the neighbours say
about those papers is therefore taken from ``oof.npz`` of the encoder folder: opinions of encoders
that had not seen the labels. Papers labelled later are new to the encoder anyway. An encoder
without a head gets a linear probe here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.fusion import Opinions, fit_fusion, night_weights
from litmine.classify.labels import Outputs
from litmine.classify.lexical import learn_table, lexical_text
from litmine.classify.model import Classifier, WordModel
from litmine.classify.thresholds import cell_thresholds
from litmine.classify.votes import NEIGHBOURS, neighbour_votes
from litmine.core.errors import InputError
from litmine.encode.artefact import Artefact, seal_artefact
from litmine.encode.training.data import fold_of
from litmine.encode.training.network import apply_head
from litmine.index.exact import on_grid, top_k

__all__ = ["HeadEvidence", "Night", "TrainingSet", "save_classifier", "train_classifier"]

BASE_RATE = 0.09
"""Share of relevant papers on a whole night, as stated with the labels."""

CALIBRATION_NIGHTS = (date(2026, 6, 1), date(2026, 6, 19))
"""Whole nights, before the labelled ones, whose papers set base rate and thresholds."""

NIGHT_PAPERS = 2000
"""How many of their papers are drawn."""

FOLDS = 5
SEED = 7


@dataclass(frozen=True)
class TrainingSet:
    """Labelled papers with their texts and vectors, in one order."""

    labels: Sequence[dict[str, Any]]
    titles: Sequence[str]
    abstracts: Sequence[str]
    vectors: NDArray[np.float32]

    @property
    def ids(self) -> list[str]:
        """arXiv ids."""
        return [label["id"] for label in self.labels]


@dataclass(frozen=True)
class Night:
    """Papers of whole nights, labelled or not; nothing but their texts is used.

    Attributes
    ----------
    ids, titles, abstracts
        The papers.
    vectors
        (papers, dim); rows of papers in the training set are not read.
    library_vectors
        Vectors of the training set, the neighbours of these papers.
    """

    ids: Sequence[str]
    titles: Sequence[str]
    abstracts: Sequence[str]
    vectors: NDArray[np.float32]
    library_vectors: NDArray[np.float32]


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
        Out-of-fold opinions on the papers it was trained on.
    """

    names: tuple[str, ...]
    head: Mapping[str, NDArray[np.float32]]
    ids: tuple[str, ...]
    logits: NDArray[np.float64]
    votes: NDArray[np.float64]

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
            )


@dataclass(frozen=True)
class Trained:
    """A classifier with what was known out of fold, for thresholds and reports."""

    classifier: Classifier
    opinions: Opinions
    fold: NDArray[np.int64]
    targets: NDArray[np.float32]


def train_classifier(
    data: TrainingSet,
    encoder_id: str,
    evidence: HeadEvidence | None = None,
    night: Night | None = None,
    *,
    base_rate: float = BASE_RATE,
    min_df: int = 6,
) -> Trained:
    """Fit word model, head, fusion and thresholds.

    Parameters
    ----------
    data
        The labelled papers.
    encoder_id
        The encoder that made the vectors.
    evidence
        What came with the encoder; without it a linear probe is fitted on the vectors.
    night
        Unlabelled papers of whole nights, to set the base rate and the thresholds on; without
        them both come from the labelled papers, weighted.
    base_rate
        Share of relevant papers on a night; the labelled set is richer.
    min_df
        A term must stand in at least so many papers.

    Raises
    ------
    InputError
        When the labels hold fewer than ten relevant or ten other papers.
    """
    relevant = np.array([bool(label["relevant"]) for label in data.labels])
    if min(relevant.sum(), (~relevant).sum()) < 10:
        raise InputError(
            "training needs at least ten relevant and ten other papers; "
            f"the labels hold {relevant.sum()} and {(~relevant).sum()}"
        )
    outputs = Outputs(evidence.names) if evidence else Outputs.of(data.labels)
    targets = outputs.matrix(data.labels)
    fold = fold_of(data.ids, FOLDS, SEED)
    texts = [lexical_text(t, a) for t, a in zip(data.titles, data.abstracts, strict=True)]
    words, word_logits = _fit_words(texts, targets, fold, min_df)
    if evidence is None:
        head, head_logits = _fit_probe(data.vectors, targets, fold)
        votes = _votes_out_of_fold(data.vectors, targets, fold)
    else:
        head = dict(evidence.head)
        head_logits, votes = _known_evidence(data, evidence, targets)
    opinions = Opinions(word_logits, head_logits, votes)
    fusion = fit_fusion(opinions, targets, outputs, base_rate=base_rate)
    if night is None:
        thresholds = _labelled_thresholds(opinions, targets, outputs, fold, base_rate)
    else:
        seen = _night_opinions(night, data, opinions, words, head, targets)
        fusion = fusion.at_base_rate(seen.features(0), base_rate)
        expected = fusion.probabilities(seen, outputs)[1]
        thresholds = cell_thresholds(expected, expected, np.ones(len(expected)))
    classifier = Classifier("unsaved", encoder_id, outputs, words, head, fusion, thresholds)
    return Trained(classifier, opinions, fold, targets)


def save_classifier(
    trained: Classifier, folder: Path, *, name: str = "litmine", facts: Mapping[str, Any]
) -> Artefact:
    """Write the model folder: ``weights.npz``, ``terms.txt``, ``manifest.json``."""
    import io

    from litmine.core.files import atomic_write

    folder.mkdir(parents=True, exist_ok=True)
    words = trained.words
    buffer = io.BytesIO()
    arrays: dict[str, NDArray[Any]] = {
        "words_idf": words.table.idf.astype(np.float32),
        "words_codes": words.codes,
        "words_scales": words.scales,
        "words_bias": words.bias,
        "thresholds": trained.thresholds,
        **{f"head_{key}": value.astype(np.float16) for key, value in trained.head.items()},
        **trained.fusion.arrays(),
    }
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    atomic_write(folder / "weights.npz", buffer.getvalue())
    atomic_write(folder / "terms.txt", "\n".join(words.table.terms))
    return seal_artefact(
        folder,
        kind="classifier",
        name=name,
        settings={"encoder_id": trained.encoder_id, "outputs": list(trained.outputs.names)},
        files=["weights.npz", "terms.txt"],
        facts=facts,
    )


def _fit_words(
    texts: list[str], targets: NDArray[np.float32], fold: NDArray[np.int64], min_df: int
) -> tuple[WordModel, NDArray[np.float64]]:
    """The word model on everything, and its out-of-fold logits."""
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
    return WordModel(table, np.ascontiguousarray(codes), scales, bias), logits


def _fit_probe(
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


def _votes_out_of_fold(
    vectors: NDArray[np.float32], targets: NDArray[np.float32], fold: NDArray[np.int64]
) -> NDArray[np.float64]:
    votes = np.zeros(targets.shape)
    for k in sorted(set(fold.tolist())):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        rows, similarities = top_k(on_grid(vectors[outside]), on_grid(vectors[inside]), NEIGHBOURS)
        votes[outside] = neighbour_votes(rows, similarities, targets[inside])
    return votes


def _labelled_thresholds(
    opinions: Opinions,
    targets: NDArray[np.float32],
    outputs: Outputs,
    fold: NDArray[np.int64],
    base_rate: float,
) -> NDArray[np.float64]:
    """Thresholds on labelled papers, each seen through a fusion that was fitted without it."""
    cells = np.empty((len(targets), len(outputs.group("cell"))))
    for k in sorted(set(fold.tolist())):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        part = fit_fusion(opinions.rows(inside), targets[inside], outputs, base_rate=base_rate)
        cells[outside] = part.probabilities(opinions.rows(outside), outputs)[1]
    truth = targets[:, outputs.group("cell")] > 0
    return cell_thresholds(truth, cells, night_weights(targets[:, 0] > 0, base_rate))


def _night_opinions(
    night: Night,
    data: TrainingSet,
    opinions: Opinions,
    words: WordModel,
    head: Mapping[str, NDArray[np.float32]],
    targets: NDArray[np.float32],
) -> Opinions:
    """Opinions on papers of whole nights: out of fold for those that are labelled."""
    row_of = {arxiv_id: row for row, arxiv_id in enumerate(data.ids)}
    known = np.array([row_of.get(arxiv_id, -1) for arxiv_id in night.ids])
    new = np.flatnonzero(known < 0)
    seen = opinions.rows(known)
    texts = [lexical_text(night.titles[i], night.abstracts[i]) for i in new.tolist()]
    rows, similarities = top_k(
        on_grid(night.vectors[new]), on_grid(night.library_vectors), NEIGHBOURS
    )
    seen.words[new] = words.logits(texts)
    seen.head[new] = apply_head(head, night.vectors[new])
    seen.votes[new] = neighbour_votes(rows, similarities, targets)
    return seen


def _known_evidence(
    data: TrainingSet, evidence: HeadEvidence, targets: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Out-of-fold opinions where there are any; the encoder's own on papers it never saw."""
    row_of = {arxiv_id: row for row, arxiv_id in enumerate(evidence.ids)}
    known = np.array([row_of.get(arxiv_id, -1) for arxiv_id in data.ids])
    logits = evidence.logits[known]
    votes = evidence.votes[known]
    new = np.flatnonzero(known < 0)
    if len(new):
        logits[new] = apply_head(evidence.head, data.vectors[new])
        old = np.flatnonzero(known >= 0)
        rows, similarities = top_k(
            on_grid(data.vectors[new]), on_grid(data.vectors[old]), NEIGHBOURS
        )
        votes[new] = neighbour_votes(rows, similarities, targets[old])
    return logits, votes
