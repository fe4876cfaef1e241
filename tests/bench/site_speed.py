"""How fast the companion site is on a slow line and a slow machine, and what search costs there.

    litmine site build --output site
    python -m tests.bench.site_speed site

Serves the built folder on loopback, packed as web hosts pack it, and opens one page of each kind in
Chromium with an empty cache, a line of 1.6 Mbit/s and 150 ms there and back, and the processor
slowed down to a quarter (Chrome DevTools Protocol). Bytes are those that travelled, and in brackets
unpacked, of everything that the page needs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from litmine.publish.site.preview import make_server

_LINE = {
    "offline": False,
    "latency": 150,  # ms
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
_SLOWER = 4
_QUERIES = (
    "mamba",
    "kv cache compression",
    "speculative decoding",
    "quantisation of llms to 4 bit",
    "energy of inference on gpus",
    "mixture of experts offloading consumer gpu",
)
_PAINT = """() => new Promise((resolve) => {
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  let largest = 0;
  new PerformanceObserver((list) => { largest = list.getEntries().at(-1).startTime; })
    .observe({ type: 'largest-contentful-paint', buffered: true });
  setTimeout(() => resolve([paint ? paint.startTime : 0, largest,
    performance.getEntriesByType('navigation')[0].loadEventEnd]), 300);
})"""
_AGAIN = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [one] = list.getEntriesByName('litmine:answer');
    if (one) resolve(one.duration);
  }).observe({ type: 'measure' });
  document.getElementById('search').requestSubmit();
})"""


class _Weighed:
    """Counts what a page fetches."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        self._session.on("Network.loadingFinished", self._travelled)
        self._session.on("Network.dataReceived", self._unpacked)
        self.travelled = self.unpacked = self.files = 0

    def slow_down(self) -> None:
        self._session.send("Network.emulateNetworkConditions", _LINE)
        self._session.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})

    def _travelled(self, event: dict[str, Any]) -> None:
        self.travelled += int(event["encodedDataLength"])
        self.files += 1

    def _unpacked(self, event: dict[str, Any]) -> None:
        self.unpacked += int(event["dataLength"])


def main() -> None:
    """Measure, and print one line a page and one a query."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what litmine site build made")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with _served(given.folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        pages = {
            path: _opened(browser, f"{address}{path}", given.rounds)
            for path in _one_of_each(given.folder)
        }
        queries = {query: _asked(browser, address, query, given.rounds) for query in _QUERIES}
        browser.close()
    if given.json:
        print(json.dumps({"pages": pages, "queries": queries}, indent=2))
        return
    for title, rows in (("page", pages), ("first query, empty cache", queries)):
        print(f"\n{title:44s}{''.join(f'{name:>14s}' for name in next(iter(rows.values())))}")
        for name, row in rows.items():
            print(f"{name:44s}{''.join(f'{value:14,.0f}' for value in row.values())}")


def _one_of_each(folder: Path) -> list[str]:
    found = ["index.html", "new.html", "trends.html", "techniques.html", "archive.html"]
    found += ["glossary.html", "about.html", "search.html"]
    for kind in ("cells", "stages", "resources", "techniques", "archive", "papers"):
        pages = sorted((folder / kind).rglob("*.html"), key=lambda path: -path.stat().st_size)
        found += [path.relative_to(folder).as_posix() for path in pages[:1]]  # the heaviest
    return [path for path in found if (folder / path).is_file()]


def _opened(browser: Browser, address: str, rounds: int) -> dict[str, float]:
    figures: list[dict[str, float]] = []
    for _ in range(rounds):
        with _page(browser) as page:
            weighed = _Weighed(page)
            weighed.slow_down()
            page.goto(address, wait_until="networkidle")
            first, largest, loaded = page.evaluate(_PAINT)
            figures.append(
                {
                    "first paint": first,
                    "largest": largest,
                    "loaded": loaded,
                    "bytes": weighed.travelled,
                    "(unpacked)": weighed.unpacked,
                    "files": weighed.files,
                }
            )
    return _medians(figures)


def _asked(browser: Browser, address: str, query: str, rounds: int) -> dict[str, float]:
    """Open the page with a query in its address, then ask for it again and again."""
    figures: list[dict[str, float]] = []
    for _ in range(rounds):
        with _page(browser) as page:
            weighed = _Weighed(page)
            weighed.slow_down()
            page.goto(f"{address}search.html?q={query.replace(' ', '+')}")
            page.wait_for_selector("#hits:not([aria-busy]) > li")
            since_start = page.evaluate(
                "(([one]) => one.startTime + one.duration)"
                "(performance.getEntriesByName('litmine:answer'))"
            )
            page.wait_for_load_state("networkidle")
            weight = weighed.travelled, weighed.unpacked, weighed.files
            again = [page.evaluate(_AGAIN) for _ in range(5)]
            figures.append(
                {
                    "answered": since_start,
                    "again": statistics.median(again),
                    "bytes": weight[0],
                    "(unpacked)": weight[1],
                    "files": weight[2],
                }
            )
    return _medians(figures)


def _medians(figures: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in figures) for name in figures[0]}


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = make_server(folder, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


if __name__ == "__main__":
    main()
