"""The queue page in a hand, and its matrix on a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.pages import ready, sent
from tests.support.web import Served
from tests.web.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_comment_and_codebook_on_a_phone(
    visit: Visit, queue_ids: list[str], served: Served
) -> None:
    page = ready(visit("/queue", width=390, has_touch=True, is_mobile=True))
    page.get_by_role("button", name="Codebook").tap()
    dialog = page.get_by_role("dialog", name="Codebook")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").tap()
    page.get_by_role("button", name="Comment").tap()
    page.get_by_role("textbox", name="Kept with the decision").fill("read on the train")
    page.get_by_role("button", name="Keep it").tap()
    expect(page.locator(".comment-text")).to_have_text("read on the train")
    page.get_by_role("button", name="Approve").tap()
    sent(page)
    answer = page.request.get(f"{served.url}/api/v1/queue/{queue_ids[0]}").json()
    assert answer["decision"]["comment"] == "read on the train"


@pytest.mark.parametrize("width", [390, 1100])
def test_no_keys_are_named_where_fingers_point(visit: Visit, width: int) -> None:
    """Neither on a phone nor on a tablet as wide as a desk's window."""
    hints = "main kbd, .actions kbd, .key-hint"
    desk = ready(visit("/queue", width=width))
    assert desk.locator(hints).filter(visible=True).count() > 0
    page = ready(visit("/queue", width=width, has_touch=True, is_mobile=True))
    assert page.locator(hints).filter(visible=True).all_inner_texts() == []
    page.locator("[data-does=technique]").tap()
    expect(page.get_by_role("dialog", name="Technique")).to_be_visible()
    assert page.locator(hints).filter(visible=True).all_inner_texts() == []


def test_the_bars_codebook_button_opens_it(visit: Visit) -> None:
    page = ready(visit("/queue"))
    page.get_by_role("button", name="Codebook").click()
    expect(page.get_by_role("dialog", name="Codebook")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_no_name_of_the_matrix_is_cut(visit: Visit, width: int) -> None:
    page = ready(visit("/queue", width=width))
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".matrix .axis")].flatMap((axis) => {
             axis.setAttribute("aria-pressed", "true");
             const name = axis.querySelector(".axis-name");
             return name.scrollWidth > name.clientWidth ? [name.textContent] : [];
           })"""
    )
    assert cut == []
