"""The few statements that SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, String, Table

__all__ = ["batched", "in_byte_order", "insert_for", "one_writer", "upsert"]

_T = TypeVar("_T")

#: Rows per statement: below SQLite's limit of bound variables for an IN list.
BATCH = 900


def insert_for(connection: Connection, table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT on this connection's database."""
    # Each dialect package is imported only where it is used: it is a tenth of a quick command.
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    from sqlalchemy.dialects.sqlite import insert as sqlite_insert

    return sqlite_insert(table)


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[dict[str, Any]],
    *,
    update: Iterable[str] | None = None,
) -> None:
    """Insert `rows`; where the primary key exists, set the columns in `update`.

    Parameters
    ----------
    update : iterable of str, optional
        Columns to overwrite; by default all but the key. An empty iterable keeps the old row.
    """
    if not rows:
        return
    statement = insert_for(connection, table)
    keys = [column.name for column in table.primary_key]
    names = [c for c in rows[0] if c not in keys] if update is None else list(update)
    if names:
        statement = statement.on_conflict_do_update(
            index_elements=keys, set_={name: statement.excluded[name] for name in names}
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, list(rows))


def one_writer(connection: Connection, key: int) -> None:
    """Let one transaction at a time pass here, so that what it read is still true when it writes.

    On SQLite every writer is alone already.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({int(key)})")


def in_byte_order(connection: Connection, column: Column[Any]) -> ColumnElement[Any]:
    """Return `column` for an ORDER BY that does not depend on the server's language."""
    if connection.dialect.name == "postgresql" and isinstance(column.type, String):
        return column.collate("C")
    return column


def batched(items: Sequence[_T], size: int = BATCH) -> Iterator[Sequence[_T]]:
    """Cut `items` into slices of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
