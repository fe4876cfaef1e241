"""From texts to predictions: the cheap first stage, then encoder, classifier and evidence.

A cascade in the sense of Viola & Jones (2001): most papers are far from the field, and words alone
are enough to see that. What the first stage drops is neither encoded nor looked at again; how
many relevant papers that may cost is promised by the first stage's threshold
(`litmine.classify.control`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.classify.explain import explain as account_for
from litmine.classify.lexical import lexical_text
from litmine.classify.library import LabelledLibrary
from litmine.classify.model import Classifier, HasText, Prediction
from litmine.encode import Encoder

__all__ = ["EXPLAINED_FROM", "dropped", "judge", "passes", "with_evidence"]

EXPLAINED_FROM = 0.02
"""Least relevance for which evidence is worked out: what may reach a reviewer."""

_DIGITS = 6
_AT_ONCE = 32
"""Papers whose token states are held in memory together."""


def passes(classifier: Classifier, papers: Sequence[HasText]) -> NDArray[np.float64]:
    """(papers,) probability of relevance by the first stage; NaN where the paper goes on.

    All NaN for a classifier without a first stage.
    """
    first = classifier.first_stage
    if first is None:
        return np.full(len(papers), np.nan)
    texts = [lexical_text(paper.title, paper.abstract) for paper in papers]
    scores = first.scores(classifier.words.table, texts)
    return np.where(scores >= first.threshold, np.nan, first.probability(scores))


def dropped(classifier: Classifier, paper: HasText, relevance: float) -> Prediction:
    """What is said of a paper that the first stage dropped: its relevance, and no more.

    The cells share the relevance evenly, as nothing has looked at them.
    """
    cells = classifier.outputs.labels_of("cell")
    share = round(relevance / len(cells), _DIGITS)
    return Prediction(
        arxiv_id=paper.arxiv_id,
        model_id=classifier.model_id,
        relevance=round(relevance, _DIGITS),
        cells=dict.fromkeys(cells, share),
        techniques={},
        technique=(),
        assigned=(),
        relevant=False,
        decided_by="first-stage",
    )


def judge(
    papers: Sequence[HasText],
    encoder: Encoder,
    classifier: Classifier,
    library: LabelledLibrary,
    *,
    cascade: bool = True,
    explain: bool = True,
    progress: Callable[[int], None] | None = None,
) -> list[Prediction]:
    """Classify papers from their texts.

    Parameters
    ----------
    papers
        Title and abstract of each.
    encoder, classifier, library
        Made for one another.
    cascade
        Let the first stage drop papers before they are encoded.
    explain
        Work out the evidence of papers that may be relevant.
    progress
        Called with the number of papers done, dropped ones first.

    Returns
    -------
    list of Prediction
        In the order of `papers`; each independent of the other papers.

    Raises
    ------
    ArtefactMismatch
        When encoder, classifier and library do not belong together.
    """
    classifier.require_encoder(encoder.encoder_id)
    low = passes(classifier, papers) if cascade else np.full(len(papers), np.nan)
    going = np.flatnonzero(np.isnan(low)).tolist()
    if progress is not None and len(going) < len(papers):
        progress(len(papers) - len(going))
    chosen = [papers[i] for i in going]
    vectors = encoder.encode([f"{p.title}\n{p.abstract}" for p in chosen], progress=progress)
    full = classifier.predict(chosen, vectors, library)
    if explain:
        full = with_evidence(full, chosen, vectors, encoder, classifier, library)
    said = dict(zip(going, full, strict=True))
    return [
        said[i] if i in said else dropped(classifier, paper, float(low[i]))
        for i, paper in enumerate(papers)
    ]


def with_evidence(
    predictions: Sequence[Prediction],
    papers: Sequence[HasText],
    vectors: NDArray[np.float32],
    encoder: Encoder,
    classifier: Classifier,
    library: LabelledLibrary,
) -> list[Prediction]:
    """The predictions, with evidence for those of papers that may be relevant."""
    result = list(predictions)
    worth = [i for i, p in enumerate(predictions) if p.relevance >= EXPLAINED_FROM]
    if not worth:
        return result
    # One search for all of them; token states are large and come in parts.
    voters = classifier.voters([papers[i] for i in worth], vectors[worth], library)
    states: Any = getattr(encoder, "states", None)
    with ThreadPoolExecutor(min(len(os.sched_getaffinity(0)), 16)) as pool:
        for start in range(0, len(worth), _AT_ONCE):
            part = worth[start : start + _AT_ONCE]
            chosen = [papers[i] for i in part]
            texts = [f"{paper.title}\n{paper.abstract}" for paper in chosen]
            found = pool.map(states, texts) if states is not None else [None] * len(part)
            near = voters[start : start + _AT_ONCE]
            for i, paper, around, seen in zip(part, chosen, near, found, strict=True):
                evidence = account_for(classifier, paper, predictions[i], vectors[i], around, seen)
                result[i] = replace(predictions[i], evidence=evidence)
    return result
