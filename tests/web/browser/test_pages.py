"""The pages in a browser: deciding and searching without JavaScript, preferences."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.web.browser.conftest import Visit

pytestmark = pytest.mark.browser

States = Callable[[], dict[str, str]]


def test_a_paper_is_decided_and_undone_without_javascript(
    visit: Visit, queue_ids: list[str], states: States
) -> None:
    one = queue_ids[0]
    page = visit(f"/papers/{one}", width=390, java_script_enabled=False)
    page.get_by_role("checkbox", name="Inference · Memory").check()
    page.get_by_label("Technique", exact=True).select_option("kv-cache")
    page.get_by_label("Comment").fill("seen on a phone")
    page.get_by_role("button", name="Approve").click()
    decision = page.locator("#decision")
    expect(decision).to_contain_text("Approved by Ray Reviewer")
    expect(decision).to_contain_text("seen on a phone")
    assert states()[one] == "approved"
    page.get_by_role("button", name="Take this back").click()
    expect(decision).to_contain_text("Nobody has decided yet")
    assert states()[one] == "pending"


def test_two_people_on_one_paper_never_overwrite_each_other(
    visit: Visit, queue_ids: list[str], states: States
) -> None:
    one = queue_ids[1]
    mine, theirs = visit(f"/papers/{one}"), visit(f"/papers/{one}", "reviewer", "Bo")
    theirs.get_by_role("button", name="Reject").click()
    expect(theirs.locator("#decision")).to_contain_text("Rejected by Bo")
    mine.get_by_label("Comment").fill("mine")
    mine.get_by_role("button", name="Approve").click()
    expect(mine.get_by_role("alert")).to_contain_text("was rejected by Bo in the meantime")
    expect(mine.get_by_label("Comment")).to_have_value("mine")
    assert states()[one] == "rejected"


def test_a_search_without_javascript_goes_to_the_paper(visit: Visit, queue_ids: list[str]) -> None:
    page = visit("/library", java_script_enabled=False)
    page.get_by_label("Search papers").fill(f"https://arxiv.org/abs/{queue_ids[2]}v1")
    page.get_by_label("Search papers").press("Enter")
    page.wait_for_url(f"**/papers/{queue_ids[2]}")


def test_a_cell_of_the_matrix_leads_to_its_papers(visit: Visit, queue_ids: list[str]) -> None:
    page = visit(f"/papers/{queue_ids[0]}")
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("link", name="Matrix").click()
    page.locator("td.heat-9 a").click()
    expect(page.locator("ol.papers > li")).to_have_count(1)
    expect(page.get_by_role("main")).to_contain_text("1 paper with")
    page.get_by_role("link", name="cell Architecture · Computation").click()
    expect(page.get_by_label("Filters in force")).to_have_count(0)


def test_preferences_hold_on_every_page(visit: Visit) -> None:
    page = visit("/settings")
    page.get_by_label("dark", exact=True).check()
    page.get_by_label("approve", exact=True).fill("y")
    page.get_by_role("button", name="Store", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text("Stored.")
    page.goto("/queue")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/settings")
    page.get_by_label("reject", exact=True).fill("y")
    page.get_by_role("button", name="Store", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("have the same key")
