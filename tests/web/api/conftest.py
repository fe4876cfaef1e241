"""The application over both databases, and clients with API tokens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from litmine.core.clock import FakeClock
from litmine.core.settings import Settings
from litmine.store import Store
from tests.support.web import fill_queue, make_app


@pytest.fixture
def web_settings(tmp_path: Path, store: Store) -> Settings:
    """Settings over `store`."""
    database = store.engine.url.render_as_string(hide_password=False)
    return Settings(data_dir=tmp_path / "data", database_url=database)


@pytest.fixture
def queue_ids(store: Store, fake_clock: FakeClock) -> list[str]:
    """Ids of the twelve papers that wait in `store`, most probable first."""
    return fill_queue(store, fake_clock)


@pytest.fixture
def app(
    web_settings: Settings, store: Store, fake_clock: FakeClock, queue_ids: list[str]
) -> FastAPI:
    """The application, with twelve papers in its queue."""
    return make_app(web_settings, store, fake_clock)


@pytest.fixture
def double_app(
    web_settings: Settings, store: Store, fake_clock: FakeClock, queue_ids: list[str]
) -> FastAPI:
    """The same under double review."""
    review = web_settings.review.model_copy(update={"double": True})
    return make_app(web_settings.model_copy(update={"review": review}), store, fake_clock)


@pytest.fixture
def ada(token_as: Callable[..., TestClient]) -> TestClient:
    """A reviewer with a token."""
    return token_as("reviewer", "Ada")


@pytest.fixture
def bo(token_as: Callable[..., TestClient]) -> TestClient:
    """Another reviewer with a token."""
    return token_as("reviewer", "Bo")
