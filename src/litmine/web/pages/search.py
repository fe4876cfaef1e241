"""Search: words and meaning, as somebody types; papers similar to papers or to a text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from litmine.core.errors import InputError
from litmine.core.paper import normalise_space, parse_arxiv_id
from litmine.core.taxonomy import load_taxonomy
from litmine.search.saved import SavedSearches
from litmine.search.searcher import MOST_CHARACTERS
from litmine.search.syntax import FIELDS, STATES
from litmine.store.announcements import latest_night, nights_since
from litmine.store.papers import known_versions, titles_of
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings
from litmine.web.asking import MOST_TEXT, PAGE, Ask, Asked
from litmine.web.crowd import in_turn
from litmine.web.finding import found, making, shown
from litmine.web.queries import link
from litmine.web.services import Services
from litmine.web.templating import cell_name, resource_name, stage_name

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

Reader = Annotated[Principal, require("reader")]
Part = Annotated[str | None, Header(alias="HX-Request")]

_MOST_PAPERS = 20
_NIGHTS = timedelta(days=60)
_ASIDE = 5

_EXAMPLES = (
    ("kv cache eviction without retraining", "a need in your own words"),
    ("stage:inference resource:memory year:2025.. quantization", "words within two fields"),
    ('"speculative decoding" -benchmark', "a phrase, and a word that must not occur"),
)
_LANGUAGE = (
    (("pruning attention heads",), "near to these words, by letter or by meaning"),
    (('"mixture of experts"',), "with just this phrase"),
    (("quantization -vision", '-"vision transformer"'), "without a word or a phrase"),
    (("stage:inference", "resource:memory,energy"), "of a stage, of any of several resources"),
    (("cell:inference/memory", "technique:quantization"), "of a cell, with a technique"),
    (("author:dao", 'author:"tri dao"'), "by an author"),
    (("cat:cs.LG", "year:2025..", "year:2023..2024"), "of a category, since a year, of some years"),
    (("is:approved", "is:pending"), "that stand so in the queue"),
    (("-technique:survey",), "without a value: a minus before any field"),
    (("2401.00625",), "the paper itself; a link to it does, too"),
)


@router.get("/search")
@in_turn
def search(
    request: Request,
    s: Surroundings,
    who: Reader,
    ask: Asked,
    typing: bool = False,
    part: Part = None,
) -> Response:
    """Find papers; with HX-Request only the answer, for the box while somebody types."""
    values: dict[str, Any] = {"ask": ask, "query": ask.text, "found": None, "problem": ""}
    values["building"] = making(s.searcher)
    values["as_json"] = link("/api/v1/search", {"q": ask.text, "scope": ask.scope})
    # An id needs no index.
    values["paper"] = _named(s, ask.text)
    status = 200
    if (ask.text or ask.night) and not values["paper"] and values["building"] is None:
        try:
            answer = s.searcher.search(
                ask.text, scope=ask.scope, limit=PAGE, offset=ask.offset, typing=typing
            )
        except InputError as error:
            status, values["problem"] = error.http_status, str(error)
            if len(ask.text) > MOST_CHARACTERS:
                values["like_text"] = _similar_to((), ask.text, ask.scope)
        else:
            values["paper"] = _named(s, answer.paper_id or "")
            values["found"] = found(ask, answer)
    if values["paper"] and not part:
        return RedirectResponse(f"/papers/{values['paper']}", 303)
    return _page(request, s, who, "search", values, status, part)


@router.get("/search/similar")
@in_turn
def similar(
    request: Request,
    s: Surroundings,
    who: Reader,
    ask: Asked,
    to: Annotated[list[str] | None, Query(max_length=_MOST_PAPERS)] = None,
    text: Annotated[str, Query(max_length=MOST_TEXT)] = "",
    part: Part = None,
) -> Response:
    """Find papers near to papers, or to a text; with HX-Request a few, for a paper's own page."""
    ids = [one for one in dict.fromkeys(to or ()) if one]
    text = normalise_space(text.replace("\x00", " "))
    values: dict[str, Any] = {"ask": ask, "ids": ids, "text": text, "hits": (), "problem": ""}
    status = 200
    values["building"] = making(s.searcher)
    if (ids or text) and values["building"] is None:
        try:
            answer = s.searcher.similar(
                ids, text, scope=ask.scope, limit=_ASIDE if part else PAGE, offset=ask.offset
            )
        except InputError as error:
            status, values["problem"] = error.http_status, str(error)
        else:
            values |= {"answer": answer, "hits": shown(answer.hits)}
    values["sources"] = _sources(s, ids, text, ask.scope)
    values["similar_to"] = _similar_to
    values["everywhere"] = _similar_to(ids, text, "everything")
    return _page(request, s, who, "similar", values, status, part)


def _page(
    request: Request,
    s: Services,
    who: Principal,
    tab: str,
    values: dict[str, Any],
    status: int,
    part: str | None,
) -> Response:
    values["tab"] = tab
    if not part or not values["ask"].text:
        values |= {
            "saved": SavedSearches(s.store, s.searcher).of(who.name),
            "examples": _EXAMPLES,
        }
    values["language"] = _LANGUAGE
    if part:
        template = "search/found.html" if tab == "search" else "search/aside.html"
    else:
        template = "search/page.html" if tab == "search" else "search/similar.html"
        values |= {"nights": _nights(s, values["ask"]), "most": MOST_TEXT}
        values["field_values"] = _field_values()
    answer = s.page(request, who, template, values, status)
    answer.headers["Vary"] = "HX-Request"
    return answer


def _named(s: Services, text: str) -> str | None:
    """Return the id of the stored paper that a text names, by its id or a link to it."""
    try:
        known = parse_arxiv_id(text).id
    except InputError:
        return None
    with s.store.read() as connection:
        return known if known in known_versions(connection, [known]) else None


def _field_values() -> dict[str, list[tuple[str, str]]]:
    """Return what each field can be, where that can be listed: as it is written, and its name."""
    taxonomy = load_taxonomy()
    return {field: [] for field in FIELDS} | {
        "stage": [(one.id, stage_name(one.id)) for one in taxonomy.stages],
        "resource": [(one.id, resource_name(one.id)) for one in taxonomy.resources],
        "cell": [(cell, cell_name(cell)) for cell in taxonomy.cells],
        "technique": [(one.id, one.name) for one in taxonomy.techniques],
        "is": [(state, state) for state in STATES],
    }


def _nights(s: Services, ask: Ask) -> list[date]:
    """Return the nights to choose from, newest first."""
    with s.store.read() as connection:
        newest = latest_night(connection)
        nights = nights_since(connection, newest - _NIGHTS) if newest else []
    try:
        asked = [date.fromisoformat(ask.night)] if ask.night else []
    except ValueError:
        asked = []
    return sorted({*nights, *asked}, reverse=True)


def _sources(s: Services, ids: Sequence[str], text: str, scope: str) -> list[dict[str, str]]:
    """Return the papers that the hits are near to: id, title, the address without it."""
    with s.store.read() as connection:
        titles = titles_of(connection, ids)
    return [
        {
            "id": one,
            "title": titles.get(one, one),
            "without": _similar_to([other for other in ids if other != one], text, scope),
        }
        for one in ids
    ]


def _similar_to(ids: Sequence[str], text: str = "", scope: str = "library") -> str:
    """Return the address of the papers near to these."""
    given = [("to", one) for one in ids]
    given += [("text", text)] if text else []
    given += [("scope", scope)] if scope != "library" else []
    return f"/search/similar?{urlencode(given)}" if given else "/search/similar"
