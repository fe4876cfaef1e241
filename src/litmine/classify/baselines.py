"""The systems litmine is compared with, trained on the same labels.

Their thresholds are those of best F1 on out-of-fold scores of the training labels, under `weights`
that give the labels the base rate of a night: 1 for papers of whole labelled nights and 0 for
others where there are such nights, else those of `litmine.classify.fusion.night_weights`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.labels import Outputs
from litmine.classify.metrics import average_precision
from litmine.classify.thresholds import best_threshold, cell_thresholds

__all__ = [
    "Scores",
    "svc_baseline",
    "tfidf_baseline",
    "vector_baseline",
    "votes_baseline",
]

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
    cut
        Relevance from which on it takes a paper for relevant. For litmine p >= 0.5; a baseline,
        whose probabilities may be off, has its threshold of best F1 on the training labels.
    """

    name: str
    relevance: Floats
    cells: Floats
    assigned: NDArray[np.bool_]
    technique: Sequence[str]
    cut: float = 0.5

    @property
    def decided(self) -> NDArray[np.bool_]:
        """(papers,) bool: the papers taken for relevant."""
        return self.relevance >= self.cut


def tfidf_baseline(
    train_texts: Sequence[str],
    targets: NDArray[np.float32],
    outputs: Outputs,
    fold: NDArray[np.int64],
    test_texts: Sequence[str],
    weights: Floats,
) -> Scores:
    """TF-IDF (words and pairs) with one logistic regression per output, as in the issue."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    def prepare(rows: NDArray[np.int64], others: Sequence[str]) -> tuple[Any, Any]:
        vectoriser = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        inside = vectoriser.fit_transform([train_texts[int(r)] for r in rows])
        return inside, vectoriser.transform(others)

    return _linear_system(
        "TF-IDF + logistic",
        lambda rows, held: prepare(rows, [train_texts[int(r)] for r in held]),
        lambda rows: prepare(rows, test_texts),
        targets,
        outputs,
        fold,
        weights,
        strength=10.0,
    )


def svc_baseline(
    train_texts: Sequence[str],
    targets: NDArray[np.float32],
    outputs: Outputs,
    fold: NDArray[np.int64],
    test_texts: Sequence[str],
    weights: Floats,
) -> Scores:
    """TF-IDF with one LinearSVC per output, the way arxiv-sanity-lite recommends papers.

    The vectoriser is that of its ``compute.py``, class weights are balanced as there. C comes from
    0.01, 0.1 (its own values) and 1, by average precision of relevance out of fold, so that the
    comparison is not with a weak setting. Margins become probabilities by a sigmoid fitted to
    out-of-fold margins under `weights` (Platt, 1999).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    def prepare(inside: Sequence[str], others: Sequence[str]) -> tuple[Any, Any]:
        few = len(inside) < 1000  # arxiv-sanity's limits would leave a small corpus no term
        vectoriser = TfidfVectorizer(
            strip_accents="unicode",
            stop_words="english",
            token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",  # noqa: S106
            ngram_range=(1, 2),
            max_features=10_000,
            sublinear_tf=True,
            max_df=1.0 if few else 0.5,
            min_df=1 if few else 5,
        )
        return vectoriser.fit_transform(inside), vectoriser.transform(others)

    def chosen(texts: Sequence[str], rows: NDArray[np.int64]) -> list[str]:
        return [texts[int(r)] for r in rows]

    parts = []
    for k in sorted(set(fold.tolist())):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        parts.append(
            (inside, outside, *prepare(chosen(train_texts, inside), chosen(train_texts, outside)))
        )
    relevant = targets[:, :1] > 0
    best, strength = -1.0, 0.01
    for candidate in (0.01, 0.1, 1.0):
        margins = np.zeros((len(targets), 1))
        for inside, outside, x, others in parts:
            margins[outside] = _margins(x, others, relevant[inside], candidate)
        precision = average_precision(relevant[:, 0], margins[:, 0], weights)
        if precision > best:
            best, strength = precision, candidate
    train, test = np.zeros(targets.shape), np.zeros((len(test_texts), targets.shape[1]))
    held, measured = _needed(outputs)
    for inside, outside, x, others in parts:
        train[outside[:, None], held] = _margins(x, others, targets[inside][:, held] > 0, strength)
    test[:, measured] = _margins(
        *prepare(train_texts, test_texts), targets[:, measured] > 0, strength
    )
    for column in held:
        train[:, column], test[:, column] = _platt(
            train[:, column], targets[:, column] > 0, weights, test[:, column]
        )
    return _scores("TF-IDF + LinearSVC", train, test, targets, outputs, weights)


def vector_baseline(
    name: str,
    train_vectors: NDArray[np.float32],
    targets: NDArray[np.float32],
    outputs: Outputs,
    fold: NDArray[np.int64],
    test_vectors: NDArray[np.float32],
    weights: Floats,
) -> Scores:
    """Logistic regressions on vectors of an encoder that has not seen the labels."""
    return _linear_system(
        name,
        lambda rows, held: (train_vectors[rows], train_vectors[held]),
        lambda rows: (train_vectors[rows], test_vectors),
        targets,
        outputs,
        fold,
        weights,
        strength=10.0,
    )


def votes_baseline(
    train_votes: Floats,
    targets: NDArray[np.float32],
    outputs: Outputs,
    test_votes: Floats,
    weights: Floats,
) -> Scores:
    """The nearest labelled papers alone; `train_votes` out of fold, for the thresholds."""
    return _scores("neighbours alone", train_votes, test_votes, targets, outputs, weights)


def _linear_system(
    name: str,
    held_out: Callable[[NDArray[np.int64], NDArray[np.int64]], tuple[Any, Any]],
    final: Callable[[NDArray[np.int64]], tuple[Any, Any]],
    targets: NDArray[np.float32],
    outputs: Outputs,
    fold: NDArray[np.int64],
    weights: Floats,
    strength: float,
) -> Scores:
    train = np.zeros(targets.shape)
    held, measured = _needed(outputs)
    for k in sorted(set(fold.tolist())):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        train[outside] = _probabilities(*held_out(inside, outside), targets[inside], strength, held)
    test = _probabilities(*final(np.arange(len(targets))), targets, strength, measured)
    return _scores(name, train, test, targets, outputs, weights)


def _needed(outputs: Outputs) -> tuple[list[int], list[int]]:
    """Columns whose out-of-fold scores set thresholds, and columns that are measured."""
    held = [0, *outputs.group("cell")]
    return held, [*held, *outputs.group("technique")]


def _probabilities(
    inside: Any,
    others: Any,
    targets: NDArray[np.float32],
    strength: float,
    columns: Sequence[int],
) -> Any:
    """One balanced logistic regression per output, each asked of all papers."""
    from sklearn.linear_model import LogisticRegression

    result = np.zeros((others.shape[0], targets.shape[1]))
    for column in columns:
        if targets[:, column].sum() < 2:
            continue
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=300)
        model.fit(inside, targets[:, column] > 0)
        result[:, column] = model.predict_proba(others)[:, 1]
    return result


def _margins(inside: Any, others: Any, truth: NDArray[np.bool_], strength: float) -> Floats:
    """Signed distances from one balanced LinearSVC per output; -1 for an output without papers."""
    from sklearn.svm import LinearSVC

    result = np.full((others.shape[0], truth.shape[1]), -1.0)
    for column in range(truth.shape[1]):
        if 2 <= truth[:, column].sum() < len(truth):
            model = LinearSVC(C=strength, class_weight="balanced", max_iter=10_000, tol=1e-4)
            model.fit(inside, truth[:, column])
            result[:, column] = model.decision_function(others)
    return result


def _platt(
    margins: Floats, truth: NDArray[np.bool_], weights: Floats, others: Floats
) -> tuple[Floats, Floats]:
    """The sigmoid of best weighted likelihood, applied to both."""
    from sklearn.linear_model import LogisticRegression

    if truth.all() or not truth.any():
        return np.full(len(margins), truth.mean()), np.full(len(others), truth.mean())
    model = LogisticRegression(C=1e3, max_iter=500)
    model.fit(margins[:, None], truth, sample_weight=weights)
    return (
        model.predict_proba(margins[:, None])[:, 1],
        model.predict_proba(others[:, None])[:, 1],
    )


def _scores(
    name: str,
    train: Floats,
    test: Floats,
    targets: NDArray[np.float32],
    outputs: Outputs,
    weights: Floats,
) -> Scores:
    cells = outputs.group("cell")
    counted = np.flatnonzero(weights)
    targets, train, weights = targets[counted], train[counted], weights[counted]
    limits = cell_thresholds(targets[:, cells] > 0, train[:, cells], weights)
    techniques = outputs.labels_of("technique")
    best = test[:, outputs.group("technique")].argmax(axis=1)
    return Scores(
        name=name,
        relevance=test[:, 0],
        cells=test[:, cells],
        assigned=test[:, cells] >= limits,
        technique=[techniques[int(i)] for i in best],
        cut=best_threshold(targets[:, 0] > 0, train[:, 0], weights),
    )
