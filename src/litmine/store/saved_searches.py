"""Saved searches: queries that somebody wants to see the news of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from litmine.core.errors import InputError, NotFound
from litmine.store.schema import saved_searches

__all__ = [
    "SavedSearch",
    "delete_search",
    "digested_searches",
    "put_search",
    "search_by_feed_key",
    "search_of",
    "searches_of",
    "update_search",
]


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """One saved search.

    Attributes
    ----------
    owner : str
        Reviewer, or whoever works at the terminal.
    digest : bool
        Whether its news stand in the nightly digest.
    feed_key : str
        The part of its feed's address that nobody can guess.
    seen_at : datetime
        The last visit.
    told_at : datetime
        When the newest paper came that the owner was told of; what came later is new.
    """

    id: int
    owner: str
    name: str
    query: str
    scope: str
    digest: bool
    feed_key: str
    created_at: datetime
    seen_at: datetime
    told_at: datetime


def put_search(
    connection: Connection,
    owner: str,
    name: str,
    query: str,
    scope: str,
    *,
    digest: bool,
    feed_key: str,
    told_at: datetime,
    now: datetime,
) -> SavedSearch:
    """Store a new search.

    Raises
    ------
    InputError
        The owner has one of that name.
    """
    _refuse_twin(connection, owner, name)
    number = connection.execute(
        saved_searches.insert().values(
            owner=owner,
            name=name,
            query=query,
            scope=scope,
            digest=digest,
            feed_key=feed_key,
            created_at=now,
            seen_at=now,
            told_at=told_at,
        )
    ).inserted_primary_key[0]  # type: ignore[index]
    return search_of(connection, owner, int(number))


def update_search(connection: Connection, owner: str, number: int, **changes: Any) -> SavedSearch:
    """Change name, query, scope, digest, feed_key, seen_at or told_at of one search.

    Raises
    ------
    NotFound
        The owner has no such search.
    InputError
        The new name is that of another one.
    """
    before = search_of(connection, owner, number)
    if changes.get("name", before.name) != before.name:
        _refuse_twin(connection, owner, changes["name"])
    if changes:
        connection.execute(
            update(saved_searches).where(saved_searches.c.id == number).values(**changes)
        )
    return search_of(connection, owner, number)


def delete_search(connection: Connection, owner: str, number: int) -> None:
    """Delete one search.

    Raises
    ------
    NotFound
        The owner has no such search.
    """
    search_of(connection, owner, number)
    connection.execute(delete(saved_searches).where(saved_searches.c.id == number))


def search_of(connection: Connection, owner: str, number: int) -> SavedSearch:
    """Return one search of an owner.

    Raises
    ------
    NotFound
        The owner has no such search.
    """
    row = connection.execute(
        select(saved_searches).where(saved_searches.c.id == number, saved_searches.c.owner == owner)
    ).first()
    if row is None:
        raise NotFound(f"you have no saved search number {number}")
    return _search(row)


def searches_of(connection: Connection, owner: str) -> list[SavedSearch]:
    """Return an owner's searches by name."""
    rows = connection.execute(select(saved_searches).where(saved_searches.c.owner == owner))
    return sorted((_search(row) for row in rows), key=lambda one: (one.name.lower(), one.id))


def digested_searches(connection: Connection) -> list[SavedSearch]:
    """Return everybody's searches whose news stand in the digest, by owner and name."""
    rows = connection.execute(select(saved_searches).where(saved_searches.c.digest.is_(True)))
    return sorted((_search(row) for row in rows), key=lambda one: (one.owner, one.name, one.id))


def search_by_feed_key(connection: Connection, feed_key: str) -> SavedSearch | None:
    """Return the search with that feed, if there is one."""
    row = connection.execute(
        select(saved_searches).where(saved_searches.c.feed_key == feed_key)
    ).first()
    return None if row is None else _search(row)


def _refuse_twin(connection: Connection, owner: str, name: str) -> None:
    twins = connection.execute(
        select(func.count())
        .select_from(saved_searches)
        .where(saved_searches.c.owner == owner, saved_searches.c.name == name)
    ).scalar_one()
    if twins:
        raise InputError(f"you have a saved search named {name!r} already; choose another name")


def _search(row: Row[Any]) -> SavedSearch:
    return SavedSearch(
        id=row.id,
        owner=row.owner,
        name=row.name,
        query=row.query,
        scope=row.scope,
        digest=row.digest,
        feed_key=row.feed_key,
        created_at=row.created_at,
        seen_at=row.seen_at,
        told_at=row.told_at,
    )
