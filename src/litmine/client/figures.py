"""What the API tells of runs, models and agreement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from litmine.client.models import Cells, Id, Model

__all__ = [
    "AgreementReport",
    "CellAgreement",
    "CellCourse",
    "Comparison",
    "Drift",
    "Figure",
    "ModelAgreement",
    "ModelChange",
    "ModelLine",
    "ModelsReport",
    "Night",
    "PeriodAgreement",
    "RuleAudit",
    "RuleCheck",
    "RuleReport",
    "RunReport",
    "RunStage",
]

_MOMENT = "2026-07-01T04:00:00Z"
_MODEL = "litmine-7f3a"
_CELL = "inference/memory"


class RunStage(Model):
    """One stage of a run."""

    position: int = Field(description="its place in the run", examples=[1])
    stage: str = Field(description="its name", examples=["pull"])
    state: str = Field(description="how it ended", examples=["done"])
    seconds: float = Field(description="how long it took", examples=[12.4])
    counts: dict[str, object] = Field(description="what it counted", examples=[{"new": 84}])


class RunReport(Model):
    """One run."""

    run_id: str = Field(description="its id", examples=["20260701T040000-3f9c1a"])
    kind: str = Field(description="what kind of run", examples=["nightly"])
    night: date | None = Field(description="the last night it read", examples=["2026-06-30"])
    state: Literal["running", "done", "failed", "abandoned", "interrupted"] = Field(
        description="how it stands; interrupted: it never ended, and is not alive"
    )
    started_at: datetime = Field(description="when it began", examples=[_MOMENT])
    finished_at: datetime | None = Field(description="when it ended", examples=[_MOMENT])
    seconds: float | None = Field(description="how long it took; null: not ended", examples=[31.5])
    problem: str | None = Field(description="why it failed or is incomplete", examples=[None])
    changed: bool = Field(description="whether it changed anything")
    warnings: list[str] = Field(description="what it warned of", examples=[[]])
    stages: list[RunStage] = Field(description="those it has finished, in order")
    queue: dict[str, int] = Field(
        description="papers of the queue by state, after it", examples=[{"pending": 120}]
    )
    model_id: str = Field(description="classifier; empty: none was used", examples=[_MODEL])
    encoder_id: str = Field(description="encoder; empty: none was used", examples=["minilm-97da"])


class ModelLine(Model):
    """One classifier."""

    model_id: str = Field(description="its id", examples=[_MODEL])
    champion: bool = Field(description="whether it judges new papers")
    origin: Literal["shipped", "trained"] = Field(description="with the package, or trained here")
    made: str = Field(description="when, ISO 8601; empty: not known", examples=[_MOMENT])
    labels: int = Field(description="labels it was trained on", examples=[12316])
    decisions: int = Field(description="how many of those were decisions here", examples=[0])
    figures: dict[str, object] | None = Field(
        description="of its newest comparison on gold labels; null: never compared",
        examples=[{"average_precision": 0.83, "papers": 800}],
    )
    problem: str = Field(description="what is wrong with it; empty: nothing", examples=[""])


class ModelChange(Model):
    """One change of the champion."""

    number: int = Field(description="counts from 1", examples=[1])
    at: str = Field(description="when, ISO 8601", examples=[_MOMENT])
    by: str = Field(description="who", examples=["Ada"])
    action: Literal["promote", "rollback"] = Field(description="what was done")
    model: str = Field(description="the champion from then on", examples=[_MODEL])
    previous: str = Field(description="the champion until then", examples=["shipped"])
    why: str = Field(description="one line", examples=["not worse"])
    forced: str | None = Field(
        description="the reason for promoting against the comparison", examples=[None]
    )


class Comparison(Model):
    """One comparison that the champion took part in."""

    made: str = Field(description="when, ISO 8601", examples=[_MOMENT])
    champion: str = Field(description="the champion then", examples=["litmine-242d"])
    challenger: str = Field(description="the other one", examples=[_MODEL])
    not_worse: bool = Field(description="whether the challenger was shown to be no worse")
    why: str = Field(description="one line", examples=["within the margin on every figure"])


class Night(Model):
    """One night under the watch for drift."""

    night: date = Field(description="of the announcement", examples=["2026-06-30"])
    papers: int = Field(description="judged", examples=[340])
    figures: dict[str, float] = Field(
        description="by name, see docs/models.md", examples=[{"share_relevant": 0.1}]
    )
    alarms: list[str] = Field(description="one sentence each", examples=[[]])


class Drift(Model):
    """What the watch over the last nights saw."""

    model_id: str = Field(description="the model watched", examples=[_MODEL])
    nights: list[Night] = Field(description="oldest first, at most 14")
    learning: int | None = Field(description="nights seen while it learns; else null")
    needed: int = Field(description="nights before the first alarm", examples=[8])


class ModelsReport(Model):
    """The classifiers of this installation."""

    models: list[ModelLine] = Field(description="the shipped one first")
    fixed: str = Field(
        description="the classifier that the settings name in place of the champion; else empty",
        examples=[""],
    )
    history: list[ModelChange] = Field(description="changes of the champion, newest first")
    comparisons: list[Comparison] = Field(description="newest first")
    decided: int = Field(description="papers with a standing decision", examples=[117])
    since: int = Field(description="those the champion has not learnt from", examples=[117])
    drift: Drift | None = Field(description="null: no night was watched")


class Figure(Model):
    """A coefficient of agreement: 1 perfect, 0 chance."""

    value: float | None = Field(description="null: `note` says why", examples=[0.81])
    low: float | None = Field(description="bootstrap interval", examples=[0.72])
    high: float | None = Field(description="bootstrap interval", examples=[0.89])
    papers: int = Field(description="papers it rests on", examples=[140])
    note: str = Field(description="why there is no value; else empty", examples=[""])


class CellAgreement(Model):
    """How the first and the second reviewer used one cell."""

    cell: str = Field(description="stage/resource", examples=[_CELL])
    first: int = Field(description="papers the first put there", examples=[31])
    second: int = Field(description="papers the second put there", examples=[29])
    both: int = Field(description="papers both put there", examples=[26])
    kappa: Figure = Field(description="Cohen's kappa")


class PeriodAgreement(Model):
    """One month."""

    period: str = Field(description="YYYY-MM", examples=["2026-07"])
    papers: int = Field(description="doubly reviewed", examples=[40])
    same: float = Field(description="share on which both said the same", examples=[0.85])
    relevance: Figure = Field(description="Krippendorff's alpha of approve and reject")
    cells: Figure = Field(description="Krippendorff's alpha of sets of cells, by MASI")


class CellCourse(Model):
    """One cell, month by month."""

    cell: str = Field(description="stage/resource", examples=[_CELL])
    kappas: dict[str, Figure] = Field(description="Cohen's kappa by month, YYYY-MM")


class ModelAgreement(Model):
    """Decisions of one month, or of all time, against the suggestions they were taken on."""

    period: str = Field(description="YYYY-MM, or all", examples=["all"])
    models: list[str] = Field(description="whose suggestions they were", examples=[[_MODEL]])
    decided: int = Field(description="papers decided by people", examples=[117])
    approved: int = Field(description="those approved", examples=[40])
    relevance: Figure = Field(description="Cohen's kappa of suggesting a cell and approving")
    unchanged: float | None = Field(description="approved just as suggested", examples=[0.7])
    precision: float | None = Field(description="suggested cells that were kept", examples=[0.8])
    recall: float | None = Field(description="decided cells that were suggested", examples=[0.9])


class AgreementReport(Model):
    """How far reviewers agree with each other, and with the model."""

    papers: int = Field(description="doubly reviewed papers", examples=[140])
    reviewers: list[str] = Field(description="who reviewed them", examples=[["Ada", "Bo"]])
    same: float | None = Field(description="share on which both said the same", examples=[0.85])
    relevance: Figure = Field(description="Krippendorff's alpha of approve and reject")
    cells: Figure = Field(description="Krippendorff's alpha of sets of cells, by MASI")
    by_cell: list[CellAgreement] = Field(description="all 25 cells")
    periods: list[PeriodAgreement] = Field(description="by month, oldest first")
    course: list[CellCourse] = Field(description="cells in use, month by month")
    confidence: float = Field(description="of the intervals", examples=[0.95])
    model: list[ModelAgreement] = Field(description="all time first, then by month")


class RuleAudit(Model):
    """What is known of the errors of approvals by rule."""

    approved: int = Field(description="papers approved by rule", examples=[200])
    standing: int = Field(description="those that stand as approved", examples=[197])
    sampled: int = Field(description="kept for people to check", examples=[20])
    checked: int = Field(description="those that people judged", examples=[12])
    wrong: int = Field(description="those found wrong", examples=[1])
    error_rate: float | None = Field(description="wrong of checked; null: none checked")
    low: float = Field(description="interval of the error rate", examples=[0.002])
    high: float = Field(description="interval of the error rate", examples=[0.38])
    confidence: float = Field(description="of the interval", examples=[0.95])


class RuleCheck(Model):
    """An approval by rule, kept for a person to check."""

    decision_id: int = Field(description="number of the decision", examples=[41])
    rule: str = Field(description="the rule", examples=["rule:auto-approve"])
    arxiv_id: Id
    title: str = Field(description="of the paper", examples=["Frugal decoding"])
    cells: Cells
    decided_at: datetime = Field(description="when the rule approved it", examples=[_MOMENT])
    verdict: Literal["right", "wrong"] | None = Field(description="null: not checked yet")
    reviewer: str | None = Field(description="who checked it", examples=["Ada"])
    checked_at: datetime | None = Field(description="when", examples=[_MOMENT])


class RuleReport(Model):
    """Approvals by rule: their errors, and what waits for a check."""

    audit: RuleAudit
    due: list[RuleCheck] = Field(description="oldest first")
