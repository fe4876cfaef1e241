"""One way to take either an open database or a transaction of the caller."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from litmine.store import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["reading"]


@contextmanager
def reading(source: Store | Connection) -> Iterator[Connection]:
    """Open a reading transaction on a store; use a connection as it is."""
    if isinstance(source, Store):
        with source.read() as connection:
            yield connection
    else:
        yield source
