"""The systems litmine is compared with, trained on the same labels with thresholds chosen alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.fusion import Opinions, night_weights
from litmine.classify.labels import Outputs
from litmine.classify.lexical import lexical_text
from litmine.classify.library_build import PaperText
from litmine.classify.thresholds import cell_thresholds
from litmine.classify.train import HeadEvidence, Night, TrainingSet, train_classifier

__all__ = ["Scores", "tfidf_baseline", "vector_baseline", "votes_baseline", "words_alone"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """What a system says about the papers under test.

    Attributes
    ----------
    name
        For the table.
    relevance
        (papers,).
    cells
        (papers, 25).
    assigned
        (papers, 25) bool: the cells above the system's own thresholds.
    technique
        The most probable technique of each paper.
    """

    name: str
    relevance: Floats
    cells: Floats
    assigned: NDArray[np.bool_]
    technique: Sequence[str]


def tfidf_baseline(
    train_texts: Sequence[str],
    targets: NDArray[np.float32],
    outputs: Outputs,
    fold: NDArray[np.int64],
    test_texts: Sequence[str],
    base_rate: float,
) -> Scores:
    """TF-IDF (words and pairs) with one logistic regression per output, as in the issue."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    def prepare(rows: NDArray[np.int64], others: Sequence[str]) -> tuple[Any, Any]:
        vectoriser = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        inside = vectoriser.fit_transform([train_texts[int(r)] for r in rows])
        return inside, vectoriser.transform(others)

    return _linear_system(
        "TF-IDF + linear",
        lambda rows, held: prepare(rows, [train_texts[int(r)] for r in held]),
        lambda rows: prepare(rows, test_texts),
        targets,
        outputs,
        fold,
        base_rate,
        strength=10.0,
    )


def vector_baseline(
    name: str,
    train_vectors: NDArray[np.float32],
    targets: NDArray[np.float32],
    outputs: Outputs,
    fold: NDArray[np.int64],
    test_vectors: NDArray[np.float32],
    base_rate: float,
) -> Scores:
    """Logistic regressions on vectors of an encoder that has not seen the labels."""
    return _linear_system(
        name,
        lambda rows, held: (train_vectors[rows], train_vectors[held]),
        lambda rows: (train_vectors[rows], test_vectors),
        targets,
        outputs,
        fold,
        base_rate,
        strength=10.0,
    )


def votes_baseline(
    train_votes: Floats,
    targets: NDArray[np.float32],
    outputs: Outputs,
    test_votes: Floats,
    base_rate: float,
) -> Scores:
    """The nearest labelled papers alone; `train_votes` out of fold, for the thresholds."""
    return _scores("nearest neighbours", train_votes, test_votes, targets, outputs, base_rate)


def words_alone(
    labels: Sequence[dict[str, Any]],
    train: Sequence[PaperText],
    night: Sequence[PaperText],
    test: Sequence[PaperText],
    outputs: Outputs,
    base_rate: float,
) -> Scores:
    """The word model with litmine's own fusion, base rate and thresholds, but nothing to fuse.

    What is left of litmine's lead over this is what encoder and neighbours add.
    """
    blank = np.zeros((len(labels), len(outputs.names)))
    silent = HeadEvidence(
        names=outputs.names,
        head={
            "linear_weight": np.zeros((len(outputs.names), 1), np.float32),
            "linear_bias": np.zeros(len(outputs.names), np.float32),
            "inner_weight": np.zeros((1, 1), np.float32),
            "inner_bias": np.zeros(1, np.float32),
            "outer_weight": np.zeros((len(outputs.names), 1), np.float32),
        },
        ids=tuple(label["id"] for label in labels),
        logits=blank,
        votes=blank,
    )
    trained = train_classifier(
        TrainingSet(
            labels,
            [t.title for t in train],
            [t.abstract for t in train],
            np.zeros((len(labels), 1), np.float32),
        ),
        "none",
        silent,
        Night(
            [""] * len(night),
            [t.title for t in night],
            [t.abstract for t in night],
            np.zeros((len(night), 1), np.float32),
            np.zeros((0, 1), np.float32),
        ),
        base_rate=base_rate,
    ).classifier
    logits = trained.words.logits([lexical_text(t.title, t.abstract) for t in test])
    nothing = np.zeros_like(logits)
    relevance, cells, technique = trained.fusion.probabilities(
        Opinions(logits, nothing, nothing), outputs
    )
    names = outputs.labels_of("technique")
    return Scores(
        name="words alone, calibrated alike",
        relevance=relevance,
        cells=cells,
        assigned=cells >= trained.thresholds,
        technique=[names[int(i)] for i in technique.argmax(axis=1)],
    )


def _linear_system(
    name: str,
    held_out: Callable[[NDArray[np.int64], NDArray[np.int64]], tuple[Any, Any]],
    final: Callable[[NDArray[np.int64]], tuple[Any, Any]],
    targets: NDArray[np.float32],
    outputs: Outputs,
    fold: NDArray[np.int64],
    base_rate: float,
    strength: float,
) -> Scores:
    train = np.zeros(targets.shape)
    for k in sorted(set(fold.tolist())):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        train[outside] = _probabilities(*held_out(inside, outside), targets[inside], strength)
    test = _probabilities(*final(np.arange(len(targets))), targets, strength)
    return _scores(name, train, test, targets, outputs, base_rate)


def _probabilities(inside: Any, others: Any, targets: NDArray[np.float32], strength: float) -> Any:
    """One balanced logistic regression per output, each asked of all papers."""
    from sklearn.linear_model import LogisticRegression

    result = np.zeros((others.shape[0], targets.shape[1]))
    for column in range(targets.shape[1]):
        if targets[:, column].sum() < 2:
            continue
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=300)
        model.fit(inside, targets[:, column] > 0)
        result[:, column] = model.predict_proba(others)[:, 1]
    return result


def _scores(
    name: str,
    train: Floats,
    test: Floats,
    targets: NDArray[np.float32],
    outputs: Outputs,
    base_rate: float,
) -> Scores:
    cells = outputs.group("cell")
    weights = night_weights(targets[:, 0] > 0, base_rate)
    limits = cell_thresholds(targets[:, cells] > 0, train[:, cells], weights)
    techniques = outputs.labels_of("technique")
    best = test[:, outputs.group("technique")].argmax(axis=1)
    return Scores(
        name=name,
        relevance=test[:, 0],
        cells=test[:, cells],
        assigned=test[:, cells] >= limits,
        technique=[techniques[int(i)] for i in best],
    )
