"""The API's searches, over an engine that finds by letters: what is asked, what is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from litmine.client import Client
from litmine.client.found import IndexStatus, SearchAnswer, SimilarAnswer
from litmine.client.search_calls import _AT_ONCE
from litmine.core.errors import InputError, NotFound
from litmine.search.answer import Count, Facets
from tests.support.api import V1, running, told
from tests.support.searching import STATUS, Letters, hit, searched_by
from tests.support.shelf import HOSTILE


@pytest.fixture
def dialect():
    """The database plays no part here."""
    return "sqlite"


@pytest.fixture
def letters(app):
    found = [
        hit("2605.00001", "Alpha caches"),
        hit("2607.00005", "alpha again", state="pending", source="model", techniques=()),
        hit(
            "cs/0606006",
            f"alpha {HOSTILE}",
            state=None,
            source="label",
            abstract="",
            snippet=None,
            similarity=None,
            relevance=None,
            published=None,
        ),
    ]
    return searched_by(app, Letters(found))


@pytest.fixture
def client(letters, token_as):
    return token_as("reader")


def search(client, q, status=200, **params):
    return told(client.get(f"{V1}/search", params={"q": q} | params), status)


def test_a_hit_tells_why(client):
    found = SearchAnswer.model_validate(search(client, "caches  year:2026.."))
    assert (found.query, found.total, found.stored) == ("caches year:2026..", 1, False)
    (one,) = found.items
    assert (one.id, one.state, one.said_by) == ("2605.00001", "approved", "reviewer")
    assert one.score == one.lexical + one.dense == 0.75
    assert one.similarity == 0.625
    assert one.title[one.title_marks[0].start : one.title_marks[0].end] == "Alpha"
    assert one.snippet.text[one.snippet.marks[0].start : one.snippet.marks[0].end] == "Alpha"
    assert one.abstract is None
    assert found.understood.words == "caches"
    assert (found.understood.first_year, found.understood.last_year) == (2026, None)
    assert found.index == IndexStatus(generation=3, papers=6, encoder_id="encoder-1", behind=True)
    assert found.notes == ["The index is behind."]


def test_what_is_not_known_is_null_and_text_is_as_it_is(client):
    found = search(client, "script", abstracts=True)
    (one,) = found["items"]
    assert one["title"] == f"alpha {HOSTILE}"
    nothing = ("state", "relevance", "published", "similarity", "snippet", "abstract")
    assert [one[name] for name in nothing] == [None] * 6
    assert search(client, "caches", abstracts=True)["items"][0]["abstract"].endswith("follows.")


def test_a_query_taken_apart(client):
    query = 'small "sparse attention" -image stage:inference,system -cat:cs.CV'
    understood = search(client, query)["understood"]
    assert understood == {
        "words": "small",
        "phrases": ["sparse attention"],
        "excluded": ["image"],
        "filters": [
            {"field": "stage", "values": ["inference", "system"], "negated": False},
            {"field": "cat", "values": ["cs.CV"], "negated": True},
        ],
        "first_year": None,
        "last_year": None,
    }


def test_facets_are_counted_over_all_that_was_found(client, letters, monkeypatch):
    facets = Facets(stages=(Count("inference", "Inference", 3),), states=(Count("x", "X", 1),))
    real = letters.search
    monkeypatch.setattr(letters, "search", lambda *a, **k: replace(real(*a, **k), facets=facets))
    found = search(client, "alpha", limit=1)
    assert found["facets"]["stages"] == [{"value": "inference", "label": "Inference", "count": 3}]
    assert found["facets"]["techniques"] == []


def test_pages(client, letters):
    first = search(client, "alpha", limit=2)
    assert (first["total"], first["offset"], first["next_offset"]) == (3, 0, 2)
    last = search(client, "alpha", limit=2, offset=first["next_offset"])
    assert ([one["id"] for one in last["items"]], last["next_offset"]) == (["cs/0606006"], None)
    assert search(client, "alpha", offset=3)["items"] == []
    # Nobody leafs through thousands: the next page is not told where it cannot be had.
    letters.hits = [hit(f"2601.{n:05d}", "alpha") for n in range(1, 1300)]
    assert search(client, "alpha", limit=100, offset=900)["next_offset"] == 1000
    assert search(client, "alpha", limit=100, offset=1000)["next_offset"] is None


def test_an_id_or_a_link_is_a_query_too(client):
    found = search(client, "https://arxiv.org/abs/2605.00001v3")
    assert (found["paper_id"], found["stored"]) == ("2605.00001", True)
    assert [one["id"] for one in found["items"]] == ["2605.00001"]
    assert (search(client, "2401.99999")["paper_id"], search(client, "x")["paper_id"]) == (
        "2401.99999",
        None,
    )


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({}, "q"),
        ({"q": "colour:red"}, "colour"),
        ({"q": "x", "scope": "nowhere"}, "scope"),
        ({"q": "x", "scope": "night:soon"}, "2026-06-30"),
        ({"q": "x", "limit": "101"}, "limit"),
        ({"q": "x", "limit": "0"}, "limit"),
        ({"q": "x", "offset": "1001"}, "offset"),
        ({"q": "x", "offset": "-1"}, "offset"),
        ({"q": "x" * 1001}, "q"),
        ({"q": "\x00"}, "NUL"),
        ({"q": "x", "scope": "x" * 41}, "scope"),
    ],
)
def test_what_cannot_be_used_is_named(client, params, says):
    problem = told(client.get(f"{V1}/search", params=params), 422)
    assert says in problem["detail"]


def test_the_time_taken_makes_no_other_answer(client, letters):
    first = client.get(f"{V1}/search", params={"q": "alpha"})
    assert first.headers["Server-Timing"] == "search;dur=1.5"
    assert first.json()["took_ms"] == 1.5
    letters.took_ms = 2.5
    known = {"If-None-Match": first.headers["ETag"]}
    again = client.get(f"{V1}/search", params={"q": "alpha"}, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    letters.hits[0] = replace(letters.hits[0], state="rejected")
    assert client.get(f"{V1}/search", params={"q": "alpha"}, headers=known).status_code == 200


def test_similar_to_a_paper(client, letters):
    found = told(client.get(f"{V1}/papers/cs/0606006/similar", params={"scope": "everything"}))
    assert [one.id for one in SimilarAnswer.model_validate(found).items] == [
        "2605.00001",
        "2607.00005",
    ]
    assert letters.asked[-1] == {"papers": ("cs/0606006",), "text": "", "scope": "everything"}
    told(client.get(f"{V1}/papers/2401.99999/similar"), 404)
    told(client.get(f"{V1}/papers/nonsense/similar"), 422)


def test_similar_to_several_and_to_a_text(client, letters):
    wish = {"papers": ["2605.00001", "arXiv:2607.00005v1"], "text": "A cache.", "limit": 1}
    found = told(client.post(f"{V1}/similar", json=wish))
    assert [one["id"] for one in found["items"]] == ["cs/0606006"]
    assert letters.asked[-1]["text"] == "A cache."
    for wrong in (
        {},
        {"text": "  "},
        {"papers": ["2605.00001"] * 21},
        {"text": "x" * 20_001},
        {"text": "\x00"},
        {"papers": ["2605.00001"], "limit": "3"},
        {"papers": ["2605.00001"], "offset": 1001},
        {"papers": ["2605.00001"], "other": 1},
    ):
        told(client.post(f"{V1}/similar", json=wrong), 422)
    told(client.post(f"{V1}/similar", json={"papers": ["2401.99999"]}), 404)


def test_a_page_asks_for_similar_papers_with_its_csrf_token(letters, client_as):
    client = client_as("reader")
    wish = {"text": "A cache."}
    told(client.post(f"{V1}/similar", json=wish))
    del client.headers["X-CSRF-Token"]
    told(client.post(f"{V1}/similar", json=wish), 403)


def test_the_index(client):
    assert told(client.get(f"{V1}/index"))["generation"] == STATUS.generation


def test_the_python_client(app, letters):
    letters.hits = [hit(f"2601.{n:05d}", f"alpha {n}") for n in range(1, 251)]
    with running(app) as server, Client(server.url, server.token("Rea", "reader")) as client:
        first = client.search("alpha", limit=3, abstracts=True)
        assert (len(first.items), first.total) == (3, 250)
        assert first.items[0].abstract
        letters.asked.clear()
        every = [one.id for one in client.each_hit("alpha")]
        assert every == [one.arxiv_id for one in letters.hits]
        assert [one["offset"] for one in letters.asked] == [0, _AT_ONCE, 2 * _AT_ONCE]
        assert client.similar("2601.00001", limit=1).items[0].id == "2601.00002"
        assert client.similar("2601.00001", "2601.00002", limit=1).items[0].id == "2601.00003"
        assert client.similar(text="A cache.").total == 250
        assert client.index().behind
        with pytest.raises(InputError, match="colour"):
            client.search("colour:red")
        with pytest.raises(NotFound):
            client.similar("2401.99999")
        with pytest.raises(InputError):
            client.similar()
