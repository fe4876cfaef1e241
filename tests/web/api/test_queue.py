"""The queue over the API: entries, their order, pages, evidence, conditional requests."""

from __future__ import annotations

from datetime import date

from litmine.core.taxonomy import load_taxonomy
from litmine.store.duplicates import Membership, put_memberships
from litmine.store.papers import get_papers, upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from tests.support.api import V1, decide, pages, told
from tests.support.papers import paper
from tests.support.rows import MODEL, NOW, prediction

OLD = "cs/0606001"


def test_an_entry_tells_all_that_a_decision_needs(ada, queue_ids, store):
    entry = told(ada.get(f"{V1}/queue/{queue_ids[0]}"))
    with store.read() as connection:
        stored = get_papers(connection, queue_ids[:1])[queue_ids[0]]
    assert (entry["title"], entry["abstract"]) == (stored.title, stored.abstract)
    assert entry["authors"] == ["Ada Example", "Bo Sample"]
    assert entry["published"] == date(2026, 6, 29).isoformat()
    assert entry["versions"] == [{"version": 1, "submitted": "2026-06-29T17:01:02Z"}]
    assert entry["url"] == f"https://arxiv.org/abs/{queue_ids[0]}"
    assert entry["pdf_url"] == f"https://arxiv.org/pdf/{queue_ids[0]}"
    assert (entry["state"], entry["revision"], entry["relevant"]) == ("pending", 0, None)
    assert list(entry["cells"]) == list(load_taxonomy().cells)
    assert entry["suggestion"]["cells"] == [max(entry["cells"], key=entry["cells"].get)]
    assert entry["techniques"] == [
        {"id": "quantization", "name": "Quantization", "probability": 0.7}
    ]
    assert entry["neighbours"][0]["url"] == "https://arxiv.org/abs/2401.00625"
    assert (entry["evidence"], entry["decision"], entry["opinion"]) == (None, None, None)


def test_an_old_id_has_a_slash(ada, store):
    with store.write() as connection:
        upsert_papers(connection, [paper(OLD)], NOW)
        put_predictions(connection, [prediction(OLD)])
        enqueue(connection, MODEL, 0.02, NOW)
    for address in (OLD, "cs%2F0606001"):
        assert told(ada.get(f"{V1}/queue/{address}"))["id"] == OLD
    assert told(decide(ada, OLD, "reject"))["state"] == "rejected"
    undone = ada.post(f"{V1}/queue/{OLD}/undo", headers={"If-Match": '"1"'})
    assert told(undone)["state"] == "pending"


def test_pages_hold_every_paper_once_in_order(ada, queue_ids):
    found = pages(ada, "/queue", limit=5, policy="max")
    assert [len(page) for page in found] == [5, 5, 2]
    assert [entry["id"] for page in found for entry in page] == queue_ids


def test_nothing_is_skipped_when_the_first_page_is_decided_before_the_second_is_read(
    ada, queue_ids
):
    first = told(ada.get(f"{V1}/queue", params={"limit": 3, "policy": "max"}))
    for entry in first["items"]:
        told(decide(ada, entry["id"], "reject"))
    seen: set[str] = set()
    cursor = first["next"]
    while cursor:
        page = told(ada.get(f"{V1}/queue", params={"limit": 3, "policy": "max", "cursor": cursor}))
        seen |= {entry["id"] for entry in page["items"]}
        cursor = page["next"]
    assert seen == set(queue_ids[3:])


def test_states_are_apart(ada, queue_ids):
    told(decide(ada, queue_ids[0], "approve"))
    told(decide(ada, queue_ids[1], "later"))
    for state, expected in (("approved", queue_ids[:1]), ("later", queue_ids[1:2])):
        found = told(ada.get(f"{V1}/queue", params={"state": state}))["items"]
        assert [entry["id"] for entry in found] == expected
    waiting = told(ada.get(f"{V1}/queue", params={"limit": 100}))["items"]
    assert sorted(entry["id"] for entry in waiting) == queue_ids[2:]


def test_what_cannot_be_used_is_refused(ada):
    for query in ("limit=0", "limit=101", "state=lost", "policy=best", "cursor=%2a", "cursor=W10"):
        told(ada.get(f"{V1}/queue?{query}"), 422)
    assert "not an arXiv id" in told(ada.get(f"{V1}/queue/2606"), 422)["detail"]
    told(ada.get(f"{V1}/queue/2606.99999"), 404)
    told(ada.get(f"{V1}/nothing"), 404)


def test_what_an_address_allows(token_as, queue_ids):
    client = token_as("maintainer")
    for method, path, allowed in (
        ("DELETE", "/queue", "GET"),
        ("POST", "/users/1", "PATCH"),
        ("DELETE", "/users", "GET, POST"),
        ("PATCH", "/me/preferences", "GET, PUT"),
        ("GET", f"/queue/{queue_ids[0]}/decisions", "POST"),
        ("GET", f"/queue/{OLD}/undo", "POST"),
        ("GET", "/queue/decisions", "POST"),
    ):
        refused = client.request(method, V1 + path)
        told(refused, 405)
        assert refused.headers["Allow"] == allowed, path


def test_an_answer_that_still_holds_is_not_sent_again(ada, queue_ids):
    for path in ("/queue", f"/queue/{queue_ids[0]}", "/taxonomy", "/status", "/decisions"):
        first = ada.get(V1 + path)
        tag = first.headers["ETag"]
        for known in (tag, f'"other", {tag}', "*"):
            again = ada.get(V1 + path, headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b""), path
            assert again.headers["ETag"] == tag
        assert ada.get(V1 + path, headers={"If-None-Match": '"other"'}).status_code == 200
    tag = ada.get(f"{V1}/queue").headers["ETag"]
    assert tag.startswith("W/")
    told(decide(ada, queue_ids[0], "reject"))
    changed = ada.get(f"{V1}/queue", headers={"If-None-Match": tag})
    assert changed.status_code == 200


def test_the_tag_of_an_entry_is_its_revision(ada, queue_ids):
    address = f"{V1}/queue/{queue_ids[0]}"
    assert ada.get(address).headers["ETag"] == '"0"'
    decided = decide(ada, queue_ids[0], "later")
    assert decided.headers["ETag"] == ada.get(address).headers["ETag"] == '"1"'


def test_evidence_says_where_words_and_sentences_stand(ada, store, queue_ids):
    one = queue_ids[0]
    with store.write() as connection:
        stored = get_papers(connection, [one])[one]
        at = stored.abstract.index("cache")
        recorded = {
            "relevance": {
                "words": [["cache", 0.5], ["frugal", 0.25], ["toy", -0.125]],
                "sentences": [0.1, 0.4],
            },
            "cells": {"inference/memory": {"words": [["cache", 0.75]], "sentences": [0.0, 0.5]}},
            "sentences": [["title", 0, 6], ["abstract", 0, at]],
            "terms": {"cache": [["abstract", at, at + 5]], "frugal": [["title", 0, 6]]},
        }
        judged = prediction(one, content_hash=stored.content_hash, evidence=recorded)
        put_predictions(connection, [judged])
    evidence = told(ada.get(f"{V1}/queue/{one}"))["evidence"]
    assert evidence["relevance"]["words"] == [
        {"term": "cache", "weight": 0.5},
        {"term": "frugal", "weight": 0.25},
        {"term": "toy", "weight": -0.125},
    ]
    assert evidence["relevance"]["sentences"] == [
        {"field": "title", "start": 0, "end": 6, "weight": 0.1},
        {"field": "abstract", "start": 0, "end": at, "weight": 0.4},
    ]
    marks = evidence["relevance"]["marks"]
    assert [(mark["field"], mark["term"], mark["weight"]) for mark in marks] == [
        ("title", "frugal", 0.25),
        ("abstract", "cache", 0.5),
    ]
    text = {"title": stored.title, "abstract": stored.abstract}
    assert [text[m["field"]][m["start"] : m["end"]].lower() for m in marks] == ["frugal", "cache"]
    assert evidence["cells"]["inference/memory"]["marks"][0]["weight"] == 0.75


def test_evidence_of_an_earlier_text_is_not_told(ada, store, queue_ids):
    account = {"words": [["cache", 0.5]], "sentences": []}
    recorded = {"relevance": account, "cells": {}, "sentences": [], "terms": {}}
    with store.write() as connection:
        judged = prediction(queue_ids[0], content_hash="0" * 64, evidence=recorded)
        put_predictions(connection, [judged])
    assert told(ada.get(f"{V1}/queue/{queue_ids[0]}"))["evidence"] is None


def test_near_duplicates_are_told_with_their_state(ada, store, queue_ids):
    with store.write() as connection:
        put_memberships(connection, [Membership(queue_ids[1], queue_ids[0], 0.98, "text")])
    told(decide(ada, queue_ids[0], "reject"))
    (other,) = told(ada.get(f"{V1}/queue/{queue_ids[1]}"))["duplicates"]
    assert (other["id"], other["state"]) == (queue_ids[0], "rejected")
    assert (other["similarity"], other["reason"]) == (0.98, "text")
