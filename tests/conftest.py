"""Fixtures for every test: a clean environment, both databases, a clock, the shared data."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from litmine.core.clock import FakeClock
from litmine.store import Store, open_store
from litmine.store.schema import metadata
from tests.support.postgres import NoPostgres, PostgresServer, postgres_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_CHECKOUT = Path(__file__).resolve().parent.parent
_SHARED = _CHECKOUT.parent / "shared"

MakeUrl = Callable[[], str]


@pytest.fixture(autouse=True)
def clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep the settings and configuration files of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.upper().startswith("LITMINE_"):
            monkeypatch.delenv(name)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    # A litmine.toml in the working folder counts as configuration.
    monkeypatch.chdir(home)


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that stands at 2026-07-01 04:00 UTC until the test moves it."""
    return FakeClock(datetime(2026, 7, 1, 4, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the session; absent, a reason to skip, but a failure in CI."""
    try:
        with postgres_server() as server:
            yield server
    except NoPostgres as reason:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def free_databases(postgres: PostgresServer) -> list[str]:
    """URLs of PostgreSQL databases with litmine's schema and no rows, to take and to give back.

    Emptying one takes a tenth of the time of making one.
    """
    return []


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SQLite file that holds litmine's schema, to copy from."""
    path = tmp_path_factory.mktemp("migrated") / "litmine.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def dialect(request: pytest.FixtureRequest) -> str:
    """Each database in turn."""
    return str(request.param)


@pytest.fixture
def make_empty_url(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[MakeUrl]:
    """Make URLs of databases that hold nothing, not even a schema."""
    if dialect == "sqlite":
        numbers = iter(range(1000))
        yield lambda: f"sqlite:///{tmp_path / f'empty-{next(numbers)}.db'}"
        return
    server = request.getfixturevalue("postgres")
    made: list[str] = []

    def make() -> str:
        made.append(server.create())
        return str(server.url(made[-1]))

    yield make
    for name in made:
        server.drop(name)


@pytest.fixture
def empty_url(make_empty_url: MakeUrl) -> str:
    """URL of a database that holds nothing, not even a schema."""
    return make_empty_url()


@pytest.fixture
def make_store(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], Store]]:
    """Make open, empty databases with litmine's schema."""
    opened: list[Store] = []
    if dialect == "sqlite":
        template = request.getfixturevalue("migrated_sqlite")

        def make() -> Store:
            path = tmp_path / f"litmine-{len(opened)}.db"
            shutil.copyfile(template, path)
            opened.append(open_store(f"sqlite:///{path}", migrate=False))
            return opened[-1]

        yield make
        for store in opened:
            store.close()
        return
    server = request.getfixturevalue("postgres")
    free = request.getfixturevalue("free_databases")
    taken: list[str] = []

    def make_on_server() -> Store:
        taken.append(free.pop() if free else server.url(server.create()))
        opened.append(open_store(taken[-1]))
        return opened[-1]

    yield make_on_server
    for store in opened:
        store.close()
    for url in taken:
        empty(url)
        free.append(url)


def empty(url: str) -> None:
    """Take every row out of a PostgreSQL database; a transaction left open makes this fail."""
    tables = ", ".join(table.name for table in metadata.tables.values())
    with open_store(url) as store, store.write() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
        connection.exec_driver_sql(f"TRUNCATE {tables} RESTART IDENTITY")


@pytest.fixture
def store(make_store: Callable[[], Store]) -> Store:
    """An open, empty database, on SQLite and on PostgreSQL."""
    return make_store()


@pytest.fixture
def sqlite_store(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Store]:
    """An open, empty SQLite database, for tests that are not about the database."""
    path = tmp_path / "litmine-only.db"
    shutil.copyfile(migrated_sqlite, path)
    with open_store(f"sqlite:///{path}", migrate=False) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The design data beside the checkout; tests that use it carry the marker `shared`."""
    if not (_SHARED / "data").is_dir():
        pytest.skip("../shared is not beside the checkout")
    return _SHARED


# Playwright keeps an event loop running in this thread while it is open, in which no test could
# run one of its own: so it is closed when the module ends.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window; absent, a reason to skip, but a failure in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        reason = "the browser tests need Chromium: install it, or leave them out: -m 'not browser'"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    # Chromium's sandbox refuses to run as root.
    unsafe = os.geteuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if unsafe else []
        )
        yield browser
        browser.close()
