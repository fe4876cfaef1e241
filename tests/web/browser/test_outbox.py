"""Decisions are never lost and never taken twice: no network, reloads, lost answers, two people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.pages import ready, sent, shown, unsent, until
from tests.support.web import Served
from tests.web.browser.conftest import Visit

pytestmark = pytest.mark.browser

Taken = Callable[[], list[tuple[str, str, tuple[str, ...]]]]


def _waits(page: Page, many: int) -> None:
    expect(page.locator("#sending")).to_contain_text(f"{many} unsent")


def test_without_a_network_decisions_wait_and_are_sent_in_order(
    visit: Visit, queue_ids: list[str], taken: Taken
) -> None:
    page = ready(visit("/queue"))
    page.wait_for_load_state("domcontentloaded")
    until(page, "performance.getEntriesByType('resource').some((e) => e.name.includes('papers?'))")
    page.context.set_offline(True)
    for key in ("a", "x", "a"):
        page.keyboard.press(key)
    _waits(page, 3)
    assert taken() == []
    page.context.set_offline(False)
    sent(page)
    assert [(one, action) for one, action, _ in taken()] == [
        (queue_ids[0], "approve"),
        (queue_ids[1], "reject"),
        (queue_ids[2], "approve"),
    ]
    expect(page.locator("#sending")).to_have_text("All sent")


def test_undo_of_what_no_request_was_made_for_leaves_no_trace(
    visit: Visit, queue_ids: list[str], taken: Taken
) -> None:
    page = ready(visit("/queue"))
    page.context.set_offline(True)
    page.keyboard.press("x")
    page.keyboard.press("x")
    # The first has been tried: nobody can know whether it arrived. The second has not.
    until(
        page,
        "JSON.parse(localStorage.getItem(Object.keys(localStorage)"
        ".filter((k) => k.startsWith('litmine.outbox.')).sort()[0])).tried",
    )
    page.keyboard.press("u")
    assert len(unsent(page)) == 1
    page.keyboard.press("u")
    assert [one["action"] for one in unsent(page)] == ["reject", "undo"]
    assert shown(page) == queue_ids[0]
    page.context.set_offline(False)
    sent(page)
    assert [(one, action) for one, action, _ in taken()] == [
        (queue_ids[0], "reject"),
        (queue_ids[0], "undo"),
    ]


def test_a_lost_answer_is_asked_for_again_and_nothing_is_done_twice(
    visit: Visit, queue_ids: list[str], taken: Taken
) -> None:
    page = ready(visit("/queue"))
    lost: list[str] = []

    def lose_the_answer(route: object) -> None:
        route.fetch()  # type: ignore[attr-defined]
        lost.append(route.request.headers["idempotency-key"])  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/decisions", lose_the_answer, times=1)
    page.keyboard.press("a")
    sent(page)
    assert len(lost) == 1
    assert [(one, action) for one, action, _ in taken()] == [(queue_ids[0], "approve")]
    expect(page.locator("#troubles")).to_be_empty()


def test_what_is_unsent_survives_a_reload(visit: Visit, queue_ids: list[str], taken: Taken) -> None:
    page = ready(visit("/queue"))
    page.route("**/api/v1/queue/**", lambda route: route.fulfill(status=503))
    page.keyboard.press("a")
    page.keyboard.press("x")
    _waits(page, 2)
    page.reload()
    ready(page)
    _waits(page, 2)
    assert shown(page) == queue_ids[2]
    page.unroute("**/api/v1/queue/**")
    page.reload()
    ready(page)
    sent(page)
    assert [(one, action) for one, action, _ in taken()] == [
        (queue_ids[0], "approve"),
        (queue_ids[1], "reject"),
    ]
    page.keyboard.press("u")  # also what was done before the reload
    expect(page.locator("article.paper h1")).to_contain_text("part 2")
    sent(page)
    assert taken()[-1][:2] == (queue_ids[1], "undo")


def test_two_people_on_one_paper(visit: Visit, queue_ids: list[str], taken: Taken) -> None:
    mine = ready(visit("/queue", "reviewer", "Ada"))
    mine.route("**/api/v1/events*", lambda route: route.abort())
    mine.reload()
    ready(mine)
    hers = ready(visit(f"/queue?id={queue_ids[0]}", "reviewer", "Bea"))
    hers.keyboard.press("x")
    sent(hers)
    mine.keyboard.press("a")
    trouble = mine.locator("#troubles")
    expect(trouble).to_contain_text("rejected by Bea in the meantime")
    expect(trouble).to_contain_text("approved as Architecture · Computation")
    assert [(one, action) for one, action, _ in taken()] == [(queue_ids[0], "reject")]
    trouble.get_by_role("button", name="Decide again").click()
    expect(mine.locator(".verdict")).to_contain_text("Rejected")
    assert shown(mine) == queue_ids[0]
    mine.keyboard.press("a")
    sent(mine)
    expect(trouble).to_be_empty()
    assert [(one, action) for one, action, _ in taken()][-1] == (queue_ids[0], "approve")


def test_what_others_decide_disappears(visit: Visit, queue_ids: list[str]) -> None:
    mine = ready(visit("/queue", "reviewer", "Ada"))
    hers = ready(visit(f"/queue?id={queue_ids[1]}", "reviewer", "Bea"))
    hers.keyboard.press("x")
    sent(hers)
    expect(mine.locator("[data-count=pending]")).to_have_text(str(len(queue_ids) - 1))
    until(mine, "performance.now() > 0")
    mine.keyboard.press("j")
    expect(mine.locator("article.paper h1")).to_contain_text("part 3")


def test_a_session_that_ended_keeps_what_is_unsent(
    visit: Visit, queue_ids: list[str], taken: Taken, served: Served
) -> None:
    page = ready(visit("/queue"))
    page.context.clear_cookies()
    page.keyboard.press("a")
    expect(page.locator("#sending")).to_have_text("1 unsent: log in again")
    assert taken() == []
    page.context.add_cookies([served.cookie("reviewer")])  # type: ignore[list-item]
    page.evaluate("dispatchEvent(new Event('online'))")
    sent(page)
    assert [(one, action) for one, action, _ in taken()] == [(queue_ids[0], "approve")]
