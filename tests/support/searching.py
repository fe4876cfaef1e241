"""A stand-in for the search engine: it finds by letters, so that doors can be tested alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from fastapi import FastAPI

from litmine.core.errors import NotFound
from litmine.core.paper import parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.search.answer import Answer, Count, Facets, Hit, IndexStatus, Snippet
from litmine.search.scope import parse_scope
from litmine.search.syntax import parse

STATUS = IndexStatus(generation=3, papers=6, encoder_id="encoder-1", behind=True)


def hit(arxiv_id: str, title: str, **changes: Any) -> Hit:
    """Return an invented hit."""
    sentence = f"We study {title}."
    fields: dict[str, Any] = {
        "authors": ("Ada Example", "Bo Sample"),
        "categories": ("cs.CL",),
        "published": date(2026, 6, 29),
        "url": f"https://arxiv.org/abs/{arxiv_id}",
        "pdf_url": f"https://arxiv.org/pdf/{arxiv_id}",
        "state": "approved",
        "relevance": 0.9,
        "cells": ("inference/memory",),
        "techniques": ("kv-cache",),
        "source": "reviewer",
        "score": 0.75,
        "lexical": 0.5,
        "dense": 0.25,
        "similarity": 0.625,
        "abstract": f"{sentence} More follows.",
        "title_marks": ((0, 5),),
        "snippet": Snippet(sentence, 0, len(sentence), ((9, 14),)),
    }
    return Hit(arxiv_id=arxiv_id, title=title, **(fields | changes))


class Letters:
    """Finds hits whose title holds any of a query's words; of filters it knows ``is:``.

    Attributes
    ----------
    asked : list
        What it was asked, in order.
    """

    def __init__(self, hits: Sequence[Hit]) -> None:
        self.hits = list(hits)
        self.asked: list[dict[str, Any]] = []
        self.took_ms = 1.5

    def start(self) -> None:
        """Have nothing to do in the background."""

    stop = start

    def check(self, text: str) -> None:
        """Raise InputError when a query cannot be understood."""
        parse(text, taxonomy=load_taxonomy())

    def status(self) -> IndexStatus:
        """Return which index there would be."""
        return STATUS

    def search(
        self,
        text: str,
        *,
        scope: str = "library",
        limit: int = 20,
        offset: int = 0,
        typing: bool = False,
    ) -> Answer:
        """Find by letters."""
        self.asked.append({"text": text, "scope": scope, "limit": limit, "offset": offset})
        query = parse(text, taxonomy=load_taxonomy())
        if query.paper_id is not None:
            found = [one for one in self.hits if one.arxiv_id == query.paper_id]
            answer = self._answer(found, scope, limit, offset)
            return replace(
                answer, text=text, paper_id=query.paper_id, stored=bool(found), understood=query
            )
        states = [value for one in query.filters if one.field == "is" for value in one.values]
        found = [
            one
            for one in self.hits
            if any(word.lower() in one.title.lower() for word in query.words or ("",))
            and (not states or one.state in states)
        ]
        return replace(
            self._answer(found, scope, limit, offset), text=" ".join(text.split()), understood=query
        )

    def similar(
        self,
        papers: Sequence[str] = (),
        text: str = "",
        *,
        scope: str = "library",
        limit: int = 20,
        offset: int = 0,
    ) -> Answer:
        """Return all but the papers given."""
        self.asked.append({"papers": tuple(papers), "text": text, "scope": scope})
        ids = {parse_arxiv_id(one).id for one in papers}
        unknown = sorted(ids - {one.arxiv_id for one in self.hits})
        if unknown:
            raise NotFound(f"{unknown[0]} is not known here")
        found = [one for one in self.hits if one.arxiv_id not in ids]
        return self._answer(found, scope, limit, offset)

    def _answer(self, found: Sequence[Hit], scope: str, limit: int, offset: int) -> Answer:
        names = {one.id: one.name for one in load_taxonomy().techniques}
        counts = {id_: sum(id_ in one.techniques for one in found) for id_ in names}
        return Answer(
            text="",
            scope=str(parse_scope(scope)),
            hits=tuple(found[offset : offset + limit]),
            total=len(found),
            facets=Facets(
                techniques=tuple(Count(id_, names[id_], n) for id_, n in counts.items() if n),
                years=(Count("2026", "2026", len(found)),) if found else (),
            ),
            took_ms=self.took_ms,
            notes=("The index is behind.",) if STATUS.behind else (),
            index=STATUS,
        )


def searched_by(app: FastAPI, searcher: Letters) -> Letters:
    """Let an application search with this."""
    object.__setattr__(app.state.services, "searcher", searcher)  # it is frozen otherwise
    return searcher
