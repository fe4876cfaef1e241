"""The Atom feed of a saved search.

Feed readers cannot log in. The address holds a key that nobody can guess, and whoever has it may
read this one search; its owner can give the feed another address at any time.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response

from litmine.core.latex import plain
from litmine.publish.formats.atom import MEDIA_TYPE, Entry, Feed, atom
from litmine.search.saved import News, SavedSearch, SavedSearches
from litmine.web.access import require
from litmine.web.api.common import Surroundings, matches
from litmine.web.asking import Ask
from litmine.web.crowd import in_turn
from litmine.web.finding import making
from litmine.web.services import Services
from litmine.web.templating import cell_name

__all__ = ["FRESH", "has_already", "router", "site_of"]

router = APIRouter(include_in_schema=False)

#: Seconds for which a reader need not ask again: papers come once a night.
FRESH = 900


@router.get("/feeds/searches/{feed_key}.atom", dependencies=[require("public")])
@in_turn
def feed(
    feed_key: str,
    request: Request,
    s: Surroundings,
    known: Annotated[str | None, Header(alias="If-None-Match", max_length=2000)] = None,
    since: Annotated[str | None, Header(alias="If-Modified-Since", max_length=100)] = None,
) -> Response:
    """Tell the newest papers of a saved search."""
    saved, news = SavedSearches(s.store, s.searcher, s.clock).feed(feed_key)
    if making(s.searcher) is not None:
        # An empty feed would look as if its papers were gone.
        return Response(status_code=503, headers={"Retry-After": "60"})
    told = _feed(site_of(request, s), saved, news)
    content = atom(told)
    tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(told.updated, usegmt=True),
        "Cache-Control": f"private, max-age={FRESH}",
        # Nobody finds it who was not given its address.
        "X-Robots-Tag": "noindex",
    }
    if has_already(known, since, tag, told.updated):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=MEDIA_TYPE)


def has_already(known: str | None, since: str | None, tag: str, updated: datetime) -> bool:
    """Tell whether a reader has it already; the tag is the better witness (RFC 9110, 13.2.2)."""
    if known is not None:
        return matches(known, tag)
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    return updated <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def site_of(request: Request, s: Services) -> str:
    """Return how readers reach the application, without a slash at the end."""
    return s.settings.web.public_url.rstrip("/") or str(request.base_url).rstrip("/")


def _feed(base: str, saved: SavedSearch, news: list[News]) -> Feed:
    entries = [_entry(base, saved, one) for one in news]
    newest = max((one.updated for one in entries), default=saved.created_at)
    return Feed(
        # The key changes when the feed is given another address; what it tells of does not.
        id=_id(saved),
        title=f"{saved.name} · litmine",
        subtitle=f"Papers found by {saved.query}",
        updated=max(newest, saved.created_at).replace(microsecond=0),
        links=(
            ("self", MEDIA_TYPE, f"{base}/feeds/searches/{saved.feed_key}.atom"),
            ("alternate", "text/html", base + Ask(saved.query, saved.scope).address),
        ),
        entries=entries,
    )


def _id(saved: SavedSearch) -> str:
    made = saved.created_at.astimezone(UTC)
    return f"tag:litmine,{made:%Y-%m-%d}:search:{saved.id}:{made:%H%M%S}"


def _entry(base: str, saved: SavedSearch, one: News) -> Entry:
    hit = one.hit
    published = datetime.combine(hit.published, time(), UTC) if hit.published is not None else None
    return Entry(
        id=f"https://arxiv.org/abs/{hit.arxiv_id}",
        title=plain(hit.title),
        updated=(one.came_at or published or saved.created_at).replace(microsecond=0),
        published=published,
        links=(
            ("alternate", "text/html", hit.url),
            ("related", "text/html", f"{base}/papers/{hit.arxiv_id}"),
        ),
        authors=hit.authors,
        categories=[(cell, cell_name(cell)) for cell in hit.cells],
        summary=plain(hit.snippet.text) if hit.snippet else "",
    )
