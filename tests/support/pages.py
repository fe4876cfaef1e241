"""What the browser tests wait for on a page.

The pages' Content-Security-Policy forbids `eval`, and with it Playwright's ``wait_for_function``.
"""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page, expect

_PATIENCE = 15.0


def ready(page: Page, kind: str = "queue") -> Page:
    """Wait until the page's script has begun."""
    expect(page.locator(f"html[data-ready={kind}]")).to_have_count(1)
    return page


def until(page: Page, script: str) -> Any:
    """Wait until a script gives something true, and return it."""
    deadline = time.monotonic() + _PATIENCE
    while not (found := page.evaluate(script)):
        assert time.monotonic() < deadline, f"never came true: {script}"
        page.wait_for_timeout(20)
    return found


def shown(page: Page) -> str:
    """Return the id of the paper that is shown."""
    return str(
        page.evaluate("JSON.parse(document.querySelector('article.paper').dataset.paper).id")
    )


def unsent(page: Page) -> list[dict[str, Any]]:
    """Return what this browser keeps until the server has answered."""
    found = page.evaluate(
        "Object.keys(localStorage).filter((slot) => slot.startsWith('litmine.outbox.')).sort()"
        ".map((slot) => JSON.parse(localStorage.getItem(slot)))"
    )
    return list(found)


def sent(page: Page) -> None:
    """Wait until nothing is unsent."""
    until(page, "!Object.keys(localStorage).some((slot) => slot.startsWith('litmine.outbox.'))")
