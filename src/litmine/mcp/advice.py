"""Evidence for advice: what the library has on the techniques that fit a constraint.

Nothing is summarised here: counts, and sentences word for word with their links. Whether that is
enough is a rule, not a judgement: `LEAST_PAPERS` papers of the library that are `NEAR` to the
constraint, `LEAST_SENTENCES` of them with a sentence to quote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from litmine.core.errors import InputError
from litmine.core.taxonomy import load_taxonomy
from litmine.mcp.finding import Searches, filters, plain_words
from litmine.mcp.shapes import Evidence, Quote, SaidBy, State, TechniqueEvidence

if TYPE_CHECKING:
    from litmine.search.answer import Hit

__all__ = ["LEAST_PAPERS", "LEAST_SENTENCES", "NEAR", "OF_THE_FIELD", "evidence"]

LEAST_PAPERS = 3
LEAST_SENTENCES = 2

NEAR = 0.4
"""Least cosine of a paper that counts: a search always finds something, also where nothing fits.

Of the judged papers among the best 100 of our 60 needs (tests/bench/search_needs), 95% of those
that answer the need are above it; of those above it, 46% answer it and 69% at least touch it.
"""

OF_THE_FIELD = 0.25
"""Least cosine of the best paper to the constraint by itself, without stage and resource.

Those alone carry any question near to papers of their cell. Ten constraints of the field reach 0.29
to 0.59 by themselves, nine of ten questions from elsewhere (pizza, dogs, tomatoes) at most 0.24.
"""

_PAGES = 2
_PAGE = 100
"""The best 200 hits are looked at: those further down hardly fit the constraint."""


def evidence(
    searcher: Searches,
    constraint: str,
    stage: str | None,
    resource: str | None,
    quotes: int = 3,
) -> Evidence:
    """Gather what the library has for a constraint, technique by technique.

    Parameters
    ----------
    constraint : str
        In plain words.
    quotes : int
        Papers told of each technique, at most.

    Raises
    ------
    InputError
        The constraint is empty, or a name is not of the taxonomy.
    """
    words = plain_words(constraint)
    if not words:
        raise InputError("say what the constraint is, such as: one 24 GB card, no retraining")
    taxonomy = load_taxonomy()
    row = taxonomy.stage(stage) if stage else None
    column = taxonomy.resource(resource) if resource else None
    # The names of both say what a constraint such as "one 24 GB card" leaves out.
    names = [axis.name.lower() for axis in (row, column) if axis]
    only = filters(stage=stage, resource=resource)
    query = " ".join([words, *names, only]).strip()
    approved: list[Hit] = []
    found: list[Hit] = []
    notes: list[str] = []
    if not names or _is_of_the_field(searcher, f"{words} {only}"):
        # Approved papers are looked for by themselves too: their abstracts are stored, while of
        # the labelled papers often only the title is.
        approved, notes = _near(searcher, f"{query} is:approved")
        found, _ = _near(searcher, query)
    together = list({hit.arxiv_id: hit for hit in (*approved, *found)}.values())
    of_approved, of_all = _counts(approved), _counts(together)
    techniques = []
    for one in taxonomy.techniques:
        if not of_all[one.id]:
            continue
        told = _quotes([hit for hit in together if one.id in hit.techniques], quotes)
        quotable = sum(quote.sentence is not None for quote in told)
        techniques.append(
            TechniqueEvidence(
                technique=one.id,
                name=one.name,
                definition=one.definition,
                papers=of_all[one.id],
                approved=of_approved[one.id],
                enough=of_all[one.id] >= LEAST_PAPERS and quotable >= min(LEAST_SENTENCES, quotes),
                quotes=told,
            )
        )
    techniques.sort(key=lambda one: (not one.enough, -one.approved, -one.papers))
    enough = any(one.enough for one in techniques)
    return Evidence(
        constraint=constraint,
        stage=row.id if row else None,
        resource=column.id if column else None,
        verdict="enough evidence" if enough else "not enough evidence",
        papers=len(together),
        approved=len(approved),
        techniques=techniques,
        notes=[
            *notes,
            *_advice(enough=enough, any_found=bool(together), any_approved=bool(approved)),
        ],
    )


def _is_of_the_field(searcher: Searches, query: str) -> bool:
    answer = searcher.search(query, scope="library", limit=_PAGE)
    return any((hit.similarity or 0.0) >= OF_THE_FIELD for hit in answer.hits)


def _near(searcher: Searches, query: str) -> tuple[list[Hit], list[str]]:
    """Return the best hits in the library that are near to a query, and the answer's notes."""
    near: list[Hit] = []
    notes: list[str] = []
    for page in range(_PAGES):
        answer = searcher.search(query, scope="library", limit=_PAGE, offset=page * _PAGE)
        notes = list(answer.notes)
        near += [hit for hit in answer.hits if (hit.similarity or 0.0) >= NEAR]
        if answer.total <= (page + 1) * _PAGE:
            break
    return near, notes


def _counts(hits: Iterable[Hit]) -> Counter[str]:
    return Counter(technique for hit in hits for technique in hit.techniques)


def _quotes(hits: Iterable[Hit], most: int) -> list[Quote]:
    """Return the best of the hits: those with a sentence first, else in their order."""
    best = sorted(hits, key=lambda hit: hit.snippet is None)[:most]
    return [_quote(hit) for hit in best]


def _quote(hit: Hit) -> Quote:
    return Quote(
        id=hit.arxiv_id,
        title=hit.title,
        published=hit.published,
        url=hit.url,
        state=cast("State | None", hit.state),
        cells=list(hit.cells),
        said_by=cast("SaidBy | None", hit.source),
        sentence=None if hit.snippet is None else hit.snippet.text,
    )


def _advice(*, enough: bool, any_found: bool, any_approved: bool) -> list[str]:
    notes = []
    if not enough:
        notes.append(
            f"No technique has {LEAST_PAPERS} papers of the library that fit, {LEAST_SENTENCES} "
            "of them with a sentence to quote. Say that there is not enough evidence here, rather "
            "than fill the gap from memory; search with scope everything shows unreviewed papers."
        )
    if any_found and not any_approved:
        notes.append(
            "No paper that reviewers approved fits. What is counted was labelled before; of most "
            "only the title is stored: name such papers, and say nothing of their results."
        )
    return notes
