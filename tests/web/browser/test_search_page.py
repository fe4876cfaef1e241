"""The search page in a browser: an answer at every key, addresses, keys, saving."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Locator, Page, Route, expect

from litmine.core.clock import FakeClock
from litmine.core.settings import Settings
from litmine.search.saved import SavedSearches
from litmine.store import Store
from tests.support.fake_search import FakeSearcher
from tests.support.pages import ready, until
from tests.support.web import PEOPLE, make_app
from tests.web.browser.conftest import Visit

pytestmark = pytest.mark.browser

_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}


@pytest.fixture
def searcher(sqlite_store: Store) -> FakeSearcher:
    """What answers."""
    return FakeSearcher(sqlite_store)


@pytest.fixture
def app(
    web_settings: Settings,
    sqlite_store: Store,
    fake_clock: FakeClock,
    queue_ids: list[str],
    searcher: FakeSearcher,
) -> FastAPI:
    """The application over a queue of invented papers."""
    app = make_app(web_settings, sqlite_store, fake_clock)
    app.state.services = replace(app.state.services, searcher=searcher)
    return app


def search_page(visit: Visit, path: str = "/search", **more: object) -> Page:
    return ready(visit(path, **more), "search")


def box(page: Page) -> Locator:
    return page.get_by_label("Words, a question, or an arXiv id")


def hits(page: Page) -> Locator:
    return page.locator("li.hit")


def asked(page: Page) -> str:
    return "".join(parse_qs(urlsplit(page.url).query).get("q", []))


def test_an_answer_comes_while_somebody_types(visit: Visit, searcher: FakeSearcher) -> None:
    page = search_page(visit)
    expect(box(page)).to_be_focused()
    long = page.evaluate("history.length")
    page.keyboard.type("frugal adap")
    expect(hits(page)).to_have_count(3)
    expect(hits(page).first.locator("mark").first).to_have_text("Frugal")
    assert asked(page) == "frugal adap"
    assert searcher.asked[-1]["typing"] is True
    # The caret stays where it was put, and letters that are typed there go there.
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("x")
    expect(hits(page)).to_have_count(0)
    expect(box(page)).to_have_value("frugalx adap")
    assert page.evaluate("document.activeElement.selectionStart") == 7
    assert page.evaluate("history.length") == long, "typing is one place in the history"
    page.keyboard.press("Backspace")
    expect(hits(page)).to_have_count(3)
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_have_text("3 papers")
    page.wait_for_timeout(50)
    assert searcher.asked[-1]["typing"] is False


def test_a_late_answer_does_not_overtake(visit: Visit) -> None:
    page = search_page(visit)
    held: list[Route] = []
    page.route("**/search?q=frugal&typing=true", lambda route: held.append(route))
    page.keyboard.type("frugal")
    until(page, "document.getElementById('found').getAttribute('aria-busy') === 'true'")
    while not held:
        page.wait_for_timeout(10)
    page.keyboard.type(" adap")
    expect(hits(page)).to_have_count(3)
    # The browser has let go of the first request; answering it does no harm.
    page.unroute_all(behavior="ignoreErrors")
    page.wait_for_timeout(150)
    expect(hits(page)).to_have_count(3)
    expect(page.locator("#found")).not_to_have_attribute("aria-busy", "true")


def test_what_stays_the_same_is_not_drawn_again(visit: Visit) -> None:
    page = search_page(visit, "/search?q=frugal&scope=everything")
    page.locator(".why > summary").first.click()
    page.evaluate("document.querySelector('.hit').mine = 'yes'")
    page.keyboard.press("/")
    page.keyboard.press("End")
    page.keyboard.type(" ")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    expect(page.locator(".why[open]")).to_have_count(1)
    assert page.evaluate("document.querySelector('.hit').mine") == "yes"


def test_from_paper_to_paper_by_keys(visit: Visit, queue_ids: list[str]) -> None:
    page = search_page(visit, "/search?q=frugal&scope=everything")
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    titles = page.locator(".hit-title a")
    expect(titles.nth(2)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("w")
    expect(hits(page).nth(1).locator(".why")).to_have_attribute("open", "")
    page.keyboard.press("m")
    expect(hits(page).nth(1).get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(box(page)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/papers/{queue_ids[0]}")


def test_keys_write_into_the_box_and_do_nothing_else(visit: Visit) -> None:
    page = search_page(visit)
    page.keyboard.type("fsw?/")
    expect(box(page)).to_have_value("fsw?/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("h1").evaluate("() => document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("save this search")


def test_filters_are_written_into_the_box_and_undone_by_going_back(visit: Visit) -> None:
    page = search_page(visit, "/search?q=frugal&scope=everything")
    expect(hits(page)).to_have_count(12)
    page.locator(".cube td a").first.click()
    expect(hits(page)).to_have_count(1)
    expect(box(page)).to_have_value("frugal cell:architecture/computation")
    assert asked(page) == "frugal cell:architecture/computation"
    page.get_by_label("Filters in force").get_by_role("link").click()
    expect(hits(page)).to_have_count(12)
    expect(box(page)).to_have_value("frugal")
    page.go_back()
    expect(hits(page)).to_have_count(1)
    expect(box(page)).to_have_value("frugal cell:architecture/computation")
    page.go_back()
    expect(hits(page)).to_have_count(12)
    page.keyboard.press("f")
    expect(page.locator(".cube")).to_be_hidden()
    page.keyboard.press("f")
    expect(page.locator(".cube")).to_be_visible()


def test_the_scope_is_part_of_the_address(visit: Visit, searcher: FakeSearcher) -> None:
    page = search_page(visit, "/search?q=frugal")
    page.get_by_label("Everything", exact=True).check()
    page.wait_for_url("**/search?q=frugal&scope=everything")
    expect(page.locator("#found")).not_to_have_attribute("aria-busy", "true")
    assert searcher.asked[-1]["scope"] == "everything"
    page.go_back()
    expect(page.get_by_label("Library", exact=True)).to_be_checked()
    page.wait_for_url("**/search?q=frugal")


def test_an_id_or_a_link_goes_to_the_paper(visit: Visit, queue_ids: list[str]) -> None:
    page = search_page(visit)
    box(page).fill(f"https://arxiv.org/abs/{queue_ids[3]}v2")
    expect(page.locator("#found")).to_contain_text("This is a stored paper")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/papers/{queue_ids[3]}")


def test_an_error_is_said_in_place_and_goes_away(visit: Visit) -> None:
    page = search_page(visit)
    page.keyboard.type("sage:x")
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("did you mean stage?")
    box(page).fill("frugal")
    expect(page.get_by_role("alert").filter(visible=True)).to_have_count(0)
    expect(hits(page)).to_have_count(12)


def test_half_a_field_leaves_what_was_found(visit: Visit) -> None:
    page = search_page(visit)
    page.keyboard.type("frugal")
    expect(hits(page)).to_have_count(12)
    page.keyboard.type(" sage:x")
    expect(page.locator("#trouble")).to_contain_text("did you mean stage?")
    expect(hits(page)).to_have_count(12)
    page.keyboard.press("Enter")
    expect(hits(page)).to_have_count(0)
    expect(page.locator("#language")).to_be_visible()
    expect(page.locator("#trouble")).to_be_hidden()
    for _ in "sage:x":
        page.keyboard.press("Backspace")
    expect(hits(page)).to_have_count(12)


def test_what_a_field_can_be_is_shown_and_taken(visit: Visit) -> None:
    page = search_page(visit)
    page.keyboard.type("frugal")
    expect(hits(page)).to_have_count(12)
    page.keyboard.type(" stage:")
    hints = page.get_by_label("What this field can be").get_by_role("button")
    expect(hints).to_have_count(5)
    page.wait_for_timeout(300)
    assert asked(page) == "frugal", "half a field is not searched for"
    page.keyboard.type("in")
    expect(hints).to_have_text(["Inference inference"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box(page)).to_have_value("frugal stage:inference ")
    expect(box(page)).to_be_focused()
    expect(hints).to_have_count(0)
    expect(page.get_by_label("Filters in force")).to_have_text(re.compile("stage Inference"))
    page.keyboard.type("technique:pru,cach")
    expect(hints.first).to_contain_text("kv-cache")
    page.keyboard.press("Escape")
    expect(hints.first).to_be_hidden()
    expect(box(page)).to_have_value("frugal stage:inference technique:pru,cach")
    page.keyboard.type("e")
    hints.first.click()
    expect(box(page)).to_have_value("frugal stage:inference technique:pru,kv-cache ")


def test_no_server_is_said_and_tried_again(visit: Visit) -> None:
    page = search_page(visit)
    page.route("**/search?*", lambda route: route.abort())
    page.keyboard.type("frugal")
    expect(page.locator("#trouble")).to_be_visible()
    page.unroute_all()
    expect(hits(page)).to_have_count(12)
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_page_shows_hits_by_itself_when_the_index_is_made(
    visit: Visit, searcher: FakeSearcher
) -> None:
    searcher.building = (1, 2)
    page = search_page(visit, "/search?q=frugal")
    expect(page.locator("#found")).to_contain_text("The index is being made")
    searcher.building = None
    expect(hits(page)).to_have_count(12)


def test_a_search_is_saved_by_keys(
    visit: Visit, searcher: FakeSearcher, sqlite_store: Store
) -> None:
    page = search_page(visit, "/search?q=frugal&scope=everything")
    page.keyboard.press("s")
    name = page.get_by_label("Name of this search")
    expect(name).to_be_focused()
    page.keyboard.press("Escape")
    expect(name).to_be_hidden()
    page.keyboard.press("s")
    page.keyboard.type("Thrift")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/searches\?"))
    expect(page.get_by_role("heading", name="Thrift")).to_be_visible()
    made = SavedSearches(sqlite_store, searcher).of(PEOPLE["reviewer"])
    assert [(one.name, one.query, one.scope) for one in made] == [
        ("Thrift", "frugal", "everything")
    ]


def test_more_like_those_that_are_ticked(visit: Visit, queue_ids: list[str]) -> None:
    page = search_page(visit, "/search?q=frugal&scope=everything")
    more = page.get_by_role("button", name="More like these")
    expect(more).to_be_hidden()
    for n in (0, 2):
        hits(page).nth(n).get_by_role("checkbox").check()
    # They stay ticked while the list changes around them.
    page.keyboard.press("/")
    page.keyboard.press("End")
    page.keyboard.type(" decoding")
    page.keyboard.press("Enter")
    expect(hits(page).nth(2).get_by_role("checkbox")).to_be_checked()
    more.click()
    page.wait_for_url(re.compile("/search/similar"))
    assert parse_qs(urlsplit(page.url).query)["to"] == [queue_ids[0], queue_ids[2]]
    ready(page, "hits")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hit-title a").first).to_be_focused()


def test_without_a_script(visit: Visit, queue_ids: list[str]) -> None:
    page = visit("/search", java_script_enabled=False)
    box(page).fill("frugal")
    page.get_by_label("Everything", exact=True).check()
    page.get_by_role("button", name="Search", exact=True).click()
    expect(hits(page)).to_have_count(12)
    page.locator(".cube td a").first.click()
    expect(hits(page)).to_have_count(1)
    page.get_by_text("Save", exact=True).click()
    page.get_by_label("Name of this search").fill("By hand")
    page.get_by_role("button", name="Save the search").click()
    expect(page.get_by_role("heading", name="By hand")).to_be_visible()
    page.goto(f"/papers/{queue_ids[0]}")
    page.get_by_role("link", name="Papers like this").click()
    assert hits(page).count() > 3


def test_a_papers_page_lists_similar_ones(visit: Visit, queue_ids: list[str]) -> None:
    page = visit(f"/papers/{queue_ids[0]}")
    alike = page.get_by_role("region", name="Similar papers in the library")
    expect(alike.locator(".paper-row")).to_have_count(5)
    alike.get_by_role("link", name="among everything").click()
    page.wait_for_url(f"**/search/similar?to={queue_ids[0]}&scope=everything")


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_no_violations_and_no_overflow(
    visit: Visit,
    theme: str,
    width: int,
    queue_ids: list[str],
    searcher: FakeSearcher,
    sqlite_store: Store,
) -> None:
    searches = SavedSearches(sqlite_store, searcher, FakeClock())
    number = searches.save(PEOPLE["reviewer"], "W" * 100, "frugal " * 20, "everything").id
    page = visit("/search", width=width, color_scheme=theme)
    problems: dict[str, list[str]] = {}
    for path in (
        "/search",
        "/search?q=frugal+cell:inference/memory&scope=everything",
        "/search?q=frugal&scope=everything",
        "/search?q=sage:x",
        f"/search?q={'zebra' * 30}",
        f"/search/similar?to={queue_ids[0]}&text=caches&scope=everything",
        "/searches",
        f"/searches/{number}",
    ):
        page.goto(path)
        page.evaluate(
            "[...document.querySelectorAll('main details:not(#save)')].slice(0, 4)"
            ".forEach((one) => { one.open = true; })"
        )
        for tick in page.locator("[name=to][type=checkbox]").all()[:1]:
            tick.check()
        found = Axe().run(page, options=_RULES).response["violations"]
        told = [f"{one['id']}: {node['target']}" for one in found for node in one["nodes"]]
        over = int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))
        if over > 0:
            told.append(f"wider than the window by {over}")
        if told:
            problems[path] = told
    assert problems == {}


def test_fingers_find_the_buttons(visit: Visit) -> None:
    page = search_page(
        visit, "/search?q=frugal&scope=everything", width=390, has_touch=True, is_mobile=True
    )
    page.locator("#facets > summary").tap()
    small = page.evaluate(
        """() => [...document.querySelectorAll(
             '.ask button, .scope label, .hit-ways a, .why > summary, .facet, .hit-choose')]
           .filter((one) => one.checkVisibility())
           .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
           .filter(([, box]) => box.height < 43.5)
           .map(([name, box]) => `${name} ${box.height}`)"""
    )
    assert small == []
