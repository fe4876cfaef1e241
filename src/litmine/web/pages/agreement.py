"""How far reviewers agree, with each other and with the model."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from litmine.core.errors import InputError, NotFound
from litmine.review.rule_inbox import check_rule, rule_inbox
from litmine.review.statistics.coefficients import LEAST_PAPERS, Figure
from litmine.review.statistics.course import AgreementAccount
from litmine.web.access import Principal, require
from litmine.web.api.common import Surroundings
from litmine.web.api.figures import AGREEMENT
from litmine.web.chart import Point, Series, line_chart
from litmine.web.services import Services

__all__ = ["router"]

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)


_NUMBERS = 2**31 - 1


@router.get("/agreement")
def agreement(
    request: Request, s: Surroundings, who: Annotated[Principal, require("reader")]
) -> HTMLResponse:
    """Show the coefficients over time, by cell, and of the model against the reviewers."""
    return _show(request, s, who)


@router.post("/agreement/checks/{number}")
def check(
    number: Annotated[int, Path(ge=1, le=_NUMBERS)],
    request: Request,
    s: Surroundings,
    who: Annotated[Principal, require("reviewer")],
    verdict: Annotated[Literal["right", "wrong"], Form()],
) -> Response:
    """Say whether an approval by rule was right; somebody else may have said so before."""
    try:
        check_rule(s.store, number, verdict, who.name, source="web", clock=s.clock)
    except NotFound:
        raise
    except InputError as error:
        return _show(request, s, who, problem=str(error))
    return RedirectResponse("/agreement#rules", 303)


def _show(request: Request, s: Services, who: Principal, *, problem: str = "") -> HTMLResponse:
    account = AGREEMENT.of(s.store)
    values = {
        "people": account.people,
        "courses": account.courses,
        "months": sorted({month for one in account.courses for month in one.kappas}),
        "model": account.model,
        "least": LEAST_PAPERS,
        "double": s.settings.review.double,
        "rules": rule_inbox(s.store),
        "least_sure": s.settings.review.auto_approve_from,
        "problem": problem,
        "people_chart": _people_chart(account),
        "model_chart": _model_chart(account),
    }
    return s.page(request, who, "agreement.html", values, 422 if problem else 200)


def _people_chart(account: AgreementAccount) -> Markup:
    periods = account.people.periods
    if not any(one.relevance.value is not None for one in periods):
        return Markup("")
    return line_chart(
        "Krippendorff's alpha by month; the table below has the numbers",
        [one.period for one in periods],
        [
            Series("approve or reject", [_point(one.relevance) for one in periods]),
            Series("sets of cells", [_point(one.cells) for one in periods], "second"),
        ],
    )


def _model_chart(account: AgreementAccount) -> Markup:
    months = [one for one in account.model if one.period != "all"]
    if not months:
        return Markup("")
    return line_chart(
        "Agreement of model and reviewers by month; the table below has the numbers",
        [one.period for one in months],
        [
            Series("suggest and approve, kappa", [_point(one.relevance) for one in months]),
            Series("approved as suggested", [Point(one.unchanged) for one in months], "second"),
        ],
    )


def _point(figure: Figure) -> Point:
    return Point(figure.value, figure.low, figure.high)
