"""Double review on the queue page: what an opinion is called, and numbers that follow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from litmine.core.settings import Settings
from litmine.review import ReviewDesk
from litmine.store import Store
from tests.support.pages import ready, sent, shown
from tests.web.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def web_settings(web_settings: Settings) -> Settings:
    """The settings, with double review."""
    review = web_settings.review.model_copy(update={"double": True})
    return web_settings.model_copy(update={"review": review})


def test_an_opinion_is_not_called_a_decision(
    visit: Visit, queue_ids: list[str], sqlite_store: Store
) -> None:
    page = ready(visit("/queue"))
    told = page.locator("#told")
    page.keyboard.press("a")
    expect(told).to_contain_text("Your opinion is in; it waits for a second one")
    expect(page.locator("#standing")).to_contain_text("11 waiting for you, 1 for others")
    page.keyboard.press("k")
    assert shown(page) == queue_ids[0]
    expect(page.locator(".verdict")).to_have_text("Your opinion is in; it waits for a second one.")
    page.keyboard.press("u")
    sent(page)
    expect(page.locator("#standing")).to_contain_text("12 waiting")
    expect(page.locator("#standing")).not_to_contain_text("for others")

    # The first opinion is somebody else's, and not told of: not before this one is in.
    other = ReviewDesk(sqlite_store, "Bo", source="web", double=True)
    other.reject(queue_ids[1])
    other.approve(queue_ids[2])
    page.reload()
    ready(page)
    page.keyboard.press("j")
    assert shown(page) == queue_ids[1]
    page.keyboard.press("a")
    expect(told).to_contain_text("of another opinion: it waits under Disagreements")
    expect(told).not_to_contain_text("reject")
    page.keyboard.press("a")
    expect(told).to_contain_text("Both agree: approved as")
    page.keyboard.press("l")
    expect(told).to_contain_text("Put aside")


@pytest.mark.parametrize("path", ["/queue", "/disputes"])
def test_the_badge_follows_without_a_reload(
    visit: Visit, queue_ids: list[str], sqlite_store: Store, path: str
) -> None:
    ada, bo, cy = (
        ReviewDesk(sqlite_store, name, source="web", double=True) for name in ("Ada", "Bo", "Cy")
    )
    for arxiv_id in queue_ids[:2]:
        ada.approve(arxiv_id)
        bo.reject(arxiv_id)
    page = ready(visit(path), path.strip("/"))
    badge = page.locator("[data-count=disputed]")
    expect(badge).to_have_text("2")
    cy.approve(queue_ids[0])
    expect(badge).to_have_text("1")
    if path == "/disputes":
        expect(page.locator(f"[data-dispute='{queue_ids[0]}']")).to_contain_text(
            "Settled: approved"
        )
        page.get_by_role("button", name="Side with Bo").and_(page.locator(":enabled")).click()
    else:
        cy.reject(queue_ids[1])
    expect(badge).to_be_hidden()
