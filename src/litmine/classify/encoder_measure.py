"""How good vectors are: for telling labels, for finding a paper's abstract, for finding its like.

Everything here takes vectors as they are, so that any encoder, trained by us or not, is asked the
same questions. Vectors of an encoder that learnt from the labels are in-sample on those papers: a
probe is then fitted to distances that later papers do not show, so neighbours' votes, which fit
nothing, are given beside it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from litmine.classify.fusion import night_weights
from litmine.classify.labels import Outputs
from litmine.classify.library_build import LEAST_TITLE_AGREEMENT, MIRRORS
from litmine.classify.metrics import average_precision, bootstrap
from litmine.classify.votes import NEIGHBOURS, neighbour_votes

__all__ = [
    "Compared",
    "LabelScores",
    "compare",
    "label_figures",
    "label_scores",
    "list_sections",
    "retrieval_ranks",
    "section_figures",
]

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

STRENGTHS = (0.003, 0.03, 0.3)
"""Inverse penalties that a probe chooses from, for vectors whose entries have variance 1."""

FOLDS = 3
SMALLEST, LARGEST = 3, 200
_BLOCK = 512
# A heading that only dates its papers, or says nothing of them, makes them no neighbours.
_EMPTY = re.compile(r"\W*((19|20)\d\d|contents?|papers?|others?|misc\w*)\W*", re.IGNORECASE)


class Compared(NamedTuple):
    """A figure with its 95% interval, and its gain over the first system's, paired."""

    value: float
    low: float
    high: float
    gain: float
    gain_low: float
    gain_high: float


@dataclass(frozen=True)
class LabelScores:
    """What vectors say about the labels of other papers.

    Attributes
    ----------
    probe_relevance, vote_relevance
        (papers,): by logistic regression, and by the nearest labelled papers alone.
    probe_cells, vote_cells
        (papers, cells); the probe's are P(relevant) P(cell | relevant).
    strengths
        The inverse penalties chosen for relevance and for cells.
    """

    probe_relevance: Floats
    probe_cells: Floats
    vote_relevance: Floats
    vote_cells: Floats
    strengths: tuple[float, float]


def label_scores(
    labelled: Vectors,
    targets: NDArray[np.float32],
    papers: Vectors,
    outputs: Outputs,
    fold: Rows,
    *,
    base_rate: float,
) -> LabelScores:
    """Score papers from the vectors and labels of others.

    Parameters
    ----------
    labelled, papers
        (n, dim) and (m, dim) unit vectors.
    targets
        (n, outputs) of 0 and 1.
    fold
        (n,) part of each labelled paper, 0 to `FOLDS` - 1: penalties are chosen by average
        precision on the part left out.
    base_rate
        Share of relevant papers to which relevance is weighted.
    """
    # One scale for all entries: it keeps the geometry, and one penalty means the same anywhere.
    mean = labelled.mean(axis=0)
    spread = float(np.sqrt(labelled.var(axis=0).mean())) or 1.0
    inside, outside = (labelled - mean) / spread, (papers - mean) / spread
    relevant = targets[:, 0] > 0
    weights = night_weights(relevant, base_rate)
    columns = outputs.group("cell")
    cells = targets[:, columns] > 0
    some = np.flatnonzero(relevant)
    first, relevance = _probe(inside, relevant[:, None], weights, fold, outside)
    second, given = _probe(inside[some], cells[some], np.ones(len(some)), fold[some], outside)
    rows, similarities = _nearest(papers, labelled, NEIGHBOURS)
    votes = neighbour_votes(rows, similarities, targets)
    return LabelScores(
        probe_relevance=relevance[:, 0],
        probe_cells=relevance * given,
        vote_relevance=votes[:, 0],
        vote_cells=votes[:, columns],
        strengths=(first, second),
    )


def label_figures(
    scores: LabelScores, relevant: NDArray[np.bool_], cells: NDArray[np.bool_], rows: Rows
) -> list[float]:
    """Average precision of relevance and, over all cells at once, of cells: probe, then votes."""
    truth, every = relevant[rows], cells[rows].ravel()
    return [
        average_precision(truth, scores.probe_relevance[rows]),
        average_precision(every, scores.probe_cells[rows].ravel()),
        average_precision(truth, scores.vote_relevance[rows]),
        average_precision(every, scores.vote_cells[rows].ravel()),
    ]


def retrieval_ranks(queries: Vectors, documents: Vectors) -> Rows:
    """(n,) place of document i among all documents for query i, from 1; ties count against it."""
    ranks = np.empty(len(queries), dtype=np.int64)
    for start in range(0, len(queries), _BLOCK):
        scores = queries[start : start + _BLOCK] @ documents.T
        own = scores[np.arange(len(scores)), np.arange(start, start + len(scores))]
        ranks[start : start + len(scores)] = (scores >= own[:, None]).sum(axis=1)
    return ranks


def list_sections(
    rows: Iterable[Mapping[str, Any]], known: frozenset[str] | set[str]
) -> list[frozenset[str]]:
    """Papers that hand-kept lists put under one heading.

    Mirrors count as the list they copy; links whose title does not agree are left out, and so are
    sections below 3 or above 200 known papers, and headings that only tell a year.

    Parameters
    ----------
    rows
        With ``repo``, ``section_path``, ``arxiv_id`` and ``title_agree`` (None or nan: unknown).
    known
        Ids of the papers that count.
    """
    groups: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        agreement = row["title_agree"]
        if row["arxiv_id"] not in known or (
            agreement is not None and agreement < LEAST_TITLE_AGREEMENT
        ):
            continue
        path = str(row["section_path"] or "")
        if _EMPTY.fullmatch(path.split(" > ")[-1]) is None:
            groups[MIRRORS.get(row["repo"], row["repo"]), path].add(row["arxiv_id"])
    return [
        frozenset(members)
        for _, members in sorted(groups.items())
        if SMALLEST <= len(members) <= LARGEST
    ]


def section_figures(
    vectors: Vectors,
    ids: Sequence[str],
    sections: Sequence[frozenset[str]],
    queries: Rows,
    *,
    nearest: int = 10,
) -> Floats:
    """Precision among the nearest papers, average precision over all, and what chance gives.

    A paper is right for a query when some section holds both.

    Parameters
    ----------
    vectors
        (n, dim) unit vectors of the papers that are searched.
    ids
        Their ids.
    queries
        Rows of the papers that are asked for; one without any right paper gives nan.

    Returns
    -------
    ndarray
        (queries, 3).
    """
    row_of = {arxiv_id: row for row, arxiv_id in enumerate(ids)}
    mates: dict[int, set[int]] = defaultdict(set)
    for section in sections:
        members = {row_of[i] for i in section if i in row_of}
        for row in members:
            mates[row] |= members
    figures = np.full((len(queries), 3), np.nan)
    for place, query in enumerate(queries.tolist()):
        right = np.zeros(len(ids), dtype=bool)
        right[list(mates[query])] = True
        scores = (vectors @ vectors[query]).astype(np.float64)
        others = np.arange(len(ids)) != query
        truth, similar = right[others], scores[others]
        if truth.any():
            best = np.argsort(-similar, kind="stable")[:nearest]
            figures[place] = truth[best].mean(), average_precision(truth, similar), truth.mean()
    return figures


def compare(
    measures: Sequence[Callable[[Rows], Sequence[float]]],
    papers: int,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> list[list[Compared]]:
    """Figures of each system with bootstrap intervals over papers.

    Parameters
    ----------
    measures
        One per system: rows to figures, the same figures for all systems.
    papers
        Number of papers (or queries) that are drawn.

    Returns
    -------
    list of list of Compared
        By system and figure. All systems see the same draws, so gains over the first are paired.
    """

    def every(rows: Rows) -> list[float]:
        values = [list(measure(rows)) for measure in measures]
        gains = [[a - b for a, b in zip(own, values[0], strict=True)] for own in values]
        return [value for part in (*values, *gains) for value in part]

    points = np.array(every(np.arange(papers))).reshape(2, len(measures), -1)
    ends = bootstrap(every, papers, draws=draws, seed=seed).reshape(*points.shape, 2)
    return [
        [
            Compared(
                float(points[0, system, figure]),
                float(ends[0, system, figure, 0]),
                float(ends[0, system, figure, 1]),
                float(points[1, system, figure]),
                float(ends[1, system, figure, 0]),
                float(ends[1, system, figure, 1]),
            )
            for figure in range(points.shape[2])
        ]
        for system in range(len(measures))
    ]


def _nearest(queries: Vectors, labelled: Vectors, count: int) -> tuple[Rows, Floats]:
    """Rows and cosines of the nearest labelled papers, nearest first; ties by row."""
    count = min(count, len(labelled))
    rows = np.empty((len(queries), count), dtype=np.int64)
    similarities = np.empty((len(queries), count))
    for start in range(0, len(queries), _BLOCK):
        scores = queries[start : start + _BLOCK] @ labelled.T
        best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        rows[start : start + len(scores)] = best
        similarities[start : start + len(scores)] = np.take_along_axis(scores, best, axis=1)
    return rows, similarities


def _probe(
    x: NDArray[Any], truth: NDArray[np.bool_], weights: Floats, fold: Rows, others: NDArray[Any]
) -> tuple[float, Floats]:
    """The penalty that does best out of fold, and the probabilities of other papers under it."""
    best, chosen = -1.0, STRENGTHS[0]
    for strength in STRENGTHS:
        held = np.zeros(truth.shape)
        for part in range(FOLDS):
            out = fold == part
            held[out] = _probabilities(x[~out], truth[~out], weights[~out], x[out], strength)
        counted = np.repeat(weights, truth.shape[1])
        precision = average_precision(truth.ravel(), held.ravel(), counted)
        if precision > best:
            best, chosen = precision, strength
    return chosen, _probabilities(x, truth, weights, others, chosen)


def _probabilities(
    x: NDArray[Any],
    truth: NDArray[np.bool_],
    weights: Floats,
    others: NDArray[Any],
    strength: float,
) -> Floats:
    """One logistic regression per column; a column of one class, or of one paper, is constant."""
    from sklearn.linear_model import LogisticRegression

    result = np.empty((len(others), truth.shape[1]))
    for column in range(truth.shape[1]):
        positives = int(truth[:, column].sum())
        if positives < 2 or positives == len(truth):
            result[:, column] = truth[:, column].mean() if len(truth) else 0.0
            continue
        model = LogisticRegression(C=strength, max_iter=1000)
        model.fit(x, truth[:, column], sample_weight=weights)
        result[:, column] = model.predict_proba(others)[:, 1]
    return result
