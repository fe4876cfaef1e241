"""Why a paper was judged so: words, sentences and labelled neighbours behind a probability.

The fused log-odds are linear in the opinions and the word model is linear in its terms, so what
each opinion and each word adds is arithmetic. A sentence is weighed by leaving it out: its words
are not counted, and its tokens' last states are not pooled into the vector. The other tokens keep
the states they had with the sentence in sight, which makes this cheap (nothing is encoded again)
and makes it an estimate; ``tests/bench/evidence.py`` holds it against encoding the shortened text.
Leaving out is the occlusion of Zeiler & Fergus, "Visualizing and understanding convolutional
networks" (2014); it came out more faithful here than gradients and integrated gradients.

``docs/models.md`` describes the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from litmine.classify.fusion import Fusion, Opinions
from litmine.classify.labels import Outputs
from litmine.classify.library import Neighbour
from litmine.classify.model import Classifier, HasText, Prediction
from litmine.classify.votes import neighbour_votes
from litmine.classify.word_evidence import Sentence, WordEvidence, sentences_of
from litmine.encode.training.network import apply_head

__all__ = ["HasStates", "explain"]

Floats = NDArray[np.float64]

_FOR, _AGAINST = 6, 2
"""Terms shown that speak for an output, and against it."""

_CELLS = 3
"""Cells explained at most: the most probable of the assigned ones."""

_NEIGHBOURS = 5
_SPANS = 2
"""Occurrences shown per term."""

_LEAST = 0.02
"""Log-odds below which a term is not worth showing."""

_DIGITS = 3


class HasStates(Protocol):
    """An encoder's last layer for one text; `litmine.encode.base.TokenStates` for one."""

    @property
    def states(self) -> NDArray[np.float32]:
        """(tokens, dim), whose mean at length 1 is the vector."""
        ...

    @property
    def spans(self) -> NDArray[np.int64]:
        """(tokens, 2) characters of title, newline, abstract; empty for the encoder's marks."""
        ...


@dataclass(frozen=True)
class _Sum:
    """The fused log-odds of relevance or of a cell, as weights of opinions on outputs.

    Attributes
    ----------
    words, head, votes
        By output column.
    """

    words: Mapping[int, float]
    head: Mapping[int, float]
    votes: Mapping[int, float]
    bias: float


def explain(
    classifier: Classifier,
    paper: HasText,
    prediction: Prediction,
    vector: NDArray[np.float32],
    voters: Sequence[Neighbour],
    states: HasStates | None = None,
) -> dict[str, Any]:
    """Account for the relevance and the cells of one paper.

    Parameters
    ----------
    classifier
        The one that made `prediction`.
    paper
        Title and abstract as they were encoded.
    prediction
        Says which cells to account for: those assigned (the three most probable at most), else
        the most probable one.
    vector
        (dim,) the paper's unit vector; rounded to half precision first, as in `predict`.
    voters
        All labelled papers that voted (`litmine.classify.votes.NEIGHBOURS`), nearest first.
    states
        The encoder's token states for title, newline, abstract. Without them the weight of a
        sentence is that of its words alone.

    Returns
    -------
    dict
        JSON-ready; see ``docs/models.md``.
    """
    fusion, outputs = classifier.fusion, classifier.outputs
    cells = prediction.assigned[:_CELLS] or _most_probable(prediction.cells)
    sums = [_relevance_sum(fusion, outputs), *(_cell_sum(fusion, outputs, c) for c in cells)]
    sentences = sentences_of(paper)
    words = WordEvidence.of(classifier.words, paper, sentences, [s.words for s in sums])
    losses = words.losses()
    vectors = vector.astype(np.float16).astype(np.float32)[None]
    if states is not None:
        vectors = np.vstack([vectors, _shortened(states, sentences, len(paper.title))])
    heads = _head(classifier, vectors, sums)
    if states is not None:  # after the vector's own: of all states, then without each sentence
        losses = losses + heads[1] - heads[2:]
    votes = _Votes.of(outputs, voters)
    nearby = votes.parts(sums)
    shown: set[str] = set()
    accounts = []
    for k, each in enumerate(sums):
        said = float(words.added[:, k].sum())
        bias = each.bias + float(words.bias[k])
        top = _top_terms(words.terms, words.added[:, k])
        shown.update(str(term) for term, _ in top)
        accounts.append(
            {
                "logit": _round(said + heads[0, k] + nearby[k] + bias),
                "parts": {
                    "words": _round(said),
                    "head": _round(heads[0, k]),
                    "neighbours": _round(nearby[k]),
                    "bias": _round(bias),
                },
                "words": top,
                "sentences": [_round(value) for value in losses[:, k].tolist()],
            }
        )
    return {
        "method": "words" if states is None else "words+states",
        "relevance": accounts[0],
        "cells": dict(zip(cells, accounts[1:], strict=True)),
        "neighbours": votes.shown(cells),
        "sentences": [list(sentence) for sentence in sentences],
        "terms": {term: words.spans(term, _SPANS) for term in words.terms if term in shown},
    }


def _most_probable(cells: Mapping[str, float]) -> tuple[str, ...]:
    return (min(cells, key=lambda cell: (-cells[cell], cell)),) if cells else ()


def _relevance_sum(fusion: Fusion, outputs: Outputs) -> _Sum:
    column = outputs.column["relevant"]
    words, head, votes, bias = fusion.relevance.tolist()
    return _Sum({column: words}, {column: head}, {column: votes}, bias)


def _cell_sum(fusion: Fusion, outputs: Outputs, cell: str) -> _Sum:
    row = outputs.labels_of("cell").index(cell)
    columns = outputs.cell_columns()[row]
    # One row each for the cell, its stage and its resource: words, head, votes.
    words, head, votes = fusion.cell.reshape(3, 3).T.tolist()
    return _Sum(
        dict(zip(columns, words, strict=True)),
        dict(zip(columns, head, strict=True)),
        dict(zip(columns, votes, strict=True)),
        float(fusion.cell_bias[row]),
    )


def _head(classifier: Classifier, vectors: NDArray[np.float32], sums: Sequence[_Sum]) -> Floats:
    """(vectors, sums): what the head adds to each sum."""
    columns = sorted({column for each in sums for column in each.head})
    # Only the outputs asked for: most of the 69 are not.
    part = {
        name: array if name.startswith("inner") else array[columns]
        for name, array in classifier.head.items()
    }
    weights = np.array([[each.head.get(column, 0.0) for column in columns] for each in sums])
    result: Floats = apply_head(part, vectors) @ weights.T
    return result


def _shortened(
    states: HasStates, sentences: Sequence[Sentence], title_length: int
) -> NDArray[np.float32]:
    """(1 + sentences, dim) unit vectors: of all token states, and without each sentence's."""
    table = states.states.astype(np.float64)
    ends = np.array(
        [end + (title_length + 1 if field == "abstract" else 0) for field, _, end in sentences]
    )
    owner = np.searchsorted(ends, states.spans[:, 0], side="right")
    # An encoder's marks stand nowhere in the text; they stay whatever is left out.
    owner[states.spans[:, 0] >= states.spans[:, 1]] = -1
    pooled = (owner == np.arange(len(sentences))[:, None]).astype(np.float64) @ table
    total = table.sum(axis=0)
    left = np.vstack([total, total - pooled])
    length = np.linalg.norm(left, axis=1, keepdims=True)
    vectors: NDArray[np.float32] = (left / np.where(length > 0, length, 1)).astype(np.float32)
    return vectors


@dataclass(frozen=True)
class _Votes:
    """The vote of the labelled neighbours.

    Attributes
    ----------
    voters
        Nearest first.
    votes
        (1, outputs), as the classifier had them.
    weights
        (voters,) each one's share of all votes.
    """

    voters: Sequence[Neighbour]
    votes: Floats
    weights: Floats

    @classmethod
    def of(cls, outputs: Outputs, voters: Sequence[Neighbour]) -> _Votes:
        known = outputs.matrix(
            [
                {"relevant": int(n.relevant), "cells": n.cells, "technique": n.technique}
                for n in voters
            ]
        )
        themselves = np.eye(len(voters), dtype=np.float32)
        votes = neighbour_votes(
            np.arange(len(voters))[None],
            np.array([[n.similarity for n in voters]]),
            np.hstack([known, themselves]),
        )
        return cls(voters, votes[:, : known.shape[1]], votes[0, known.shape[1] :])

    def parts(self, sums: Sequence[_Sum]) -> list[float]:
        """What the vote adds to each sum."""
        # The fusion turns votes into features; its other two opinions play no part in that.
        nothing = np.zeros_like(self.votes)
        opinions = Opinions(nothing, nothing, self.votes)
        return [
            sum(weight * float(opinions.features(column)[0, 2]) for column, weight in each.items())
            for each in (s.votes for s in sums)
        ]

    def shown(self, cells: Sequence[str]) -> list[dict[str, Any]]:
        """The nearest voters, each with its share of the vote for everything explained."""
        camps = {"relevance": [n.relevant == 1 for n in self.voters]}
        camps |= {cell: [cell in n.cells for n in self.voters] for cell in cells}
        totals = {
            name: float(self.weights[np.array(camp, bool)].sum()) for name, camp in camps.items()
        }
        return [
            {
                "id": n.id,
                "title": n.title,
                "similarity": n.similarity,
                "cells": list(n.cells),
                "share": {
                    name: _round(float(self.weights[i]) / totals[name])
                    for name, camp in camps.items()
                    if camp[i]
                },
            }
            for i, n in enumerate(self.voters[:_NEIGHBOURS])
        ]


def _top_terms(terms: Sequence[str], values: Floats) -> list[list[str | float]]:
    """Terms that speak for it, strongest first, then those against it, strongest last."""
    ranked = np.argsort(-values, kind="stable")  # terms come in alphabetical order
    chosen = [i for i in ranked[:_FOR].tolist() if values[i] >= _LEAST]
    chosen += [i for i in ranked[-_AGAINST:].tolist() if values[i] <= -_LEAST]
    return [[terms[i], _round(values[i])] for i in chosen]


def _round(value: float) -> float:
    return round(float(value), _DIGITS) + 0.0  # no negative zero
