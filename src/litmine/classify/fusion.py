"""Late fusion: three opinions about a paper become calibrated probabilities.

The opinions are logits of the word model, logits of the encoder's head, and the votes of the
nearest labelled papers. Fusion is stacking (Wolpert, "Stacked generalization", 1992): logistic
regressions over opinions that were given out of fold.

Relevance is one regression. Cells share one regression over the opinions on the cell, its stage
and its resource, with a bias of their own each, because most of the 25 cells have too few papers
for weights of their own; techniques likewise. Both are asked given that the paper is relevant, so
a cell's probability is P(relevant) P(cell | relevant), and the base rate enters in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.labels import Outputs

__all__ = [
    "Fusion",
    "Opinions",
    "fit_fusion",
    "labelled_nights",
    "log_odds",
    "logistic",
    "night_weights",
]

Floats = NDArray[np.float64]
_FLOOR = 0.02
_NIGHT_LEAST = 50
"""Relevant papers of whole nights from which on the nights set the biases."""


@dataclass(frozen=True)
class Opinions:
    """What each source says; all (papers, outputs).

    Attributes
    ----------
    words, head
        Logits. All outputs but relevance are given relevance.
    votes
        Weighted shares of the neighbours that have the label (0 to 1).
    """

    words: Floats
    head: Floats
    votes: Floats

    def rows(self, rows: NDArray[Any]) -> Opinions:
        """Some of the papers."""
        return Opinions(self.words[rows], self.head[rows], self.votes[rows])

    def features(self, column: int) -> Floats:
        """(papers, 3) opinions on one output, all as log-odds."""
        votes = self.votes[:, column]
        if column:
            # Among the relevant neighbours; half a neighbour of doubt keeps it defined.
            votes = (votes + _FLOOR) / (self.votes[:, 0] + 4 * _FLOOR)
        return np.stack([self.words[:, column], self.head[:, column], log_odds(votes)], axis=1)


@dataclass(frozen=True)
class Fusion:
    """Learnt weights of the fusion, all float64.

    Attributes
    ----------
    relevance
        (4,): weights of the three opinions, then the bias.
    cell
        (9,): weights of the opinions on the cell, on its stage, on its resource.
    cell_bias
        (25,).
    technique
        (3,).
    technique_bias
        (techniques,).
    """

    relevance: Floats
    cell: Floats
    cell_bias: Floats
    technique: Floats
    technique_bias: Floats

    def probabilities(self, opinions: Opinions, outputs: Outputs) -> tuple[Floats, Floats, Floats]:
        """P(relevant) (n,), P(cell and relevant) (n, 25), P(technique given relevant) (n, t)."""
        relevant = logistic(_weigh(opinions.features(0), self.relevance[:3]) + self.relevance[3])
        cells = np.stack(
            [
                logistic(_weigh(_cell_features(opinions, triple), self.cell) + bias)
                for triple, bias in zip(outputs.cell_columns(), self.cell_bias, strict=True)
            ],
            axis=1,
        )
        techniques = np.stack(
            [
                logistic(_weigh(opinions.features(column), self.technique) + bias)
                for column, bias in zip(
                    outputs.group("technique"), self.technique_bias, strict=True
                )
            ],
            axis=1,
        )
        return relevant, cells * relevant[:, None], techniques

    def at_base_rate(self, relevance_opinions: Floats, base_rate: float) -> Fusion:
        """The same fusion with its relevance bias moved to a night's base rate.

        The irrelevant papers among the labels were chosen to be borderline; those of a night
        mostly are not, so reweighting the labels leaves relevance too low on a night. Here the
        bias is moved until the mean probability over papers of whole nights is `base_rate`.

        Parameters
        ----------
        relevance_opinions
            (papers, 3): `Opinions.features` of column 0 for unlabelled papers of whole nights.
        base_rate
            The share of relevant papers among them.
        """
        raw = _weigh(relevance_opinions, self.relevance[:3])
        low, high = -40.0, 40.0
        for _ in range(80):
            middle = (low + high) / 2
            if logistic(raw + middle).mean() < base_rate:
                low = middle
            else:
                high = middle
        return replace(self, relevance=np.append(self.relevance[:3], (low + high) / 2))

    def arrays(self) -> dict[str, Floats]:
        """Name to array, for a file."""
        return {f"fusion_{name}": value for name, value in vars(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Fusion:
        """Undo `arrays`."""
        names = ("relevance", "cell", "cell_bias", "technique", "technique_bias")
        return cls(*(np.asarray(arrays[f"fusion_{name}"], dtype=np.float64) for name in names))


def logistic(logits: Floats) -> Floats:
    """Probabilities of log-odds, safe at both ends."""
    result: Floats = 1 / (1 + np.exp(-np.clip(logits, -40, 40)))
    return result


def log_odds(probabilities: Floats) -> Floats:
    """Log-odds of probabilities kept away from 0 and 1."""
    p = np.clip(probabilities, _FLOOR, 1 - _FLOOR)
    result: Floats = np.log(p / (1 - p))
    return result


def night_weights(relevant: NDArray[np.bool_], base_rate: float) -> Floats:
    """Weights under which a labelled set has the base rate of a night; their mean is 1."""
    share = relevant.mean()
    if share in (0, 1):
        return np.ones(len(relevant))
    weights: Floats = np.where(relevant, base_rate / share, (1 - base_rate) / (1 - share))
    return weights


def labelled_nights(night: NDArray[np.bool_], targets: NDArray[np.float32]) -> bool:
    """Whether enough relevant papers of labelled nights are there to set biases by."""
    return bool((night & (targets[:, 0] > 0)).sum() >= _NIGHT_LEAST)


def fit_fusion(
    opinions: Opinions,
    targets: NDArray[np.float32],
    outputs: Outputs,
    *,
    base_rate: float,
    night: NDArray[np.bool_] | None = None,
    strength: float = 1.0,
) -> Fusion:
    """Learn the fusion from out-of-fold opinions.

    Parameters
    ----------
    opinions
        Out of fold: about each paper from models that did not see its label.
    targets
        (papers, outputs) of 0 and 1.
    outputs
        What the columns mean.
    base_rate
        Share of relevant papers on a night. The labelled set is richer; weighting it back is the
        prior-shift correction of Saerens et al. (2002) done at fitting time.
    night
        (papers,) marks papers of whole nights that were labelled whatever they are about. With
        enough of them relevance has a bias of its own for the papers chosen to be informative, and
        the bias that is kept is that of the nights; likewise the cells.
    strength
        Inverse regularisation of the shared weights.
    """
    from sklearn.linear_model import LogisticRegression

    relevant = targets[:, 0] > 0
    model = LogisticRegression(C=strength, max_iter=500)
    chosen = np.zeros(0, dtype=bool)
    if night is not None and labelled_nights(night, targets):
        chosen = ~night
        features = np.column_stack([opinions.features(0), chosen])
        model.fit(features, relevant)
    else:
        model.fit(opinions.features(0), relevant, sample_weight=night_weights(relevant, base_rate))
    positive = opinions.rows(relevant)
    cell_blocks = [_cell_features(positive, triple) for triple in outputs.cell_columns()]
    cell_truth = [targets[relevant, own] for own, _, _ in outputs.cell_columns()]
    among = chosen[relevant] if len(chosen) else None
    cell, cell_bias = _pooled(cell_blocks, cell_truth, strength, among)
    technique_columns = outputs.group("technique")
    technique, technique_bias = _pooled(
        [positive.features(column) for column in technique_columns],
        [targets[relevant, column] for column in technique_columns],
        strength,
        among,
    )
    return Fusion(
        relevance=np.append(model.coef_[0][:3], model.intercept_[0]),
        cell=cell,
        cell_bias=cell_bias,
        technique=technique,
        technique_bias=technique_bias,
    )


def _pooled(
    blocks: list[Floats],
    truths: list[NDArray[np.float32]],
    strength: float,
    chosen: NDArray[np.bool_] | None,
) -> tuple[Floats, Floats]:
    """One regression over all outputs of a group, each with a shrunken bias of its own.

    Rows of papers that were `chosen` have another bias per output, which is left out of the result.
    """
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    size, width = len(blocks[0]), blocks[0].shape[1]
    own = np.repeat(np.arange(len(blocks)), size)
    columns = sparse.csr_matrix((np.ones(len(own)), (np.arange(len(own)), own)))
    parts = [sparse.csr_matrix(np.concatenate(blocks)), columns]
    if chosen is not None:
        parts.append(columns.multiply(np.tile(chosen, len(blocks))[:, None]).tocsr())
    truth = np.concatenate(truths) > 0
    if truth.all() or not truth.any():  # one technique alone, say: nothing to tell apart
        return np.zeros(width), np.full(len(blocks), 4.0 if truth.all() else -4.0)
    model = LogisticRegression(C=strength, max_iter=1000)
    model.fit(sparse.hstack(parts).tocsr(), truth)
    weights = np.asarray(model.coef_[0], dtype=np.float64)
    return weights[:width], weights[width : width + len(blocks)] + float(model.intercept_[0])


def _cell_features(opinions: Opinions, triple: tuple[int, int, int]) -> Floats:
    return np.concatenate([opinions.features(column) for column in triple], axis=1)


def _weigh(features: Floats, weights: Floats) -> Floats:
    # Summed feature by feature: a matrix product may round differently for other batch sizes.
    total = np.zeros(len(features))
    for column, weight in enumerate(weights.tolist()):
        total = total + features[:, column] * weight
    return total
