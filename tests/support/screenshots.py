"""Pictures of every page in out/screenshots: ``make screenshots``.

The sample night (summaries in our own words, no abstracts) is run through, three reviewers decide
on some of it, two of them under double review, the companion site is built with the labelled
library, and a real browser visits every page at two widths. The pictures that the documentation
shows go into docs/screenshots; to show another one, name it there and make them again.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

from litmine.core.clock import SystemClock
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.publish.build_site import build_site
from litmine.publish.site.preview import make_server
from litmine.review import ReviewDesk
from litmine.review.people.accounts import Accounts
from litmine.search.saved import SavedSearches
from litmine.search.sync import sync_as_set
from litmine.store import Store, open_store
from litmine.store.saved_searches import update_search
from litmine.web.app import create_app
from litmine.web.searching import SearchKeeper
from tests.support.web import serve

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "out" / "screenshots"
SHOWN = ROOT / "docs" / "screenshots"
WIDTHS = {"wide": (1280, 900), "phone": (390, 844)}
#: File name, address, and the theme: most in the light one, two in the dark one.
PAGES = (
    ("queue", "/queue", "light"),
    ("queue-dark", "/queue", "dark"),
    ("table", "/queue/table", "light"),
    ("disputes", "/disputes", "light"),
    ("library", "/library", "light"),
    ("matrix", "/library/matrix", "light"),
    ("matrix-dark", "/library/matrix", "dark"),
    ("paper", "/papers/{paper}", "light"),
    ("search", "/search?q=kv+cache+eviction+without+retraining", "light"),
    ("search-dark", "/search?q=memory&scope=night:2026-07-14", "dark"),
    ("search-start", "/search", "light"),
    ("similar", "/search/similar?to={paper}", "light"),
    ("saved", "/searches", "light"),
    ("activity", "/activity", "light"),
    ("agreement", "/agreement", "light"),
    ("models", "/models", "light"),
    ("runs", "/runs", "light"),
    ("run", "/runs/{run}", "light"),
    ("settings", "/settings", "light"),
    ("account", "/settings/account", "light"),
    ("users", "/settings/users", "light"),
    ("system", "/settings/system", "light"),
    ("codebook", "/codebook", "light"),
    ("login", "/login", "light"),
)
SITE = (
    ("site", "/index.html", "light"),
    ("site-dark", "/index.html", "dark"),
    ("site-cell", "/cells/inference-memory.html", "light"),
    ("site-technique", "/techniques/kv-cache.html", "light"),
    ("site-paper", "/papers/{paper}.html", "light"),
    ("site-new", "/new.html", "light"),
    ("site-archive", "/archive.html", "light"),
    ("site-trends", "/trends.html", "light"),
    ("site-search", "/search.html?q=kv+cache", "light"),
    ("site-glossary", "/glossary.html", "light"),
    ("site-downloads", "/downloads.html", "light"),
    ("site-feeds", "/feeds.html", "light"),
    ("site-about", "/about.html", "light"),
)


@contextmanager
def sample_night() -> Iterator[tuple[Settings, Store]]:
    """Run the sample night in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        # By a short name: some pages show where things are.
        demo = Path("out/demo")
        litmine = [sys.executable, "-m", "litmine", "demo", "--folder", str(demo)]
        with contextlib.chdir(folder):
            subprocess.run(litmine, check=True, stdout=subprocess.DEVNULL)
            settings = Settings(data_dir=demo)
            with open_store(settings.database, must_exist=True) as store:
                yield settings, store


def decide(store: Store) -> str:
    """Let three reviewers work for a while; return a paper with a history."""
    clock = SystemClock()
    accounts = Accounts(store, clock)
    for name, role in (("ada", "maintainer"), ("bo", "reviewer"), ("cy", "reviewer")):
        accounts.add_user(name, role, by="ada")
    ada, bo, cy = (ReviewDesk(store, name, source="web") for name in ("ada", "bo", "cy"))
    with_cells = [item for item in ada.waiting() if item.prediction.assigned]
    ids = [item.paper.arxiv_id for item in with_cells]
    for n, arxiv_id in enumerate(ids[2:16]):
        (ada, bo, cy)[n % 3].approve(arxiv_id)
    unlikely = [item.paper.arxiv_id for item in ada.waiting() if not item.prediction.assigned]
    for n, arxiv_id in enumerate(unlikely[:6]):
        (ada, bo)[n % 2].reject(arxiv_id, comment="" if n else "applies a model, saves nothing")
    ada.undo(ids[3])
    ada.approve(ids[3], comment="second look")
    first = ReviewDesk(store, "bo", source="web", double=True)
    second = ReviewDesk(store, "cy", source="web", double=True)
    for n, arxiv_id in enumerate(ids[16:22]):
        first.approve(arxiv_id)
        if n % 3:
            second.approve(arxiv_id)
        else:
            second.reject(arxiv_id, comment="serves models, but measures quality only")
    return ids[3]


def save_searches(store: Store, searcher: SearchKeeper) -> None:
    """Save two searches for Ada, one of them before the night came; the first one warms up."""
    searches = SavedSearches(store, searcher)
    searches.save("ada", "Smaller caches", "kv cache stage:inference", "everything")
    older = searches.save("ada", "Memory, to be read", "memory is:pending", "everything")
    with store.write() as connection:
        before = older.seen_at - timedelta(days=7)
        update_search(connection, "ada", older.id, seen_at=before, told_at=before)


def shoot(
    url: str,
    pages: Iterable[tuple[str, str, str]],
    names: Mapping[str, str],
    cookie: Any = None,
) -> None:
    """Visit some pages at every width."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"] if os.getuid() == 0 else [],
        )
        for width, (x, y) in WIDTHS.items():
            for name, address, theme in pages:
                context = browser.new_context(
                    viewport={"width": x, "height": y},
                    color_scheme=theme,  # type: ignore[arg-type]
                    reduced_motion="reduce",
                )
                if cookie and name != "login":
                    context.add_cookies([cookie])
                page = context.new_page()
                page.goto(url + address.format_map(names))
                page.wait_for_load_state("load")
                page.evaluate("document.fonts.ready")
                page.wait_for_timeout(400)  # what comes after the page: counts, the next papers
                # As tall as the page, so that bars that stay in view stand at its end; but a very
                # long page tells no more further down.
                tall = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": x, "height": min(max(tall, y), 4 * x)})
                _save(page.screenshot(), FOLDER / f"{name}-{width}.png")
                context.close()
        browser.close()


def _save(png: bytes, path: Path) -> None:
    """Write a picture with a palette: a third of the size."""
    from PIL import Image

    image: Any = Image.open(BytesIO(png)).convert("RGB")
    image.quantize(128).save(path, optimize=True)


def keep_shown() -> None:
    """Put what the documentation shows beside it, and nothing else."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    shown = set(re.findall(r"screenshots/([a-z-]+\.png)", text))
    SHOWN.mkdir(parents=True, exist_ok=True)
    for old in SHOWN.glob("*.png"):
        if old.name not in shown:
            old.unlink()
    for name in sorted(shown):
        shutil.copyfile(FOLDER / name, SHOWN / name)


def main() -> None:
    """Make the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with sample_night() as (settings, store):
        names = {"paper": decide(store)}
        from litmine.store.runs import last_runs

        with store.read() as connection:
            names["run"] = last_runs(connection, "nightly", 1)[0].run_id
        sync_as_set(settings, store)
        app = create_app(settings, store)
        save_searches(store, app.state.services.searcher)
        with serve(app) as served:
            shoot(served.url, PAGES, names, served.cookie("maintainer", "ada"))
        site = build_site(RunContext(settings, store), library=True).folder
        server = make_server(site, 0)
        Thread(target=server.serve_forever, daemon=True).start()
        shoot(f"http://127.0.0.1:{server.server_port}", SITE, names)
        server.shutdown()
        server.server_close()
    keep_shown()


if __name__ == "__main__":
    main()
