"""Agreement, models and preferences: what their pages show and store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import html

from litmine.review.people.preferences import DEFAULT_KEYS
from litmine.review.rules import auto_approve
from litmine.store.drift import StoredDrift, put_drift
from litmine.store.predictions import get_predictions, put_predictions
from litmine.web.access import Principal
from litmine.web.chart import Point, Series, line_chart
from tests.support.rows import MODEL, NIGHT, NOW
from tests.support.web import client_of, fill_queue, make_app


def parsed(answer, status=200):
    assert answer.status_code == status, answer.text[-300:]
    return html.document_fromstring(answer.text)


def said(tree, part="//main"):
    return " ".join(" ".join(tree.xpath(part)[0].itertext()).split())


def post(client, path, **fields):
    csrf = client.headers.pop("X-CSRF-Token")
    try:
        return client.post(path, data={"csrf": csrf, **fields})
    finally:
        client.headers["X-CSRF-Token"] = csrf


def desk_of(app, name):
    """Return somebody's desk in the application."""
    return app.state.services.desk(Principal(name, "reviewer", 1))


@pytest.fixture
def doubly(web_settings, sqlite_store, fake_clock):
    """Sixteen papers that two people judged, over two months; they differ on every fourth."""
    ids = fill_queue(sqlite_store, fake_clock, 16)
    review = web_settings.review.model_copy(update={"double": True})
    app = make_app(web_settings.model_copy(update={"review": review}), sqlite_store, fake_clock)
    for n, arxiv_id in enumerate(ids):
        for name in ("Ada", "Bo"):
            differs = name == "Bo" and n % 4 == 0
            action = "approve" if (n % 2 == 0) != differs else "reject"
            cells = ["inf/mem"] if action == "approve" else []
            desk_of(app, name).decide(arxiv_id, action, cells)
        fake_clock.sleep(timedelta(days=3).total_seconds())
    return app


def test_agreement_is_shown_as_a_picture_and_as_a_table(doubly):
    client = client_of(doubly, "reader")
    tree = parsed(client.get("/agreement"))
    text = said(tree)
    assert "Doubly reviewed papers 16" in text
    chart = tree.xpath("//*[local-name()='svg'][@role='img']")[0]
    assert "table below" in chart.get("aria-label")
    report = client.get("/api/v1/agreement").json()
    assert report["papers"] == 16
    assert report["relevance"]["value"] == pytest.approx(0.5, abs=0.1)
    value = f"{report['relevance']['value']:.2f}"
    assert value in text
    rows = [row.xpath("string(th)") for row in tree.xpath("//section[1]//tbody/tr")]
    assert rows == [one["period"] for one in reversed(report["periods"])]
    assert [one["cell"] for one in report["course"]] == ["inference/memory"]
    assert "Inference · Memory" in text


def test_nothing_reviewed_twice_is_said_so(client_as):
    text = said(parsed(client_as("reader").get("/agreement")))
    assert "No paper has two opinions yet" in text
    assert "Nothing was decided yet" in text
    assert "Approvals by rule" not in text


@pytest.fixture
def ruled(sqlite_store, queue_ids):
    """Two papers that a rule approved, both kept for checking."""
    with sqlite_store.write() as connection:
        for one in get_predictions(connection, MODEL, queue_ids[:2]).values():
            put_predictions(connection, [replace(one, relevant=1)])
        assert auto_approve(connection, 0.5, 1.0, NOW) == queue_ids[:2]
    return queue_ids[:2]


def test_approvals_by_rule_are_checked_here(ruled, client_as):
    client = client_as("reviewer")
    tree = parsed(client.get("/agreement"))
    assert "Approved by rule 2" in said(tree)
    forms = tree.xpath("//form[contains(@action, '/agreement/checks/')]/@action")
    assert len(forms) == 2
    assert post(client, forms[0], verdict="wrong").headers["location"] == "/agreement#rules"
    again = parsed(post(client, forms[0], verdict="right"), 422)
    assert "already" in said(again, "//*[@role='alert']")
    assert post(client, forms[1], verdict="right").status_code == 303
    text = said(parsed(client.get("/agreement")))
    assert "Found wrong 50%" in text
    assert "Nothing waits for a check" in text
    assert "Nobody has decided yet" in client.get(f"/papers/{ruled[0]}").text
    assert post(client, "/agreement/checks/999", verdict="right").status_code == 404
    assert post(client, forms[1], verdict="perhaps").status_code == 422
    assert "found wrong" in client.get("/activity?kind=rules").text


def test_readers_see_the_inbox_and_cannot_judge(ruled, client_as):
    client = client_as("reader")
    tree = parsed(client.get("/agreement"))
    assert "To be checked" in said(tree)
    assert not tree.xpath("//main//form")
    assert post(client, "/agreement/checks/1", verdict="right").status_code == 403


def test_the_api_checks_rules_too(ruled, client_as):
    client = client_as("reviewer")
    report = client.get("/api/v1/rules").json()
    assert [one["arxiv_id"] for one in report["due"]] == ruled
    number = report["due"][0]["decision_id"]
    done = client.post(f"/api/v1/rules/checks/{number}", json={"verdict": "wrong"})
    assert (done.status_code, done.json()["verdict"]) == (200, "wrong")
    again = client.post(f"/api/v1/rules/checks/{number}", json={"verdict": "wrong"})
    assert again.status_code == 422
    assert client.get("/api/v1/rules").json()["audit"]["error_rate"] == 1.0


def test_models_show_the_champion_drift_and_what_was_decided_since(
    client_as, sqlite_store, app, queue_ids
):
    desk_of(app, "Ada").reject(queue_ids[0])
    with sqlite_store.write() as connection:
        night = StoredDrift(NIGHT, "m", 300, {"reference_nights": 9.0}, ("alarm <b>one</b>",))
        put_drift(connection, night, NOW)
    tree = parsed(client_as("reader").get("/models"))
    text = said(tree)
    assert "champion" in text
    assert "Decisions it has not learnt from 1" in text
    assert "alarm <b>one</b>" in text
    assert "litmine models promote" not in text
    assert "litmine models promote" in said(parsed(client_as("maintainer").get("/models")))
    report = client_as("reader").get("/api/v1/models").json()
    assert report["since"] == 1
    assert report["drift"]["nights"][0]["alarms"] == ["alarm <b>one</b>"]
    assert [one["champion"] for one in report["models"]] == [True]


def test_preferences_are_stored_and_used(client_as):
    client = client_as("reader")
    keys = {f"key-{action}": key for action, key in DEFAULT_KEYS.items()} | {"key-approve": "y"}
    answer = post(client, "/settings", theme="dark", policy="max", **keys)
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?saved=true")
    tree = parsed(client.get("/settings?saved=true"))
    assert tree.get("data-theme") == "dark"
    assert "Stored." in said(tree)
    assert tree.xpath("//input[@name='policy'][@checked]/@value") == ["max"]
    assert tree.xpath("//input[@name='key-approve']/@value") == ["y"]
    assert not tree.xpath("//input[@name='single_keys'][@checked]")
    post(client, "/settings", theme="auto", single_keys="on", reset="keys", **keys)
    tree = parsed(client.get("/settings"))
    assert tree.xpath("//input[@name='key-approve']/@value") == ["a"]
    assert tree.xpath("//input[@name='single_keys'][@checked]")
    assert tree.get("data-theme") is None


def test_two_actions_with_one_key_are_refused_and_the_form_keeps_what_was_typed(client_as):
    client = client_as("reader")
    answer = post(client, "/settings", theme="light", **{"key-approve": "x"})
    tree = parsed(answer, 422)
    assert "same key" in said(tree, "//*[@role='alert']")
    assert tree.xpath("//input[@name='key-approve']/@value") == ["x"]
    assert parsed(client.get("/settings")).xpath("//input[@name='key-approve']/@value") == ["a"]
    assert parsed(post(client, "/settings", theme="pink"), 422) is not None


def test_a_chart_has_gaps_where_nothing_is_known_and_escapes_its_words():
    points = [Point(0.5, 0.4, 0.6), Point(None), Point(0.7), Point(-0.2, -0.3, 0.1)]
    drawn = line_chart(
        'a "title" <b>',
        ["1", "2", "3", "<4>"],
        [Series("one & two", points), Series("b", [], "second")],
    )
    tree = html.fragment_fromstring(str(drawn))
    assert tree.get("aria-label") == 'a "title" <b>'
    assert len(tree.xpath("//*[local-name()='polyline']")) == 2
    assert len(tree.xpath("//*[local-name()='polygon']")) == 2
    assert "one & two" in tree.text_content()
    assert "<4>" in tree.text_content()
    assert "style=" not in drawn


def test_a_chart_of_one_point_or_none():
    assert "circle" in line_chart("t", ["2026-07"], [Series("a", [Point(1.0)])])
    assert "polyline" not in line_chart("t", [], [Series("a", [])])
