"""Several papers decided at once, and disagreements settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from litmine.core.clock import FakeClock
from litmine.core.settings import Settings
from litmine.store import Store
from tests.support.pages import ready, sent, until
from tests.support.web import Served, client_of, make_app, serve
from tests.web.browser.conftest import Visit

pytestmark = pytest.mark.browser

Taken = Callable[[], list[tuple[str, str, tuple[str, ...]]]]
_KEPT = "Object.keys(localStorage).filter((slot) => slot.startsWith('litmine.bulk.')).length"


def test_rows_are_selected_and_decided_by_keys(
    visit: Visit, queue_ids: list[str], taken: Taken
) -> None:
    page = ready(visit("/queue/table"), "table")
    for key in ("j", "Space", "ArrowDown", "ArrowDown", "Space", "k"):
        page.keyboard.press(key)
    page.keyboard.press("x")
    expect(page.locator("#told")).to_contain_text("Rejected: 2")
    assert sorted(one for one, _, _ in taken()) == [queue_ids[0], queue_ids[2]]
    page.keyboard.press("a")  # nothing is selected: the row where the focus is
    expect(page.locator("#told")).to_contain_text("Approved: 1")
    assert taken()[-1] == (queue_ids[1], "approve", ("architecture/memory",))
    page.keyboard.press("u")
    expect(page.locator("#told")).to_contain_text("Taken back: 1")
    assert taken()[-1][:2] == (queue_ids[1], "undo")


def test_what_another_decided_is_told_row_by_row(
    visit: Visit, queue_ids: list[str], served: Served, taken: Taken
) -> None:
    page = ready(visit("/queue/table"), "table")
    other = client_of(served.app, "reviewer", "Bea")
    first = other.get(f"/api/v1/queue/{queue_ids[0]}")
    other.post(
        f"/api/v1/queue/{queue_ids[0]}/decisions",
        json={"action": "reject"},
        headers={"If-Match": first.headers["ETag"]},
    )
    page.get_by_label("Select all rows shown").check()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#told")).to_contain_text(f"Approved: {len(queue_ids) - 1}. Not taken: 1")
    expect(page.locator(f"[data-id='{queue_ids[0]}'] .outcome")).to_contain_text("rejected by Bea")
    assert len(taken()) == len(queue_ids)


def test_a_batch_waits_for_the_network_and_survives_a_reload(
    visit: Visit, queue_ids: list[str], taken: Taken
) -> None:
    page = ready(visit("/queue/table"), "table")
    page.route("**/decisions", lambda route: route.abort())
    page.keyboard.press("j")
    page.keyboard.press("l")
    expect(page.locator("#sending")).to_contain_text("1 unsent")
    page.unroute("**/decisions")
    page.reload()
    ready(page, "table")
    until(page, f"{_KEPT} === 0")
    assert [(one, action) for one, action, _ in taken()] == [(queue_ids[0], "later")]


def test_filters(visit: Visit, queue_ids: list[str]) -> None:
    page = ready(visit("/queue/table"), "table")
    rows = page.locator(".bulk tbody tr")
    expect(rows).to_have_count(len(queue_ids))
    page.get_by_label("Words").fill("adapters part")
    page.get_by_role("button", name="Show").click()
    expect(rows).to_have_count(3)
    page.goto("/queue/table?cell=architecture/memory")
    expect(rows).to_have_count(1)
    page.goto("/queue/table?least=90")
    expect(rows).to_have_count(1)
    page.goto("/queue/table?state=rejected")
    expect(page.get_by_text("Nothing here")).to_be_visible()


@pytest.fixture
def double(
    web_settings: Settings, sqlite_store: Store, fake_clock: FakeClock, queue_ids: list[str]
) -> Iterator[Served]:
    """The application with double review, and a paper on which two reviewers disagree."""
    review = web_settings.review.model_copy(update={"double": True})
    app = make_app(web_settings.model_copy(update={"review": review}), sqlite_store, fake_clock)
    for name, wish in (
        ("Ada", {"action": "approve", "cells": ["inference/memory"], "comment": "fewer bits"}),
        ("Bea", {"action": "reject", "comment": "a toy"}),
    ):
        client = client_of(app, "reviewer", name)
        tag = client.get(f"/api/v1/queue/{queue_ids[0]}").headers["ETag"]
        answer = client.post(
            f"/api/v1/queue/{queue_ids[0]}/decisions", json=wish, headers={"If-Match": tag}
        )
        assert answer.status_code == 200, answer.text
    with serve(app) as running:
        yield running


def test_a_third_reviewer_settles(
    browser: Browser, double: Served, queue_ids: list[str], taken: Taken
) -> None:
    context = browser.new_context(base_url=double.url)
    context.add_cookies([double.cookie("reviewer", "Cem")])  # type: ignore[list-item]
    page = context.new_page()
    page.goto("/disputes")
    ready(page, "disputes")
    expect(page.locator(".side")).to_have_count(2)
    expect(page.locator(".side").first).to_contain_text("fewer bits")
    page.get_by_role("button", name="Side with Ada").click()
    expect(page.locator("[data-outcome]")).to_have_text("Settled: approved.")
    assert taken() == [(queue_ids[0], "approve", ("inference/memory",))]
    context.close()


def test_one_of_the_two_does_not_settle(browser: Browser, double: Served) -> None:
    context = browser.new_context(base_url=double.url)
    context.add_cookies([double.cookie("reviewer", "Bea")])  # type: ignore[list-item]
    page = context.new_page()
    page.goto("/disputes")
    expect(page.locator("[data-outcome]")).to_contain_text("You are one of the two")
    expect(page.get_by_role("button", name="Side with")).to_have_count(0)
    context.close()


def test_an_opinion_waits_unseen_and_can_be_taken_back(
    browser: Browser, double: Served, queue_ids: list[str], taken: Taken
) -> None:
    context = browser.new_context(base_url=double.url)
    context.add_cookies([double.cookie("reviewer", "Cem")])  # type: ignore[list-item]
    page = context.new_page()
    page.goto("/queue")
    ready(page)
    expect(page.locator("h1")).to_contain_text("part 2")
    page.keyboard.press("x")
    sent(page)
    page.keyboard.press("u")
    expect(page.locator("h1")).to_contain_text("part 2")
    page.keyboard.press("a")
    sent(page)
    entry = page.request.get(f"{double.url}/api/v1/queue/{queue_ids[1]}").json()
    assert entry["opinion"]["action"] == "approve"
    assert entry["state"] == "pending"
    assert taken() == []
    context.close()
