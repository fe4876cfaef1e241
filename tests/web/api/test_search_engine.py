"""The API's searches over the real engine: what reviewers decide is found at once."""

from __future__ import annotations

import time

import pytest

from litmine.search.sync import sync_as_set
from litmine.store.labels import put_labels
from litmine.store.papers import upsert_papers
from tests.support.api import V1, decide, told
from tests.support.papers import paper
from tests.support.rows import label


@pytest.fixture
def ray(app, queue_ids, store, web_settings, token_as):
    with store.write() as connection:
        put_labels(connection, [label("2401.00001", title="Labelled frugal pruning")])
        upsert_papers(
            connection, [paper("cs/0606001", title="Old news")], app.state.services.clock.now()
        )
    sync_as_set(web_settings, store)
    return token_as("reviewer", "Ray")


def ids(client, q, **params):
    found = told(client.get(f"{V1}/search", params={"q": q} | params))
    return [one["id"] for one in found["items"]]


def soon(ask, wanted):
    """What reviewers decide is seen within some tenths of a second."""
    deadline = time.monotonic() + 10
    while (seen := ask()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert seen == wanted


def test_the_library_follows_the_reviewers(ray, queue_ids):
    assert ids(ray, "frugal") == ["2401.00001"]
    revision = told(decide(ray, queue_ids[0], "approve"), 200)["revision"]
    soon(lambda: sorted(ids(ray, "frugal")), ["2401.00001", queue_ids[0]])
    found = told(ray.get(f"{V1}/search", params={"q": "frugal is:approved"}))
    (one,) = found["items"]
    assert (one["state"], one["said_by"]) == ("approved", "reviewer")
    assert one["title"][slice(*one["title_marks"][0].values())].lower().startswith("frugal")
    assert found["facets"]["states"] == [{"value": "approved", "label": "Approved", "count": 1}]
    told(decide(ray, queue_ids[0], "reject", revision))
    soon(lambda: ids(ray, "frugal"), ["2401.00001"])


def test_everything_by_words_filters_and_pages(ray, queue_ids):
    every = ids(ray, "is:pending", scope="everything", limit=100)
    assert sorted(every) == queue_ids
    first = ids(ray, "is:pending", scope="everything", limit=5)
    assert first + ids(ray, "is:pending", scope="everything", limit=95, offset=5) == every
    assert ids(ray, '"frugal caches" part', scope="everything")
    assert ids(ray, "frugal -part", scope="everything") == ["2401.00001"]
    problem = told(ray.get(f"{V1}/search", params={"q": "stage:kitchen"}), 422)
    assert "kitchen" in problem["detail"]


def test_an_id_leads_to_its_paper(ray):
    for text in ("cs/0606001", "https://arxiv.org/abs/cs/0606001v1"):
        found = told(ray.get(f"{V1}/search", params={"q": text}))
        assert (found["paper_id"], found["stored"]) == ("cs/0606001", True)
        assert [one["id"] for one in found["items"]] == ["cs/0606001"]
    unknown = told(ray.get(f"{V1}/search", params={"q": "2401.99999"}))
    assert (unknown["paper_id"], unknown["stored"], unknown["items"]) == ("2401.99999", False, [])


def test_similar_papers_by_any_way_of_writing_an_id(ray, queue_ids):
    path = f"{V1}/papers/{queue_ids[0]}/similar"
    found = told(ray.get(path, params={"scope": "everything"}))
    near = [one["id"] for one in found["items"]]
    assert near
    assert queue_ids[0] not in near
    wish = {"papers": [f"https://arxiv.org/abs/{queue_ids[0]}v1"], "scope": "everything"}
    assert told(ray.post(f"{V1}/similar", json=wish))["items"] == found["items"]
    told(ray.get(f"{V1}/papers/2401.99999/similar"), 404)


@pytest.mark.parametrize("behind", [False, True])
def test_the_index_says_whether_it_is_behind(ray, store, fake_clock, behind):
    if behind:
        with store.write() as connection:
            upsert_papers(connection, [paper("2607.00001")], fake_clock.now())
    status = told(ray.get(f"{V1}/index"))
    assert (status["papers"], status["behind"]) == (14, behind)


def test_news_of_a_saved_search_in_the_library(ray, queue_ids, fake_clock):
    wish = {"name": "Frugal", "query": "frugal caches"}
    number = told(ray.post(f"{V1}/searches", json=wish), 201)["number"]
    fake_clock.sleep(60)
    told(decide(ray, queue_ids[0], "approve"))

    def news():
        return [one["paper"]["id"] for one in told(ray.get(path))["items"]]

    path = f"{V1}/searches/{number}/news"
    soon(news, [queue_ids[0]])
    told(ray.post(f"{V1}/searches/{number}/visit"))
    assert news() == []
