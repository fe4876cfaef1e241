"""The server is killed while somebody decides: afterwards every decision stands exactly once."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from litmine.core.clock import SystemClock
from litmine.core.settings import Settings
from litmine.store import Store
from litmine.store.schema import decisions
from tests.support.pages import ready, sent, until
from tests.support.web import fill_queue, make_app, person
from tests.support.web_process import WebProcess

pytestmark = [pytest.mark.browser, pytest.mark.drill]

_PAPERS = 40


def test_killed_while_decisions_arrive(
    browser: Browser, sqlite_store: Store, web_settings: Settings, tmp_path: Path
) -> None:
    clock = SystemClock()
    ids = fill_queue(sqlite_store, clock, _PAPERS)
    app = make_app(web_settings, sqlite_store, clock)
    session = app.state.logins.open_session(person(app, "reviewer"), via="password")
    environment = {
        **os.environ,
        "LITMINE_DATA_DIR": str(web_settings.data_dir),
        "LITMINE_DATABASE_URL": web_settings.database_url,
    }
    with WebProcess(environment, tmp_path / "server.log") as server:
        context = browser.new_context(base_url=server.url)
        context.add_cookies([{"name": "litmine", "value": session.secret, "url": server.url}])
        page = context.new_page()
        page.goto("/queue")
        ready(page)
        done = 0
        for burst in range(3):
            # Enough is in memory to go on without a server.
            until(page, "document.getElementById('desk').dataset.ahead >= 10")
            for _ in range(8):
                before = page.locator("article.paper h1").inner_text()
                page.keyboard.press("x" if done % 3 else "a")
                done += 1
                until(
                    page,
                    "document.querySelector('article.paper h1') && document.querySelector("
                    f"'article.paper h1').innerText !== {before!r}",
                )
                if burst == 1 and done % 8 == 4:
                    server.kill()
            if burst == 1:
                server.start()
                page.evaluate("dispatchEvent(new Event('online'))")
            sent(page)
        context.close()
    with sqlite_store.read() as connection:
        rows = connection.execute(decisions.select().order_by(decisions.c.id)).all()
    assert Counter(row.arxiv_id for row in rows) == dict.fromkeys(ids[:done], 1)
    assert [row.action for row in rows] == ["reject" if n % 3 else "approve" for n in range(done)]
