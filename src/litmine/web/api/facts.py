"""What holds for the whole: status, taxonomy, audit trail, and the description of this API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from litmine import __version__
from litmine.client.facts import Axis, LastRun, Status, StoppingEstimate, Taxonomy, Technique
from litmine.client.models import AuditEntry, Page, QueueCounts
from litmine.core.taxonomy import Resource, Stage, load_taxonomy
from litmine.review.statistics.stopping import estimate
from litmine.store import Store
from litmine.store.announcements import latest_night
from litmine.store.audit import last_entry
from litmine.store.history import audit_page
from litmine.store.queue import queue_counts
from litmine.store.runs import Run, last_runs
from litmine.store.trail import entries_after
from litmine.web.access import require
from litmine.web.api.common import (
    Clean,
    Cursor,
    Known,
    Limit,
    Surroundings,
    answer,
    cursor_to,
    number_below,
)
from litmine.web.api.document import describe

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")

_AT_ONCE = 1000


@router.get("/status", response_model=Status, tags=["facts"], dependencies=[require("reader")])
def get_status(s: Surroundings, known: Known = None) -> Response:
    """What waits, what is probably unread, and the last night."""
    with s.store.read() as connection:
        counts = queue_counts(connection)
        told = estimate(connection, s.settings.review.target_recall)
        runs = last_runs(connection, "nightly", 1)
        night = latest_night(connection)
        last = last_entry(connection)
    run = runs[0] if runs else None
    report = (run.report if run else None) or {}
    status = Status(
        version=__version__,
        queue=QueueCounts(**counts),
        stopping=StoppingEstimate.model_validate(
            {
                name: told.summary() if name == "summary" else getattr(told, name)
                for name in StoppingEstimate.model_fields
            }
        ),
        night=night,
        last_run=_last_run(run) if run else None,
        model_id=report.get("model_id") or None,
        last=last,
    )
    return answer(status, known)


@router.get("/taxonomy", response_model=Taxonomy, tags=["facts"], dependencies=[require("reader")])
def get_taxonomy(known: Known = None) -> Response:
    """Stages, resources and techniques, with the keys that choose them on the queue page."""
    taxonomy = load_taxonomy()
    return answer(
        Taxonomy(
            version=taxonomy.version,
            survey=taxonomy.survey,
            stages=[_axis(stage) for stage in taxonomy.stages],
            resources=[_axis(resource) for resource in taxonomy.resources],
            cells=list(taxonomy.cells),
            techniques=[
                Technique(
                    id=one.id,
                    name=one.name,
                    aliases=list(one.aliases),
                    definition=one.definition,
                    home_stages=list(one.home_stages),
                    home_resources=list(one.home_resources),
                )
                for one in taxonomy.techniques
            ],
        ),
        known,
    )


@router.get(
    "/audit",
    response_model=Page[AuditEntry],
    tags=["audit"],
    dependencies=[require("maintainer")],
)
def list_audit(
    s: Surroundings,
    actor: Annotated[str | None, Query(max_length=200, description="only theirs"), Clean] = None,
    action: Annotated[str | None, Query(max_length=64, description="only such"), Clean] = None,
    subject: Annotated[
        str | None, Query(max_length=200, description="only on this, such as a paper"), Clean
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    known: Known = None,
) -> Response:
    """Who did what to which thing, newest first."""
    with s.store.read() as connection:
        found = audit_page(
            connection,
            before=number_below(cursor),
            limit=limit + 1,
            actions=[action] if action else [],
            actor=actor or "",
            subject=subject or "",
        )
    page = found[:limit]
    return answer(
        Page[AuditEntry](
            items=[_audit_entry(one) for one in page],
            next=cursor_to(before=page[-1].number) if len(found) > limit else None,
        ),
        known,
    )


@router.get(
    "/audit.jsonl",
    response_class=Response,
    responses={
        200: {
            "description": "One JSON object a line, each an AuditEntry, oldest first.",
            "content": {"application/jsonl": {"schema": {"type": "string"}}},
        }
    },
    tags=["audit"],
    dependencies=[require("maintainer")],
)
def export_audit(s: Surroundings) -> Response:
    """The whole audit trail, to keep elsewhere."""
    return StreamingResponse(
        _audit_lines(s.store),
        media_type="application/jsonl",
        headers={
            "Content-Disposition": 'attachment; filename="litmine-audit.jsonl"',
            "Cache-Control": "no-store",
        },
    )


@router.get(
    "/openapi.json",
    response_class=JSONResponse,
    tags=["facts"],
    dependencies=[require("public")],
)
def get_description(request: Request) -> dict[str, Any]:
    """This API, described in OpenAPI; for everybody, since the program is public too."""
    return describe(request.app)


def _last_run(run: Run) -> LastRun:
    return LastRun.model_validate(
        {
            "run_id": run.run_id,
            "state": run.state,
            "night": run.night,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "problem": (run.report or {}).get("problem"),
        }
    )


def _axis(one: Stage | Resource) -> Axis:
    return Axis(id=one.id, name=one.name, key=one.key, definition=one.definition)


def _audit_entry(one: Any) -> AuditEntry:
    return AuditEntry(
        id=one.number,
        logged_at=one.logged_at,
        actor=one.actor,
        action=one.action,
        subject=one.subject,
        detail=one.detail,
    )


def _audit_lines(store: Store) -> Iterator[str]:
    # A transaction for each portion: a slow reader must not hold one open.
    with store.read() as connection:
        head = last_entry(connection)
    last = 0
    while last < head:
        with store.read() as connection:
            portion = entries_after(connection, last, _AT_ONCE)
        if not portion:
            return
        last = portion[-1].number
        yield "".join(f"{_audit_entry(one).model_dump_json()}\n" for one in portion)
