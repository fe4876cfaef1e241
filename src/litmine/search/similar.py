"""Papers and texts as queries: their rarest words and the mean of their vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from litmine.core.errors import InputError, NotFound
from litmine.index.generation import Generation
from litmine.index.postings import Stats
from litmine.index.text import query_weights
from litmine.search.rows import Rows

__all__ = ["MOST_PAPERS", "Example", "example_of_papers", "example_of_text"]

MOST_PAPERS = 50
_WORDS = 30
"""Words of an example that are looked for: the most telling ones."""

_TITLE = 2.0


@dataclass(frozen=True)
class Example:
    """What papers are to be like.

    Attributes
    ----------
    weights : mapping
        Term to weight.
    vector : ndarray, shape (dim,), or None
        Of unit length; None where no example has a vector.
    places : ndarray of int64
        The examples themselves, which are not to be found.
    """

    weights: Mapping[str, float]
    vector: NDArray[np.float32] | None
    places: NDArray[np.int64]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Example:
        """Put examples together, each counting the same."""
        weights: Counter[str] = Counter()
        for one in examples:
            weights.update(dict(one.weights))
        vectors = [one.vector for one in examples if one.vector is not None]
        return cls(weights, _mean(vectors), np.concatenate([one.places for one in examples]))


def example_of_text(text: str, stats: Stats, vector: NDArray[np.float32] | None) -> Example:
    """Make an example of a text such as an abstract."""
    return Example(_telling(query_weights(text), stats), vector, np.zeros(0, np.int64))


def example_of_papers(papers: Iterable[str], rows: Rows, generation: Generation) -> Example:
    """Make an example of papers of the index.

    Raises
    ------
    NotFound
        One is not in it.
    InputError
        There are too many.
    """
    wanted = list(dict.fromkeys(papers))
    if len(wanted) > MOST_PAPERS:
        raise InputError(f"at most {MOST_PAPERS} papers can be examples, not {len(wanted)}")
    places: list[int] = []
    vectors: list[NDArray[np.float32]] = []
    counts: Counter[str] = Counter()
    for paper in wanted:
        found = generation.find(paper)
        if found is None:
            raise NotFound(f"{paper} is not in the search index; give the arXiv id of a known one")
        segment = rows.segments[found[0]]
        places.append(rows.place(*found))
        vectors.append(segment.dense.vectors(np.array([found[1]]))[0])
        title, abstract = segment.postings.sequence(found[1])
        counts.update({term: _TITLE * n for term, n in Counter(title).items()})
        counts.update(Counter(abstract))
    with_vector = [one for one in vectors if one.any()]
    return Example(_telling(counts, rows.stats), _mean(with_vector), np.array(places, np.int64))


def _telling(counts: Mapping[str, float], stats: Stats) -> dict[str, float]:
    """Keep the terms with the largest tf-idf; their weights grow with the root of their count."""
    weights = {term: float(np.sqrt(n)) for term, n in counts.items() if stats.frequency(term)}
    best = sorted(weights, key=lambda term: (-weights[term] * stats.idf(term), term))[:_WORDS]
    return {term: weights[term] for term in best}


def _mean(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32] | None:
    if not vectors:
        return None
    mean: NDArray[np.float64] = np.stack(vectors).astype(np.float64).mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length == 0:
        return None
    unit: NDArray[np.float32] = (mean / length).astype(np.float32)
    return unit
