"""Deciding, taking back, and what was decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from litmine.client.models import (
    Action,
    BulkAnswer,
    BulkResult,
    DecisionRecord,
    Outcome,
    Page,
    Problem,
)
from litmine.core.errors import InputError, LitmineError, NotFound, Stale
from litmine.core.paper import parse_arxiv_id
from litmine.review import Outcome as Came
from litmine.review import ReviewDesk
from litmine.store.trail import decision_page
from litmine.web.access import Principal, require
from litmine.web.api.common import (
    NUMBERS,
    Clean,
    Cursor,
    IfMatch,
    Key,
    Known,
    Limit,
    Surroundings,
    answer,
    cursor_to,
    number_below,
    once,
    revision_of,
)
from litmine.web.api.queue import PaperId
from litmine.web.api.shapes import decision, outcome
from litmine.web.problems import ProblemError, members, of_ours

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["decisions"])

Number = Annotated[int, Path(ge=1, le=NUMBERS, description="number of a decision", examples=[41])]
Reviewer = Annotated[Principal, require("reviewer")]


class Wish(BaseModel):
    """What to do with a paper."""

    model_config = ConfigDict(extra="forbid", strict=True)

    action: Action = Field(description="approve, reject, or put aside for later")
    cells: list[Annotated[str, Field(max_length=64), Clean]] | None = Field(
        default=None,
        max_length=25,
        description="cells of an approval as stage/resource, short forms allowed; none: as "
        "suggested",
        examples=[["inference/memory", "sys/net"]],
    )
    technique: list[Annotated[str, Field(max_length=100), Clean]] | None = Field(
        default=None,
        max_length=2,
        description="techniques of an approval; none: as suggested",
        examples=[["quantization"]],
    )
    comment: Annotated[str, Clean] = Field(
        default="", max_length=2000, description="for other reviewers", examples=["solid"]
    )


class BulkWish(Wish):
    """What to do with one of several papers."""

    id: Annotated[str, Field(max_length=64), Clean] = Field(
        description="arXiv id", examples=["2606.00001"]
    )
    revision: int = Field(ge=0, le=NUMBERS, description="that you looked at", examples=[2])


@router.post("/queue/decisions", response_model=BulkAnswer)
def decide_many(
    wishes: Annotated[list[BulkWish], Body(min_length=1, max_length=100)],
    request: Request,
    s: Surroundings,
    who: Reviewer,
    key: Key = None,
) -> BulkAnswer:
    """Decide on up to 100 papers, each by itself: some may be taken while others are refused.

    The status of the whole is 200; every item has its own. With an Idempotency-Key the whole can
    be sent again: what was taken is not taken twice.
    """
    desk = s.desk(who)
    results = []
    for wish in wishes:
        try:
            came = _decide(
                desk, wish.id, wish, wish.revision, None if key is None else f"{key}/{wish.id}"
            )
        except (LitmineError, ProblemError) as error:
            results.append(_refused(wish.id, error, request.url.path))
        else:
            results.append(BulkResult(id=wish.id, status=200, outcome=outcome(came), problem=None))
    return BulkAnswer(items=results)


@router.post("/queue/{arxiv_id:paper}/decisions", response_model=Outcome)
def decide(
    arxiv_id: PaperId,
    wish: Wish,
    s: Surroundings,
    who: Reviewer,
    seen: IfMatch = None,
    key: Key = None,
) -> Response:
    """Decide on a paper, or give one of two opinions under double review.

    A paper that was changed since you looked is left as it is: 412, with the present revision,
    state and decision.
    """
    return _told(_decide(s.desk(who), arxiv_id, wish, revision_of(seen), key))


@router.post("/queue/{arxiv_id:paper}/undo", response_model=Outcome)
def undo_paper(
    arxiv_id: PaperId, s: Surroundings, who: Reviewer, seen: IfMatch = None, key: Key = None
) -> Response:
    """Take back what stands on a paper: your own open opinion, else the decision.

    Undoing is a decision of its own; nothing is erased.
    """
    revision = revision_of(seen)
    paper = parse_arxiv_id(arxiv_id).id
    desk = s.desk(who)
    return _told(
        _unless_stale(
            desk,
            lambda: desk.undo(paper, revision=revision, once=once(key, "undo paper", paper)),
            paper,
        )
    )


@router.post("/decisions/{number}/undo", response_model=Outcome)
def undo_decision(number: Number, s: Surroundings, who: Reviewer, key: Key = None) -> Response:
    """Take back one decision, as long as it stands; its number says which, so no If-Match."""
    return _told(s.desk(who).undo(number=number, once=once(key, "undo decision", number)))


@router.post("/undo", response_model=Outcome, responses={404: {}})
def undo_last(s: Surroundings, who: Reviewer, key: Key = None) -> Response:
    """Take back the last thing that you did yourself, decision or opinion."""
    return _told(s.desk(who).undo(once=once(key, "undo last")))


@router.get("/decisions", response_model=Page[DecisionRecord])
def list_decisions(
    s: Surroundings,
    who: Annotated[Principal, require("reader")],
    reviewer: Annotated[
        str | None, Query(max_length=200, description="only of this reviewer"), Clean
    ] = None,
    action: Annotated[
        str | None,
        Query(pattern="^(approve|reject|later|undo)$", description="only such decisions"),
    ] = None,
    since: Annotated[
        str | None,
        Query(
            max_length=40,
            description="only from this moment on; UTC without an offset",
            examples=["2026-07-01T04:00:00Z"],
            json_schema_extra={"format": "date-time"},
        ),
    ] = None,
    paper: Annotated[
        str | None, Query(max_length=200, description="only on this paper (arXiv id)")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    known: Known = None,
) -> Response:
    """What was decided, newest first; opinions that are still open are not told."""
    with s.store.read() as connection:
        found = decision_page(
            connection,
            before=number_below(cursor),
            limit=limit + 1,
            reviewer=reviewer,
            action=action,
            since=None if since is None else _moment(since),
            arxiv_id=None if paper is None else parse_arxiv_id(paper).id,
        )
    page = found[:limit]
    return answer(
        Page[DecisionRecord](
            items=[
                DecisionRecord(
                    **dict(decision(one.decision)),
                    id=one.decision.arxiv_id,
                    title=one.title,
                    suggested_cells=list(one.decision.suggested_cells),
                    revision=one.decision.revision,
                    undoes=one.decision.undoes,
                    undone_by=one.undone_by,
                    opinions=list(one.decision.opinions),
                )
                for one in page
            ],
            next=cursor_to(before=page[-1].decision.id) if len(found) > limit else None,
        ),
        known,
    )


def _decide(desk: ReviewDesk, arxiv_id: str, wish: Wish, revision: int, key: str | None) -> Came:
    paper = parse_arxiv_id(arxiv_id).id
    asked = once(key, "decide", paper, wish.model_dump(exclude={"id", "revision"}))
    return _unless_stale(
        desk,
        lambda: desk.decide(
            paper,
            wish.action,
            wish.cells,
            wish.technique,
            wish.comment,
            revision=revision,
            once=asked,
        ),
        paper,
    )


def _unless_stale(desk: ReviewDesk, act: Callable[[], Came], arxiv_id: str) -> Came:
    """Do it; on a stale revision tell what stands now, as far as this reviewer may know."""
    try:
        return act()
    except Stale as stale:
        try:
            item = desk.show(arxiv_id)
        except NotFound:
            raise stale from None
        extra: dict[str, Any] = {"revision": item.queue.revision, "state": item.queue.state}
        taken = item.decision
        extra["decision"] = None if taken is None else decision(taken).model_dump(mode="json")
        raise ProblemError(412, str(stale), **extra) from stale


def _told(came: Came) -> Response:
    headers = {"ETag": f'"{came.revision}"', "Cache-Control": "no-store"}
    if came.replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(outcome(came).model_dump(mode="json"), headers=headers)


def _refused(arxiv_id: str, error: LitmineError | ProblemError, path: str) -> BulkResult:
    if isinstance(error, ProblemError):
        status, detail, extra = error.status, error.detail, error.extra
    else:
        status, detail, extra = of_ours(error)
    told = Problem(**members(path, status, detail, **extra))
    return BulkResult(id=arxiv_id, status=status, outcome=None, problem=told)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InputError("since is not a moment such as 2026-07-01T04:00:00Z") from error
