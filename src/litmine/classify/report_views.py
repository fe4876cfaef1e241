"""Opinions on everything an evaluation needs, and fusions of some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.baselines import Scores
from litmine.classify.fusion import Opinions, fit_fusion, labelled_nights
from litmine.classify.labels import Outputs
from litmine.classify.lexical import lexical_text
from litmine.classify.opinions import HeadEvidence
from litmine.classify.report_data import Papers
from litmine.classify.thresholds import cell_thresholds
from litmine.classify.train import Trained, TrainingSet, train_classifier
from litmine.classify.votes import NEIGHBOURS, neighbour_votes
from litmine.encode.training.network import apply_head
from litmine.index.exact import on_grid, top_k

__all__ = [
    "SOURCES",
    "Views",
    "fused_scores",
    "only",
    "silent_evidence",
    "trained_on",
    "views_of",
]

SOURCES = ("words", "head", "votes")
"""The opinions that are fused."""


@dataclass(frozen=True)
class Views:
    """Opinions on the training labels (out of fold), on whole nights, and on papers under test.

    `honest`, `whole` and `fold` are of the training labels: opinions did not see the label; paper
    of a whole labelled night; held-out fold.
    """

    targets: NDArray[np.float32]
    outputs: Outputs
    honest: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    fold: NDArray[np.int64]
    train: Opinions
    night: Opinions
    test: Opinions


def silent_evidence(ids: Sequence[str], names: Sequence[str]) -> HeadEvidence:
    """An encoder that has nothing to say, for training words alone."""
    blank = np.zeros((len(ids), len(names)))
    head = {
        "linear_weight": np.zeros((len(names), 1), np.float32),
        "linear_bias": np.zeros(len(names), np.float32),
        "inner_weight": np.zeros((1, 1), np.float32),
        "inner_bias": np.zeros(1, np.float32),
        "outer_weight": np.zeros((len(names), 1), np.float32),
    }
    return HeadEvidence(tuple(names), head, tuple(ids), blank, blank)


def trained_on(
    labels: Sequence[dict[str, Any]],
    papers: Papers,
    evidence: HeadEvidence | None,
    base_rate: float,
) -> Trained:
    """Train the parts that can be trained here: words, a linear head without evidence, fusion."""
    vectors = np.zeros((len(labels), 1), np.float32) if papers.vectors is None else papers.vectors
    data = TrainingSet(
        labels, [t.title for t in papers.texts], [t.abstract for t in papers.texts], vectors
    )
    return train_classifier(data, "report", evidence, base_rate=base_rate)


def views_of(
    trained: Trained,
    labels: Sequence[dict[str, Any]],
    known: Papers,
    night: Papers,
    test: Papers,
) -> Views:
    """Every opinion that a fusion needs to be fitted, set to a night, and measured.

    Papers of `night` that are labelled keep their out-of-fold opinions. Papers without vectors get
    no opinion of head and neighbours.
    """
    row_of = {arxiv_id: row for row, arxiv_id in enumerate(known.ids)}
    places = np.array([row_of.get(i, -1) for i in night.ids], dtype=np.int64)
    seen = _opinions_on(trained, night, known)
    old = np.flatnonzero(places >= 0)
    for name in SOURCES:
        getattr(seen, name)[old] = getattr(trained.opinions, name)[places[old]]
    return Views(
        targets=trained.targets,
        outputs=trained.classifier.outputs,
        honest=trained.honest,
        whole=np.array([bool(label.get("night")) for label in labels]),
        fold=trained.fold,
        train=trained.opinions,
        night=seen,
        test=_opinions_on(trained, test, known),
    )


def _opinions_on(trained: Trained, papers: Papers, known: Papers) -> Opinions:
    classifier = trained.classifier
    words = classifier.words.logits([lexical_text(t.title, t.abstract) for t in papers.texts])
    if papers.vectors is None or known.vectors is None:
        return Opinions(words, np.zeros_like(words), np.zeros_like(words))
    vectors = papers.vectors.astype(np.float16).astype(np.float32)
    rows, similarities = top_k(on_grid(vectors), on_grid(known.vectors), NEIGHBOURS)
    return Opinions(
        words=words,
        head=apply_head(classifier.head, vectors),
        votes=neighbour_votes(rows, similarities, trained.targets),
    )


def fused_scores(name: str, views: Views, sources: Sequence[str], base_rate: float) -> Scores:
    """Fit the fusion on some of the opinions, the way the classifier's own is, and apply it.

    Fusion on out-of-fold opinions, thresholds of best expected F1 on whole nights. Where the
    labels hold whole nights these set the biases too; else the relevance of unlabelled nights is
    set to the base rate. No label of the papers under test is used.
    """
    train, night, test = (only(o, sources) for o in (views.train, views.night, views.test))
    honest, whole = views.honest, views.whole & views.honest
    fusion = fit_fusion(
        train.rows(honest),
        views.targets[honest],
        views.outputs,
        base_rate=base_rate,
        night=whole[honest],
    )
    if labelled_nights(whole, views.targets):
        expected = _held_out_cells(replace(views, train=train), base_rate)[whole]
    else:
        fusion = fusion.at_base_rate(night.features(0), base_rate)
        expected = fusion.probabilities(night, views.outputs)[1]
    limits = cell_thresholds(expected, expected, np.ones(len(expected)))
    relevance, cells, technique = fusion.probabilities(test, views.outputs)
    names = views.outputs.labels_of("technique")
    return Scores(
        name=name,
        relevance=relevance,
        cells=cells,
        assigned=cells >= limits,
        technique=[names[int(i)] for i in technique.argmax(axis=1)],
    )


def _held_out_cells(views: Views, base_rate: float) -> NDArray[np.float64]:
    """(known, 25): each paper seen through a fusion that was fitted without its fold."""
    cells = np.zeros((len(views.targets), len(views.outputs.group("cell"))))
    for k in sorted(set(views.fold.tolist())):
        inside = np.flatnonzero(views.honest & (views.fold != k))
        outside = np.flatnonzero(views.fold == k)
        part = fit_fusion(
            views.train.rows(inside),
            views.targets[inside],
            views.outputs,
            base_rate=base_rate,
            night=views.whole[inside],
        )
        cells[outside] = part.probabilities(views.train.rows(outside), views.outputs)[1]
    return cells


def only(opinions: Opinions, sources: Sequence[str]) -> Opinions:
    """The opinions with all others silenced; a constant feature moves nothing but the bias."""
    silenced = {
        name: np.zeros_like(getattr(opinions, name)) for name in SOURCES if name not in sources
    }
    return replace(opinions, **silenced)
