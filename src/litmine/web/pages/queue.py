"""The queue page: one paper at a time, as a table, and the disagreements."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from litmine.client.models import Entry
from litmine.core.errors import InputError
from litmine.core.taxonomy import load_taxonomy
from litmine.review.statistics.stopping import estimate
from litmine.store.audit import last_entry
from litmine.store.labels import techniques_of
from litmine.store.opinions import open_by
from litmine.store.queue import in_state, queue_items
from litmine.web.access import Principal, require
from litmine.web.api.common import Clean, Surroundings
from litmine.web.api.shapes import entry
from litmine.web.handout import Handout
from litmine.web.reading import Reading, reading
from litmine.web.services import Services
from litmine.web.templating import resource_name, stage_name

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Reader = Annotated[Principal, require("reader")]
Waiting = Literal["pending", "later"]
_AHEAD = 10
#: The page brings a few itself: a key may be pressed before more were read ahead.
_AT_ONCE = 4
_MOST_IDS = 2000
_HELD = 50
_LATER = "put aside"


@router.get("/")
def start(_: Reader) -> Response:
    """Go to the queue."""
    return RedirectResponse("/queue", 303)


@router.get("/queue")
def queue(
    request: Request,
    s: Surroundings,
    who: Reader,
    id: Annotated[str, Query(max_length=200), Clean] = "",
    state: Waiting = "pending",
) -> Response:
    """One paper: the named one, or the first that waits."""
    found = _named(s, who, [id]) if id else _waiting(request, s, who, state, frozenset(), _AT_ONCE)
    return s.page(
        request,
        who,
        "queue/page.html",
        {
            "papers": _readings(s, found),
            "asked": id,
            "state": state,
            "double": s.settings.review.double,
            "standing": _standing(s, who),
            "names": _names(),
        },
    )


@router.get("/queue/papers")
def papers(
    request: Request,
    s: Surroundings,
    who: Reader,
    limit: Annotated[int, Query(ge=1, le=25)] = _AHEAD,
    skip: Annotated[str, Query(max_length=30_000), Clean] = "",
    only: Annotated[str, Query(max_length=200), Clean] = "",
    state: Waiting = "pending",
) -> Response:
    """The next papers as a piece of a page, ready to be shown: what the queue page reads ahead."""
    skipped = frozenset(skip.split(",")) if skip else frozenset()
    if len(skipped) > _MOST_IDS:
        raise InputError(f"skip names at most {_MOST_IDS} papers")
    found = _named(s, who, [only]) if only else _waiting(request, s, who, state, skipped, limit)
    return s.page(request, who, "queue/papers.html", {"papers": _readings(s, found)})


@router.get("/queue/standing")
def standing(request: Request, s: Surroundings, who: Reader) -> Response:
    """How many wait and what is probably unread, as a piece of the queue page."""
    return s.page(request, who, "queue/standing.html", {"standing": _standing(s, who)})


def _standing(s: Services, who: Principal) -> dict[str, object]:
    with s.store.read() as connection:
        last = last_entry(connection)
        told = estimate(connection, s.settings.review.target_recall)
        mine = queue_items(connection, sorted(open_by(connection, who.name)))
    # Papers that wait, but for others: this reviewer has said what they think of them.
    answered = sum(row.state == "pending" for row in mine.values())
    counts = s.desk(who).counts()
    return {"counts": counts, "answered": answered, "estimate": told, "last": last}


def _readings(s: Services, found: list[Entry]) -> list[Reading]:
    with s.store.read() as connection:
        near = techniques_of(connection, [n.id for one in found for n in one.neighbours])
    return [reading(one, near) for one in found]


def _named(s: Services, who: Principal, ids: list[str]) -> list[Entry]:
    return [entry(item, who.name, "") for item in s.desk(who).items(ids)]


def _waiting(
    request: Request, s: Services, who: Principal, state: str, skip: frozenset[str], limit: int
) -> list[Entry]:
    """The first papers that wait and are not in `skip`: those that the page has already."""
    desk = s.desk(who)
    if state == "later":
        with s.store.read() as connection:
            aside = [row.arxiv_id for row in in_state(connection, ("later",))]
        wanted = [arxiv_id for arxiv_id in aside if arxiv_id not in skip][:limit]
        return [
            entry(item, who.name, _LATER)
            for item in desk.items(wanted)
            if item.queue.state == "later"
        ]
    policy = who.preferences.get("policy") or s.settings.review.policy
    passed = desk.answered() | skip
    ranked = [pair for pair in s.order.of(policy) if pair[0] not in passed]
    handout = cast("Handout", request.app.state.handout)
    if not s.settings.review.double:
        held = handout.held_by_others(who.name, s.clock.now())
        # Sorting keeps the order among those that are held and among those that are not.
        ranked.sort(key=lambda pair: pair[0] in held)
    found: list[Entry] = []
    at = 0
    # The order may be older than the last decision: what does not wait any more is left out.
    while at < len(ranked) and len(found) < limit:
        why = dict(ranked[at : at + limit - len(found)])
        at += len(why)
        found += [
            entry(item, who.name, why[item.paper.arxiv_id])
            for item in desk.items(list(why))
            if item.queue.state == "pending"
        ]
    if who.may("reviewer"):
        handout.give(who.name, [*(one.id for one in found), *sorted(skip)[:_HELD]], s.clock.now())
    return found


def _names() -> dict[str, object]:
    """What the page's script calls things."""
    taxonomy = load_taxonomy()
    return {
        "stages": [
            {"id": one.id, "key": one.key, "name": stage_name(one.id)} for one in taxonomy.stages
        ],
        "resources": [
            {"id": one.id, "key": one.key, "name": resource_name(one.id)}
            for one in taxonomy.resources
        ],
        "techniques": [
            {"id": one.id, "name": one.name, "aliases": list(one.aliases)}
            for one in taxonomy.techniques
        ],
    }
