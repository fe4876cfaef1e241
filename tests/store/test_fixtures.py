"""The test databases are what they claim to be."""

from __future__ import annotations

from sqlalchemy import text

from litmine.store import Store
from litmine.store.papers import count_papers

VERSION = {"sqlite": "select sqlite_version()", "postgresql": "select version()"}
STARTS = {"sqlite": "3.", "postgresql": "PostgreSQL "}


def test_store_is_empty_and_on_the_database_asked_for(store: Store, dialect: str) -> None:
    with store.read() as connection:
        assert store.dialect == dialect
        assert connection.execute(text(VERSION[dialect])).scalar_one().startswith(STARTS[dialect])
        assert count_papers(connection) == 0
