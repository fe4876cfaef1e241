"""The queue: papers in the order in which to look at them, and one paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from starlette.convertors import Convertor, register_url_convertor

from litmine.client.models import Entry, Page, State
from litmine.review import ReviewItem
from litmine.store.queue import in_state
from litmine.web.access import Principal, require
from litmine.web.api.common import (
    Cursor,
    Known,
    Limit,
    Surroundings,
    answer,
    cursor_from,
    cursor_to,
)
from litmine.web.api.shapes import entry
from litmine.web.services import Services

__all__ = ["PaperId", "entry_page", "router"]

router = APIRouter(prefix="/api/v1", tags=["queue"])

Policy = Literal["max", "uncertainty", "mixed"]
PaperId = Annotated[
    str, Path(description="arXiv id; old ones have a slash", examples=["2606.00001"])
]
_TRAIL = 8


class _PaperId(Convertor[str]):
    """An arXiv id in an address: old ones have one slash; what follows an id is none of it."""

    regex = r"[a-z\-]+(?:\.[A-Za-z\-]+)?/\d[^/]*|(?!decisions$)[^/]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("paper", _PaperId())


@router.get("/queue", response_model=Page[Entry])
def list_queue(
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    state: Annotated[State, Query(description="only papers that stand here")] = "pending",
    policy: Annotated[
        Policy | None, Query(description="order of pending papers; none: your own, or the default")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    known: Known = None,
) -> Response:
    """Papers of the queue, first to look at first.

    The order changes as decisions arrive, so a paper can stand on two pages; none that still waits
    is left out. Papers on which you have an open opinion wait for others and are not shown.
    """
    return answer(entry_page(s, who, state, policy, cursor, limit), known)


@router.get("/disputes", response_model=Page[Entry])
def list_disputes(
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    cursor: Cursor = None,
    limit: Limit = 20,
    known: Known = None,
) -> Response:
    """Papers on which two reviewers disagree, with both opinions.

    An ordinary decision of a third reviewer, or of a maintainer, settles one.
    """
    return answer(entry_page(s, who, "disputed", None, cursor, limit), known)


@router.get(
    "/queue/{arxiv_id:paper}",
    response_model=Entry,
    responses={405: {"description": "`decisions` is no paper, but an address of its own."}},
)
def get_entry(
    arxiv_id: PaperId,
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    known: Known = None,
) -> Response:
    """One paper of the queue, in whatever state it is."""
    item = s.desk(who).show(arxiv_id)
    return answer(entry(item, who.name), known, etag=f'"{item.queue.revision}"')


def entry_page(
    s: Services,
    who: Principal,
    state: State,
    policy: str | None,
    cursor: str | None,
    limit: int,
) -> Page[Entry]:
    """Return one page of papers in a state."""
    desk = s.desk(who)
    place = cursor_from(cursor)
    if state == "pending":
        chosen = policy or who.preferences.get("policy") or s.settings.review.policy
        mine = desk.answered()
        ranked = [pair for pair in s.order.of(chosen) if pair[0] not in mine]
    else:
        with s.store.read() as connection:
            ranked = [(row.arxiv_id, "") for row in in_state(connection, (state,))]
    at = _after([arxiv_id for arxiv_id, _ in ranked], place.get("after"))
    found: list[tuple[ReviewItem, str]] = []
    # The order may be older than the last decision: what does not wait any more is skipped.
    while at < len(ranked) and len(found) < limit:
        reasons = dict(ranked[at : at + limit - len(found)])
        at += len(reasons)
        found += [
            (item, reasons[item.paper.arxiv_id])
            for item in desk.items(list(reasons))
            if item.queue.state == state
        ]
    more = at < len(ranked)
    trail = [item.paper.arxiv_id for item, _ in found[-_TRAIL:]]
    return Page[Entry](
        items=[entry(item, who.name, why) for item, why in found],
        next=cursor_to(after=trail) if more else None,
    )


def _after(ids: Sequence[str], trail: object) -> int:
    """Place behind the last of `trail` that still stands in `ids`.

    When all of them were decided, so were probably those before them: it starts at the front
    again, since a paper that comes twice does less harm than one that never comes.
    """
    if isinstance(trail, list):
        place = {arxiv_id: n for n, arxiv_id in enumerate(ids)}
        for arxiv_id in reversed(trail):
            if isinstance(arxiv_id, str) and arxiv_id in place:
                return place[arxiv_id] + 1
    return 0
