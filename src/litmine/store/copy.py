"""Copying one database into another, whatever the two are."""

from __future__ import annotations

from sqlalchemy import insert, select

from litmine.core.errors import StoreError
from litmine.store.engine import Store
from litmine.store.papers import count_papers
from litmine.store.schema import leases, metadata

__all__ = ["copy_store"]

_ROWS = 2000


def copy_store(source: Store, target: Store) -> None:
    """Copy every row of `source` into the empty `target`, leases left out.

    Raises
    ------
    StoreError
        `target` already holds papers.
    """
    with target.read() as connection:
        if count_papers(connection):
            raise StoreError(f"{target.url} is not empty; copy into a new database")
    with source.read() as reading, target.write() as writing:
        for table in metadata.sorted_tables:
            if table is leases:
                continue
            rows = reading.execute(select(table), execution_options={"yield_per": _ROWS})
            for part in rows.partitions(_ROWS):
                writing.execute(insert(table), [dict(row._mapping) for row in part])
