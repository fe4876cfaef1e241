"""Saved searches: what is new in them, their names, their feeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from litmine.core.errors import InputError, NotFound
from litmine.search.answer import Hit
from litmine.search.saved import SavedSearch, SavedSearches
from litmine.web.access import Principal, require
from litmine.web.api.common import NUMBERS, Surroundings
from litmine.web.asking import Ask
from litmine.web.crowd import in_turn
from litmine.web.finding import making, shown
from litmine.web.services import Services

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

Reader = Annotated[Principal, require("reader")]
_LIST = "/searches"


@dataclass(frozen=True, slots=True)
class _Row:
    """A saved search in the list; `news` is None where it cannot be told, `problem` says why."""

    saved: SavedSearch
    ask: Ask
    news: tuple[Hit, ...] | None
    problem: str = ""


@router.get(_LIST)
@in_turn
def listed(request: Request, s: Surroundings, who: Reader) -> HTMLResponse:
    """Show somebody's saved searches, those with most news first."""
    return _list(request, s, who)


@router.post(_LIST)
@in_turn
def save(
    request: Request,
    s: Surroundings,
    who: Reader,
    name: Annotated[str, Form(max_length=1000)],
    query: Annotated[str, Form(max_length=1000)],
    scope: Annotated[str, Form(max_length=40)] = "library",
    digest: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Save a search."""
    try:
        made = _saved(s).save(who.name, name, query, scope, digest=bool(digest))
    except InputError as error:
        return _list(
            request,
            s,
            who,
            problem=str(error),
            given={"name": name, "query": query, "scope": scope},
        )
    return RedirectResponse(f"{_LIST}?made={made.id}#search-{made.id}", 303)


@router.get(f"{_LIST}/{{number}}")
@in_turn
def opened(number: int, request: Request, s: Surroundings, who: Reader) -> HTMLResponse:
    """Show what is new in a search; it stays new until it is said to be seen."""
    saved = _one(s, who, number)
    values: dict[str, Any] = {"saved_one": saved, "ask": Ask(saved.query, saved.scope), "news": ()}
    building = making(s.searcher)
    values |= {"tab": "saved", "problem": "", "building": building}
    if building is None:
        try:
            news = _saved(s).news(saved)
        except InputError as error:
            values["problem"] = str(error)
        else:
            hits = shown([one.hit for one in news])
            values["news"] = list(zip(news, hits, strict=True))
    return s.page(request, who, "search/saved_one.html", values)


@router.post(f"{_LIST}/{{number}}")
@in_turn
def change(
    number: int,
    request: Request,
    s: Surroundings,
    who: Reader,
    name: Annotated[str, Form(max_length=1000)],
    digest: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Rename a search; put its news into the digest, or not."""
    try:
        _saved(s).change(who.name, _number(number), name=name, digest=bool(digest))
    except NotFound:
        raise
    except InputError as error:
        return _list(request, s, who, problem=str(error))
    return RedirectResponse(f"{_LIST}#search-{number}", 303)


@router.post(f"{_LIST}/{{number}}/seen")
@in_turn
def seen(number: int, s: Surroundings, who: Reader) -> Response:
    """Note that somebody has seen the news of a search."""
    _saved(s).visit(who.name, _number(number))
    return RedirectResponse(_LIST, 303)


@router.post(f"{_LIST}/{{number}}/feed")
def new_feed(number: int, s: Surroundings, who: Reader) -> Response:
    """Give the feed of a search another address."""
    _saved(s).new_feed_key(who.name, _number(number))
    return RedirectResponse(f"{_LIST}#search-{number}", 303)


@router.post(f"{_LIST}/{{number}}/delete")
def delete(number: int, s: Surroundings, who: Reader) -> Response:
    """Delete a search and its feed."""
    _saved(s).delete(who.name, _number(number))
    return RedirectResponse(_LIST, 303)


def _saved(s: Services) -> SavedSearches:
    return SavedSearches(s.store, s.searcher, s.clock)


def _number(number: int) -> int:
    if not 0 < number <= NUMBERS:
        raise NotFound(f"you have no saved search number {number}")
    return number


def _one(s: Services, who: Principal, number: int) -> SavedSearch:
    return _saved(s).one(who.name, _number(number))


def _list(
    request: Request,
    s: Services,
    who: Principal,
    *,
    problem: str = "",
    given: Mapping[str, str] | None = None,
) -> HTMLResponse:
    searches = _saved(s)
    building = making(s.searcher)
    rows = [_row(searches, one, told=building is None) for one in searches.of(who.name)]
    values = {
        "tab": "saved",
        "rows": sorted(rows, key=lambda row: -len(row.news or ())),
        "problem": problem,
        "given": given or {},
        "building": building,
        "base": s.settings.web.public_url or str(request.base_url).rstrip("/"),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return s.page(request, who, "search/saved.html", values, status)


def _row(searches: SavedSearches, saved: SavedSearch, *, told: bool) -> _Row:
    ask = Ask(saved.query, saved.scope)
    if not told:
        return _Row(saved, ask, None)
    try:
        return _Row(saved, ask, tuple(one.hit for one in searches.news(saved)))
    except InputError as error:
        return _Row(saved, ask, None, str(error))
