"""Searching a small library: what is found, in which scope, why, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from litmine.core.errors import InputError, NotFound
from litmine.index.generation import SearchIndex
from litmine.index.postings import Postings
from litmine.review import ReviewDesk
from litmine.search.searcher import Searcher
from litmine.search.standing import StandingsKeeper
from litmine.search.sync import sync
from litmine.store import Store
from litmine.store.announcements import Announcement, put_announcements
from litmine.store.labels import put_labels
from litmine.store.papers import get_papers, upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from litmine.store.vectors import put_vectors
from tests.support.meaning import WordEncoder
from tests.support.papers import paper
from tests.support.rows import MODEL, NIGHT, NOW, label, prediction

PAPERS = {
    "2506.00001": (
        "Evicting the key-value cache without training",
        "Long prompts fill memory. Our eviction of cached keys needs no retraining.",
        ("Yann LeCun", "Ada Example"),
        ("inference/memory",),
        "kv-cache",
        date(2025, 6, 2),
    ),
    "2606.00002": (
        "Sparse gradients for training across slow networks",
        "Workers exchange sparse gradients. Traffic falls tenfold.",
        ("Bo Sample",),
        ("pretraining/network",),
        "other",
        date(2026, 6, 2),
    ),
    "2606.00003": (
        "Four-bit weights on a single consumer card",
        "Quantised weights of four bits fit a large model into one card.",
        ("Cy Third",),
        ("inference/memory", "inference/computation"),
        "quantization",
        date(2026, 6, 3),
    ),
    "2606.00004": (
        "A survey of flowers",
        "Roses and tulips, and nothing on models.",
        ("Di Fourth",),
        (),
        "other",
        date(2026, 6, 4),
    ),
}
LABELLED = "2401.00001"
ENCODER = WordEncoder(same={"discard": "evict"})


def put(store: Store) -> None:
    """Store the papers with their vectors and predictions, all but the flowers queued."""
    with store.write() as connection:
        upsert_papers(
            connection,
            [
                paper(i, title=title, abstract=text, authors=authors, published=day)
                for i, (title, text, authors, _, _, day) in PAPERS.items()
            ],
            NOW,
        )
        known = get_papers(connection, list(PAPERS))
        put_predictions(
            connection,
            [
                prediction(
                    i,
                    0.9 if cells else 0.01,
                    content_hash=known[i].content_hash,
                    assigned=cells,
                    technique=(technique,),
                )
                for i, (_, _, _, cells, technique, _) in PAPERS.items()
            ],
        )
        put_labels(
            connection,
            [
                label(LABELLED, title="Pruning attention heads", published=None),
                label("2401.00002", title="Pruning of roses", relevant=0, cells=(), published=None),
            ],
        )
        put_announcements(connection, [Announcement(NIGHT, "2606.00003", "new", 1)])
        enqueue(connection, MODEL, 0.1, NOW)
        texts = [p.text for p in known.values()]
        hashes = [p.content_hash for p in known.values()]
        put_vectors(connection, ENCODER.encoder_id, list(known), hashes, ENCODER.encode(texts))


@pytest.fixture
def searcher(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Searcher:
    """A searcher over the papers, which looks at the queue before every search."""
    put(store)
    sync(store, tmp_path / "index", ENCODER.encoder_id, model_id=MODEL, dim=ENCODER.dim)
    made = Searcher(store, SearchIndex.open(tmp_path / "index", ENCODER.encoder_id), ENCODER)
    monkeypatch.setattr(made, "_standings", StandingsKeeper(store, look_again=0))
    return made


@pytest.fixture
def found(searcher: Searcher) -> Callable[..., list[str]]:
    """Ids that a query finds in everything, best first."""

    def ids(text: str, **more: object) -> list[str]:
        options = {"scope": "everything"} | more
        return [hit.arxiv_id for hit in searcher.search(text, **options).hits]  # type: ignore[arg-type]

    return ids


def test_words_and_meaning_put_the_right_paper_first(found):
    assert found("key-value cache eviction")[0] == "2506.00001"
    assert found("quantised weights")[0] == "2606.00003"
    # No paper holds the word; it means one that a paper does.
    assert found("discard")[0] == "2506.00001"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("author:lecun", ["2506.00001"]),
        ('author:"Bo Sample"', ["2606.00002"]),
        ("stage:inference", ["2606.00003", "2506.00001", LABELLED]),
        ("stage:inference,pretraining -resource:network is:pending", ["2606.00003", "2506.00001"]),
        ("resource:computation", ["2606.00003"]),
        ("cell:inf/mem technique:kv-cache", ["2506.00001"]),
        ("year:2024", ["2401.00002", LABELLED]),  # by the month in its id
        ("year:2025", ["2506.00001"]),
        ("year:2026.. is:pending", ["2606.00003", "2606.00002"]),
        ("cat:cs.LG is:unqueued", ["2606.00004"]),
        ("night:2026-06-30", ["2606.00003"]),
        ("id:2606.00002,2606.00004", ["2606.00004", "2606.00002"]),
        ("is:listed", ["2401.00001"]),
        ("title:survey", ["2606.00004"]),
        ("title:memory", []),
        ("year:1999", []),
    ],
)
def test_filters_alone_list_the_newest_first(found, query, wanted):
    assert found(query) == wanted


def test_phrases_and_exclusions_are_exact(found):
    assert found('"sparse gradients"') == ["2606.00002"]
    assert found('"gradients sparse"') == []
    assert "2606.00003" not in found("card -quantised")
    assert "2506.00001" not in found('memory -"long prompts"')


def test_a_phrase_written_often_is_looked_for_once(found, monkeypatch):
    looked: list[tuple[str, ...]] = []
    phrase = Postings.phrase

    def counting(self, terms, **options):
        if not options:  # ranking looks for titles that hold the whole query
            looked.append(tuple(terms))
        return phrase(self, terms, **options)

    monkeypatch.setattr(Postings, "phrase", counting)
    assert found('"sparse gradients" "Sparse  gradients" -"red card" -"red card"') == ["2606.00002"]
    assert len(looked) == 2
    looked.clear()
    assert found('"gradients sparse" "sparse gradients" "long prompts"') == []
    assert looked == [("gradient", "spars")]


def test_a_title_in_quotes_comes_first(found):
    assert found('"A survey of flowers"')[0] == "2606.00004"


def test_an_id_or_link_is_that_paper_wherever_it_is(searcher):
    for text in ("2606.00004", "https://arxiv.org/abs/2606.00004v2", "arXiv:2606.00004"):
        answer = searcher.search(text)
        assert (answer.paper_id, answer.stored) == ("2606.00004", True)
        assert [hit.arxiv_id for hit in answer.hits] == ["2606.00004"]
    # Leafed through like any answer, or it would never end.
    assert searcher.search("2606.00004", offset=1).hits == ()
    unknown = searcher.search("2606.99999")
    assert (unknown.paper_id, unknown.stored, unknown.hits) == ("2606.99999", False, ())


def test_the_library_holds_what_is_approved_or_labelled(searcher, store, fake_clock, found):
    def library(query: str) -> set[str]:
        return set(found(query, scope="library"))

    assert library("pruning cache weights") == {LABELLED}
    desk = ReviewDesk(store, "Ada", fake_clock)
    desk.approve("2506.00001", ["sys/net"], ["serving"])
    assert library("pruning cache weights") == {LABELLED, "2506.00001"}
    assert library("cell:system/network is:approved") == {"2506.00001"}
    assert library("stage:inference is:approved") == set()  # the reviewer's cells count
    (hit,) = searcher.search("cell:system/network is:approved").hits
    assert (hit.source, hit.state, hit.cells) == ("reviewer", "approved", ("system/network",))
    desk.undo()
    assert library("pruning cache weights") == {LABELLED}


def test_what_author_and_category_cannot_see_is_said(searcher, found):
    for query, fields in (
        ("author:lecun", "author:"),
        ("pruning -cat:cs.CV", "cat:"),
        ("cat:cs.LG author:dao", "author: or cat:"),
    ):
        (note,) = searcher.search(query, scope="everything").notes
        assert note.startswith("Of 2 labelled papers only the title is known")
        assert f"{fields} passes them over" in note
    # The flowers, which are not relevant, are not in the library.
    (note,) = searcher.search("author:lecun").notes
    assert note.startswith("Of 1 labelled paper ")
    assert searcher.search("author:lecun year:2019").notes == ()
    assert searcher.search("pruning").notes == ()


@pytest.mark.parametrize("text", ["9999.99999", "2413.00001v2", "https://arxiv.org/abs/9999.99999"])
def test_what_looks_like_an_id_and_is_none_is_said(searcher, text):
    answer = searcher.search(text, scope="everything")
    assert answer.paper_id is None
    (note,) = answer.notes
    assert "looks like an arXiv id but is none" in note


def test_one_night(found):
    assert found("", scope="night:2026-06-30") == ["2606.00003"]
    assert found("weights", scope="night:2026-06-30") == ["2606.00003"]
    assert found("weights", scope="night:2026-06-29") == []


def test_why_a_hit(searcher):
    hit = searcher.search("retraining eviction", scope="everything").hits[0]
    assert hit.arxiv_id == "2506.00001"
    assert hit.title[slice(*hit.title_marks[0])] == "Evicting"
    assert hit.snippet is not None
    assert hit.snippet.text == "Our eviction of cached keys needs no retraining."
    assert hit.abstract[hit.snippet.start : hit.snippet.end] == hit.snippet.text
    marked = [hit.snippet.text[a:b] for a, b in hit.snippet.marks]
    assert marked == ["eviction", "retraining"]
    assert hit.score == pytest.approx(hit.lexical + hit.dense, abs=2e-4)
    assert 0 < hit.lexical < 1
    assert 0 < hit.dense < 1
    assert hit.similarity is not None


def test_facets_count_all_hits_not_the_page(searcher):
    answer = searcher.search("is:pending", scope="everything", limit=1)
    assert (len(answer.hits), answer.total) == (1, 3)
    told = {one.value: one.count for one in answer.facets.stages}
    assert told == {"pretraining": 1, "inference": 2}
    assert {one.value: one.count for one in answer.facets.resources} == {
        "computation": 1,
        "memory": 2,
        "network": 1,
    }
    assert [(one.value, one.count) for one in answer.facets.years] == [("2026", 2), ("2025", 1)]
    assert [(one.value, one.count) for one in answer.facets.states] == [("pending", 3)]
    second = searcher.search("is:pending", scope="everything", limit=1, offset=1)
    assert second.hits[0].arxiv_id != answer.hits[0].arxiv_id


def test_similar_papers_leave_out_the_examples(searcher):
    like = searcher.similar(["2506.00001"], scope="everything")
    assert "2506.00001" not in [hit.arxiv_id for hit in like.hits]
    text = searcher.similar(
        text="We evict keys from the cache of long prompts.", scope="everything"
    )
    assert text.hits[0].arxiv_id == "2506.00001"
    both = searcher.similar(["2606.00002", "2606.00003"], scope="everything")
    assert {hit.arxiv_id for hit in both.hits} <= {*PAPERS, LABELLED} - {"2606.00002", "2606.00003"}
    with pytest.raises(NotFound, match=r"2606\.99999"):
        searcher.similar(["2606.99999"])
    with pytest.raises(InputError, match="name a paper"):
        searcher.similar()


@pytest.mark.parametrize(
    "example",
    [
        "https://arxiv.org/abs/2506.00001v2",
        "arXiv:2506.00001",
        "https://huggingface.co/papers/2506.00001",
        " 2506.00001 ",
    ],
)
def test_an_example_can_be_a_link(searcher, example):
    like = searcher.similar([example], scope="everything")
    assert like.hits == searcher.similar(["2506.00001"], scope="everything").hits
    with pytest.raises(InputError, match="is not an arXiv id"):
        searcher.similar(["a word"])


def test_what_is_listed_by_filters_alone_has_no_score(searcher):
    (hit, *_) = searcher.search("is:pending", scope="everything").hits
    assert (hit.score, hit.lexical, hit.dense, hit.similarity) == (None,) * 4
    (hit,) = searcher.search("2606.00004").hits
    assert hit.score is None


def test_unfinished_words_are_completed_while_somebody_types(searcher):
    typed = searcher.search("quantis", scope="everything", typing=True)
    assert typed.hits[0].arxiv_id == "2606.00003"
    assert typed.hits[0].lexical > 0


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("colour:red", {}, "Known fields"),
        ("stage:kitchen", {}, "kitchen"),
        ("cache", {"scope": "attic"}, "library, everything"),
        ("cache", {"scope": "night:soon"}, "2026-06-30"),
        ("cache", {"limit": 0}, "1 to 100"),
        ("cache", {"offset": -1}, "from 0"),
        ("x" * 1001, {}, "1,000 characters"),
    ],
)
def test_bad_queries_say_what_to_do(searcher, text, options, said):
    with pytest.raises(InputError, match=said) as caught:
        searcher.search(text, **options)
    assert "\n" not in str(caught.value)


def test_nothing_to_look_for_finds_nothing(found):
    assert found("") == []
    assert found("   ") == []


def test_a_paper_that_left_the_database_is_not_shown(searcher, store):
    from sqlalchemy import delete

    from litmine.store.schema import papers

    with store.write() as connection:
        connection.execute(delete(papers).where(papers.c.arxiv_id == "2606.00004"))
    found = searcher.search("flowers", scope="everything")
    assert "2606.00004" not in [hit.arxiv_id for hit in found.hits]


def test_without_an_index_it_says_so(store, tmp_path):
    index = SearchIndex.open(tmp_path / "none", ENCODER.encoder_id)
    answer = Searcher(store, index, ENCODER).search("cache")
    assert (answer.hits, answer.total) == ((), 0)
    assert "litmine index sync" in answer.notes[0]


def test_an_index_of_another_encoder_is_searched_by_words(store, tmp_path, searcher):
    other = WordEncoder()
    other.encoder_id = "words-of-others"
    index = SearchIndex.open(tmp_path / "index", other.encoder_id)
    answer = Searcher(store, index, other).search("quantised weights", scope="everything")
    assert answer.hits[0].arxiv_id == "2606.00003"
    assert (answer.hits[0].dense, answer.hits[0].similarity) == (0, None)
    assert any("another encoder" in note for note in answer.notes)


def test_a_paper_that_is_not_in_the_index_yet_is_known(searcher, store):
    with store.write() as connection:
        upsert_papers(connection, [paper("2606.00009")], NOW)
    answer = searcher.search("2606.00009")
    assert (answer.stored, answer.hits) == (True, ())


@pytest.mark.parametrize("text", ["cache\udcff eviction", "cache\x00 eviction"])
def test_what_is_no_text_is_passed_over(searcher, text):
    """A terminal in another encoding, or JSON, can send lone surrogates; encoders refuse them."""
    answer = searcher.search(text, scope="everything")
    assert answer.hits[0].arxiv_id == "2506.00001"
    assert answer.text == "cache eviction"
    assert searcher.similar(text=text, scope="everything").hits[0].arxiv_id == "2506.00001"
