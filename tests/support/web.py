"""A queue of invented papers, and people who decide on them in a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from litmine.core.clock import Clock
from litmine.core.errors import NotFound
from litmine.core.settings import Settings
from litmine.core.taxonomy import load_taxonomy
from litmine.review.people.accounts import Accounts, User
from litmine.review.people.passwords import Passwords
from litmine.store import Store
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from litmine.web.app import create_app
from litmine.web.server import Server
from tests.support.papers import paper
from tests.support.rows import MODEL, prediction

#: Where the test client believes the application to be.
BASE_URL = "http://127.0.0.1:8765"
#: The person of each role.
PEOPLE = {"reader": "Rea Reader", "reviewer": "Ray Reviewer", "maintainer": "May Maintainer"}
PASSWORD = "correct horse battery"  # noqa: S105 - invented
#: Argon2id with the least work: the tests are not about its cost.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

_SUBJECTS = ("caches", "adapters", "schedules", "tokens", "gradients")


def fill_queue(store: Store, clock: Clock, count: int = 12) -> list[str]:
    """Put invented papers into the queue, of falling relevance; return their ids."""
    cells = load_taxonomy().cells
    ids = [f"2606.{number:05d}" for number in range(1, count + 1)]
    papers = [
        paper(
            arxiv_id,
            title=f"Frugal {_SUBJECTS[n % 5]} for $O(n^{n % 4 + 1})$ decoding, part {n + 1}",
            abstract=(
                f"We study {_SUBJECTS[n % 5]} in invented language model number {n + 1}. "
                "It stores its cache in fewer bits. The answers stay the same on our toy tasks."
            ),
            published=date(2026, 6, 29),
        )
        for n, arxiv_id in enumerate(ids)
    ]
    with store.write() as connection:
        upsert_papers(connection, papers, clock.now())
        put_predictions(
            connection,
            [
                prediction(
                    one.arxiv_id,
                    round(0.97 - 0.9 * n / count, 4),
                    content_hash=one.content_hash,
                    cells={cell: 0.8 if k == n % 25 else 0.04 for k, cell in enumerate(cells)},
                    assigned=(cells[n % 25],),
                )
                for n, one in enumerate(papers)
            ],
        )
        enqueue(connection, MODEL, 0.02, clock.now())
    return ids


def make_app(settings: Settings, store: Store, clock: Clock | None = None, **more: Any) -> FastAPI:
    """Make the application, with quick passwords."""
    app = create_app(settings, store, clock, **more)
    app.state.accounts = Accounts(store, app.state.services.clock, Passwords(QUICK))
    return app


def person(app: FastAPI, role: str, name: str | None = None) -> User:
    """Return an account of a role, with the password `PASSWORD`; made on first use."""
    accounts: Accounts = app.state.accounts
    name = name or PEOPLE[role]
    try:
        return accounts.get(name)
    except NotFound:
        return accounts.add_user(name, role, PASSWORD, by="tests")


def client_of(app: FastAPI, role: str | None, name: str | None = None) -> TestClient:
    """Return a client with the cookie of a session, which sends the CSRF token with every request.

    Errors of the application become answers (500), as they would for a browser. With the role
    None it is nobody's.
    """
    client = TestClient(
        app, base_url=BASE_URL, raise_server_exceptions=False, follow_redirects=False
    )
    if role is not None:
        opened = app.state.logins.open_session(person(app, role, name), via="password")
        client.cookies.set("litmine", opened.secret)
        client.headers["X-CSRF-Token"] = opened.csrf
    return client


def token_client(app: FastAPI, role: str, name: str | None = None) -> TestClient:
    """Return a client with an API token."""
    secret, _ = app.state.logins.create_token(person(app, role, name), "tests", by="tests")
    client = client_of(app, None)
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


@dataclass(frozen=True)
class Served:
    """An application that a real server serves on loopback.

    Attributes
    ----------
    url : str
        Without a slash at its end.
    """

    app: FastAPI
    url: str

    def cookie(self, role: str, name: str | None = None) -> dict[str, str]:
        """Return the cookie of a new session, as Playwright's ``context.add_cookies`` takes it."""
        opened = self.app.state.logins.open_session(person(self.app, role, name), via="password")
        return {"name": "litmine", "value": opened.secret, "url": self.url}

    def token(self, role: str, name: str | None = None) -> str:
        """Return a new API token."""
        logins = self.app.state.logins
        return str(logins.create_token(person(self.app, role, name), "tests", by="tests")[0])


@contextmanager
def serve(app: FastAPI) -> Iterator[Served]:
    """Serve the application on a free port of loopback, in a thread."""
    with on_loopback(app, Server) as url:
        yield Served(app, url)


@contextmanager
def on_loopback(app: Any, kind: type[uvicorn.Server] = uvicorn.Server) -> Iterator[str]:
    """Serve any ASGI application on a free port of loopback, in a thread; give its URL."""
    started = threading.Event()

    class Announcing(kind):  # type: ignore[valid-type,misc]
        async def startup(self, *args: Any, **kwargs: Any) -> None:
            await super().startup(*args, **kwargs)
            started.set()

    server = Announcing(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_config=None,
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=2,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert started.wait(timedelta(seconds=20).total_seconds()), "the server did not start"
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
