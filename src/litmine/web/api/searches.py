"""Saved searches: everybody's own, their news and their feeds."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from litmine.client.found import News as NewsShape
from litmine.client.found import SavedSearch as SavedShape
from litmine.client.models import Page
from litmine.search.saved import MOST_NAME, News, SavedSearch, SavedSearches
from litmine.search.told import news_of, saved_search
from litmine.web.access import Principal, require
from litmine.web.api.common import NUMBERS, Clean, Known, Surroundings, answer
from litmine.web.api.search import MOST_CHARACTERS
from litmine.web.crowd import in_turn

__all__ = ["feed_address", "router"]

router = APIRouter(prefix="/api/v1", tags=["search"])

Number = Annotated[int, Path(ge=1, le=NUMBERS, description="its number", examples=[1])]
Someone = Annotated[Principal, require("reader")]

_NAME = "as it stands in your list, its feed and the digest"
_QUERY = "as for /search"
_SCOPE = "library, everything, or one night such as night:2026-06-30"
_DIGEST = "whether its news stand in the nightly digest"


def _saved(s: Surroundings) -> SavedSearches:
    return SavedSearches(s.store, s.searcher, s.clock)


Saved = Annotated[SavedSearches, Depends(_saved)]


class SearchWish(BaseModel):
    """A search to save."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Clean] = Field(
        min_length=1, max_length=MOST_NAME, description=_NAME, examples=["Caches"]
    )
    query: Annotated[str, Clean] = Field(
        min_length=1,
        max_length=MOST_CHARACTERS,
        description=_QUERY,
        examples=["cache eviction year:2026.."],
    )
    scope: Annotated[str, Clean] = Field(
        default="library", max_length=40, description=_SCOPE, examples=["library"]
    )
    digest: bool = Field(default=True, description=_DIGEST)


class SearchChange(BaseModel):
    """What to change of a saved search; null leaves it as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Clean] | None = Field(
        default=None, min_length=1, max_length=MOST_NAME, description=_NAME
    )
    query: Annotated[str, Clean] | None = Field(
        default=None, min_length=1, max_length=MOST_CHARACTERS, description=_QUERY
    )
    scope: Annotated[str, Clean] | None = Field(
        default=None, max_length=40, description=_SCOPE, examples=["everything"]
    )
    digest: bool | None = Field(default=None, description=_DIGEST)


@router.get("/searches", response_model=Page[SavedShape])
def list_searches(request: Request, saved: Saved, who: Someone, known: Known = None) -> Response:
    """Your saved searches, by name."""
    found = [_shape(request, one) for one in saved.of(who.name)]
    return answer(Page[SavedShape](items=found, next=None), known)


@router.post("/searches", status_code=HTTPStatus.CREATED)
@in_turn
def save_search(request: Request, wish: SearchWish, saved: Saved, who: Someone) -> SavedShape:
    """Save a search; what it finds from now on is new."""
    made = saved.save(who.name, wish.name, wish.query, wish.scope, digest=wish.digest)
    return _shape(request, made)


@router.get("/searches/{number}", response_model=SavedShape)
def get_search(
    request: Request, number: Number, saved: Saved, who: Someone, known: Known = None
) -> Response:
    """One of your saved searches."""
    return answer(_shape(request, saved.one(who.name, number)), known)


@router.patch("/searches/{number}")
@in_turn
def change_search(
    request: Request, number: Number, change: SearchChange, saved: Saved, who: Someone
) -> SavedShape:
    """Change name, query, scope or digest of one of your saved searches."""
    return _shape(request, saved.change(who.name, number, **change.model_dump()))


@router.delete("/searches/{number}", status_code=HTTPStatus.NO_CONTENT)
def delete_search(number: Number, saved: Saved, who: Someone) -> None:
    """Delete one of your saved searches; its feed is gone too."""
    saved.delete(who.name, number)


@router.get("/searches/{number}/news", response_model=NewsShape)
@in_turn
def get_news(
    request: Request, number: Number, saved: Saved, who: Someone, known: Known = None
) -> Response:
    """What a saved search has found since your last visit; this is no visit."""
    one = saved.one(who.name, number)
    return answer(_news(request, one, saved.news(one)), known)


@router.post("/searches/{number}/visit")
@in_turn
def visit_search(request: Request, number: Number, saved: Saved, who: Someone) -> NewsShape:
    """The same news, and a visit: what came until now is not new any more."""
    return _news(request, *saved.visit(who.name, number))


@router.post("/searches/{number}/feed")
def renew_feed(request: Request, number: Number, saved: Saved, who: Someone) -> SavedShape:
    """Give the feed of a saved search a new address; the old one finds nothing any more."""
    return _shape(request, saved.new_feed_key(who.name, number))


def feed_address(request: Request, feed_key: str) -> str:
    """Return the address of a feed, as a feed reader can reach it."""
    public: str = request.app.state.services.settings.web.public_url
    return f"{public or str(request.base_url).rstrip('/')}/feeds/searches/{feed_key}.atom"


def _shape(request: Request, one: SavedSearch) -> SavedShape:
    return saved_search(one, feed_address(request, one.feed_key))


def _news(request: Request, one: SavedSearch, news: list[News]) -> NewsShape:
    return news_of(one, feed_address(request, one.feed_key), news)
