"""Every answer carries the headers that keep a page to itself."""

from __future__ import annotations

import httpx2


def test_the_server_answers(served):
    answer = httpx2.get(f"{served.url}/static/icon.svg")
    assert answer.status_code == 200
