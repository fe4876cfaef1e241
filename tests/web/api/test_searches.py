"""Saved searches through the API: everybody's own, their news, their feeds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from litmine.client import Client
from litmine.client.found import News, SavedSearch
from litmine.core.errors import InputError, NotFound
from litmine.store.papers import upsert_papers
from tests.support.api import V1, running, told
from tests.support.papers import paper
from tests.support.searching import Letters, hit, searched_by

WISH = {"name": "Caches", "query": "frugal year:2026..", "scope": "everything"}


@pytest.fixture
def letters(app, queue_ids):
    return searched_by(app, Letters([hit(queue_ids[0], "Frugal caches")]))


@pytest.fixture
def rea(letters, token_as):
    return token_as("reader", "Rea")


def save(client, status=201, **changes):
    return told(client.post(f"{V1}/searches", json=WISH | changes), status)


def arrive(store, clock, letters, arxiv_id="2607.00001"):
    """A paper that the search finds comes a day later."""
    clock.sleep(timedelta(days=1).total_seconds())
    with store.write() as connection:
        upsert_papers(connection, [paper(arxiv_id)], clock.now())
    letters.hits.append(hit(arxiv_id, "Frugal news"))


def test_from_saving_to_deleting(rea):
    made = SavedSearch.model_validate(save(rea))
    assert (made.name, made.query, made.scope, made.digest) == (
        "Caches",
        "frugal year:2026..",
        "everything",
        True,
    )
    assert made.created_at == made.seen_at
    (listed,) = told(rea.get(f"{V1}/searches"))["items"]
    path = f"{V1}/searches/{made.number}"
    assert listed == told(rea.get(path)) == made.model_dump(mode="json")
    changed = told(rea.patch(path, json={"name": "Old caches", "digest": False}))
    assert (changed["name"], changed["digest"], changed["query"]) == (
        "Old caches",
        False,
        made.query,
    )
    assert told(rea.patch(path, json={})) == changed
    gone = rea.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    told(rea.delete(path), 404)
    assert told(rea.get(f"{V1}/searches"))["items"] == []


def test_everybody_has_their_own(rea, token_as):
    number = save(rea)["number"]
    for other in (token_as("reader", "Ray"), token_as("maintainer", "May")):
        assert told(other.get(f"{V1}/searches"))["items"] == []
        path = f"{V1}/searches/{number}"
        told(other.get(path), 404)
        told(other.get(f"{path}/news"), 404)
        told(other.post(f"{path}/visit"), 404)
        told(other.post(f"{path}/feed"), 404)
        told(other.patch(path, json={"name": "Mine"}), 404)
        told(other.delete(path), 404)
        save(other)
    assert told(rea.get(f"{V1}/searches/{number}"))["name"] == "Caches"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 121},
        {"name": "a\x00b"},
        {"query": ""},
        {"query": " "},
        {"query": "colour:red"},
        {"query": "x" * 1001},
        {"scope": "nowhere"},
        {"digest": "yes"},
        {"other": 1},
    ],
)
def test_what_cannot_be_saved_is_not(rea, changes):
    save(rea, 422, **changes)
    assert told(rea.get(f"{V1}/searches"))["items"] == []
    if changes != {"name": "   "}:
        number = save(rea)["number"]
        told(rea.patch(f"{V1}/searches/{number}", json=changes), 422)


def test_a_name_is_taken_once(rea):
    save(rea)
    assert "Caches" in save(rea, 422)["detail"]
    other = save(rea, name="Others")["number"]
    told(rea.patch(f"{V1}/searches/{other}", json={"name": "Caches"}), 422)


def test_news_until_a_visit(rea, store, fake_clock, letters):
    path = f"{V1}/searches/{save(rea)['number']}"
    assert told(rea.get(f"{path}/news"))["items"] == []
    arrive(store, fake_clock, letters)
    for _ in range(2):  # looking is no visit
        news = News.model_validate(told(rea.get(f"{path}/news")))
        assert [one.paper.id for one in news.items] == ["2607.00001"]
        assert news.items[0].came_at == fake_clock.now()
    visited = told(rea.post(f"{path}/visit"))
    assert [one["paper"]["id"] for one in visited["items"]] == ["2607.00001"]
    assert visited["search"]["seen_at"] < visited["items"][0]["came_at"]
    assert told(rea.get(f"{path}/news"))["items"] == []
    assert told(rea.get(path))["seen_at"] > visited["search"]["seen_at"]


def test_a_feed_can_be_given_a_new_address(rea, app):
    first = save(rea)
    assert first["feed_url"].startswith("http://127.0.0.1:8765/feeds/searches/")
    assert first["feed_url"].endswith(".atom")
    renewed = told(rea.post(f"{V1}/searches/{first['number']}/feed"))
    assert renewed["feed_url"] != first["feed_url"]
    assert {**renewed, "feed_url": ""} == {**first, "feed_url": ""}


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "x", "1e3"])
def test_numbers_are_numbers(rea, number):
    told(rea.get(f"{V1}/searches/{number}"), 422)


def test_a_browser_needs_its_csrf_token(letters, client_as):
    client = client_as("reader")
    save(client)
    del client.headers["X-CSRF-Token"]
    save(client, 403, name="Another")


def test_the_python_client(app, letters, store, fake_clock, dialect):
    with running(app) as server, Client(server.url, server.token("Rea", "reader")) as client:
        made = client.save_search("Caches", "frugal", scope="everything", digest=False)
        assert client.saved_searches() == [made] == [client.saved_search(made.number)]
        assert client.change_search(made.number, name="More").name == "More"
        arrive(store, fake_clock, letters)
        assert [one.paper.id for one in client.news(made.number).items] == ["2607.00001"]
        assert client.visit_search(made.number).items
        assert client.news(made.number).items == []
        assert client.renew_feed(made.number).feed_url != made.feed_url
        with pytest.raises(InputError, match="More"):
            client.save_search("More", "x")
        client.delete_search(made.number)
        with pytest.raises(NotFound):
            client.delete_search(made.number)
