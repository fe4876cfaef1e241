"""Searching, as the client sees it: papers by words and meaning, similar ones, saved searches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litmine.client.found import (
    Hit,
    IndexStatus,
    News,
    SavedSearch,
    SearchAnswer,
    SimilarAnswer,
)
from litmine.client.models import Page
from litmine.client.transport import Calls, paper_path
from litmine.core.errors import InputError

__all__ = ["SearchCalls"]

_AT_ONCE = 100


class SearchCalls(Calls):
    """Finding papers, and keeping searches whose news you want."""

    def search(
        self,
        query: str,
        *,
        scope: str = "library",
        limit: int = 20,
        offset: int = 0,
        abstracts: bool = False,
    ) -> SearchAnswer:
        """Find papers by words and by meaning, best first.

        Parameters
        ----------
        query : str
            Words, ``"phrases"``, ``-excluded``, filters such as ``stage:inference`` or
            ``year:2025..``; or an arXiv id or link.
        scope : str
            ``library``, ``everything``, or one night such as ``night:2026-06-30``.
        limit : int
            At most 100.
        offset : int
            Papers to skip, at most 1000.
        abstracts : bool
            Send the abstracts too.

        Raises
        ------
        InputError
            The query cannot be understood; the message says what would be.
        """
        return self._api.read(
            SearchAnswer,
            "/search",
            q=query,
            scope=scope,
            limit=limit,
            offset=offset,
            abstracts=_flag(abstracts),
        )

    def each_hit(
        self, query: str, *, scope: str = "library", abstracts: bool = False
    ) -> Iterator[Hit]:
        """Yield the papers found, each once, page after page: at most the best 1100."""
        seen: set[str] = set()
        offset: int | None = 0
        while offset is not None:
            page = self.search(
                query, scope=scope, limit=_AT_ONCE, offset=offset, abstracts=abstracts
            )
            # What is decided meanwhile can move a paper to the next page.
            fresh = [hit for hit in page.items if hit.id not in seen]
            seen.update(hit.id for hit in fresh)
            yield from fresh
            offset = page.next_offset

    def similar(
        self,
        *papers: str,
        text: str = "",
        scope: str = "library",
        limit: int = 20,
        offset: int = 0,
        abstracts: bool = False,
    ) -> SimilarAnswer:
        """Find papers near in meaning to papers, to a text such as an abstract, or to both.

        Raises
        ------
        NotFound
            One of the papers is not known here.
        InputError
            It is no arXiv id, or there is neither paper nor text.
        """
        wish: dict[str, Any] = {"scope": scope, "limit": limit, "offset": offset}
        if len(papers) == 1 and not text:
            path = f"/papers/{paper_path(papers[0])}/similar"
            return self._api.read(SimilarAnswer, path, **wish, abstracts=_flag(abstracts))
        if not papers and not text:
            raise InputError("name papers, or give a text, that others are to be similar to")
        wish |= {"papers": list(papers), "text": text, "abstracts": abstracts}
        return self._api.ask(SimilarAnswer, "/similar", wish)

    def index(self) -> IndexStatus:
        """Return which index answers, and whether it has all that is stored."""
        return self._api.read(IndexStatus, "/index")

    def saved_searches(self) -> list[SavedSearch]:
        """Return your saved searches, by name."""
        return self._api.read(Page[SavedSearch], "/searches").items

    def saved_search(self, number: int) -> SavedSearch:
        """Return one of your saved searches."""
        return self._api.read(SavedSearch, f"/searches/{number}")

    def save_search(
        self, name: str, query: str, *, scope: str = "library", digest: bool = True
    ) -> SavedSearch:
        """Save a search; what it finds from now on is new.

        Raises
        ------
        InputError
            The query cannot be understood, or you have a search of that name.
        """
        wish = {"name": name, "query": query, "scope": scope, "digest": digest}
        return self._api.change(SavedSearch, "POST", "/searches", wish)

    def change_search(
        self,
        number: int,
        *,
        name: str | None = None,
        query: str | None = None,
        scope: str | None = None,
        digest: bool | None = None,
    ) -> SavedSearch:
        """Change what is given of a saved search."""
        wish = {"name": name, "query": query, "scope": scope, "digest": digest}
        return self._api.change(SavedSearch, "PATCH", f"/searches/{number}", wish)

    def delete_search(self, number: int) -> None:
        """Delete a saved search; its feed is gone too."""
        self._api.remove(f"/searches/{number}")

    def news(self, number: int) -> News:
        """Return what a saved search has found since your last visit; this is no visit."""
        return self._api.read(News, f"/searches/{number}/news")

    def visit_search(self, number: int) -> News:
        """Return the same news, and note that you have seen them."""
        return self._api.change(News, "POST", f"/searches/{number}/visit", None)

    def renew_feed(self, number: int) -> SavedSearch:
        """Give the feed of a saved search a new address."""
        return self._api.change(SavedSearch, "POST", f"/searches/{number}/feed", None)


def _flag(value: bool) -> str | None:
    return "true" if value else None
