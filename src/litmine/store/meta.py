"""Single values that the database remembers of itself, such as which corpus it was seeded with."""

from __future__ import annotations

from sqlalchemy import Connection, select

from litmine.store.schema import meta
from litmine.store.sql import upsert

__all__ = ["get_meta", "put_meta"]


def get_meta(connection: Connection, key: str) -> str | None:
    """Return a value, or None."""
    value = connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()
    return None if value is None else str(value)


def put_meta(connection: Connection, key: str, value: str) -> None:
    """Store a value in place of the one before."""
    upsert(connection, meta, [{"key": key, "value": value}])
