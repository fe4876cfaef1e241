"""Searching for assistants: arguments made into a query, answers cut to what is worth reading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from litmine.core.errors import InputError
from litmine.core.paper import parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.index.text import name_terms
from litmine.mcp.shapes import Facets, FoundPaper, SaidBy, SearchResult, SimilarResult, State

if TYPE_CHECKING:
    from litmine.search.answer import Answer, Count, Hit

__all__ = ["AUTHORS", "Searches", "filters", "plain_words", "search", "similar"]

AUTHORS = 6
"""Names that are told of one paper."""

_FACETS = 12


class Searches(Protocol):
    """What searches: `litmine.search.searcher.Searcher`."""

    def search(
        self, text: str, *, scope: str = "library", limit: int = 20, offset: int = 0
    ) -> Answer:
        """Find papers."""
        ...

    def similar(
        self,
        papers: Sequence[str] = (),
        text: str = "",
        *,
        scope: str = "library",
        limit: int = 20,
        offset: int = 0,
    ) -> Answer:
        """Find papers near in meaning."""
        ...


def search(searcher: Searches, query: str, scope: str, limit: int, offset: int) -> SearchResult:
    """Find papers by words and by meaning.

    Raises
    ------
    InputError
        There is nothing to look for, or it cannot be understood.
    """
    if not query and not scope.startswith("night:"):
        raise InputError("say what the papers are to be about, or narrow by stage, year, …")
    answer = searcher.search(query, scope=scope, limit=limit, offset=offset)
    return SearchResult(query=query, **_told(answer))


def similar(
    searcher: Searches, papers: Sequence[str], text: str, scope: str, limit: int
) -> SimilarResult:
    """Find papers near in meaning to papers, a text, or both.

    Raises
    ------
    InputError
        There is neither, or what was given is no arXiv id.
    NotFound
        A paper is not known.
    """
    if not papers and not text.strip():
        raise InputError("give papers (arXiv ids) or a text that others are to be similar to")
    ids = [parse_arxiv_id(one).id for one in papers]
    return SimilarResult(**_told(searcher.similar(ids, text, scope=scope, limit=limit)))


def filters(
    *,
    stage: str | None = None,
    resource: str | None = None,
    technique: str | None = None,
    author: str | None = None,
    category: str | None = None,
    first_year: int | None = None,
    last_year: int | None = None,
    state: str | None = None,
) -> str:
    """Return arguments as the query language has them.

    Raises
    ------
    InputError
        A name is not of the taxonomy; the message names near ones.
    """
    taxonomy = load_taxonomy()
    found: list[str] = []
    if stage:
        found.append(f"stage:{taxonomy.stage(stage).id}")
    if resource:
        found.append(f"resource:{taxonomy.resource(resource).id}")
    if technique:
        found.append(f"technique:{taxonomy.technique(technique).id}")
    if author:
        found += [f"author:{name}" for name in name_terms(author)]
    if category:
        found.append(f"cat:{_one_word(category, 'an arXiv category such as cs.LG')}")
    if first_year is not None or last_year is not None:
        years = ("" if year is None else str(year) for year in (first_year, last_year))
        found.append(f"year:{'..'.join(years)}")
    if state:
        found.append(f"is:{_one_word(state, 'a state such as approved')}")
    return " ".join(found)


def plain_words(text: str) -> str:
    """Return a sentence without what the query language would take for more than words.

    Examples
    --------
    >>> plain_words('on one "24 GB" card: -50% memory, stage:inference')
    'on one 24 GB card 50% memory, stage inference'
    """
    return " ".join(word.lstrip("-+") for word in re.sub(r'["“”:]', " ", text).split()).strip()


def _one_word(value: str, wanted: str) -> str:
    word = value.strip()
    if not re.fullmatch(r"[\w.\-]+", word):
        raise InputError(f"{value!r} is not {wanted}")
    return word


def _told(answer: Answer) -> dict[str, Any]:
    facets = answer.facets
    notes = list(answer.notes)
    if answer.paper_id is not None and not answer.stored:
        notes.append(f"{answer.paper_id} is not known here: no night that was read announced it.")
    if answer.total and not answer.hits:
        notes.append(f"Papers found: {answer.total}; all stand before this offset.")
    return {
        "scope": answer.scope,
        "total": answer.total,
        "items": [_paper(hit) for hit in answer.hits],
        "facets": Facets(
            stages=_counted(facets.stages),
            resources=_counted(facets.resources),
            techniques=_counted(facets.techniques),
            years=_counted(facets.years),
            states=_counted(facets.states),
        ),
        "notes": notes,
    }


def _paper(hit: Hit) -> FoundPaper:
    return FoundPaper(
        id=hit.arxiv_id,
        title=hit.title,
        authors=list(hit.authors[:AUTHORS]),
        more_authors=max(0, len(hit.authors) - AUTHORS),
        published=hit.published,
        url=hit.url,
        state=cast("State | None", hit.state),
        cells=list(hit.cells),
        technique=list(hit.techniques),
        said_by=cast("SaidBy | None", hit.source),
        score=hit.score,
        sentence=None if hit.snippet is None else hit.snippet.text,
    )


def _counted(counts: Sequence[Count]) -> dict[str, int]:
    return {one.value: one.count for one in counts[:_FACETS]}
