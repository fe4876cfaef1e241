"""Whatever became of the index on the way, filters find what the database says, and count it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from litmine.core.clock import SystemClock
from litmine.index import writer as index_writer
from litmine.index.generation import SearchIndex
from litmine.review import ReviewDesk
from litmine.search.answer import Hit
from litmine.search.searcher import Searcher
from litmine.search.standing import StandingsKeeper
from litmine.search.sync import sync
from litmine.store import Store
from litmine.store.announcements import Announcement, put_announcements
from litmine.store.labels import delete_label, put_labels
from litmine.store.papers import get_papers, upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from litmine.store.schema import papers
from litmine.store.vectors import put_vectors
from tests.support.meaning import WordEncoder
from tests.support.papers import paper
from tests.support.rows import MODEL, NIGHT, NOW, label, prediction

ENCODER = WordEncoder()
WORDS = ("cache", "prune", "quantise", "distil", "sparse", "batch", "kernel", "token")
CELLS = ("inference/memory", "pretraining/network", "system/energy")
NAMES = ("Ada Example", "Bo Sample", "Cy O'Third")


@dataclass(frozen=True)
class Wanted:
    """What is known of one paper."""

    text: str = ""
    authors: tuple[str, ...] = ()
    day: date | None = None
    cells: frozenset[str] = frozenset()
    state: str | None = None
    label: int | None = None
    night: bool = False

    @property
    def in_library(self) -> bool:
        return self.state == "approved" or (self.label in (1, -1) and self.state != "rejected")


class World:
    """A database that changes at random, and what should be found in it."""

    def __init__(self, store: Store, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.store = store
        self.folder = folder
        self.known: dict[str, Wanted] = {}
        self.suggested: dict[str, tuple[str, ...]] = {}
        self.nights = 0
        self.bare: set[str] = set()
        self.announced: set[str] = set()
        self.retracted: dict[str, Wanted] = {}
        self.desk = ReviewDesk(store, "Ada", SystemClock())

    def ids(self, count: int) -> list[str]:
        return [f"26{n % 6 + 1:02}.{n:05}" for n in self.random.sample(range(60), count)]

    def pull(self, *, fresh: bool = False) -> None:
        """New papers and new versions of known ones; not all of them are encoded."""
        made = {}
        self.nights += 1
        for i in self.ids(15):
            if fresh and i in self.known:
                continue
            text = " ".join(self.random.choices(WORDS, k=3))
            authors = tuple(self.random.sample(NAMES, 1))
            day = date(2022, 1, 1) + timedelta(self.random.randrange(1500))
            made[i] = paper(
                i,
                version=self.nights,
                title=f"On {text}",
                abstract=f"About {text}.",
                authors=authors,
                published=day,
            )
        with self.store.write() as connection:
            upsert_papers(connection, list(made.values()), NOW)
            stored = get_papers(connection, list(made))
            for i, p in stored.items():
                self.known[i] = replace(
                    # A new version brings a withdrawn paper back, as it stood in the queue.
                    self.known.get(i) or self.retracted.pop(i, Wanted()),
                    text=p.title.lower(),
                    authors=p.authors,
                    day=p.published,
                )
            some = {i: p for i, p in stored.items() if self.random.random() < 0.8}
            self.bare |= stored.keys() - some.keys()
            put_vectors(
                connection,
                ENCODER.encoder_id,
                list(some),
                [p.content_hash for p in some.values()],
                ENCODER.encode([p.text for p in some.values()]),
            )
            for i, p in stored.items():
                cells = tuple(self.random.sample(CELLS, self.random.randrange(3)))
                self.suggested[i] = cells
                put_predictions(
                    connection,
                    [prediction(i, 0.9, content_hash=p.content_hash, assigned=cells)],
                )
                if self.known[i].state != "approved" and self.known[i].label != 1:
                    self.known[i] = replace(self.known[i], cells=frozenset(cells))
            night = self.random.sample(sorted(made), 3)
            self.announced |= set(night)
            put_announcements(connection, [Announcement(NIGHT, i, "new", 1) for i in night])
            enqueue(connection, MODEL, 0.5, NOW)
        for i in made:
            state = self.known[i].state or "pending"
            self.known[i] = replace(self.known[i], state=state, night=i in self.announced)

    def decide(self) -> None:
        for i in self.random.sample(sorted(self.known), min(6, len(self.known))):
            one = self.known[i]
            if one.state is None:
                continue
            action = self.random.choice(["approve", "reject", "later"])
            if action == "approve":
                cells = self.random.sample(CELLS, 1)
                self.desk.approve(i, cells, ["other"])
                self.known[i] = replace(one, state="approved", cells=frozenset(cells))
            else:
                getattr(self.desk, action)(i, "no")
                said = CELLS[:1] if one.label == 1 else self.suggested[i]
                state = {"reject": "rejected", "later": "later"}[action]
                self.known[i] = replace(one, state=state, cells=frozenset(said))

    def label(self) -> None:
        for i in sorted(set(self.ids(5)) - self.retracted.keys()):
            # Of a paper that was never pulled, the id tells the month.
            month = date(2026, int(i[2:4]), 1)
            new = Wanted(f"labelled {WORDS[0]}", day=month, night=i in self.announced)
            one = self.known.get(i, new)
            cells = one.cells if one.state == "approved" else frozenset(CELLS[:1])
            self.known[i] = replace(one, label=1, cells=cells)
            with self.store.write() as connection:
                put_labels(
                    connection,
                    [label(i, title=one.text, published=None, cells=CELLS[:1], technique=())],
                )

    def forget(self) -> None:
        for i in self.ids(2):
            with self.store.write() as connection:
                connection.execute(delete(papers).where(papers.c.arxiv_id == i))
                delete_label(connection, i, "gold")
            self.known.pop(i, None)
            self.retracted.pop(i, None)

    def retract(self) -> None:
        """Withdraw papers; what is withdrawn is found no more, whatever was decided."""
        for i in self.random.sample(sorted(self.known), 2):
            with self.store.write() as connection:
                connection.execute(
                    update(papers).where(papers.c.arxiv_id == i).values(withdrawn=True)
                )
                delete_label(connection, i, "gold")
            one = self.known.pop(i)
            said = one.cells if one.state == "approved" else frozenset(self.suggested.get(i, ()))
            self.retracted[i] = replace(one, label=None, cells=said)

    def sync(self) -> None:
        sync(self.store, self.folder, ENCODER.encoder_id, model_id=MODEL, dim=ENCODER.dim)


@pytest.fixture(params=range(4))
def world(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: Any
) -> Iterator[World]:
    """A database after some changes, and an index that followed it into several segments."""
    monkeypatch.setattr(index_writer, "segments_to_merge", lambda _segments: [])
    made = World(sqlite_store, tmp_path / "index", request.param)
    for _ in range(8):
        made.pull()
        for change in (made.decide, made.label, made.forget, made.retract):
            if made.random.random() < 0.7:
                change()
        made.sync()
    made.decide()  # after the last sync
    return made


def of(world: World) -> Searcher:
    index = SearchIndex.open(world.folder, ENCODER.encoder_id)
    made = Searcher(world.store, index, ENCODER)
    made._standings = StandingsKeeper(world.store, look_again=0)
    return made


def all_of(searcher: Searcher, query: str, scope: str = "everything") -> list[str]:
    """Leaf through an answer, a few hits a page."""
    found: list[str] = []
    while page := searcher.search(query, scope=scope, limit=7, offset=len(found)).hits:
        found += [hit.arxiv_id for hit in page]
    return found


QUERIES = {
    "-title:nothing": lambda one: True,
    "is:approved": lambda one: one.state == "approved",
    "is:pending,later": lambda one: one.state in ("pending", "later"),
    "-is:rejected": lambda one: one.state != "rejected",
    "is:unqueued": lambda one: one.state is None,
    "is:listed": lambda one: one.label in (1, -1),
    "cell:inference/memory": lambda one: CELLS[0] in one.cells,
    "-stage:inference": lambda one: CELLS[0] not in one.cells,
    "resource:network,energy": lambda one: bool({CELLS[1], CELLS[2]} & one.cells),
    "author:example": lambda one: NAMES[0] in one.authors,
    'author:"cy o\'third"': lambda one: NAMES[2] in one.authors,
    "-author:sample": lambda one: NAMES[1] not in one.authors,
    "year:2023": lambda one: one.day is not None and one.day.year == 2023,
    "-year:..2024": lambda one: one.day is None or one.day.year > 2024,
    "title:cache": lambda one: "cache" in one.text.split(),
    "-cache": lambda one: "cache" not in one.text.split(),
    f"night:{NIGHT}": lambda one: one.night,
    "is:approved -year:2023 -cell:system/energy": lambda one: (
        one.state == "approved"
        and (one.day is None or one.day.year != 2023)
        and CELLS[2] not in one.cells
    ),
}


def test_filters_find_what_the_database_says(world: World) -> None:
    searcher = of(world)
    assert len(searcher._index.current().segments) > 3
    for query, fulfils in QUERIES.items():
        for scope in ("everything", "library"):
            wanted = {
                i
                for i, one in world.known.items()
                if fulfils(one) and (scope == "everything" or one.in_library)
            }
            found = all_of(searcher, query, scope)
            assert len(found) == len(set(found)), query
            assert set(found) == wanted, (query, scope)
            answer = searcher.search(query, scope=scope)
            assert answer.total == len(wanted)
            states = Counter(world.known[i].state for i in wanted if world.known[i].state)
            assert {one.value: one.count for one in answer.facets.states} == states
            cells = Counter(cell for i in wanted for cell in world.known[i].cells)
            assert {one.value: one.count for one in answer.facets.cells} == cells


@pytest.mark.parametrize("query", ["cache", "sparse kernel tokens", '"on cache"', "batch -prune"])
def test_several_segments_rank_as_one(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr(index_writer, "segments_to_merge", lambda _segments: [])
    world = World(sqlite_store, tmp_path / "several", 7)
    for _ in range(4):
        world.pull(fresh=True)
        world.sync()
    several = of(world)
    world.folder = tmp_path / "one"
    world.sync()
    one = of(world)
    assert [len(made._index.current().segments) for made in (several, one)] == [4, 1]
    found = [made.search(query, scope="everything", limit=100) for made in (several, one)]
    # Not all papers are encoded: of those nobody can say how near they are.
    bare = {hit.arxiv_id for hit in found[0].hits if hit.similarity is None}
    assert bare == world.bare & {hit.arxiv_id for hit in found[0].hits}
    assert found[0].facets == found[1].facets
    for left, right in zip(*(_by_id(answer.hits) for answer in found), strict=True):
        assert left[:2] == right[:2]
        assert left[2] == pytest.approx(right[2], abs=2e-4)


def _by_id(hits: Sequence[Hit]) -> list[tuple[str, bool, tuple[float, ...]]]:
    return sorted(
        (one.arxiv_id, one.similarity is None, (one.score, one.lexical, one.dense)) for one in hits
    )
