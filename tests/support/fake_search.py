"""A searcher that needs no index, for the tests of pages: papers of a store, by their words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from litmine.core.errors import InputError, NotFound
from litmine.core.paper import Paper, parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.search.answer import Answer, Count, Facets, Hit, IndexStatus, Snippet
from litmine.search.searcher import MOST_CHARACTERS
from litmine.store import Store
from litmine.store.papers import get_papers
from litmine.store.schema import papers, predictions, queue

_FIELD = re.compile(r"(-?)([a-z]+):(\S+)")


class FakeSearcher:
    """Finds papers that hold every word, those with it in their titles first.

    Attributes
    ----------
    building : tuple of int or None
        Set it to have no index yet.
    asked : list
        Arguments of every search.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.building: tuple[int, int] | None = None
        self.asked: list[dict[str, Any]] = []

    def start(self) -> None:
        """The application begins."""

    def stop(self) -> None:
        """The application ends."""

    def status(self) -> IndexStatus:
        return IndexStatus(0 if self.building else 1, 12, "fake")

    def check(self, text: str) -> None:
        self._parse(text)

    def search(
        self,
        text: str,
        *,
        scope: str = "library",
        limit: int = 20,
        offset: int = 0,
        typing: bool = False,
    ) -> Answer:
        self.asked.append({"text": text, "scope": scope, "offset": offset, "typing": typing})
        try:
            one = parse_arxiv_id(text).id
        except InputError:
            words, wanted = self._parse(text)
        else:
            known = any(hit.arxiv_id == one for hit in self._hits(()))
            return Answer(text, scope, paper_id=one, stored=known)
        found = [hit for hit in self._hits(words) if all(keep(hit) for keep in wanted)]
        return self._answer(text, scope, found, limit, offset)

    def similar(
        self,
        papers: Sequence[str] = (),
        text: str = "",
        *,
        scope: str = "library",
        limit: int = 20,
        offset: int = 0,
    ) -> Answer:
        hits = self._hits(text.lower().split()[:1])
        for one in papers:
            if all(hit.arxiv_id != one for hit in hits):
                raise NotFound(f"{one} is not in the index")
        return self._answer(
            "", scope, [hit for hit in hits if hit.arxiv_id not in papers], limit, offset
        )

    def _parse(self, text: str) -> tuple[list[str], list[Callable[[Hit], bool]]]:
        if len(text) > MOST_CHARACTERS:
            raise InputError("that is too long for a query")
        wanted = []
        for minus, name, value in _FIELD.findall(text):
            if name not in ("stage", "resource", "cell", "technique", "year", "is", "author"):
                raise InputError(f"unknown field {name!r}; did you mean stage?")
            wanted.append(_keeps(name, value, bool(minus)))
        words = re.findall(r"\w+", _FIELD.sub(" ", text).lower())
        return words, wanted

    def _hits(self, words: Iterable[str]) -> list[Hit]:
        with self._store.read() as connection:
            ids = list(connection.execute(papers.select().order_by(papers.c.arxiv_id)).scalars())
            stored = get_papers(connection, ids)
            judged = {row.arxiv_id: row for row in connection.execute(predictions.select())}
            states = {row.arxiv_id: row.state for row in connection.execute(queue.select())}
        found = [_hit(stored[one], judged.get(one), states.get(one), words) for one in ids]
        return sorted((hit for hit in found if hit), key=lambda hit: -hit.score)

    def _answer(self, text: str, scope: str, found: list[Hit], limit: int, offset: int) -> Answer:
        return Answer(
            text,
            scope,
            tuple(found[offset : offset + limit]),
            len(found),
            _facets(found),
            took_ms=7.0,
            index=IndexStatus(1, len(found), "fake"),
        )


def _keeps(name: str, value: str, minus: bool) -> Callable[[Hit], bool]:
    values = {
        "stage": lambda hit: {cell.split("/")[0] for cell in hit.cells},
        "resource": lambda hit: {cell.split("/")[1] for cell in hit.cells},
        "cell": lambda hit: set(hit.cells),
        "technique": lambda hit: set(hit.techniques),
        "year": lambda hit: {str(hit.published.year)} if hit.published else set(),
        "is": lambda hit: {hit.state},
        "author": lambda hit: set(" ".join(hit.authors).lower().split()),
    }[name]
    return lambda hit: (not values(hit).isdisjoint(value.split(","))) != minus


def _hit(paper: Paper, judged: Any, state: str | None, words: Iterable[str]) -> Hit | None:
    text = paper.text.lower()
    words = list(words)
    if not all(word in text for word in words):
        return None
    lexical = sum(0.1 for word in words if word in paper.title.lower()) + 0.12
    dense = 0.3
    sentences = [found.span() for found in re.finditer(r"\S[^.]*\.?", paper.abstract)]
    best = max(
        sentences, key=lambda one: sum(w in paper.abstract[slice(*one)].lower() for w in words)
    )
    said = paper.abstract[slice(*best)]
    return Hit(
        paper.arxiv_id,
        paper.title,
        paper.authors,
        paper.categories,
        paper.published,
        f"https://arxiv.org/abs/{paper.arxiv_id}",
        f"https://arxiv.org/pdf/{paper.arxiv_id}",
        state,
        judged.relevance if judged else None,
        tuple(judged.assigned) if judged else (),
        tuple(judged.technique) if judged else (),
        "model" if judged else None,
        lexical + dense,
        lexical,
        dense,
        0.7,
        paper.abstract,
        _marks(paper.title, words),
        Snippet(said, best[0], best[1], _marks(said, words)),
    )


def _marks(text: str, words: Iterable[str]) -> tuple[tuple[int, int], ...]:
    if not words:
        return ()
    pattern = "|".join(re.escape(word) for word in words)
    return tuple(found.span() for found in re.finditer(pattern, text, re.IGNORECASE))


def _facets(hits: Sequence[Hit]) -> Facets:
    taxonomy = load_taxonomy()
    names = {one.id: one.name for one in (*taxonomy.stages, *taxonomy.resources)}
    names |= {one.id: one.name for one in taxonomy.techniques}

    def counts(values: Iterable[set[str]]) -> tuple[Count, ...]:
        counted = Counter(value for some in values for value in some)
        return tuple(Count(one, names.get(one, one), n) for one, n in counted.most_common())

    return Facets(
        counts({cell.split("/")[0] for cell in hit.cells} for hit in hits),
        counts({cell.split("/")[1] for cell in hit.cells} for hit in hits),
        counts(set(hit.cells) for hit in hits),
        counts(set(hit.techniques) for hit in hits),
        counts({str(hit.published.year)} if hit.published else set() for hit in hits),
        counts({hit.state or "unqueued"} for hit in hits),
    )
