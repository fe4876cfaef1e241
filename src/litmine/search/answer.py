"""What a search answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litmine.search.syntax import Query

__all__ = ["Answer", "Count", "Facets", "Hit", "IndexStatus", "Marks", "Snippet"]

#: Characters ``text[start:end]`` that hold a word of the query.
Marks = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Snippet:
    """The sentence of an abstract that answers the query best.

    Attributes
    ----------
    start, end : int
        Its characters in the abstract.
    marks : Marks
        Within `text`.
    """

    text: str
    start: int
    end: int
    marks: Marks = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One paper found, and why.

    Attributes
    ----------
    state : str or None
        Its state in the queue; None where it never was in it.
    relevance : float or None
        Probability by the model.
    cells, techniques : tuple of str
        Ids of the taxonomy.
    source : str or None
        Who says so: "reviewer", "label", "list" or "model"; None where nobody does.
    score : float or None
        From 0 to 1; the sum of `lexical` and `dense`. None where nothing was ranked: filters alone
        list papers, newest first.
    lexical, dense : float or None
        What words and what meaning give to the score.
    similarity : float or None
        Cosine of the query's and the paper's vectors; None where the paper has none.
    new : bool
        It came after the last visit to a saved search.
    """

    arxiv_id: str
    title: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    published: date | None
    url: str
    pdf_url: str
    state: str | None
    relevance: float | None
    cells: tuple[str, ...]
    techniques: tuple[str, ...]
    source: str | None
    score: float | None
    lexical: float | None
    dense: float | None
    similarity: float | None
    abstract: str = ""
    title_marks: Marks = ()
    snippet: Snippet | None = None
    new: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """Papers found that share a value.

    Attributes
    ----------
    value : str
        As a filter takes it, such as ``inference`` in ``stage:inference``.
    label : str
        As people read it.
    """

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Facets:
    """How the papers found spread over the taxonomy, the years and the states.

    Stages, resources, cells and states stand in the taxonomy's or the queue's order, techniques by
    number of papers, years newest first; nothing is listed that no paper has.
    """

    stages: tuple[Count, ...] = ()
    resources: tuple[Count, ...] = ()
    cells: tuple[Count, ...] = ()
    techniques: tuple[Count, ...] = ()
    years: tuple[Count, ...] = ()
    states: tuple[Count, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """Which index answered.

    Attributes
    ----------
    generation : int
        Grows with every change of the index; 0 for none yet.
    papers : int
        Papers that can be found.
    behind : bool
        The database holds changes that the index does not have yet.
    """

    generation: int
    papers: int
    encoder_id: str
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found.

    Attributes
    ----------
    text : str
        The query, whitespace normalised; empty for papers similar to papers.
    understood : Query or None
        The query taken apart.
    hits : tuple of Hit
        A page of the papers found, best first.
    total : int
        Papers found: they fulfil every filter, and hold a good part of the words or are near in
        meaning.
    paper_id : str or None
        The arXiv id that the query is, if it is one.
    stored : bool
        Whether that paper is known.
    notes : tuple of str
        What the reader should know, such as that the index is being rebuilt.
    """

    text: str
    scope: str
    hits: tuple[Hit, ...] = ()
    total: int = 0
    facets: Facets = field(default_factory=Facets)
    took_ms: float = 0.0
    paper_id: str | None = None
    stored: bool = False
    understood: Query | None = None
    notes: tuple[str, ...] = ()
    index: IndexStatus | None = None
