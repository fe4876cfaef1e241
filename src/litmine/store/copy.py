"""Copying one database into another, whatever the two are."""

from __future__ import annotations

from sqlalchemy import Connection, func, insert, select

from litmine.core.errors import StoreError
from litmine.store.engine import Store
from litmine.store.schema import api_tokens, audit, decisions, leases, metadata, opinions, users

__all__ = ["copy_store"]

_ROWS = 2000


def copy_store(source: Store, target: Store) -> None:
    """Copy every row of `source` into the empty `target`, leases left out.

    Raises
    ------
    StoreError
        `target` already holds something.
    """
    tables = [table for table in metadata.sorted_tables if table is not leases]
    with source.read() as reading, target.write() as writing:
        for table in tables:
            if writing.execute(select(table).limit(1)).first() is not None:
                raise StoreError(f"{target.url} is not empty; copy into a new database")
        for table in tables:
            # In key order: an undo names an earlier decision.
            rows = reading.execute(
                select(table).order_by(*table.primary_key), execution_options={"yield_per": _ROWS}
            )
            for part in rows.partitions(_ROWS):
                writing.execute(insert(table), [dict(row._mapping) for row in part])
        _continue_numbering(writing)


def _continue_numbering(connection: Connection) -> None:
    # PostgreSQL counts rows that it numbered itself; SQLite looks at the highest number there is.
    if connection.dialect.name != "postgresql":
        return
    for table in (decisions, opinions, audit, users, api_tokens):
        highest = connection.execute(select(func.max(table.c.id))).scalar()
        if highest is not None:
            sequence = func.pg_get_serial_sequence(table.name, "id")
            connection.execute(select(func.setval(sequence, highest)))
