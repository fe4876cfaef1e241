"""The cheap first stage of the cascade: words alone decide which papers are worth encoding.

One logistic regression over the word model's TF-IDF rows, with relevant papers weighted up, as a
paper lost here is lost for good. Its threshold is set by risk control on labelled nights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.control import Promise, recall_threshold
from litmine.classify.lexical import TfidfTable

__all__ = ["FirstStage", "fit_first_stage"]

ALPHA, DELTA = 0.015, 0.1
"""At most this share of the relevant papers is lost, but for this probability."""

_NIGHT_WEIGHT, _RELEVANT_WEIGHT, _STRENGTH = 3.0, 5.0, 3.0


@dataclass(frozen=True)
class FirstStage:
    """A linear score of words and its threshold.

    Attributes
    ----------
    weights
        (terms,) float32, in the column order of the word model's table.
    bias
        Added to the weighted sum.
    threshold
        Papers with a score at or above it go on to the encoder.
    slope, intercept
        Turn a score into the probability of relevance on a night (Platt scaling).
    """

    weights: NDArray[np.float32]
    bias: float
    threshold: float
    slope: float
    intercept: float

    def scores(self, table: TfidfTable, texts: Sequence[str]) -> NDArray[np.float64]:
        """(texts,) log-odds-like scores, each from its text alone."""
        scores = np.empty(len(texts))
        for i, text in enumerate(texts):
            columns, values = table.row(text)
            scores[i] = float((values * self.weights[columns]).sum()) + self.bias
        return scores

    def probability(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Calibrated probability of relevance."""
        logits = np.clip(self.slope * scores + self.intercept, -40, 40)
        result: NDArray[np.float64] = 1 / (1 + np.exp(-logits))
        return result

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Name to array, for a file."""
        return {
            "first_weights": self.weights.astype(np.float16),
            "first_numbers": np.array([self.bias, self.threshold, self.slope, self.intercept]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> FirstStage | None:
        """Undo `arrays`; None for a classifier without a first stage."""
        if "first_weights" not in arrays:
            return None
        return cls(arrays["first_weights"].astype(np.float32), *arrays["first_numbers"].tolist())


def fit_first_stage(
    table: TfidfTable,
    matrix: Any,
    relevant: NDArray[np.bool_],
    is_night: NDArray[np.bool_],
    fold: NDArray[np.int64],
) -> tuple[FirstStage, Promise]:
    """Fit on everything; set the threshold on whole nights, out of fold.

    Parameters
    ----------
    table
        Its columns are those of `matrix`.
    matrix
        (papers, terms) TF-IDF rows, sparse.
    relevant, is_night, fold
        (papers,).
    """
    from sklearn.linear_model import LogisticRegression

    weight = np.where(is_night, _NIGHT_WEIGHT, 1.0) * np.where(relevant, _RELEVANT_WEIGHT, 1.0)

    def fit(rows: NDArray[np.int64]) -> Any:
        model = LogisticRegression(C=_STRENGTH, max_iter=500)
        return model.fit(matrix[rows], relevant[rows], sample_weight=weight[rows])

    scores = np.zeros(len(relevant))
    for k in sorted(set(fold.tolist())):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        scores[outside] = fit(inside).decision_function(matrix[outside])
    model = fit(np.arange(len(relevant)))
    promise = recall_threshold(scores[is_night], relevant[is_night], alpha=ALPHA, delta=DELTA)
    platt = LogisticRegression(C=1e6).fit(scores[is_night, None], relevant[is_night])
    return (
        FirstStage(
            model.coef_[0].astype(np.float16).astype(np.float32),
            float(model.intercept_[0]),
            promise.threshold,
            float(platt.coef_[0, 0]),
            float(platt.intercept_[0]),
        ),
        promise,
    )
