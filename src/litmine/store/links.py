"""What is known about the links of the list: whether they worked when they were last tried."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from litmine.store.schema import links
from litmine.store.sql import batched, in_byte_order, upsert

__all__ = ["LONGEST_URL", "Link", "forget_links", "known_links", "put_links"]

#: Longer addresses are not kept.
LONGEST_URL = 1000


@dataclass(frozen=True, slots=True)
class Link:
    """One address.

    Attributes
    ----------
    outcome : str
        ``ok``; ``moved``: it works, and says that it stands elsewhere for good; ``suspect``: it
        was not found on one day; ``broken``: on several; ``unknown``: nothing can be said.
    status : int or None
        HTTP status of the last answer; None when none came.
    location : str or None
        Where it has moved to.
    failures : int
        On how many days in a row it was not found.
    checked_at : datetime
        When it was tried last.
    """

    url: str
    outcome: str
    status: int | None
    location: str | None
    failures: int
    checked_at: datetime


def known_links(connection: Connection, urls: Collection[str] | None = None) -> dict[str, Link]:
    """Return what is known of these addresses, or of all, by address."""
    query = select(links).order_by(in_byte_order(connection, links.c.url))
    if urls is None:
        return {row.url: _link(row) for row in connection.execute(query)}
    found: dict[str, Link] = {}
    for some in batched(sorted(set(urls))):
        rows = connection.execute(query.where(links.c.url.in_(some)))
        found |= {row.url: _link(row) for row in rows}
    return found


def put_links(connection: Connection, tried: Iterable[Link]) -> None:
    """Store results; later ones replace earlier ones."""
    latest = {link.url: asdict(link) for link in tried}
    upsert(connection, links, [latest[url] for url in sorted(latest)])


def forget_links(connection: Connection, urls: Collection[str]) -> int:
    """Forget addresses, so that they are tried anew; return how many were known."""
    gone = 0
    for some in batched(sorted(set(urls))):
        gone += connection.execute(delete(links).where(links.c.url.in_(some))).rowcount
    return gone


def _link(row: Row[Any]) -> Link:
    return Link(row.url, row.outcome, row.status, row.location, row.failures, row.checked_at)
