"""Searching the papers of a database: what every door calls."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from litmine.core.errors import InputError
from litmine.core.plain import encodable
from litmine.core.settings import Settings
from litmine.core.taxonomy import load_taxonomy
from litmine.index.generation import Generation, SearchIndex
from litmine.index.text import query_weights, surfaces, words
from litmine.search.answer import Answer, IndexStatus
from litmine.search.engine import Ranking, newest, rank
from litmine.search.facets import count_facets
from litmine.search.filters import allowed_rows
from litmine.search.notes import index_notes, query_notes
from litmine.search.present import Found, present
from litmine.search.records import read_records
from litmine.search.rows import Rows
from litmine.search.scope import Scope, parse_scope
from litmine.search.similar import Example, example_of_papers, example_of_text
from litmine.search.standing import StandingsKeeper
from litmine.search.syntax import Query, identifier, parse
from litmine.search.view import View, Views
from litmine.store import Store
from litmine.store.schema import announcements

if TYPE_CHECKING:
    from litmine.encode import Encoder

__all__ = ["MOST_HITS", "Searcher"]

MOST_HITS = 100
"""Of one answer; there is a next page."""

MOST_CHARACTERS = 1_000
MOST_ABSTRACT = 20_000
_KEPT_VECTORS = 4_096


@dataclass(frozen=True)
class _Moment:
    """What one answer is made from, whatever changes meanwhile."""

    view: View
    rows: Rows

    @property
    def generation(self) -> Generation:
        return self.view.generation


class Searcher:
    """Finds papers. Thread-safe; open one for a process and keep it.

    Parameters
    ----------
    store : Store
        Titles, abstracts and decisions are read from it.
    index : SearchIndex
    encoder : Encoder
        Encodes queries; if the index was made with another one, words alone decide until the
        index is rebuilt.
    behind : callable, optional
        Tells whether the database holds what the index does not.
    """

    def __init__(
        self,
        store: Store,
        index: SearchIndex,
        encoder: Encoder,
        *,
        behind: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._index = index
        self._encoder = encoder
        self._behind = _NowAndThen(behind)
        self._standings = StandingsKeeper(store)
        self._views = Views()
        self._vectors = _Vectors(encoder)
        self._lock = threading.Lock()
        self._rows: tuple[Generation, Rows] | None = None

    @classmethod
    def open(cls, settings: Settings, store: Store) -> Searcher:
        """Open the index and the encoder of the settings.

        Raises
        ------
        ModelError
            The encoder cannot be loaded.
        """
        from litmine.encode import load_search_encoder
        from litmine.search.sync import index_folder, is_behind

        encoder = load_search_encoder(settings.models.encoder, workers=1)
        index = SearchIndex.open(index_folder(settings), encoder.encoder_id)
        return cls(store, index, encoder, behind=lambda: is_behind(store, index))

    def check(self, text: str) -> Query:
        """Take a query apart without searching.

        Raises
        ------
        InputError
            It is too long, or names an unknown field or value.
        """
        wanted = encodable(text)
        if len(wanted) > MOST_CHARACTERS:
            raise InputError(
                f"a search has at most {MOST_CHARACTERS:,} characters; to find papers like a long "
                "text, paste it under similar papers"
            )
        return parse(wanted, taxonomy=load_taxonomy())

    def search(
        self,
        text: str,
        *,
        scope: str = "library",
        limit: int = 20,
        offset: int = 0,
        typing: bool = False,
    ) -> Answer:
        """Find papers by words, meaning and filters.

        Parameters
        ----------
        text : str
            See `litmine.search.syntax`.
        scope : str
            ``library``, ``everything`` or ``night:2026-06-30``.
        limit, offset : int
            Which part of the hits.
        typing : bool
            The last word may be unfinished: one that no paper has is completed.

        Raises
        ------
        InputError
            The query or the scope cannot be understood; one line that says what to do.
        """
        began = time.perf_counter()
        place = parse_scope(scope)
        _check_page(limit, offset)
        query = self.check(text)
        moment = self._moment()
        if query.paper_id is not None:
            return self._one_paper(query, place, moment, limit, offset, began)
        allowed = allowed_rows(query, place, moment.view, self._announced)
        asked = query.asked
        if typing:
            asked = self._finished(asked, moment)
        weights = query_weights(asked, moment.rows.stats.frequency)
        if asked:
            ranking = rank(moment.rows, weights, self._vector(asked, moment), allowed, asked)
            ranking = _title_first(ranking, query, moment)
        elif query.filters or query.years or query.excluded or place.night:
            ranking = newest(moment.rows, allowed)
        else:
            ranking = newest(moment.rows, np.zeros(len(allowed), bool))
        return self._answer(
            query.text, place, moment, ranking, weights, limit, offset, began, query
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
        """Find papers like some papers, like a text such as an abstract, or like both.

        Parameters
        ----------
        papers : sequence of str
            arXiv ids or links.

        Raises
        ------
        NotFound
            A paper is not in the index.
        InputError
            Neither papers nor a text are given, they are too many or too long, or one is no id.
        """
        began = time.perf_counter()
        place = parse_scope(scope)
        _check_page(limit, offset)
        wanted = encodable(text)
        if len(wanted) > MOST_ABSTRACT:
            raise InputError(f"a text has at most {MOST_ABSTRACT:,} characters; leave some out")
        moment = self._moment()
        examples: list[Example] = []
        if papers:
            ids = [identifier(paper) for paper in papers]
            examples.append(example_of_papers(ids, moment.rows, moment.generation))
        if wanted:
            examples.append(
                example_of_text(wanted, moment.rows.stats, self._vector(wanted, moment))
            )
        if not examples:
            raise InputError("name a paper, or paste a text to find papers like it")
        example = Example.of(examples)
        allowed = allowed_rows(Query(), place, moment.view, self._announced)
        allowed[example.places] = False
        ranking = rank(moment.rows, example.weights, example.vector, allowed)
        return self._answer("", place, moment, ranking, example.weights, limit, offset, began)

    def behind(self) -> bool:
        """Tell whether the database holds what the index does not, as far as counts tell."""
        return self._behind.ask()

    def status(self) -> IndexStatus:
        """Tell which index is in use."""
        return self._status(self._index.current())

    def _moment(self) -> _Moment:
        generation = self._index.current()
        view = self._views.of(generation, self._standings.current())
        with self._lock:
            if self._rows is None or self._rows[0] is not generation:
                self._rows = (generation, Rows.of(generation.segments))
            return _Moment(view, self._rows[1])

    def _vector(self, text: str, moment: _Moment) -> NDArray[np.float32] | None:
        if moment.generation.encoder_id != self._encoder.encoder_id:
            return None
        return self._vectors.of(text)

    def _finished(self, text: str, moment: _Moment) -> str:
        """Complete the last word of a text, unless it is a word already."""
        last = surfaces(text)[-1:]
        if not last or not text.endswith(last[0]):
            return text
        frequency = moment.rows.stats.frequency
        if any(frequency(term) for term in words(last[0])):
            return text
        endings: dict[str, int] = {}
        for segment in moment.rows.segments:
            for ending in segment.postings.complete(last[0], 1):
                endings[ending] = sum(frequency(term) for term in words(ending))
        if not endings:
            return text
        return text.removesuffix(last[0]) + max(endings, key=lambda ending: endings[ending])

    def _announced(self, night: str) -> Collection[str]:
        with self._store.read() as connection:
            return list(
                connection.execute(
                    select(announcements.c.arxiv_id)
                    .where(announcements.c.night == date.fromisoformat(night))
                    .distinct()
                ).scalars()
            )

    def _one_paper(
        self, query: Query, scope: Scope, moment: _Moment, limit: int, offset: int, began: float
    ) -> Answer:
        """Answer a query that is an id or a link: that paper, wherever it is."""
        paper = str(query.paper_id)
        found = moment.generation.find(paper)
        places = [] if found is None else [moment.rows.place(*found)]
        ranking = Ranking.of_places(np.array(places, np.int64))
        answer = self._answer(query.text, scope, moment, ranking, {}, limit, offset, began, query)
        with self._store.read() as connection:
            stored = bool(read_records(connection, [paper]))
        return replace(answer, paper_id=paper, stored=stored)

    def _answer(
        self,
        text: str,
        scope: Scope,
        moment: _Moment,
        ranking: Ranking,
        weights: Mapping[str, float],
        limit: int,
        offset: int,
        began: float,
        query: Query | None = None,
    ) -> Answer:
        said: tuple[str, ...] = ()
        if query is not None and moment.generation.number:
            said = query_notes(query, scope, moment.view, self._announced)
        found = [
            Found.of(ranking, place, moment.rows, moment.view)
            for place in range(offset, min(offset + limit, len(ranking)))
        ]
        idf = {term: weight * moment.rows.stats.idf(term) for term, weight in weights.items()}
        hits = present(self._store, found, idf)
        rows = [own for _, own in moment.rows.split(ranking.places)]
        return Answer(
            text=text,
            scope=str(scope),
            hits=hits,
            total=len(ranking),
            facets=count_facets(moment.view.parts, rows),
            took_ms=round(1000 * (time.perf_counter() - began), 2),
            understood=query,
            notes=(
                *index_notes(moment.generation, self._encoder.encoder_id, self._index.trouble),
                *said,
            ),
            index=self._status(moment.generation),
        )

    def _status(self, generation: Generation) -> IndexStatus:
        return IndexStatus(
            generation.number,
            generation.papers,
            generation.encoder_id,
            behind=self._behind(),
        )


class _NowAndThen:
    """A yes or no that costs milliseconds, asked again after a while only."""

    _EVERY = 30.0  # seconds

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._asked = float("-inf")
        self._answer = False

    def ask(self) -> bool:
        """Ask now."""
        self._asked = time.monotonic()
        self._answer = self._ask()
        return self._answer

    def __call__(self) -> bool:
        due = time.monotonic() - self._asked > self._EVERY
        return self.ask() if due else self._answer


class _Vectors:
    """Vectors of queries; the last ones are kept, since people page and refine.

    By a hash of their texts: some thousand pasted abstracts would be tens of megabytes.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, NDArray[np.float32]] = OrderedDict()

    def of(self, text: str) -> NDArray[np.float32]:
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        vector: NDArray[np.float32] = self._encoder.encode([text])[0]
        with self._lock:
            self._kept[key] = vector
            while len(self._kept) > _KEPT_VECTORS:
                self._kept.popitem(last=False)
        return vector


def _check_page(limit: int, offset: int) -> None:
    if not 1 <= limit <= MOST_HITS:
        raise InputError(f"a page has 1 to {MOST_HITS} hits, not {limit}")
    if offset < 0:
        raise InputError(f"hits are counted from 0, not from {offset}")


def _title_first(ranking: Ranking, query: Query, moment: _Moment) -> Ranking:
    """Put the papers first whose title is the text in quotes."""
    if query.quoted is None or not len(ranking):
        return ranking
    title = words(query.quoted)
    same = np.zeros(len(ranking), bool)
    for number, place in enumerate(ranking.places.tolist()):
        part, row = moment.rows.owner(place)
        postings = moment.rows.segments[part].postings
        if int(postings.lengths[row][0]) == len(title):
            same[number] = postings.sequence(row)[0] == title
    return ranking.take(np.argsort(~same, kind="stable"))
