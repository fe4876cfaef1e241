"""Every page in both themes and at both widths: axe-core finds nothing, and nothing overflows."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from litmine.web.pages import ROUTERS
from tests.support.pages import ready
from tests.support.web import Served, person
from tests.web.browser.conftest import Visit

pytestmark = pytest.mark.browser

PAGES = (
    "/queue",
    "/queue/table",
    "/disputes",
    "/library",
    "/library/matrix",
    "/search",
    "/search?q=caches",
    "/search/similar",
    "/searches",
    "/activity",
    "/agreement",
    "/models",
    "/runs",
    "/settings",
    "/settings/account",
    "/settings/users",
    "/settings/system",
    "/codebook",
    "/papers/2606.00001",
)
_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
}


def _violations(page: Page) -> list[str]:
    found = Axe().run(page, options=_RULES)
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


def _overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


# Colours do not depend on the width, nor sizes on the theme: two of the four runs see all of both.
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_no_violations_and_no_overflow(visit: Visit, theme: str, width: int) -> None:
    page = visit("/queue", "maintainer", width=width, color_scheme=theme)
    problems: dict[str, list[str]] = {}
    for path in PAGES:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        found = _violations(page)
        if _overflow(page) > 0:
            found.append(f"wider than the window by {_overflow(page)}")
        if found:
            problems[path] = found
    assert problems == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_login_page(browser: Browser, served: Served, theme: str) -> None:
    context = browser.new_context(color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served.url}/login")
    assert _violations(page) == []
    page.goto(f"{served.url}/nowhere")
    assert _violations(page) == []
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_dialogs_have_no_violations(visit: Visit, theme: str) -> None:
    page = ready(visit("/queue", color_scheme=theme))
    for key in ("?", "g", "t", "c"):
        page.keyboard.press(key)
        page.get_by_role("dialog").wait_for()
        assert _violations(page) == []
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
    page.keyboard.press("a")
    page.keyboard.press("k")
    assert _violations(page) == []


def test_the_chosen_theme_wins_over_the_systems(visit: Visit, served: Served) -> None:
    def ground(page: Page) -> str:
        return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))

    as_system = visit("/queue", color_scheme="dark")
    dark = ground(as_system)
    served.app.state.accounts.set_preferences(
        person(served.app, "reviewer").name, {"theme": "light"}
    )
    as_system.reload()
    assert ground(as_system) != dark


def test_fingers_find_the_buttons(visit: Visit) -> None:
    page = ready(visit("/queue", width=390, has_touch=True, is_mobile=True))
    small = page.evaluate(
        """() => [...document.querySelectorAll(
             '.actions button, .matrix button, .reading button, .judging button, .nav a')]
           .filter((one) => one.checkVisibility())
           .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
           .filter(([, box]) => box.height < 43.5)
           .map(([name, box]) => `${name} ${box.height}`)"""
    )
    assert small == []
    page.locator("[data-cell='inference/memory']").tap()
    page.get_by_role("button", name="Approve").tap()
    page.get_by_text("Approved as").first.wait_for()


def test_every_page_is_looked_at() -> None:
    """A page added later is added above, too."""
    known = {path.split("?")[0] for path in PAGES}
    # Pieces of pages, and pages for those who are not logged in.
    elsewhere = {"/", "/login", "/queue/papers", "/queue/standing"}
    elsewhere |= {"/login/oidc", "/login/oidc/callback", "/feeds/approved.atom"}
    pages = {
        route.path
        for router in ROUTERS
        for route in router.routes
        if "GET" in getattr(route, "methods", ()) and "{" not in route.path
    }
    assert pages - known - elsewhere == set()
