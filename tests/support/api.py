"""Requests to the API, in the words of the tests."""

from __future__ import annotations

from typing import Any

import httpx
from starlette.testclient import TestClient

V1 = "/api/v1"


def decide(
    client: TestClient | httpx.Client,
    paper: str,
    action: str,
    revision: int | None = 0,
    key: str | None = None,
    **wish: Any,
) -> httpx.Response:
    """Send a decision."""
    headers = {} if revision is None else {"If-Match": f'"{revision}"'}
    if key is not None:
        headers["Idempotency-Key"] = key
    return client.post(
        f"{V1}/queue/{paper}/decisions", headers=headers, json={"action": action, **wish}
    )


def told(response: httpx.Response, status: int = 200) -> Any:
    """Return the answer's JSON; the status and the shape of an error must be as expected."""
    assert response.status_code == status, response.text
    if status >= 400:
        assert response.headers["Content-Type"] == "application/problem+json"
        body = response.json()
        assert body["status"] == status
        assert {"type", "title", "detail", "instance"} <= set(body)
        return body
    assert response.headers["Content-Type"] == "application/json"
    return response.json()


def pages(client: TestClient, path: str, **parameters: Any) -> list[list[Any]]:
    """Return the items of each page of a list."""
    found = []
    cursor = None
    while True:
        query = parameters if cursor is None else {**parameters, "cursor": cursor}
        page = told(client.get(V1 + path, params=query))
        found.append(page["items"])
        cursor = page["next"]
        if cursor is None:
            return found
