"""The web application over a store with a filled queue, and clients of every role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from litmine.core.clock import FakeClock
from litmine.core.sections import ReviewSettings
from litmine.core.settings import Settings
from litmine.store import Store
from tests.support.web import Served, client_of, fill_queue, make_app, serve, token_client

ClientAs = Callable[..., TestClient]


@pytest.fixture
def web_settings(tmp_path: Path, sqlite_store: Store) -> Settings:
    """Settings of an application over `sqlite_store`."""
    database = sqlite_store.engine.url.render_as_string(hide_password=False)
    # In the order of probability, so that a test knows which paper comes when.
    return Settings(
        data_dir=tmp_path / "data",
        database_url=database,
        review=ReviewSettings(policy="max"),
    )


@pytest.fixture
def queue_ids(sqlite_store: Store, fake_clock: FakeClock) -> list[str]:
    """Ids of the twelve papers that wait in `sqlite_store`, most probable first."""
    return fill_queue(sqlite_store, fake_clock)


@pytest.fixture
def app(
    web_settings: Settings, sqlite_store: Store, fake_clock: FakeClock, queue_ids: list[str]
) -> FastAPI:
    """The application, with a queue of twelve invented papers, at a clock turned by hand."""
    return make_app(web_settings, sqlite_store, fake_clock)


@pytest.fixture
def client_as(app: FastAPI) -> ClientAs:
    """Make clients of `app`: ``client_as("reviewer")``, ``client_as("reviewer", "Bo")``.

    Each is logged in with a cookie and sends its CSRF token; ``client_as(None)`` is nobody.
    """

    def make(role: str | None, name: str | None = None) -> TestClient:
        return client_of(app, role, name)

    return make


@pytest.fixture
def token_as(app: FastAPI) -> ClientAs:
    """Make clients of `app` with an API token: ``token_as("reviewer")``."""

    def make(role: str, name: str | None = None) -> TestClient:
        return token_client(app, role, name)

    return make


@pytest.fixture
def served(app: FastAPI) -> Iterator[Served]:
    """Serve `app` on loopback: `served.url`, `served.cookie("reviewer")` for the browser."""
    with serve(app) as running:
        yield running
