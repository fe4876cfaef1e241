"""The queue as a table, for deciding on several papers at once, and the disagreements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from litmine.client.models import Entry
from litmine.core.taxonomy import load_taxonomy
from litmine.store.audit import last_entry
from litmine.store.queue import in_state
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings
from litmine.web.api.shapes import entry
from litmine.web.services import Services

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

Reader = Annotated[Principal, require("reader")]
State = Literal["pending", "later", "approved", "rejected"]
_ROWS = 50
_CHUNK = 100
#: Papers looked at for one page: filters that let few in must not keep the server busy.
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Filters:
    """What the table is to show."""

    state: State = "pending"
    cell: str = ""
    least: float = 0.0
    text: str = ""

    def lets_in(self, one: Entry) -> bool:
        """Tell whether a paper is one of those asked for."""
        if one.state != self.state or one.relevance < self.least:
            return False
        if self.cell and self.cell not in cells_of(one):
            return False
        said = f"{one.id} {one.title} {one.abstract} {' '.join(one.authors)}".casefold()
        return all(word in said for word in self.text.casefold().split())

    def address(self, **more: str | int) -> str:
        """Return the table's address with these filters."""
        return "/queue/table?" + urlencode(
            {
                "state": self.state,
                "cell": self.cell,
                "least": round(100 * self.least),
                "text": self.text,
                **more,
            }
        )


@router.get("/queue/table")
def table(
    request: Request,
    s: Surroundings,
    who: Reader,
    state: State = "pending",
    cell: Annotated[str, Query(max_length=60)] = "",
    least: Annotated[int, Query(ge=0, le=100, description="per cent")] = 0,
    text: Annotated[str, Query(max_length=300)] = "",
    at: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """Papers in a state, in the queue's order, that the filters let in."""
    known = load_taxonomy().cells
    filters = Filters(state, cell if cell in known else "", least / 100, text)
    found, then = _rows(s, who, filters, at)
    return s.page(
        request,
        who,
        "queue/table.html",
        {
            "rows": found,
            "filters": filters,
            "counts": s.desk(who).counts(),
            "cells": known,
            "cells_of": cells_of,
            "technique_of": technique_of,
            "following": None if then is None else filters.address(at=then),
            "first": filters.address() if at else None,
        },
    )


@router.get("/disputes")
def disputes(request: Request, s: Surroundings, who: Reader) -> Response:
    """Papers on which two reviewers disagree, both opinions side by side."""
    with s.store.read() as connection:
        last = last_entry(connection)
    ids = _in_order(s, who, "disputed")
    found = [entry(item, who.name) for item in s.desk(who).items(ids[:_CHUNK])]
    return s.page(
        request,
        who,
        "queue/disputes.html",
        {
            "disputes": found,
            "counts": s.desk(who).counts(),
            "last": last,
            "may_settle": {one.id: _may_settle(who, one) for one in found},
        },
    )


def cells_of(one: Entry) -> Sequence[str]:
    """Return the cells that were decided, or else those suggested."""
    if one.decision is not None and one.decision.action == "approve":
        return one.decision.cells
    return one.suggestion.cells


def technique_of(one: Entry) -> Sequence[str]:
    """Return the techniques that were decided, or else those suggested."""
    if one.decision is not None and one.decision.action == "approve":
        return one.decision.technique
    return one.suggestion.technique


def _may_settle(who: Principal, one: Entry) -> bool:
    sides = {opinion.reviewer for opinion in one.opinions}
    return who.may("maintainer") or (who.may("reviewer") and who.name not in sides)


def _in_order(s: Services, who: Principal, state: str) -> list[str]:
    if state == "pending":
        policy = who.preferences.get("policy") or s.settings.review.policy
        mine = s.desk(who).answered()
        return [arxiv_id for arxiv_id, _ in s.order.of(policy) if arxiv_id not in mine]
    with s.store.read() as connection:
        return [row.arxiv_id for row in in_state(connection, (state,))]


def _rows(s: Services, who: Principal, filters: Filters, at: int) -> tuple[list[Entry], int | None]:
    """Return a page of rows, and where the next one begins."""
    ids = _in_order(s, who, filters.state)
    desk = s.desk(who)
    found: list[Entry] = []
    end = min(len(ids), at + _LOOKED_AT)
    while at < end:
        chunk = ids[at : min(at + _CHUNK, end)]
        entries = {item.paper.arxiv_id: item for item in desk.items(chunk)}
        for arxiv_id in chunk:
            at += 1
            item = entries.get(arxiv_id)
            if item is None:
                continue
            one = entry(item, who.name)
            if filters.lets_in(one):
                found.append(one)
            if len(found) == _ROWS:
                return found, at if at < len(ids) else None
    return found, at if at < len(ids) else None
