"""Pages of people who are logged in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from litmine.store import Store
from litmine.store.schema import decisions, queue
from tests.support.web import Served

Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Visit]:
    """Open a page as somebody: ``visit("/queue")``, ``visit("/queue", "reader", width=390)``.

    The test fails when a page's script throws, breaks the Content-Security-Policy, or asks for
    something that is not there.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(
        path: str,
        role: str = "reviewer",
        name: str | None = None,
        *,
        width: int = 1280,
        **more: Any,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 860}, base_url=served.url, **more
        )
        contexts.append(context)
        context.add_cookies([served.cookie(role, name)])  # type: ignore[list-item]
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if "Content Security Policy" in message.text or "404" in message.text
                else None
            ),
        )
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def taken(sqlite_store: Store) -> Callable[[], list[tuple[str, str, tuple[str, ...]]]]:
    """All decisions in the order they were taken: paper, action, cells."""

    def read() -> list[tuple[str, str, tuple[str, ...]]]:
        with sqlite_store.read() as connection:
            rows = connection.execute(decisions.select().order_by(decisions.c.id)).all()
        return [(row.arxiv_id, row.action, tuple(row.cells)) for row in rows]

    return read


@pytest.fixture
def states(sqlite_store: Store) -> Callable[[], dict[str, str]]:
    """The state of every paper in the queue."""

    def read() -> dict[str, str]:
        with sqlite_store.read() as connection:
            return {row.arxiv_id: row.state for row in connection.execute(queue.select())}

    return read
