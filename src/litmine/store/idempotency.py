"""Answers given once: a request that is sent again is answered again, and done only once.

The row stands in the transaction of what was done, so that a kill leaves both or neither.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from litmine.core.errors import InputError
from litmine.store.schema import idempotency
from litmine.store.sql import one_writer

__all__ = ["KEPT", "Once", "recall", "remember"]

#: A client that tries again later than this is not recognised any more.
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Once:
    """A request to be done once.

    Attributes
    ----------
    key : str
        Chosen by the client, such as a UUID; at most 200 characters.
    request_hash : str
        SHA-256 of what is asked, in hex.
    """

    key: str
    request_hash: str


def recall(connection: Connection, reviewer: str, once: Once) -> dict[str, Any] | None:
    """Return the outcome of the same request, if it was done before.

    Raises
    ------
    InputError
        The key belongs to another request, or is too long.
    """
    if not once.key or len(once.key) > 200:
        raise InputError("an idempotency key has 1 to 200 characters")
    # The same request may come twice at once: the second waits for what the first stores.
    one_writer(connection, zlib.crc32(f"{reviewer}\n{once.key}".encode()))
    row = connection.execute(
        select(idempotency).where(idempotency.c.reviewer == reviewer, idempotency.c.key == once.key)
    ).first()
    if row is None:
        return None
    if row.request_hash != once.request_hash:
        raise InputError("this idempotency key was used for another request; make a new one")
    return dict(row.outcome)


def remember(
    connection: Connection, reviewer: str, once: Once, outcome: dict[str, Any], now: datetime
) -> None:
    """Store the outcome of a request, and drop those older than `KEPT`."""
    connection.execute(delete(idempotency).where(idempotency.c.stored_at < now - KEPT))
    connection.execute(
        idempotency.insert().values(
            reviewer=reviewer,
            key=once.key,
            request_hash=once.request_hash,
            outcome=outcome,
            stored_at=now,
        )
    )
