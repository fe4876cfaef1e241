"""The API over what the pages read: library, papers, activity, runs."""

from __future__ import annotations

import pytest

from litmine.client.figures import RunReport
from litmine.client.models import Page
from litmine.client.papers import LibraryPage, PaperRecord
from litmine.store.runs import finish_run, start_run
from tests.support.rows import NIGHT, NOW
from tests.support.shelf import HOSTILE, PAPERS, fill_library, put_papers


@pytest.fixture
def shelf(store, fake_clock):
    return fill_library(store, fake_clock)


@pytest.fixture
def client(shelf, token_as):
    return token_as("reader")


def got(client, path, **params):
    answer = client.get(f"/api/v1{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_library_in_pages(client):
    seen, cursor = [], None
    while True:
        params = {"limit": 2, "sort": "title"} | ({"cursor": cursor} if cursor else {})
        page = LibraryPage.model_validate(got(client, "/library", **params))
        assert page.total == len(PAPERS)
        seen += [one.title for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == sorted(seen, key=str.lower)
    assert set(seen) == {one["title"] for one in PAPERS.values()}


def test_a_paper_of_the_library_carries_its_decision(client, shelf):
    page = got(client, "/library", cell="sys/net")
    (one,) = page["items"]
    assert one["title"] == HOSTILE
    assert (one["cells"], one["technique"]) == (["system/network"], ["other"])
    assert one["decision"]["comment"] == "as good as <i>any</i>"
    assert one["revision"] == shelf.show("cs/0606006").queue.revision


def test_the_matrix(client):
    counted = got(client, "/library/matrix", reviewer="Bo")
    assert counted["papers"] == 1
    assert counted["cells"]["finetuning/memory"] == {"papers": 1, "share": 1.0}
    assert len(counted["cells"]) == 25
    assert counted["stages"]["inference"] == {"papers": 0, "share": 0.0}


@pytest.mark.parametrize("path", ["/library", "/library/matrix", "/activity", "/models"])
def test_what_has_not_changed_is_not_sent_again(client, shelf, path):
    first = client.get(f"/api/v1{path}")
    assert first.headers["etag"].startswith('W/"')
    again = client.get(f"/api/v1{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    shelf.undo("2605.00001")
    changed = client.get(f"/api/v1{path}", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200


def test_a_paper_in_the_queue_and_one_outside(client, store, fake_clock, shelf):
    record = PaperRecord.model_validate(got(client, "/papers/cs/0606006"))
    assert (record.state, record.unqueued) == ("approved", "")
    assert record.judgement.cells["inference/memory"] == 0.8
    assert [(one.action, one.stands) for one in record.history] == [("approve", True)]
    shelf.undo("cs/0606006")
    steps = got(client, "/papers/cs/0606006/history")["steps"]
    assert [(one["action"], one["undone_by"]) for one in steps] == [("approve", 7), ("undo", None)]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/papers/2401.99999", 404),
        ("/papers/2401.99999/history", 404),
        ("/papers/nonsense", 422),
        ("/papers/nonsense/history", 422),
        ("/library?stage=nowhere", 422),
        ("/library?cursor=eyJhIjoxfQ", 422),
        ("/library?cursor=eyJrZXkiOiJ4IiwiaWQiOiJ4In0", 422),
        ("/library?reviewer=%00", 422),
        ("/library?text=%00", 422),
        ("/activity?actor=%00", 422),
        ("/activity?cursor=eyJiZWZvcmUiOiJ4In0", 422),
        ("/runs?cursor=eyJhdCI6IjAwMDEtMDEtMDFUMDA6MDA6MDArMjM6MDAiLCJpZCI6IngifQ", 422),
        ("/runs/none", 404),
        ("/runs/%00", 422),
    ],
)
def test_problems_have_one_shape(client, path, status):
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_activity_in_pages_and_without_accounts(client, token_as):
    seen, cursor = [], None
    while True:
        page = got(client, "/activity", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [one["number"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(PAPERS)
    actions = {one["action"] for one in got(token_as("maintainer"), "/activity")["items"]}
    assert any(action.startswith("account") for action in actions)


def test_runs_in_pages(client, store):
    with store.write() as connection:
        for n in range(3):
            start_run(connection, f"run-{n}", "nightly", "host", NOW)
        finish_run(connection, "run-2", "done", NOW, {"changed": True, "seconds": 2.0}, NIGHT)
    page = Page[RunReport].model_validate(got(client, "/runs", limit=2))
    assert [one.run_id for one in page.items] == ["run-2", "run-1"]
    assert [one.state for one in page.items] == ["done", "interrupted"]
    rest = got(client, "/runs", limit=2, cursor=page.next)
    assert [one["run_id"] for one in rest["items"]] == ["run-0"]
    assert got(client, "/runs/run-2")["seconds"] == 2.0


def test_many_papers_come_by_the_hundred(client, shelf, store, fake_clock):
    put_papers(store, fake_clock, {f"2601.{n:05d}": {} for n in range(1, 111)})
    for n in range(1, 111):
        shelf.approve(f"2601.{n:05d}", ["inf/mem"])
    page = got(client, "/library", limit=100)
    assert (len(page["items"]), page["total"]) == (100, 116)
    assert client.get("/api/v1/library?limit=101").status_code == 422
