"""Requests to the API, in the words of the tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.testclient import TestClient

from litmine.web.server import make_server
from tests.support.web import person

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


class Server:
    """A real server of the application, and people who speak to it."""

    def __init__(self, app: FastAPI, url: str) -> None:
        self.app, self.url = app, url

    def token(self, name: str = "Ada", role: str = "reviewer") -> str:
        """Return a new API token."""
        user = person(self.app, role, name)
        return str(self.app.state.logins.create_token(user, "tests", by="tests")[0])

    def client(self, name: str = "Ada", role: str = "reviewer") -> httpx.Client:
        """Return a client with a token."""
        headers = {"Authorization": f"Bearer {self.token(name, role)}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20)


@contextmanager
def running(app: FastAPI, port: int = 0) -> Iterator[Server]:
    """Serve an application with our own server, in a thread; it must stop when told to."""
    server = make_server(app, host="127.0.0.1", port=port, log_config=None, access_log=False)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = port or server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Server(app, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"
