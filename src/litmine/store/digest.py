"""One fingerprint of the database's content, free of clock times and of the runs' diary.

Two databases with the same digest hold the same papers, versions, vectors, predictions, labels,
queue, near-duplicates, announcements and watermarks, however many times the run that filled them
was interrupted.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, Table, select

from litmine.store.schema import (
    announcements,
    duplicates,
    harvests,
    labels,
    paper_versions,
    papers,
    predictions,
    queue,
    vectors,
)
from litmine.store.sql import in_byte_order

__all__ = ["CONTENT_TABLES", "content_digest", "table_digest"]

CONTENT_TABLES: tuple[Table, ...] = (
    papers,
    paper_versions,
    vectors,
    predictions,
    labels,
    queue,
    duplicates,
    announcements,
    harvests,
)


def content_digest(connection: Connection) -> dict[str, str]:
    """Return the hex sha256 of each content table's rows, by table name."""
    return {table.name: table_digest(connection, table) for table in CONTENT_TABLES}


def table_digest(connection: Connection, table: Table) -> str:
    """Hex sha256 over a table's rows in key order, columns of clock times left out."""
    columns = [c for c in table.columns if not c.name.endswith("_at")]
    keys = [in_byte_order(connection, key) for key in table.primary_key]
    digest = hashlib.sha256()
    rows = connection.execute(
        select(*columns).order_by(*keys), execution_options={"yield_per": 1000}
    )
    for row in rows:
        digest.update(json.dumps(list(row), default=_plain, sort_keys=True).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _plain(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
