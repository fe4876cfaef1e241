"""The queue's pages as the server makes them: readable without a script, and safe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from starlette.testclient import TestClient

from litmine.core.clock import FakeClock
from litmine.store import Store
from litmine.store.schema import papers

ClientAs = Callable[..., TestClient]
_ATTACK = "<script>alert('x')</script> \"'><img src=x onerror=alert(1)> $<b>$ </title>"


def _told(html: str) -> list[dict[str, object]]:
    found = re.findall(r"data-paper='([^']*)'", html)
    return [json.loads(unescape(one)) for one in found]


def test_the_first_paper_can_be_read_without_a_script(
    client_as: ClientAs, queue_ids: list[str]
) -> None:
    html = client_as("reviewer").get("/queue").text
    visible = html.split("<template")[0]
    assert [one["id"] for one in _told(visible)] == queue_ids[:1]
    assert "We study caches in invented language model number 1." in visible
    assert f"https://arxiv.org/pdf/{queue_ids[0]}" in visible
    assert "<noscript>" in html


def test_papers_read_ahead_leave_out_what_is_there(
    client_as: ClientAs, queue_ids: list[str]
) -> None:
    client = client_as("reviewer")
    html = client.get("/queue/papers", params={"skip": ",".join(queue_ids[:3]), "limit": 4}).text
    assert [one["id"] for one in _told(html)] == queue_ids[3:7]
    only = client.get("/queue/papers", params={"only": queue_ids[5]}).text
    assert [one["id"] for one in _told(only)] == [queue_ids[5]]
    assert _told(client.get("/queue/papers", params={"only": "2606.99999"}).text) == []


def test_a_paper_that_was_decided_is_not_offered_again(
    client_as: ClientAs, queue_ids: list[str]
) -> None:
    client = client_as("reviewer")
    first = client.get(f"/api/v1/queue/{queue_ids[0]}")
    wish = {"action": "later"}
    address = f"/api/v1/queue/{queue_ids[0]}/decisions"
    assert client.post(address, json=wish, headers={"If-Match": first.headers["ETag"]}).is_success
    assert _told(client.get("/queue").text)[0]["id"] == queue_ids[1]
    aside = client.get("/queue", params={"state": "later"}).text
    assert [one["id"] for one in _told(aside)] == queue_ids[:1]


def test_two_reviewers_begin_with_different_papers(
    client_as: ClientAs, queue_ids: list[str], fake_clock: FakeClock
) -> None:
    ada, bea = client_as("reviewer", "Ada"), client_as("reviewer", "Bea")

    def first(client: TestClient) -> object:
        return _told(client.get("/queue").text)[0]["id"]

    assert first(ada) == queue_ids[0]
    assert first(bea) == queue_ids[4]
    assert first(ada) == queue_ids[0]
    rest = bea.get("/queue/papers", params={"limit": 20, "skip": ",".join(queue_ids[4:8])}).text
    assert [one["id"] for one in _told(rest)] == [*queue_ids[8:], *queue_ids[:4]]
    fake_clock.advance(600)
    assert first(bea) == queue_ids[0]


def test_hostile_text_stays_text(
    app: FastAPI, client_as: ClientAs, sqlite_store: Store, queue_ids: list[str]
) -> None:
    with sqlite_store.write() as connection:
        connection.execute(
            update(papers)
            .where(papers.c.arxiv_id == queue_ids[0])
            .values(title=_ATTACK, abstract=_ATTACK, authors=[_ATTACK], comments=_ATTACK)
        )
    client = client_as("reviewer")
    for address in ("/queue", "/queue/table", f"/queue?id={queue_ids[0]}", "/queue/papers"):
        html = client.get(address).text
        assert "<script>alert" not in html, address
        assert "<img src=x" not in html, address
        assert "</title> " not in html, address
        assert _told(html) or address == "/queue/table"


def test_names_that_are_no_papers(client_as: ClientAs) -> None:
    client = client_as("reader")
    for name in ("nonsense", "../../etc", "2606.99999", "'; drop table queue; --"):
        answer = client.get("/queue", params={"id": name})
        assert answer.status_code == 200
        assert "is not in the queue" in answer.text
    assert client.get("/queue", params={"id": "\x00"}).status_code == 422
    assert client.get("/queue/table", params={"text": "\x00", "cell": "no/cell"}).status_code == 200


def test_the_start_page_is_the_queue(client_as: ClientAs) -> None:
    assert client_as("reader").get("/").headers["location"] == "/queue"
    assert client_as(None).get("/queue").headers["location"].startswith("/login")


def test_filters_that_let_few_in_look_at_some_papers_at_a_time(
    client_as: ClientAs, queue_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("litmine.web.pages.bulk._LOOKED_AT", 5)
    client = client_as("reader")
    last = queue_ids[-1]
    html = client.get("/queue/table", params={"text": last}).text
    assert last not in html.split("<tbody>")[-1] or "among those looked at" in html
    assert "at=5" in html
    html = client.get("/queue/table", params={"text": last, "at": 10}).text
    assert f'data-id="{last}"' in html
