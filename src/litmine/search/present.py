"""From places in the index to hits as people see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from litmine.core.taxonomy import load_taxonomy
from litmine.index.marks import Finder
from litmine.search.answer import Hit
from litmine.search.explain import best_sentence
from litmine.search.records import Record, read_records
from litmine.search.standing import STATES
from litmine.search.view import SOURCES

if TYPE_CHECKING:
    from litmine.search.engine import Ranking
    from litmine.search.rows import Rows
    from litmine.search.view import View
    from litmine.store import Store

__all__ = ["Found", "present"]


@dataclass(frozen=True, slots=True)
class Found:
    """One place of a ranking, with what the index knows of it."""

    arxiv_id: str
    state: str | None
    relevance: float | None
    cells: tuple[str, ...]
    techniques: tuple[str, ...]
    source: str | None
    score: float | None
    lexical: float | None
    dense: float | None
    similarity: float | None

    @classmethod
    def of(cls, ranking: Ranking, at: int, rows: Rows, view: View) -> Found:
        """Read one place of a ranking."""
        number, row = rows.owner(int(ranking.places[at]))
        part = view.parts[number]
        arxiv_id = part.segment.ids[row]
        standing = view.standings.of.get(arxiv_id)
        relevance = float(part.segment.facts.relevance[row])
        if standing is not None:
            relevance = standing.relevance
        taxonomy = load_taxonomy()
        cells, techniques = int(part.cells[row]), int(part.techniques[row])
        state = int(part.state[row])
        return cls(
            arxiv_id=arxiv_id,
            state=None if state < 0 else STATES[state],
            relevance=_rounded(relevance),
            cells=tuple(c for place, c in enumerate(taxonomy.cells) if cells >> place & 1),
            techniques=tuple(
                t.id for place, t in enumerate(taxonomy.techniques) if techniques >> place & 1
            ),
            source=SOURCES[int(part.source[row])] or None,
            score=_rounded(ranking.scores[at]),
            lexical=_rounded(ranking.lexical[at]),
            dense=_rounded(ranking.dense[at]),
            similarity=_rounded(ranking.similarities[at]),
        )


def _rounded(value: float | np.float32) -> float | None:
    """Four digits; None for NaN."""
    return None if np.isnan(value) else round(float(value), 4)


def present(store: Store, found: Sequence[Found], weights: Mapping[str, float]) -> tuple[Hit, ...]:
    """Add titles, abstracts and explanations from the database.

    A paper that the database holds no longer is left out: the index learns of it at the next sync.

    Parameters
    ----------
    weights : mapping
        Terms of the query with how telling they are.
    """
    with store.read() as connection:
        records = read_records(connection, [one.arxiv_id for one in found])
    finder = Finder(weights)
    return tuple(
        _hit(one, records[one.arxiv_id], weights, finder)
        for one in found
        if one.arxiv_id in records
    )


def _hit(found: Found, record: Record, weights: Mapping[str, float], finder: Finder) -> Hit:
    return Hit(
        arxiv_id=found.arxiv_id,
        title=record.title,
        authors=record.authors,
        categories=record.categories,
        published=record.published,
        url=f"https://arxiv.org/abs/{found.arxiv_id}",
        pdf_url=f"https://arxiv.org/pdf/{found.arxiv_id}",
        state=found.state,
        relevance=found.relevance,
        cells=found.cells,
        techniques=found.techniques,
        source=found.source,
        score=found.score,
        lexical=found.lexical,
        dense=found.dense,
        similarity=found.similarity,
        abstract=record.abstract,
        title_marks=finder.marks(record.title),
        snippet=best_sentence(record.abstract, weights, finder),
    )
