"""Evidence for advice: what the library has on the techniques that fit a constraint.

Nothing is summarised here: counts, and sentences word for word with their links. Whether that is
enough is a rule, not a judgement: `LEAST_PAPERS` papers of the library, `LEAST_SENTENCES` of them
with a sentence to quote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

from litmine.core.errors import InputError
from litmine.core.taxonomy import load_taxonomy
from litmine.mcp.finding import Searches, filters, plain_words
from litmine.mcp.shapes import Evidence, Quote, SaidBy, State, TechniqueEvidence

if TYPE_CHECKING:
    from litmine.search.answer import Answer, Hit

__all__ = ["LEAST_PAPERS", "LEAST_SENTENCES", "evidence"]

LEAST_PAPERS = 3
LEAST_SENTENCES = 2

_LOOKED_AT = 100
"""Best hits that are quoted from: those further down hardly fit the constraint."""


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
    stage = taxonomy.stage(stage).id if stage else None
    resource = taxonomy.resource(resource).id if resource else None
    query = f"{words} {filters(stage=stage, resource=resource)}".strip()
    # Approved papers are looked for by themselves too: their abstracts are stored, while of the
    # labelled papers often only the title is.
    approved = searcher.search(f"{query} is:approved", scope="library", limit=_LOOKED_AT)
    found = searcher.search(query, scope="library", limit=_LOOKED_AT)
    of_approved, of_all = _counts(approved), _counts(found)
    by_technique = _by_technique((*approved.hits, *found.hits))
    techniques = []
    for one in taxonomy.techniques:
        if not of_all.get(one.id):
            continue
        told = [_quote(hit) for hit in by_technique.get(one.id, ())[:quotes]]
        said = sum(quote.sentence is not None for quote in told)
        techniques.append(
            TechniqueEvidence(
                technique=one.id,
                name=one.name,
                definition=one.definition,
                papers=of_all[one.id],
                approved=of_approved.get(one.id, 0),
                enough=of_all[one.id] >= LEAST_PAPERS and said >= min(LEAST_SENTENCES, quotes),
                quotes=told,
            )
        )
    techniques.sort(key=lambda one: (not one.enough, -one.approved, -one.papers))
    enough = any(one.enough for one in techniques)
    return Evidence(
        constraint=constraint,
        stage=stage,
        resource=resource,
        verdict="enough evidence" if enough else "not enough evidence",
        papers=found.total,
        approved=approved.total,
        techniques=techniques,
        notes=_notes(found, approved, enough=enough),
    )


def _counts(answer: Answer) -> Mapping[str, int]:
    return {one.value: one.count for one in answer.facets.techniques}


def _by_technique(hits: Iterable[Hit]) -> dict[str, list[Hit]]:
    """Return the hits of each technique: those with a sentence first, else in their order."""
    found: dict[str, dict[str, Hit]] = {}
    for hit in hits:
        for technique in hit.techniques:
            found.setdefault(technique, {}).setdefault(hit.arxiv_id, hit)
    return {
        technique: sorted(papers.values(), key=lambda hit: hit.snippet is None)
        for technique, papers in found.items()
    }


def _quote(hit: Hit) -> Quote:
    return Quote(
        id=hit.arxiv_id,
        title=hit.title,
        published=hit.published,
        link=hit.url,
        state=cast("State | None", hit.state),
        cells=list(hit.cells),
        said_by=cast("SaidBy | None", hit.source),
        sentence=None if hit.snippet is None else hit.snippet.text,
    )


def _notes(found: Answer, approved: Answer, *, enough: bool) -> list[str]:
    notes = list(dict.fromkeys((*found.notes, *approved.notes)))
    if not enough:
        notes.append(
            f"No technique has {LEAST_PAPERS} papers of the library and {LEAST_SENTENCES} "
            "sentences to quote. Say that there is not enough evidence here, rather than fill "
            "the gap from memory; search with scope everything shows unreviewed papers."
        )
    if found.total and not approved.total:
        notes.append("No paper that reviewers approved fits; what is counted was labelled before.")
    return notes
