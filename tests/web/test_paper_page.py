"""The page of one paper: deciding, undoing and conflicts through plain forms."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import html

from litmine.review import ReviewDesk
from litmine.store.predictions import put_predictions
from tests.support.shelf import fill_library
from tests.support.web import PEOPLE, client_of, make_app

FORM = {"action": "approve", "cell": ["inference/memory"], "technique": ["kv-cache", ""]}


@pytest.fixture
def one(queue_ids):
    return queue_ids[0]


@pytest.fixture
def client(client_as):
    return client_as("reviewer")


def page(client, arxiv_id):
    answer = client.get(f"/papers/{arxiv_id}")
    assert answer.status_code == 200, answer.text[-300:]
    return html.document_fromstring(answer.text)


def said(tree, part="//main"):
    return " ".join(tree.xpath(part)[0].text_content().split())


def send(client, tree, which="decide", **fields):
    """Send a form of the page as a browser without JavaScript does: the token is a field."""
    form = tree.xpath(f"//form[contains(@action, '/{which}')]")[0]
    fields_there = form.xpath(".//input[@type='hidden']")
    hidden = {field.get("name"): field.get("value") for field in fields_there}
    csrf = client.headers.pop("X-CSRF-Token")
    try:
        assert hidden["csrf"] == csrf
        return client.post(form.get("action"), data=hidden | fields)
    finally:
        client.headers["X-CSRF-Token"] = csrf


def ticked(tree):
    return tree.xpath("//form//input[@type='checkbox'][@checked]/@value")


def test_a_waiting_paper_is_shown_with_its_suggestion_ticked(client, one):
    tree = page(client, one)
    assert ticked(tree) == ["architecture/computation"]
    assert tree.xpath("//select[@id='technique-0']/option[@selected]/@value") == ["quantization"]
    assert "Nobody has decided yet" in said(tree)
    assert len(tree.xpath("//table[contains(@class, 'pick')]//input")) == 25
    assert not tree.xpath("//form[contains(@action, '/undo')]")


def test_deciding_anew_and_undoing_without_javascript(client, one):
    answer = send(client, page(client, one), **FORM, comment=" solid\r\nwork ")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/papers/{one}#decision")
    tree = page(client, one)
    decided = said(tree, "//section[@id='decision']")
    assert decided.startswith(f"Decision Approved by {PEOPLE['reviewer']}")
    assert "solid work" in decided
    assert ticked(tree) == ["inference/memory"]
    assert send(client, tree, action="reject").status_code == 303
    assert "Rejected by" in said(page(client, one), "//section[@id='decision']")
    assert send(client, page(client, one), "undo").status_code == 303
    tree = page(client, one)
    assert "Approved by" in said(tree, "//section[@id='decision']")
    steps = [
        " ".join(step.text_content().split())
        for step in tree.xpath("//ol[contains(@class, 'steps')]/li")
    ]
    assert "approved stands" in steps[0]
    assert "rejected taken back by decision 3" in steps[1]
    assert "took back decision 2" in steps[2]
    assert "on the web" in steps[2]


def test_who_was_faster_is_told_and_nothing_is_overwritten(client, client_as, one):
    seen = page(client, one)
    other = client_as("reviewer", "Bo")
    assert send(other, page(other, one), action="reject").status_code == 303
    answer = send(client, seen, **FORM, comment="not lost")
    assert answer.status_code == 412
    tree = html.document_fromstring(answer.text)
    told = said(tree, "//*[@role='alert']")
    assert "was rejected by Bo in the meantime" in told
    assert tree.xpath("string(//textarea)").strip() == "not lost"
    assert ticked(tree) == ["inference/memory"]
    assert "Rejected by Bo" in said(tree, "//section[@id='decision']")
    # Whoever looked at that may decide all the same.
    assert send(client, tree, **FORM).status_code == 303
    assert send(client, seen, "decide", action="later").status_code == 412


def test_an_approval_without_a_cell_is_refused_in_words(client, one):
    answer = send(client, page(client, one), action="approve", comment="hm")
    assert answer.status_code == 422
    assert "needs at least one cell" in answer.text
    assert "Nobody has decided yet" in answer.text


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "burn"},
        {"action": "reject", "revision": "-1"},
        {"action": "reject", "revision": "99999999999"},
        {"action": "reject", "revision": "x"},
        {"action": "reject", "comment": "x" * 2001},
        {"action": "approve", "cell": ["inference/nothing"]},
        {"action": "approve", "cell": ["inference/memory"], "technique": ["magic"]},
    ],
)
def test_what_a_form_cannot_send(client, one, fields):
    assert send(client, page(client, one), **fields).status_code == 422
    assert "Nobody has decided yet" in said(page(client, one))


def test_readers_look_and_do_not_decide(client_as, client, one):
    tree = page(client_as("reader"), one)
    assert not tree.xpath("//main//form")
    form = {"csrf": client_as("reader").headers["X-CSRF-Token"], "revision": 1, "action": "reject"}
    assert client_as("reader").post(f"/papers/{one}/decide", data=form).status_code == 403
    client.headers.pop("X-CSRF-Token")
    assert client.post(f"/papers/{one}/decide", data={"action": "reject"}).status_code == 403


def test_what_is_not_in_the_queue_cannot_be_decided(client, app):
    answer = client.post("/papers/2401.99999/decide", data={"action": "reject", "revision": 1})
    assert answer.status_code == 404
    assert client.post("/papers/2401.99999/undo", data={"revision": 1}).status_code == 404


def test_an_old_id_with_a_slash_has_a_page_and_forms(client, sqlite_store, fake_clock):
    fill_library(sqlite_store, fake_clock)
    tree = page(client, "cs/0606006")
    assert "as good as <i>any</i>" in said(tree)
    assert send(client, tree, "undo").headers["location"] == "/papers/cs/0606006#decision"
    assert "Nobody has decided yet" in said(page(client, "cs/0606006"))


@pytest.fixture
def double(web_settings, sqlite_store, fake_clock, queue_ids):
    review = web_settings.review.model_copy(update={"double": True})
    return make_app(web_settings.model_copy(update={"review": review}), sqlite_store, fake_clock)


def test_a_blind_opinion_is_seen_by_its_giver_alone(double, one, sqlite_store):
    ray, bo, reader = (
        client_of(double, "reviewer"),
        client_of(double, "reviewer", "Bo"),
        client_of(double, "reader"),
    )
    assert send(ray, page(ray, one), **FORM, comment="blind words").status_code == 303
    mine = said(page(ray, one))
    assert "blind words" in mine
    assert "kept from others" in mine
    for other in (bo, reader, client_of(double, "maintainer")):
        shown = page(other, one)
        assert "blind words" not in html.tostring(shown).decode()
        assert "One opinion is in" in said(shown)
        assert other.get(f"/api/v1/papers/{one}").json()["opinions"] == []
        assert "blind words" not in other.get("/activity").text
        assert "blind words" not in other.get("/api/v1/activity").text
    assert send(ray, page(ray, one), "undo").status_code == 303
    assert "blind words" not in said(page(ray, one))


def test_a_dispute_shows_both_sides_and_is_settled_here(double, one, sqlite_store, fake_clock):
    ray, bo, may = (
        client_of(double, "reviewer"),
        client_of(double, "reviewer", "Bo"),
        client_of(double, "maintainer"),
    )
    send(ray, page(ray, one), **FORM)
    send(bo, page(bo, one), action="reject", comment="no saving")
    tree = page(may, one)
    assert "Two reviewers disagree" in said(tree)
    assert f"{PEOPLE['reviewer']} would have it approved" in said(tree)
    assert "Bo would have it rejected" in said(tree)
    refused = send(bo, page(bo, one), action="reject")
    assert refused.status_code == 403
    assert "somebody else settles it" in refused.text
    assert send(may, tree, **FORM).status_code == 303
    steps = said(page(may, one), "//ol[contains(@class, 'steps')]")
    assert "Bo would have it rejected" in steps


def test_evidence_marks_words_and_leaves_text_as_it_is(client, sqlite_store, fake_clock, one):
    desk = ReviewDesk(sqlite_store, "Ada", fake_clock)
    item = desk.show(one)
    evidence = {
        "relevance": {"words": [["caches", 0.7], ["toy", -0.2]], "sentences": [0.1, 0.9]},
        "cells": {},
        "sentences": [["title", 0, 10], ["abstract", 0, 50]],
        "terms": {"caches": [["abstract", 9, 15]]},
    }
    with sqlite_store.write() as connection:
        put_predictions(connection, [replace(item.prediction, evidence=evidence)])
    tree = page(client, one)
    abstract = tree.xpath("//p[@class='abstract']")[0]
    assert " ".join(abstract.text_content().split()) == item.paper.abstract
    assert [mark.text for mark in abstract.xpath(".//mark")] == ["caches"]
    assert "Against toy" in said(tree)
