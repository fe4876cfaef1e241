"""Runs, models and agreement."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from litmine.client.figures import (
    AgreementReport,
    ModelsReport,
    RuleCheck,
    RuleReport,
    RunReport,
)
from litmine.client.models import Page
from litmine.jobs.diary import list_runs, tell_run
from litmine.jobs.overview import overview
from litmine.review.rule_inbox import check_rule, rule_inbox
from litmine.review.statistics.course import AgreementAccount, agreement_account
from litmine.web.access import Principal, require
from litmine.web.api.common import Clean, Cursor, Known, Limit, Surroundings, answer, cursor_to
from litmine.web.memo import Memo
from litmine.web.queries import run_place

__all__ = ["AGREEMENT", "router"]

router = APIRouter(prefix="/api/v1")

#: Shared with the page.
AGREEMENT: Memo[AgreementAccount] = Memo(agreement_account)


_NUMBERS = 2**31 - 1


class Verdict(BaseModel):
    """What a person found of an approval by rule."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["right", "wrong"] = Field(
        description="right: it becomes a label to learn from; wrong: it is undone"
    )


@router.get(
    "/runs", response_model=Page[RunReport], tags=["runs"], dependencies=[require("reader")]
)
def list_all_runs(
    s: Surroundings, cursor: Cursor = None, limit: Limit = 30, known: Known = None
) -> Response:
    """Runs, newest first."""
    page = list_runs(s.store, before=run_place(cursor), limit=limit, clock=s.clock)
    following = None
    if page.next is not None:
        following = cursor_to(at=page.next[0].isoformat(), id=page.next[1])
    items = [RunReport.model_validate(one, from_attributes=True) for one in page.runs]
    return answer(Page[RunReport](items=items, next=following), known)


@router.get(
    "/runs/{run_id}", response_model=RunReport, tags=["runs"], dependencies=[require("reader")]
)
def get_run(
    run_id: Annotated[str, Path(max_length=40, description="id of a run"), Clean],
    s: Surroundings,
    known: Known = None,
) -> Response:
    """One run: its stages, what they counted, what went wrong."""
    story = tell_run(s.store, run_id, clock=s.clock)
    return answer(RunReport.model_validate(story, from_attributes=True), known)


@router.get(
    "/models", response_model=ModelsReport, tags=["models"], dependencies=[require("reader")]
)
def list_models(s: Surroundings, known: Known = None) -> Response:
    """The champion, other models, how they compared, and drift."""
    told = overview(s.settings, s.store)
    return answer(ModelsReport.model_validate(asdict(told)), known)


@router.get(
    "/agreement",
    response_model=AgreementReport,
    tags=["agreement"],
    dependencies=[require("reader")],
)
def get_agreement(s: Surroundings, known: Known = None) -> Response:
    """How far reviewers agree with each other, and with the model."""
    account = AGREEMENT.of(s.store)
    body = asdict(account.people) | {
        "course": [asdict(one) for one in account.courses],
        "model": [asdict(one) for one in account.model],
    }
    return answer(AgreementReport.model_validate(body), known)


@router.get(
    "/rules", response_model=RuleReport, tags=["agreement"], dependencies=[require("reader")]
)
def get_rules(s: Surroundings, known: Known = None) -> Response:
    """How often approvals by rule were found wrong, and those that wait for a check."""
    return answer(RuleReport.model_validate(asdict(rule_inbox(s.store))), known)


@router.post("/rules/checks/{number}", tags=["agreement"])
def check_rule_decision(
    number: Annotated[int, Path(ge=1, le=_NUMBERS, description="number of the decision")],
    found: Verdict,
    s: Surroundings,
    who: Annotated[Principal, require("reviewer")],
) -> RuleCheck:
    """Say whether an approval by rule was right; a wrong one is undone and waits again."""
    source = "api" if who.via == "token" else "web"
    one = check_rule(s.store, number, found.verdict, who.name, source=source, clock=s.clock)
    return RuleCheck.model_validate(asdict(one))
