"""Reviewing by the keyboard alone: every key, what is stored, and keys of one's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.pages import ready, sent, shown, until
from tests.support.web import Served, person
from tests.web.browser.conftest import Visit

pytestmark = pytest.mark.browser

Taken = Callable[[], list[tuple[str, str, tuple[str, ...]]]]


def test_approve_reject_later_and_undo(
    visit: Visit, queue_ids: list[str], taken: Taken, states: Callable[[], dict[str, str]]
) -> None:
    page = ready(visit("/queue"))
    assert shown(page) == queue_ids[0]
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("Approved as Architecture · Computation")
    assert shown(page) == queue_ids[1]
    page.keyboard.press("x")
    page.keyboard.press("l")
    assert shown(page) == queue_ids[3]
    sent(page)
    assert taken() == [
        (queue_ids[0], "approve", ("architecture/computation",)),
        (queue_ids[1], "reject", ()),
        (queue_ids[2], "later", ()),
    ]
    page.keyboard.press("u")
    assert shown(page) == queue_ids[2]
    page.keyboard.press("Backspace")
    assert shown(page) == queue_ids[1]
    sent(page)
    assert [(one, action) for one, action, _ in taken()][3:] == [
        (queue_ids[2], "undo"),
        (queue_ids[1], "undo"),
    ]
    state = states()
    assert [state[one] for one in queue_ids[:3]] == ["approved", "pending", "pending"]
    expect(page.locator("#sitting")).to_have_text("1 in this sitting")


def test_going_back_shows_what_was_decided_and_undo_acts_on_it(
    visit: Visit, queue_ids: list[str], taken: Taken
) -> None:
    page = ready(visit("/queue"))
    page.keyboard.press("a")
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("k")
    assert shown(page) == queue_ids[0]
    expect(page.locator(".verdict")).to_contain_text("You approved this")
    page.keyboard.press("u")
    expect(page.locator(".verdict")).to_be_hidden()
    page.keyboard.press("j")
    assert shown(page) == queue_ids[1]
    page.keyboard.press("j")
    assert shown(page) == queue_ids[2]
    sent(page)
    assert [(one, action) for one, action, _ in taken()] == [
        (queue_ids[0], "approve"),
        (queue_ids[1], "reject"),
        (queue_ids[0], "undo"),
    ]


@pytest.mark.parametrize(
    ("keys", "cells"),
    [
        ("r2", ("architecture/computation", "architecture/memory")),
        ("r1r2", ("architecture/memory",)),
        ("76", ("architecture/memory",)),
        ("s4", ("architecture/computation", "inference/computation")),
        ("1 4", ("inference/computation",)),
        ("s1s4r1r0", ("inference/network",)),
        ("47z", ("architecture/computation",)),
    ],
)
def test_corrections(
    visit: Visit, queue_ids: list[str], taken: Taken, keys: str, cells: tuple[str, ...]
) -> None:
    page = ready(visit("/queue"))
    for key in keys.replace(" ", ""):
        page.keyboard.press(key)
    pressed = page.locator(".matrix .cell[aria-pressed=true]")
    assert tuple(pressed.evaluate_all("all => all.map((one) => one.dataset.cell)")) == cells
    page.keyboard.press("a")
    sent(page)
    assert taken() == [(queue_ids[0], "approve", cells)]


def test_an_approval_without_a_cell_is_not_taken(
    visit: Visit, queue_ids: list[str], taken: Taken
) -> None:
    page = ready(visit("/queue"))
    page.keyboard.press("1")
    expect(page.locator(".will-store")).to_have_text("no cell yet")
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("Choose a cell first")
    assert shown(page) == queue_ids[0]
    page.locator("[data-cell='system/energy']").click()
    page.keyboard.press("a")
    sent(page)
    assert taken() == [(queue_ids[0], "approve", ("system/energy",))]


def test_technique_comment_and_dialogs(visit: Visit, queue_ids: list[str], served: Served) -> None:
    page = ready(visit("/queue"))
    page.keyboard.press("t")
    page.keyboard.type("fpga")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Hardware accelerators")
    page.keyboard.press("Enter")
    page.keyboard.press("t")
    page.keyboard.type("quantiz")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".chosen-techniques")).to_have_text("Hardware accelerators, Quantization")
    page.keyboard.press("c")
    expect(page.get_by_role("dialog", name="Comment")).to_be_visible()
    page.keyboard.type("axa: read the appendix")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".comment-text")).to_have_text("axa: read the appendix")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("a")  # nothing is decided behind a dialog
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("g")
    expect(page.get_by_role("dialog", name="Codebook")).to_contain_text("Bytes held or moved")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert shown(page) == queue_ids[0]
    page.keyboard.press("a")
    sent(page)
    answer = page.request.get(f"{served.url}/api/v1/queue/{queue_ids[0]}").json()
    assert answer["decision"]["technique"] == ["accelerator", "quantization"]
    assert answer["decision"]["comment"] == "axa: read the appendix"


def test_search_field_takes_letters_and_open_goes_to_arxiv(
    visit: Visit, queue_ids: list[str], taken: Taken
) -> None:
    page = ready(visit("/queue"))
    page.context.route("https://arxiv.org/**", lambda route: route.fulfill(body="there"))
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("axl")
    expect(page.locator("#find")).to_have_value("axl")
    page.locator("h1").click()
    page.keyboard.press("Control+a")
    with page.context.expect_page() as opened:
        page.keyboard.press("o")
    assert opened.value.url == f"https://arxiv.org/abs/{queue_ids[0]}"
    assert shown(page) == queue_ids[0]
    assert taken() == []


def test_keys_of_ones_own(visit: Visit, queue_ids: list[str], taken: Taken, served: Served) -> None:
    user = person(served.app, "reviewer")
    served.app.state.accounts.set_preferences(user.name, {"keys": {"approve": "y", "reject": "a"}})
    page = ready(visit("/queue"))
    expect(page.locator("[data-does=approve] kbd")).to_have_text("y")
    page.keyboard.press("y")
    page.keyboard.press("a")
    page.keyboard.press("x")
    sent(page)
    assert [action for _, action, _ in taken()] == ["approve", "reject"]
    assert shown(page) == queue_ids[2]


def test_single_keys_can_be_switched_off(
    visit: Visit, queue_ids: list[str], taken: Taken, served: Served
) -> None:
    user = person(served.app, "reviewer")
    served.app.state.accounts.set_preferences(user.name, {"single_keys": False})
    page = ready(visit("/queue"))
    for key in ("a", "x", "j", "Backspace", "4"):
        page.keyboard.press(key)
    assert shown(page) == queue_ids[0]
    page.get_by_role("button", name="Reject").click()
    sent(page)
    assert taken() == [(queue_ids[0], "reject", ())]


def test_marks_of_each_account(visit: Visit) -> None:
    page = ready(visit("/queue"))
    accounts = page.locator("[data-explains]")
    if accounts.count():
        page.keyboard.press("e")
        expect(accounts.nth(1)).to_have_attribute("aria-pressed", "true")


def test_the_next_paper_is_in_memory(visit: Visit, queue_ids: list[str]) -> None:
    page = ready(visit("/queue"))
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    for arxiv_id in queue_ids[1:9]:
        page.keyboard.press("j")
        assert shown(page) == arxiv_id
    until(page, "performance.getEntriesByName('litmine:paper').length >= 8")
    assert page.locator("article.paper").count() == 1


def test_a_reader_reads(visit: Visit, queue_ids: list[str], taken: Taken) -> None:
    page = ready(visit("/queue", "reader"))
    expect(page.get_by_role("group", name="Decide")).to_have_count(0)
    page.keyboard.press("a")
    page.keyboard.press("j")
    assert shown(page) == queue_ids[1]
    assert taken() == []
