"""What the API tells of the whole: counts, the last night, what is unread, the taxonomy, events."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from litmine.client.models import Id, Model, QueueCounts, State

__all__ = [
    "Axis",
    "Change",
    "LastRun",
    "QueueEvent",
    "Status",
    "StoppingEstimate",
    "Taxonomy",
    "Technique",
]

_MOMENT = "2026-07-01T04:00:00Z"


class StoppingEstimate(Model):
    """How many relevant papers are probably still unread; docs say how it is made."""

    read: int = Field(description="papers of the backlog that were decided", examples=[80])
    found: int = Field(description="those of them approved", examples=[31])
    unread: int = Field(description="papers that wait", examples=[220])
    expected_unread_relevant: float = Field(
        description="sum of the probabilities of the unread papers", examples=[4.2]
    )
    interval: tuple[int, int] = Field(
        description="of the number of relevant unread papers, at `confidence`", examples=[[1, 9]]
    )
    recall_bound: float = Field(
        description="recall is at least this, one-sided, by the test", examples=[0.87]
    )
    target: float = Field(description="recall that is wanted", examples=[0.95])
    confidence: float = Field(description="of interval and bound", examples=[0.95])
    may_stop: bool = Field(description="whether recall is below the target was refuted")
    guaranteed: bool = Field(description="the error rate holds whatever the model does")
    guarantee: str = Field(description="what was tested and what it rests on", examples=["…"])
    method: str = Field(description="how it was tested", examples=["ranked windows"])
    summary: str = Field(description="the same in one line", examples=["nothing waits"])


class LastRun(Model):
    """The last nightly run."""

    run_id: str = Field(description="its id", examples=["20260701T040000-1a2b3c"])
    state: Literal["running", "done", "failed", "abandoned"] = Field(description="how it stands")
    night: date | None = Field(description="the announcement it was for", examples=["2026-06-30"])
    started_at: datetime = Field(description="when it began", examples=[_MOMENT])
    finished_at: datetime | None = Field(description="when it ended", examples=[_MOMENT])
    problem: str | None = Field(description="why it failed", examples=[None])


class Status(Model):
    """What waits, what is unread, and the last night."""

    version: str = Field(description="of litmine", examples=["0.1.0"])
    queue: QueueCounts = Field(description="papers in each state")
    stopping: StoppingEstimate = Field(description="what is probably unread")
    night: date | None = Field(description="latest announcement known", examples=["2026-06-30"])
    last_run: LastRun | None = Field(description="the last nightly run; null: none yet")
    model_id: str | None = Field(description="the model of that run", examples=["litmine-7f3a"])
    last: int = Field(description="number of the newest audit entry", examples=[1204])


class Axis(Model):
    """A stage or a resource."""

    id: str = Field(description="as in cells", examples=["inference"])
    name: str = Field(description="for people", examples=["Inference"])
    key: str = Field(description="its key on the queue page, after s or r", examples=["4"])
    definition: str = Field(description="what it means", examples=["…"])


class Technique(Model):
    """A way of saving."""

    id: str = Field(description="as in decisions", examples=["quantization"])
    name: str = Field(description="for people", examples=["Quantization"])
    aliases: list[str] = Field(description="other names", examples=[["low-bit"]])
    definition: str = Field(description="what it means", examples=["…"])
    home_stages: list[str] = Field(description="usual stages", examples=[["inference"]])
    home_resources: list[str] = Field(description="usual resources", examples=[["memory"]])


class Taxonomy(Model):
    """Stages, resources and techniques, in their fixed order."""

    version: str = Field(description="of the taxonomy file", examples=["1.0"])
    survey: str = Field(description="arXiv id of the survey behind it", examples=["2401.00625"])
    stages: list[Axis] = Field(description="where in a model's life a saving takes effect")
    resources: list[Axis] = Field(description="what is saved")
    cells: list[str] = Field(
        description="all 25 cells, stage by stage", examples=[["inference/memory"]]
    )
    techniques: list[Technique] = Field(description="ways of saving")


class Change(Model):
    """A paper that was changed."""

    id: Id
    state: State = Field(description="where it stands now")
    revision: int = Field(description="its revision now", examples=[3])
    action: str = Field(
        description="the last thing done: approve, reject, later, undo, opinion, dispute, withdraw",
        examples=["approve"],
    )


class QueueEvent(Model):
    """Data of an event `queue`; never who gave an open opinion, nor what it says."""

    last: int = Field(description="number of the newest audit entry; the event's id")
    counts: QueueCounts = Field(description="papers in each state")
    changed: list[Change] = Field(description="papers changed since the event before")
    missed: bool = Field(
        default=False, description="more has changed than is told: load the queue again"
    )
