"""Decisions over the API: preconditions, requests sent twice, undo, several at once, the list."""

from __future__ import annotations

import threading
from datetime import timedelta

from litmine.store import open_store
from litmine.store.audit import audit_entries
from litmine.store.decisions import decisions_of
from tests.support.api import V1, decide, pages, told
from tests.support.web import make_app, token_client


def trail(store):
    with store.read() as connection:
        entries = audit_entries(connection, actions=("approve", "reject", "later", "undo"))
    return [(entry["actor"], entry["action"], entry["subject"]) for entry in entries][::-1]


def test_a_decision_is_taken_as_it_was_asked(ada, queue_ids, store):
    answer = told(
        decide(
            ada,
            queue_ids[0],
            "approve",
            cells=["inf/mem", "sys/net"],
            technique=["quantization"],
            comment="solid",
        )
    )
    assert (answer["state"], answer["revision"]) == ("approved", 1)
    taken = answer["decision"]
    assert taken["cells"] == ["inference/memory", "system/network"]
    assert (taken["reviewer"], taken["comment"], taken["source"]) == ("Ada", "solid", "api")
    assert told(ada.get(f"{V1}/queue/{queue_ids[0]}"))["decision"] == taken
    with store.read() as connection:
        assert decisions_of(connection, "approved")[queue_ids[0]].id == taken["number"]


def test_without_cells_it_is_the_suggestion(ada, queue_ids):
    entry = told(ada.get(f"{V1}/queue/{queue_ids[0]}"))
    taken = told(decide(ada, queue_ids[0], "approve"))["decision"]
    assert taken["cells"] == entry["suggestion"]["cells"]
    assert taken["technique"] == entry["suggestion"]["technique"]


def test_a_decision_names_the_revision_it_was_made_on(ada, bo, queue_ids, store):
    told(decide(ada, queue_ids[0], "reject", revision=None), 428)
    told(decide(ada, queue_ids[0], "approve"))
    late = told(decide(bo, queue_ids[0], "reject"), 412)
    assert (late["revision"], late["state"]) == (1, "approved")
    assert (late["decision"]["reviewer"], late["decision"]["action"]) == ("Ada", "approve")
    assert "Ada" in late["detail"]
    assert trail(store) == [("Ada", "approve", queue_ids[0])]
    assert told(decide(bo, queue_ids[0], "reject", revision=1))["state"] == "rejected"


def test_only_a_revision_will_do(ada, queue_ids):
    address = f"{V1}/queue/{queue_ids[0]}/decisions"
    for given in ("0", "*", '"x"', '"0", "1"', '"٠"', '"-1"'):
        answer = ada.post(address, headers={"If-Match": given.encode()}, json={"action": "reject"})
        told(answer, 422)
    weak = ada.post(address, headers={"If-Match": 'W/"0"'}, json={"action": "reject"})
    assert told(weak)["state"] == "rejected"  # a proxy that compresses makes it weak


def test_wishes_that_cannot_be_used_change_nothing(ada, queue_ids, store):
    long = "x" * 2001
    for wish in (
        {"action": "keep"},
        {},
        {"action": "approve", "cells": ["inference/fun"]},
        {"action": "approve", "cells": []},
        {"action": "approve", "technique": ["magic"]},
        {"action": "approve", "technique": ["a", "b", "c"]},
        {"action": "reject", "comment": long},
        {"action": "reject", "comment": "a\x00b"},
        {"action": "reject", "note": "x"},
        ["reject"],
    ):
        address = f"{V1}/queue/{queue_ids[0]}/decisions"
        told(ada.post(address, headers={"If-Match": '"0"'}, json=wish), 422)
    for raw, status in (
        (b"", 422),
        (b"{", 422),
        (b'{"action": "reject", "comment": "\\ud800"}', 422),
        (b"\xff", 400),
    ):
        headers = {"If-Match": '"0"', "Content-Type": "application/json"}
        address = f"{V1}/queue/{queue_ids[0]}/decisions"
        told(ada.post(address, headers=headers, content=raw), status)
    assert trail(store) == []
    assert told(ada.get(f"{V1}/queue/{queue_ids[0]}"))["revision"] == 0


def test_the_same_request_sent_again_is_answered_and_not_done_again(ada, queue_ids, store):
    first = decide(ada, queue_ids[0], "approve", key="k-1")
    assert "Idempotency-Replayed" not in first.headers
    # Also with the revision that the paper has by now.
    for revision in (0, 1):
        again = decide(ada, queue_ids[0], "approve", revision=revision, key="k-1")
        assert again.headers["Idempotency-Replayed"] == "true"
        assert told(again) == told(first)
    assert len(trail(store)) == 1


def test_a_key_is_for_one_request_of_one_reviewer(ada, bo, queue_ids):
    told(decide(ada, queue_ids[0], "approve", key="k-1"))
    assert "another request" in told(decide(ada, queue_ids[1], "approve", key="k-1"), 422)["detail"]
    told(decide(ada, queue_ids[0], "reject", key="k-1"), 422)
    told(decide(bo, queue_ids[1], "approve", key="k-1"))
    for bad in ("", "a b", "x" * 129, "ä"):
        headers = {"If-Match": '"0"', "Idempotency-Key": bad.encode()}
        address = f"{V1}/queue/{queue_ids[2]}/decisions"
        told(ada.post(address, headers=headers, json={"action": "reject"}), 422)


def test_an_answer_lost_in_a_restart_is_given_again(web_settings, app, queue_ids, fake_clock):
    first = told(decide(token_client(app, "reviewer", "Ada"), queue_ids[0], "approve", key="k-1"))
    with open_store(web_settings.database) as reopened:
        later = make_app(web_settings, reopened, fake_clock)
        again = decide(token_client(later, "reviewer", "Ada"), queue_ids[0], "approve", key="k-1")
        assert again.headers["Idempotency-Replayed"] == "true"
        assert told(again) == first
        assert len(trail(reopened)) == 1


def test_a_refusal_is_not_remembered(ada, queue_ids):
    told(decide(ada, queue_ids[0], "approve", revision=5, key="k-1"), 412)
    assert told(decide(ada, queue_ids[0], "approve", revision=0, key="k-1"))["state"] == "approved"


def test_two_at_once_on_one_paper_make_one_decision(app, queue_ids, store):
    people = [token_client(app, "reviewer", name) for name in ("Ada", "Bo", "Cy", "Di")]
    for paper in queue_ids[:5]:
        start = threading.Barrier(len(people))
        statuses: list[int] = []

        def race(client, paper=paper, start=start, statuses=statuses):
            start.wait()
            statuses.append(decide(client, paper, "approve").status_code)

        threads = [threading.Thread(target=race, args=(client,)) for client in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200, 412, 412, 412]
    assert len(trail(store)) == 5


def test_the_same_request_twice_at_once_is_done_once(ada, queue_ids, store):
    start = threading.Barrier(2)
    answers = []

    def send():
        start.wait()
        answers.append(decide(ada, queue_ids[0], "approve", key="k-1"))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told(answers[0]) == told(answers[1])
    assert len(trail(store)) == 1


def test_undo_of_a_paper_names_the_revision(ada, queue_ids, store):
    taken = told(decide(ada, queue_ids[0], "approve"))["decision"]
    address = f"{V1}/queue/{queue_ids[0]}/undo"
    told(ada.post(address), 428)
    assert told(ada.post(address, headers={"If-Match": '"0"'}), 412)["revision"] == 1
    back = told(ada.post(address, headers={"If-Match": '"1"', "Idempotency-Key": "u"}))
    assert (back["state"], back["revision"], back["undone"]) == ("pending", 2, taken)
    again = ada.post(address, headers={"If-Match": '"1"', "Idempotency-Key": "u"})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert told(again) == back
    told(ada.post(address, headers={"If-Match": '"2"'}), 404)
    assert [action for _, action, _ in trail(store)] == ["approve", "undo"]


def test_undo_by_number_and_of_the_last(ada, bo, queue_ids, fake_clock):
    first = told(decide(ada, queue_ids[0], "approve"))["decision"]["number"]
    fake_clock.advance(1)
    told(decide(ada, queue_ids[1], "reject"))
    fake_clock.advance(1)
    told(decide(bo, queue_ids[2], "reject"))
    assert told(ada.post(f"{V1}/undo"))["id"] == queue_ids[1]
    undone = told(ada.post(f"{V1}/decisions/{first}/undo"))
    assert (undone["id"], undone["state"]) == (queue_ids[0], "pending")
    told(ada.post(f"{V1}/undo"), 404)
    for number in (0, -1, 2**31, "x"):
        told(ada.post(f"{V1}/decisions/{number}/undo"), 422)
    told(ada.post(f"{V1}/decisions/999/undo"), 404)
    assert ada.post(f"{V1}/decisions/{first}/undo").status_code in {404, 422}


def test_several_at_once_are_answered_one_by_one(ada, bo, queue_ids, store):
    told(decide(bo, queue_ids[1], "approve"))
    wishes = [
        {"id": queue_ids[0], "revision": 0, "action": "approve"},
        {"id": queue_ids[1], "revision": 0, "action": "reject"},
        {"id": "2606.99999", "revision": 0, "action": "reject"},
        {"id": "nonsense", "revision": 0, "action": "reject"},
        {"id": queue_ids[2], "revision": 0, "action": "approve", "cells": ["inf/mem"]},
    ]
    address = f"{V1}/queue/decisions"
    first = told(ada.post(address, json=wishes, headers={"Idempotency-Key": "many"}))["items"]
    assert [item["id"] for item in first] == [wish["id"] for wish in wishes]
    assert [item["status"] for item in first] == [200, 412, 404, 422, 200]
    assert first[4]["outcome"]["decision"]["cells"] == ["inference/memory"]
    assert first[1]["problem"]["decision"]["reviewer"] == "Bo"
    assert all((item["outcome"] is None) == (item["problem"] is not None) for item in first)
    again = told(ada.post(address, json=wishes, headers={"Idempotency-Key": "many"}))["items"]
    assert again == first
    assert len(trail(store)) == 3


def test_several_at_once_are_a_hundred_at_most(ada):
    one = {"id": "2606.00001", "revision": 0, "action": "later"}
    for wishes in ([], [one] * 101, {"decisions": [one]}, [{**one, "revision": -1}]):
        told(ada.post(f"{V1}/queue/decisions", json=wishes), 422)


def test_the_list_of_decisions(ada, bo, queue_ids, fake_clock):
    began = fake_clock.now()
    for number, (client, action) in enumerate(
        [(ada, "approve"), (bo, "reject"), (ada, "later"), (ada, "reject")]
    ):
        told(decide(client, queue_ids[number], action))
        fake_clock.advance(60)
    told(ada.post(f"{V1}/undo"))
    everything = pages(ada, "/decisions", limit=2)
    assert [len(page) for page in everything] == [2, 2, 1]
    found = [one for page in everything for one in page]
    assert [one["action"] for one in found] == ["undo", "reject", "later", "reject", "approve"]
    assert found[0]["undoes"] == found[1]["number"]
    assert found[1]["undone_by"] == found[0]["number"]
    assert found[4]["title"].startswith("Frugal")
    assert (found[4]["revision"], found[4]["source"]) == (1, "api")

    def having(**query):
        (page,) = pages(ada, "/decisions", limit=100, **query)
        return [one["number"] for one in page]

    assert having(reviewer="Bo") == [2]
    assert having(action="reject") == [4, 2]
    assert having(paper=f"https://arxiv.org/abs/{queue_ids[2]}") == [3]
    assert having(since=(began + timedelta(seconds=120)).isoformat()) == [5, 4, 3]
    assert having(reviewer="nobody") == []
    for query in ("action=keep", "paper=x", "since=then", "since=0001-01-01T00:00:00%2B23:00"):
        told(ada.get(f"{V1}/decisions?{query}"), 422)
    told(ada.get(f"{V1}/decisions?reviewer=%00"), 422)
    told(ada.get(f"{V1}/decisions?cursor=eyJiZWZvcmUiOiJ4In0"), 422)


def test_a_browser_needs_its_csrf_token(client_as, queue_ids):
    browser = client_as("reviewer", "Ada")
    assert told(decide(browser, queue_ids[0], "approve"))["decision"]["source"] == "web"
    del browser.headers["X-CSRF-Token"]
    told(decide(browser, queue_ids[1], "approve"), 403)


def test_who_may_what(client_as, token_as, queue_ids):
    nobody, reader = client_as(None), token_as("reader")
    maintainer = token_as("maintainer")
    told(nobody.get(f"{V1}/queue"), 401)
    assert nobody.get(f"{V1}/queue").headers["WWW-Authenticate"] == "Bearer"
    told(reader.get(f"{V1}/queue"))
    told(decide(reader, queue_ids[0], "reject"), 403)
    told(reader.get(f"{V1}/audit"), 403)
    told(maintainer.get(f"{V1}/audit"))
    told(decide(maintainer, queue_ids[0], "reject"))


def test_double_review_is_blind_until_both_have_spoken(double_app, queue_ids):
    ada, bo, cy = (token_client(double_app, "reviewer", name) for name in ("Ada", "Bo", "Cy"))
    one = queue_ids[0]
    given = told(decide(ada, one, "approve", comment="my secret reason"))
    assert (given["state"], given["decision"]) == ("pending", None)
    assert given["opinion"]["reviewer"] == "Ada"
    assert one not in [e["id"] for page in pages(ada, "/queue", limit=100) for e in page]
    assert told(ada.get(f"{V1}/queue/{one}"))["opinion"] == given["opinion"]

    for path in (f"/queue/{one}", "/queue", "/decisions", "/disputes"):
        assert "my secret reason" not in bo.get(V1 + path).text
    seen = told(bo.get(f"{V1}/queue/{one}"))
    assert (seen["opinion"], seen["opinions"], seen["opinions_given"]) == (None, [], 1)
    late = told(decide(bo, one, "reject"), 412)
    assert (late["revision"], late["state"], late["decision"]) == (1, "pending", None)
    assert "Ada" not in late["detail"]

    disputed = told(decide(bo, one, "reject", revision=1))
    assert disputed["state"] == "disputed"
    (entry,) = told(cy.get(f"{V1}/disputes"))["items"]
    assert [(o["reviewer"], o["action"]) for o in entry["opinions"]] == [
        ("Ada", "approve"),
        ("Bo", "reject"),
    ]
    told(decide(ada, one, "approve", revision=disputed["revision"]), 403)
    settled = told(decide(cy, one, "approve", revision=disputed["revision"]))
    assert (settled["state"], settled["decision"]["reviewer"]) == ("approved", "Cy")
    (record,) = told(cy.get(f"{V1}/decisions"))["items"]
    assert len(record["opinions"]) == 2


def test_an_opinion_can_be_withdrawn(double_app, queue_ids):
    ada = token_client(double_app, "reviewer", "Ada")
    given = told(decide(ada, queue_ids[0], "approve"))
    back = told(ada.post(f"{V1}/undo"))
    assert back["withdrawn"] == given["opinion"]
    assert (back["state"], back["undone"]) == ("pending", None)
