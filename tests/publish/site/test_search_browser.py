"""The site's search in a real browser, below a path of its own, as any web server would show it."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from litmine.core.taxonomy import load_taxonomy
from litmine.index.text import analyse, surfaces
from litmine.publish.entry import ListEntry
from litmine.publish.site import search_index
from litmine.publish.site.environment import Pages
from litmine.publish.site.model import Collection, SiteSettings
from litmine.publish.site.search_page import script_folder, search_files
from litmine.publish.site.search_words import _spelt, name_key
from litmine.publish.site.style import static_files, style_fingerprint
from tests.support.site import invented

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
_SPECIAL = (
    ("2401.00901", "SwiftCache: Attention caches that fit", "We quantise the KV-cache to 4-bit."),
    ("2401.00902", "On the cost of kv cache compression", "SwiftCache is compared with others."),
    ("2401.00903", "Evil <img src=x onerror=alert(1)> pruning", "Nothing <b>bold</b>."),
)


def _papers(count: int = 60) -> list[ListEntry]:
    special = [
        ListEntry(
            arxiv_id,
            title,
            date(2024, 1, n + 2),
            technique=("kv-cache",),
            cells=("inference/memory",),
            authors=("Émile Borel", "Ada Lovelace"),
            abstract=abstract,
        )
        for n, (arxiv_id, title, abstract) in enumerate(_SPECIAL)
    ]
    return [*invented(count), *special]


def _write(folder: Path, papers: list[ListEntry]) -> None:
    """Write the site anew, in two parts."""
    shutil.rmtree(folder / "search", ignore_errors=True)
    collection = Collection.of(papers, load_taxonomy())
    pages = Pages(SiteSettings(), collection.taxonomy, style_fingerprint())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_index, "_SMALL_PART", 40)
        files = [*search_files(collection, pages), *static_files()]
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.make())
    for paper in papers:
        path = folder / "papers" / f"{paper.arxiv_id}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<h1>The page of a paper</h1>")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder of a site with two parts, and its address."""
    folder = tmp_path_factory.mktemp("served")
    _write(folder / "below" / "list", _papers())
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder / "below" / "list", f"http://127.0.0.1:{server.server_port}/below/list/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def visit(browser: Browser, site: tuple[Path, str]) -> Iterator[Visit]:
    """Open the search page; the test fails when a script throws or the policy is broken."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(query: str = "", *, width: int = 1280, **more: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if message.type == "error" else None,
        )
        page.goto(f"{site[1]}search.html{query}")
        page.wait_for_selector("html[data-ready=search]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    # What a test takes away on purpose is missed.
    expected = ("404", "ERR_FAILED", "Failed to fetch")
    assert not [one for one in complaints if not any(part in one for part in expected)], complaints


def _titles(page: Page) -> list[str]:
    page.wait_for_selector("#hits:not([aria-busy]) > li")
    return page.locator("#hits .title").all_inner_texts()


def test_words_are_cut_as_the_index_cuts_them(visit: Visit, site: tuple[Path, str]) -> None:
    texts = [
        "KV-cache in 4bit: llama3 70B, w4a8 H100s and FP8's 2.5x", "Émile Borel's naïve Straße",
        "state-of-the-art LLMs' don't it's", "大規模 モデル 量子化 vLLM",
        "a_b c–d e—f 10:30 v1.2.3",
        "Łukasz Ø æther ﬁne Ｆｕｌｌ", "O'Neill’s GPT-4o-mini", *(p.title for p in invented(30)),
    ]  # fmt: skip
    texts = [text for text in texts if "\\" not in text]
    expected = [
        [_spelt(spelt) for surface in surfaces(text) for spelt in analyse(surface).spelt]
        for text in texts
    ]
    found = visit().evaluate(
        """async ([folder, texts]) => {
             const { cut } = await import(folder + "/words.js");
             return texts.map((text) => cut(text).map(({ word }) => word));
           }""",
        [site[1] + script_folder(), texts],
    )
    assert found == expected


def test_names_have_the_same_keys(visit: Visit, site: tuple[Path, str]) -> None:
    names = ["mamba", "x" * 20, "x" * 21, "lineartimesequencemodeling", "量" * 30, "é" * 25]
    found = visit().evaluate(
        """async ([folder, names]) => {
             const { nameKey } = await import(folder + "/words.js");
             return names.map(nameKey);
           }""",
        [site[1] + script_folder(), names],
    )
    assert found == [name_key(name) for name in names]


def test_every_title_finds_its_paper_first(visit: Visit, site: tuple[Path, str]) -> None:
    papers = {paper.plain_title: paper for paper in _papers()}  # of equal titles any
    found = visit().evaluate(
        """async ([folder, titles]) => {
             const [{ Index }, { find, ordered }, { understand }] = await Promise.all(
               ["shards", "rank", "words"].map((name) => import(`${folder}/${name}.js`)));
             const index = await Index.open();
             const facts = await index.facts();
             return Promise.all(titles.map(async (title) => {
               const { places, scores } = await find(index, understand(title, index.stopwords));
               const [first] = ordered(index, facts, places, scores, false);
               return (await index.paper(first)).title;
             }));
           }""",
        [site[1] + script_folder(), list(papers)],
    )
    assert found == list(papers)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("swiftcache", "SwiftCache: Attention caches that fit"),
        ("Swift Cache", "SwiftCache: Attention caches that fit"),
        ("kv caches compressed", "On the cost of kv cache compression"),
        ("compressi", "On the cost of kv cache compression"),
        ("émile quantised 4bit", "SwiftCache: Attention caches that fit"),
        ("borel -compression swiftcache", "SwiftCache: Attention caches that fit"),
        ('"evil" pruning', "Evil <img src=x onerror=alert(1)> pruning"),
    ],
)
def test_queries(visit: Visit, query: str, first: str) -> None:
    page = visit()
    page.get_by_role("searchbox").fill(query)
    assert _titles(page)[0] == first


def test_the_earliest_paper_of_a_name_comes_first(visit: Visit, site: tuple[Path, str]) -> None:
    later = replace(_papers(0)[0], arxiv_id="2401.00909", published=date(2024, 2, 1))
    try:
        _write(site[0], [*_papers(), replace(later, title="SwiftCache: the same name again")])
        page = visit("?q=swift-cache")
        assert _titles(page)[:2] == [
            "SwiftCache: Attention caches that fit",
            "SwiftCache: the same name again",
        ]
    finally:
        _write(site[0], _papers())


def test_a_minus_leaves_out(visit: Visit) -> None:
    page = visit()
    page.get_by_role("searchbox").fill("swiftcache -compression")
    assert _titles(page) == ["SwiftCache: Attention caches that fit"]


def test_what_papers_say_is_text(visit: Visit) -> None:
    page = visit("?q=evil+img")
    assert "<img" in _titles(page)[0]
    assert page.locator("#hits img").count() == 0
    assert page.locator("#hits mark").all_inner_texts()[:2] == ["Evil", "img"]


def test_the_address_can_be_shared_and_gone_back_to(visit: Visit) -> None:
    page = visit()
    box = page.get_by_role("searchbox")
    box.fill("cache")
    box.press("Enter")
    _titles(page)
    page.get_by_label("Memory").check()
    expect(page.locator("#count")).to_contain_text("paper")
    page.wait_for_url(re.compile(r"\?q=cache&resource=memory$"))
    shown = _titles(page)
    again = visit(page.url.partition("search.html")[2])
    assert _titles(again) == shown
    assert again.get_by_role("searchbox").input_value() == "cache"
    expect(again.get_by_label("Memory")).to_be_checked()
    page.go_back()
    expect(page.get_by_label("Memory")).not_to_be_checked()
    assert page.url.endswith("?q=cache")


def test_filters_count_and_cut(visit: Visit) -> None:
    page = visit("?year=2024")
    _titles(page)
    wanted = sum(paper.day.year == 2024 for paper in _papers())
    expect(page.locator("#count")).to_have_text(f"{wanted} papers")
    inference = page.locator("label", has_text="Inference")
    count = int(inference.locator(".count").inner_text())
    assert count == sum(p.day.year == 2024 and "inference" in p.stages for p in _papers())
    inference.click()
    expect(page.locator("#count")).to_have_text(f"{count} papers")
    days = page.locator("#hits time").evaluate_all("all => all.map((one) => one.dateTime)")
    assert days == sorted(days, reverse=True)


def test_on_a_phone_the_filters_wait_folded(visit: Visit) -> None:
    page = visit("?q=cache&resource=memory", width=390)
    _titles(page)
    expect(page.get_by_label("Memory")).to_be_hidden()
    page.get_by_text("Filters: 1").click()
    page.get_by_label("Memory").uncheck()
    page.get_by_text("Filters", exact=True).wait_for()


def test_more_can_be_shown(visit: Visit) -> None:
    stage, count = Counter(one for paper in _papers() for one in paper.stages).most_common(1)[0]
    page = visit(f"?stage={stage}")
    assert len(_titles(page)) == 10
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#hits > li")).to_have_count(min(20, count))
    expect(page.locator("#hits .title").nth(10)).to_be_focused()


def test_keys_lead_through_the_papers(visit: Visit) -> None:
    page = visit("?q=cache")
    _titles(page)
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    second = page.locator("#hits .title").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("The page of a paper")


def test_the_count_is_read_out(visit: Visit) -> None:
    page = visit("?q=swiftcache")
    expect(page.get_by_role("status")).to_have_text("2 papers")
    page.get_by_role("searchbox").fill("nosuchwordanywhere")
    expect(page.get_by_role("status")).to_contain_text("No paper has these words")


@pytest.mark.parametrize(
    "text", ["2401.00902", "arXiv:2401.00902v3", "https://arxiv.org/pdf/2401.00902v1"]
)
def test_identifiers_and_links(visit: Visit, text: str) -> None:
    page = visit()
    page.get_by_role("searchbox").fill(text)
    assert _titles(page) == ["The page of a paper"]
    assert (
        page.locator("#hits .title").evaluate("one => one.href").endswith("papers/2401.00902.html")
    )


def test_an_identifier_that_is_not_in_the_list(visit: Visit) -> None:
    page = visit("?q=1706.03762")
    expect(page.locator("#count")).to_contain_text("not in the list")
    link = page.locator("#hits .title")
    assert link.get_attribute("href") == "https://arxiv.org/abs/1706.03762"


def test_a_site_that_is_renewed_meanwhile(visit: Visit, site: tuple[Path, str]) -> None:
    page = visit("?q=pruning")
    _titles(page)
    papers = [
        replace(paper, title=f"Renewed {n}") if n else replace(paper, title="Renewed swiftcache")
        for n, paper in enumerate(_papers(70)[10:])
    ]
    try:
        _write(site[0], papers)
        page.get_by_role("searchbox").fill("renewed swiftcache")
        expect(page.locator("#hits .title").first).to_have_text("Renewed swiftcache")
    finally:
        _write(site[0], _papers())


def test_without_a_connection_it_says_so_and_tries_again(visit: Visit) -> None:
    page = visit("?q=pruning")
    _titles(page)
    page.route("**/search/**", lambda route: route.abort())
    page.get_by_role("searchbox").fill("swiftcache")
    again = page.get_by_role("button", name="Try again")
    again.wait_for()
    page.unroute("**/search/**")
    again.click()
    expect(page.locator("#hits")).to_contain_text("SwiftCache: Attention caches that fit")


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_accessible_and_no_wider_than_the_window(visit: Visit, theme: str, width: int) -> None:
    for query in ("", "?q=cache", "?stage=inference", "?q=nosuchwordanywhere"):
        page = visit(query, width=width, color_scheme=theme)
        if query in ("?q=cache", "?stage=inference"):
            _titles(page)
        found = Axe().run(page).response["violations"]
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_without_scripts_it_says_what_is_missing(browser: Browser, site: tuple[Path, str]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site[1]}search.html")
    expect(page.get_by_text("Search runs in the browser")).to_be_visible()
    context.close()
