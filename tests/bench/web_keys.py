"""How long a key takes until the next paper is on the screen.

    python -m tests.bench.web_keys --papers 300

Serves a queue of invented papers, decides on all of them in Chromium by the keyboard, and measures
each time from the key to the frame after the one that shows the next paper (two animation frames),
so that a figure is at most one frame, 17 ms, too long. A paper counts as waited for when it had to
be fetched first.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from litmine.core.clock import SystemClock
from litmine.core.settings import Settings
from litmine.store import open_store
from tests.support.pages import ready, sent
from tests.support.web import fill_queue, make_app, serve

_MEASURED = "performance.getEntriesByName('litmine:paper').map((one) => one.duration)"


def main() -> None:
    """Measure, and print one line a kind of key."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=300)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between two keys")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = _measure(Path(folder), given.papers, given.pause)
    if given.json:
        print(json.dumps(figures, indent=2))
        return
    for kind, figure in figures.items():
        print(f"{kind:10s}" + "".join(f"  {name} {value:g}" for name, value in figure.items()))


def _measure(folder: Path, papers: int, pause: float) -> dict[str, dict[str, float]]:
    database = f"sqlite:///{folder / 'litmine.db'}"
    settings = Settings(data_dir=folder, database_url=database)
    clock = SystemClock()
    with open_store(database) as store, sync_playwright() as playwright:
        fill_queue(store, clock, papers)
        with serve(make_app(settings, store, clock)) as served:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=["--no-sandbox"] if os.geteuid() == 0 else [],
            )
            context = browser.new_context(base_url=served.url)
            context.add_cookies([served.cookie("reviewer")])  # type: ignore[list-item]
            page = context.new_page()
            page.goto("/queue")
            ready(page)
            time.sleep(1)
            looked = papers // 3
            figures = {
                "look": _press(page, ["j"] * looked + ["k"] * looked, pause / 4),
                "decide": _press(page, ["a", "x", "l"] * (papers // 3 - 1), pause),
            }
            sent(page)
            browser.close()
    return figures


def _press(page: Page, keys: list[str], pause: float) -> dict[str, float]:
    page.evaluate("performance.clearMeasures('litmine:paper')")
    for key in keys:
        page.keyboard.press(key)
        time.sleep(pause)
    time.sleep(0.5)
    found = sorted(page.evaluate(_MEASURED))
    return {
        "keys": len(keys),
        "painted": len(found),
        "p50_ms": round(statistics.median(found), 1),
        "p95_ms": round(found[int(0.95 * (len(found) - 1))], 1),
        "max_ms": round(found[-1], 1),
    }


if __name__ == "__main__":
    main()
