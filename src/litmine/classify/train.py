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

from litmine.classify.control import (
    Promise,
    cell_set_threshold,
    precision_threshold,
    recall_threshold,
)
from litmine.classify.first_stage import fit_first_stage
from litmine.classify.fusion import Opinions, fit_fusion, labelled_nights, night_weights
from litmine.classify.labels import Outputs
from litmine.classify.lexical import lexical_text
from litmine.classify.model import Classifier, WordModel
from litmine.classify.opinions import (
    HeadEvidence,
    fit_probe,
    fit_words,
    known_evidence,
    votes_out_of_fold,
)
from litmine.classify.thresholds import cell_thresholds
from litmine.classify.votes import NEIGHBOURS, neighbour_votes
from litmine.core.errors import InputError
from litmine.encode.artefact import Artefact, seal_artefact
from litmine.encode.training.data import fold_of
from litmine.encode.training.network import apply_head
from litmine.index.exact import on_grid, top_k

__all__ = [
    "HeadEvidence",
    "Night",
    "TrainingSet",
    "save_classifier",
    "train_classifier",
    "whole_nights",
]

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
class Trained:
    """A classifier with what was known out of fold, for thresholds and reports.

    Attributes
    ----------
    honest
        (papers,) where `opinions` are of models that did not see the paper's label.
    """

    classifier: Classifier
    opinions: Opinions
    fold: NDArray[np.int64]
    targets: NDArray[np.float32]
    honest: NDArray[np.bool_]


def train_classifier(
    data: TrainingSet,
    encoder_id: str,
    evidence: HeadEvidence | None = None,
    night: Night | None = None,
    *,
    base_rate: float = BASE_RATE,
    min_df: int = 8,
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
    words, word_logits, matrix = fit_words(texts, targets, fold, min_df)
    honest = np.ones(len(targets), dtype=bool)
    if evidence is None:
        head, head_logits = fit_probe(data.vectors, targets, fold)
        votes = votes_out_of_fold(data.vectors, targets, fold)
    else:
        head = dict(evidence.head)
        head_logits, votes, honest = known_evidence(data.ids, data.vectors, evidence, targets, fold)
    opinions = Opinions(word_logits, head_logits, votes)
    is_night = np.array([bool(label.get("night")) for label in data.labels])
    whole = whole_nights(data.labels, honest)
    fusion = fit_fusion(
        opinions.rows(honest), targets[honest], outputs, base_rate=base_rate, night=whole[honest]
    )
    promises: dict[str, Promise] = {}
    if labelled_nights(whole, targets):
        promises, expected = _controlled(opinions, targets, outputs, honest, whole, fold)
        thresholds = cell_thresholds(expected, expected, np.ones(len(expected)))
    elif night is None:
        rows = np.flatnonzero(honest)
        thresholds = _labelled_thresholds(
            opinions.rows(rows), targets[rows], outputs, fold[rows], base_rate
        )
    else:
        seen = _night_opinions(night, data, opinions, words, head, targets)
        fusion = fusion.at_base_rate(seen.features(0), base_rate)
        expected = fusion.probabilities(seen, outputs)[1]
        thresholds = cell_thresholds(expected, expected, np.ones(len(expected)))
    first = None
    if promises:
        first, promises["first_stage"] = fit_first_stage(
            words.table, matrix, targets[:, 0] > 0, is_night, fold
        )
    classifier = Classifier(
        "unsaved", encoder_id, outputs, words, head, fusion, thresholds, first, promises
    )
    return Trained(classifier, opinions, fold, targets, honest)


def whole_nights(
    labels: Sequence[Mapping[str, Any]], honest: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which labels belong to nights that can be calibrated on.

    A night that is whole but for papers whose opinions are not honest has lost its base rate, so
    all of it is left out.

    Parameters
    ----------
    labels
        Those of wholly labelled nights name their ``night``.
    honest
        (labels,) where opinions can be had of models that did not see the label.
    """
    nights = np.array([str(label.get("night") or "") for label in labels])
    result: NDArray[np.bool_] = (nights != "") & ~np.isin(nights, nights[~honest])
    return result


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
        **(trained.first_stage.arrays() if trained.first_stage else {}),
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
        settings={
            "encoder_id": trained.encoder_id,
            "outputs": list(trained.outputs.names),
            "promises": {name: p.as_dict() for name, p in trained.promises.items()},
        },
        files=["weights.npz", "terms.txt"],
        facts=facts,
    )


def _controlled(
    opinions: Opinions,
    targets: NDArray[np.float32],
    outputs: Outputs,
    honest: NDArray[np.bool_],
    is_night: NDArray[np.bool_],
    fold: NDArray[np.int64],
) -> tuple[dict[str, Promise], NDArray[np.float64]]:
    """Promises on the labelled nights, and the cells' probabilities there.

    Every paper is seen through a fusion that was fitted without its fold.
    """
    relevance = np.zeros(len(targets))
    cells = np.zeros((len(targets), len(outputs.group("cell"))))
    for k in sorted(set(fold.tolist())):
        inside, outside = np.flatnonzero(honest & (fold != k)), np.flatnonzero(fold == k)
        part = fit_fusion(
            opinions.rows(inside),
            targets[inside],
            outputs,
            base_rate=BASE_RATE,
            night=is_night[inside],
        )
        relevance[outside], cells[outside], _ = part.probabilities(opinions.rows(outside), outputs)
    truth = targets[:, 0] > 0
    found = is_night & truth
    return (
        {
            "relevant": precision_threshold(relevance[is_night], truth[is_night], alpha=0.15),
            "irrelevant": recall_threshold(relevance[is_night], truth[is_night], alpha=0.05),
            "possible": cell_set_threshold(
                cells[found], targets[found][:, outputs.group("cell")] > 0, alpha=0.1
            ),
        },
        cells[is_night],
    )


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
