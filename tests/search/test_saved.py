"""Saved searches: what is new, since when, for whom."""

from __future__ import annotations

import pytest

from litmine.core.errors import InputError, NotFound
from litmine.core.settings import Settings
from litmine.index.generation import SearchIndex
from litmine.jobs.context import RunContext
from litmine.jobs.saved_digest import DIGEST_FILE, digest_markdown, write_digest
from litmine.review import ReviewDesk
from litmine.search import saved as saved_module
from litmine.search.saved import SavedSearches
from litmine.search.searcher import Searcher
from litmine.search.standing import StandingsKeeper
from litmine.search.sync import index_folder, sync
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from litmine.store.saved_searches import update_search
from tests.support.meaning import WordEncoder
from tests.support.papers import paper
from tests.support.rows import MODEL, prediction

ENCODER = WordEncoder()
IDS = ("2606.00001", "2606.00002", "2606.00003")


class Shelf:
    """A store to which papers come while a clock goes on."""

    def __init__(self, store, folder, clock):
        self.store, self.folder, self.clock = store, folder, clock
        searcher = Searcher(store, SearchIndex.open(folder, ENCODER.encoder_id), ENCODER)
        searcher._standings = StandingsKeeper(store, look_again=0)
        self.saved = SavedSearches(store, searcher, clock)
        self.desk = ReviewDesk(store, "Ada", clock)

    def arrive(self, *ids, title="Frugal caches"):
        self.clock.advance(3600)
        with self.store.write() as connection:
            papers = [paper(i, title=f"{title}, part {i}") for i in ids]
            upsert_papers(connection, papers, self.clock.now())
            put_predictions(
                connection, [prediction(p.arxiv_id, content_hash=p.content_hash) for p in papers]
            )
            enqueue(connection, MODEL, 0.1, self.clock.now())
        sync(self.store, self.folder, ENCODER.encoder_id, model_id=MODEL, dim=ENCODER.dim)

    def approve(self, arxiv_id):
        self.clock.advance(3600)
        self.desk.approve(arxiv_id, ["inference/memory"], ["kv-cache"])

    def new(self, number, owner="Ada"):
        return [one.hit.arxiv_id for one in self.saved.news(self.saved.one(owner, number))]


@pytest.fixture
def shelf(sqlite_store, tmp_path, fake_clock):
    return Shelf(sqlite_store, tmp_path / "index", fake_clock)


def test_news_of_the_library_are_approvals_since_the_last_visit(shelf):
    shelf.arrive(*IDS)
    shelf.approve(IDS[0])
    kept = shelf.saved.save("Ada", "caches", "frugal caches")
    assert shelf.new(kept.id) == []
    shelf.approve(IDS[1])
    assert shelf.new(kept.id) == [IDS[1]]
    shelf.clock.advance(3600)
    _, news = shelf.saved.visit("Ada", kept.id)
    assert [one.hit.arxiv_id for one in news] == [IDS[1]]
    assert all(one.hit.new for one in news)
    assert shelf.new(kept.id) == []
    shelf.approve(IDS[2])
    assert shelf.new(kept.id) == [IDS[2]]


def test_news_of_everything_are_papers_that_came(shelf):
    shelf.arrive(IDS[0])
    kept = shelf.saved.save("Ada", "all caches", "frugal caches", "everything")
    shelf.arrive(IDS[1], IDS[2])
    assert set(shelf.new(kept.id)) == set(IDS[1:])


def test_a_paper_that_is_indexed_after_the_visit_is_news_all_the_same(shelf):
    shelf.arrive(IDS[0])
    kept = shelf.saved.save("Ada", "all caches", "frugal caches", "everything")
    shelf.clock.advance(60)
    with shelf.store.write() as connection:
        late = paper(IDS[1], title="Frugal caches, late")
        upsert_papers(connection, [late], shelf.clock.now())
    shelf.clock.advance(60)
    assert shelf.saved.visit("Ada", kept.id)[1] == []  # stored, and not indexed yet
    sync(shelf.store, shelf.folder, ENCODER.encoder_id, model_id=MODEL, dim=ENCODER.dim)
    assert shelf.new(kept.id) == [IDS[1]]


def test_a_search_that_was_changed_begins_anew(shelf):
    shelf.arrive(*IDS)
    for arxiv_id in IDS[:2]:
        shelf.approve(arxiv_id)
    kept = shelf.saved.save("Ada", "caches", "roses")
    shelf.saved.change("Ada", kept.id, query="frugal caches")
    assert shelf.new(kept.id) == []
    shelf.approve(IDS[2])
    assert shelf.new(kept.id) == [IDS[2]]


def test_searches_are_their_owners(shelf):
    kept = shelf.saved.save("Ada", "caches", "frugal caches")
    shelf.saved.save("Bo", "caches", "other things")
    assert [one.query for one in shelf.saved.of("Ada")] == ["frugal caches"]
    for call in (shelf.saved.one, shelf.saved.delete, shelf.saved.visit, shelf.saved.new_feed_key):
        with pytest.raises(NotFound):
            call("Bo", kept.id)
    with pytest.raises(NotFound):
        shelf.saved.change("Bo", kept.id, name="mine")
    shelf.saved.delete("Ada", kept.id)
    assert shelf.saved.of("Ada") == []
    assert len(shelf.saved.of("Bo")) == 1


def test_names_are_one_of_a_kind_and_queries_understood(shelf, monkeypatch):
    kept = shelf.saved.save("Ada", "  caches ", "frugal  caches")
    assert (kept.name, kept.query, kept.scope) == ("caches", "frugal caches", "library")
    for name, query, scope, said in (
        ("caches", "x", "library", "already"),
        ("", "x", "library", "1 to 120"),
        ("x" * 121, "x", "library", "1 to 120"),
        ("other", "  ", "library", "empty"),
        ("other", "colour:red", "library", "Known fields"),
        ("other", "x", "attic", "library, everything"),
    ):
        with pytest.raises(InputError, match=said):
            shelf.saved.save("Ada", name, query, scope)
    other = shelf.saved.save("Ada", "other", "x")
    with pytest.raises(InputError, match="already"):
        shelf.saved.change("Ada", other.id, name="caches")
    changed = shelf.saved.change("Ada", other.id, query="y", digest=False)
    assert (changed.name, changed.query, changed.digest) == ("other", "y", False)
    monkeypatch.setattr(saved_module, "MOST_SEARCHES", 2)
    with pytest.raises(InputError, match="delete one"):
        shelf.saved.save("Ada", "third", "x")


def test_a_feed_has_the_newest_first_and_a_renewable_address(shelf):
    shelf.arrive(*IDS)
    for arxiv_id in (IDS[2], IDS[0]):
        shelf.approve(arxiv_id)
    kept = shelf.saved.save("Ada", "caches", "frugal caches")
    _, entries = shelf.saved.feed(kept.feed_key)
    assert [one.hit.arxiv_id for one in entries] == [IDS[0], IDS[2]]
    renewed = shelf.saved.new_feed_key("Ada", kept.id)
    assert renewed.feed_key != kept.feed_key
    with pytest.raises(NotFound):
        shelf.saved.feed(kept.feed_key)
    assert shelf.saved.feed(renewed.feed_key)[0].id == kept.id


def test_the_digest_tells_what_has_news_and_escapes_it(shelf):
    began = shelf.clock.now()
    kept = shelf.saved.save("Ada", "a *bold* name", "frugal caches", "everything")
    shelf.saved.save("Ada", "quiet", "frugal caches", "everything", digest=False)
    shelf.saved.save("Bo", "nothing new", "is:rejected", "everything")
    shelf.arrive(IDS[0], title="Frugal caches [click](http://example.invalid)")
    told = shelf.saved.digest(began)
    assert [(one.id, [n.hit.arxiv_id for n in news]) for one, news in told] == [(kept.id, [IDS[0]])]
    text = digest_markdown(told)
    assert "### Ada" in text
    assert "**a \\*bold\\* name** (1 new)" in text
    assert "\\[click\\](http" in text  # no link of its own
    assert f"](https://arxiv.org/abs/{IDS[0]})" in text
    assert "Nothing." in digest_markdown([])


def test_what_a_search_found_when_it_was_saved_is_news_to_no_digest(shelf):
    began = shelf.clock.now()
    shelf.arrive(IDS[0])
    kept = shelf.saved.save("Ada", "caches", "frugal caches", "everything")
    assert shelf.new(kept.id) == []
    assert shelf.saved.digest(began) == []
    shelf.arrive(IDS[1])

    def told():
        return [[one.hit.arxiv_id for one in news] for _, news in shelf.saved.digest(began)]

    assert shelf.new(kept.id) == [IDS[1]]
    assert told() == [[IDS[1]]]
    shelf.saved.visit("Ada", kept.id)
    assert shelf.new(kept.id) == []
    assert told() == [[IDS[1]]]  # a digest tells of its days, whoever looked meanwhile


def test_a_query_that_is_understood_no_longer_costs_the_others_nothing(shelf, sqlite_store):
    began = shelf.clock.now()
    broken = shelf.saved.save("Ada", "a broken one", "technique:kv-cache", "everything")
    shelf.saved.save("Bo", "caches", "frugal caches", "everything")
    shelf.arrive(*IDS)
    with sqlite_store.write() as connection:
        update_search(connection, "Ada", broken.id, query="technique:gone-since")
    assert [saved.name for saved, _ in shelf.saved.digest(began)] == ["caches"]


def test_the_night_writes_the_digest_once(shelf, tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    context = RunContext(settings, shelf.store, shelf.clock)
    shelf.folder = index_folder(settings)
    assert write_digest(context, ENCODER) is None  # nobody wants one
    kept = shelf.saved.save("Ada", "caches", "frugal caches", "everything")
    shelf.arrive(IDS[0])
    path = write_digest(context, ENCODER)
    assert path == settings.outputs / DIGEST_FILE
    assert f"](https://arxiv.org/abs/{IDS[0]})" in path.read_text()
    assert write_digest(context, ENCODER) is None
    shelf.clock.advance(3 * 86_400)
    assert write_digest(context, ENCODER) is None  # the same whenever it is run again
    shelf.arrive(IDS[1])
    assert IDS[0] not in write_digest(context, ENCODER).read_text()
    shelf.saved.change("Ada", kept.id, digest=False)
    assert write_digest(context, ENCODER) is None
