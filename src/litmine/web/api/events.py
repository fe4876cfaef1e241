"""Changes of the queue as server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from litmine.client.facts import Change, QueueEvent
from litmine.client.models import QueueCounts, State
from litmine.review.changes import Changes
from litmine.web.access import Principal, require
from litmine.web.feed import Feed, Listener

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["events"])

_HEARTBEAT = 15.0
#: A stream ends after so many seconds; the browser comes back, and is asked again who it is.
_LIFE = 600.0
_NUMBER = r"^[0-9]{1,15}$"


class EventStream(StreamingResponse):
    """A stream that lets go of its place also when it is cut before it began."""

    media_type = "text/event-stream"

    def __init__(self, content: AsyncIterator[str], done: Callable[[], None]) -> None:
        super().__init__(content, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._done = done

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._done()


@router.get(
    "/events",
    response_class=Response,
    responses={
        200: {
            "description": "Events `queue`; the data of each is a QueueEvent. Their ids are "
            "numbers of audit entries: Last-Event-ID goes on behind one.",
            "content": {
                "text/event-stream": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "id": {"type": "string", "examples": ["1204"]},
                            "event": {"type": "string", "enum": ["queue"]},
                            "data": {
                                "type": "string",
                                "contentMediaType": "application/json",
                                "contentSchema": {"$ref": "#/components/schemas/QueueEvent"},
                            },
                            "retry": {"type": "integer", "minimum": 0},
                        },
                    }
                }
            },
        },
        429: {},
        503: {},
    },
)
async def stream_events(
    request: Request,
    who: Annotated[Principal, require("reader")],
    last_id: Annotated[
        str | None,
        Header(alias="Last-Event-ID", pattern=_NUMBER, description="go on behind this event's id"),
    ] = None,
    after: Annotated[
        str | None,
        Query(pattern=_NUMBER, description="the same, for a first connection"),
    ] = None,
) -> Response:
    """Tell of changes as they happen (at most a second later), until the client leaves.

    The first event comes at once. Comments keep the connection alive. The server ends a stream
    after ten minutes; come back with Last-Event-ID, as every EventSource does by itself. A client
    that does not name text/event-stream in Accept gets the first event only: to ask now and then.
    """
    feed = cast("Feed", request.app.state.feed)
    listener = feed.admit(who.name)
    known = last_id or after
    stays = EventStream.media_type in request.headers.get("accept", "")
    return EventStream(
        _lines(feed, listener, None if known is None else int(known), _LIFE if stays else 0.0),
        lambda: feed.dismiss(listener),
    )


async def _lines(
    feed: Feed, listener: Listener, after: int | None, life: float
) -> AsyncIterator[str]:
    ends = time.monotonic() + life
    yield "retry: 2000\n\n"
    async for new in feed.listen(listener, after, patience=_HEARTBEAT):
        if new is None:
            yield ": still here\n\n"
        else:
            yield f"id: {new.last}\nevent: queue\ndata: {_event(new).model_dump_json()}\n\n"
        if time.monotonic() >= ends:
            return


def _event(new: Changes) -> QueueEvent:
    counts: dict[str, Any] = new.counts
    return QueueEvent(
        last=new.last,
        counts=QueueCounts(**counts),
        changed=[
            Change(
                id=one.arxiv_id,
                state=cast("State", one.state),
                revision=one.revision,
                action=one.action,
            )
            for one in new.changed
        ],
        missed=new.missed,
    )
