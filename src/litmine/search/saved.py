"""Saved searches: what came since the last visit, a feed, a section of the digest."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, select

from litmine.core.clock import Clock, SystemClock
from litmine.core.errors import InputError, NotFound
from litmine.core.log import get_logger
from litmine.core.paper import normalise_space
from litmine.search.answer import Answer, Hit
from litmine.search.scope import LIBRARY, parse_scope
from litmine.store import Store
from litmine.store.decisions import latest_decisions
from litmine.store.saved_searches import (
    SavedSearch,
    delete_search,
    digested_searches,
    put_search,
    search_by_feed_key,
    search_of,
    searches_of,
    update_search,
)
from litmine.store.schema import papers
from litmine.store.sql import batched

__all__ = ["MOST_SEARCHES", "News", "SavedSearch", "SavedSearches", "Searches"]

_log = get_logger("litmine.search")

MOST_SEARCHES = 100
"""Of one owner."""

MOST_NAME = 120

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_LOOKED_AT = 50
"""Only the best hits can be news: the tail of a search by meaning is near to everything."""


class Searches(Protocol):
    """What searches: `litmine.search.searcher.Searcher`."""

    def check(self, text: str) -> object:
        """Raise InputError when a query cannot be understood."""
        ...

    def search(
        self, text: str, *, scope: str = "library", limit: int = 20, offset: int = 0
    ) -> Answer:
        """Find papers."""
        ...


@dataclass(frozen=True, slots=True)
class News:
    """A hit of a saved search, and since when it can be found there.

    Attributes
    ----------
    came_at : datetime or None
        When the paper was approved (scope ``library``) or first stored; None for a paper of the
        seeded library, which was there from the beginning.
    """

    hit: Hit
    came_at: datetime | None


class SavedSearches:
    """The saved searches of everybody.

    Parameters
    ----------
    searcher : Searches
        Runs them.
    """

    def __init__(self, store: Store, searcher: Searches, clock: Clock | None = None) -> None:
        self._store = store
        self._searcher = searcher
        self._clock = clock or SystemClock()

    def save(
        self, owner: str, name: str, query: str, scope: str = "library", *, digest: bool = True
    ) -> SavedSearch:
        """Save a search; what comes from now on is new.

        Raises
        ------
        InputError
            The query cannot be understood, the name is taken, empty or too long, or there are
            too many.
        """
        changes = self._checked(name=name, query=query, scope=scope)
        told_at = _newest(self._dated(changes["query"], changes["scope"]))
        with self._store.write() as connection:
            if len(searches_of(connection, owner)) >= MOST_SEARCHES:
                raise InputError(f"you have {MOST_SEARCHES} saved searches; delete one first")
            return put_search(
                connection,
                owner,
                **changes,
                digest=digest,
                feed_key=secrets.token_urlsafe(32),
                told_at=told_at,
                now=self._clock.now(),
            )

    def of(self, owner: str) -> list[SavedSearch]:
        """Return an owner's searches by name."""
        with self._store.read() as connection:
            return searches_of(connection, owner)

    def one(self, owner: str, number: int) -> SavedSearch:
        """Return one search.

        Raises
        ------
        NotFound
            The owner has no such search.
        """
        with self._store.read() as connection:
            return search_of(connection, owner, number)

    def change(
        self,
        owner: str,
        number: int,
        *,
        name: str | None = None,
        query: str | None = None,
        scope: str | None = None,
        digest: bool | None = None,
    ) -> SavedSearch:
        """Change what is given.

        Raises
        ------
        NotFound, InputError
            As in `one` and `save`.
        """
        changes = self._checked(name=name, query=query, scope=scope)
        if digest is not None:
            changes["digest"] = digest
        if "query" in changes or "scope" in changes:
            # Another search: what it finds today is not news.
            before = self.one(owner, number)
            asked = changes.get("query", before.query), changes.get("scope", before.scope)
            changes["told_at"] = _newest(self._dated(*asked))
        with self._store.write() as connection:
            return update_search(connection, owner, number, **changes)

    def delete(self, owner: str, number: int) -> None:
        """Delete one search; its feed is gone too.

        Raises
        ------
        NotFound
            The owner has no such search.
        """
        with self._store.write() as connection:
            delete_search(connection, owner, number)

    def new_feed_key(self, owner: str, number: int) -> SavedSearch:
        """Give a search's feed another address; the old one finds nothing any more.

        Raises
        ------
        NotFound
            The owner has no such search.
        """
        with self._store.write() as connection:
            return update_search(connection, owner, number, feed_key=secrets.token_urlsafe(32))

    def visit(self, owner: str, number: int) -> tuple[SavedSearch, list[News]]:
        """Return the news of a search, and note that its owner has seen them.

        The search is returned as it was, with the visit before this one.

        Raises
        ------
        NotFound
            The owner has no such search.
        """
        saved = self.one(owner, number)
        dated = self._dated(saved.query, saved.scope)
        told_at = max(saved.told_at, _newest(dated))
        now = self._clock.now()
        with self._store.write() as connection:
            update_search(connection, owner, number, seen_at=now, told_at=told_at)
        return saved, _after(dated, saved.told_at)

    def news(self, saved: SavedSearch, since: datetime | None = None) -> list[News]:
        """Return which of a search's best 50 hits came after a moment, newest first.

        Parameters
        ----------
        since : datetime, optional
            By default when the newest paper came that the owner was told of.

        Raises
        ------
        InputError
            The query is understood no longer.
        """
        moment = saved.told_at if since is None else since
        return _after(self._dated(saved.query, saved.scope), moment)

    def feed(self, feed_key: str) -> tuple[SavedSearch, list[News]]:
        """Return a search and its best 50 hits, the newest to come first.

        Raises
        ------
        NotFound
            No search has this feed.
        """
        with self._store.read() as connection:
            saved = search_by_feed_key(connection, feed_key)
        if saved is None:
            raise NotFound("there is no such feed; its owner may have given it a new address")
        return saved, self._dated(saved.query, saved.scope)

    def digest(self, since: datetime) -> list[tuple[SavedSearch, list[News]]]:
        """Return every search that is to stand in a digest and has news since a moment.

        What a search found already when it was saved is news to nobody.

        One whose query is understood no longer, such as of a technique that was renamed, is left
        out with a warning: it must not cost all others theirs.
        """
        with self._store.read() as connection:
            wanted = digested_searches(connection)
        found = []
        for saved in wanted:
            try:
                # `told_at` is what it found when it was saved; visits move it on.
                news = self.news(saved, max(since, min(saved.created_at, saved.told_at)))
            except InputError as error:
                _log.warning("saved_search_not_understood", number=saved.id, problem=str(error))
                continue
            if news:
                found.append((saved, news))
        return found

    def _dated(self, query: str, scope: str) -> list[News]:
        """Return the best hits of a search with when they came, the newest first."""
        hits = self._searcher.search(query, scope=scope, limit=_LOOKED_AT).hits
        ids = [hit.arxiv_id for hit in hits]
        with self._store.read() as connection:
            if parse_scope(scope) == LIBRARY:
                standing = latest_decisions(connection, ids)
                came = {i: d.decided_at for i, d in standing.items() if d.action == "approve"}
            else:
                came = _stored_at(connection, ids)
        news = [News(hit, came.get(hit.arxiv_id)) for hit in hits]
        # Of equal moments the better hit stands first, as sorting is stable.
        return sorted(
            news,
            key=lambda one: one.came_at.timestamp() if one.came_at else float("-inf"),
            reverse=True,
        )

    def _checked(self, *, name: str | None, query: str | None, scope: str | None) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if name is not None:
            changes["name"] = _name(name)
        if query is not None:
            changes["query"] = normalise_space(query)
            if not changes["query"]:
                raise InputError("an empty search cannot be saved; type what to look for")
            self._searcher.check(changes["query"])
        if scope is not None:
            changes["scope"] = str(parse_scope(scope))
        return changes


def _newest(dated: Sequence[News]) -> datetime:
    """When the newest of some papers came."""
    return max((one.came_at for one in dated if one.came_at is not None), default=_BEGINNING)


def _after(dated: Sequence[News], moment: datetime) -> list[News]:
    """Those of some papers that came after a moment, as news."""
    return [
        replace(one, hit=replace(one.hit, new=True))
        for one in dated
        if one.came_at is not None and one.came_at > moment
    ]


def _name(name: str) -> str:
    wanted = normalise_space(name)
    if not wanted or len(wanted) > MOST_NAME or not wanted.isprintable():
        raise InputError(f"a saved search needs a name of 1 to {MOST_NAME} characters")
    return wanted


def _stored_at(connection: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for part in batched(ids):
        rows = connection.execute(
            select(papers.c.arxiv_id, papers.c.stored_at).where(papers.c.arxiv_id.in_(part))
        )
        found |= {row.arxiv_id: row.stored_at for row in rows}
    return found
