"""What the API tells of papers beyond the queue: the library, one paper, activity."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from litmine.client.models import (
    Cells,
    Decision,
    Duplicate,
    Evidence,
    Id,
    LabelledPaper,
    Model,
    Opinion,
    Page,
    PaperFacts,
    Probability,
    Source,
    State,
    Suggestion,
    TechniqueGuess,
    Techniques,
)

__all__ = [
    "Activity",
    "CellCount",
    "HistoryStep",
    "Judgement",
    "LibraryMatrix",
    "LibraryPage",
    "LibraryPaper",
    "PaperHistory",
    "PaperRecord",
]

_MOMENT = "2026-07-01T04:00:00Z"
_DAY = "2026-06-29"
_AUTHORS = ["Ada Example"]


class LibraryPaper(Model):
    """An approved paper."""

    id: Id
    title: str = Field(description="as arXiv has it, LaTeX kept", examples=["Frugal decoding"])
    authors: list[str] = Field(description="names in order", examples=[_AUTHORS])
    categories: list[str] = Field(description="primary first", examples=[["cs.CL", "cs.LG"]])
    published: date | None = Field(description="first version submitted", examples=[_DAY])
    url: str = Field(description="page on arXiv", examples=["https://arxiv.org/abs/2606.00001"])
    withdrawn: bool = Field(description="the last version is a withdrawal", examples=[False])
    cells: Cells
    technique: Techniques
    decision: Decision = Field(description="the decision that stands")
    revision: int = Field(ge=0, description="send it as If-Match to decide anew", examples=[2])


class LibraryPage(Page[LibraryPaper]):
    """One page of the library."""

    total: int = Field(ge=0, description="papers on all pages", examples=[7012])


class CellCount(Model):
    """Papers in one cell, one row or one column of the matrix."""

    papers: int = Field(ge=0, description="how many", examples=[905])
    share: float = Field(ge=0, le=1, description="of all papers asked for", examples=[0.13])


class LibraryMatrix(Model):
    """The library by stage and resource; a paper counts in each of its cells, once in a total."""

    papers: int = Field(ge=0, description="papers asked for", examples=[7012])
    cells: dict[str, CellCount] = Field(description="all 25, by stage/resource")
    stages: dict[str, CellCount] = Field(description="papers with any cell of a stage")
    resources: dict[str, CellCount] = Field(description="papers with any cell of a resource")


class Judgement(Model):
    """What a model said of a paper."""

    model_id: str = Field(description="the model that judged it", examples=["litmine-7f3a"])
    relevance: Probability
    relevant: bool | None = Field(description="the model's verdict; null: unsure")
    suggestion: Suggestion = Field(description="what an approval without cells takes")
    cells: dict[str, Probability] = Field(
        description="probability of all 25 cells", examples=[{"inference/memory": 0.8}]
    )
    techniques: list[TechniqueGuess] = Field(description="the five most probable")
    neighbours: list[LabelledPaper] = Field(description="labelled papers, nearest first")


class HistoryStep(Model):
    """One decision on a paper."""

    number: int = Field(description="its number", examples=[41])
    action: Literal["approve", "reject", "later", "undo"] = Field(description="what was done")
    cells: Cells
    technique: Techniques
    reviewer: str = Field(description="who did it", examples=["Ada"])
    comment: str = Field(description="in their words; may be empty", examples=[""])
    source: Source = Field(description="through which door")
    decided_at: datetime = Field(description="when", examples=[_MOMENT])
    undoes: int | None = Field(description="the decision that it takes back", examples=[None])
    undone_by: int | None = Field(description="the decision that took it back", examples=[None])
    stands: bool = Field(description="whether it is the one that counts now")
    opinions: list[Opinion] = Field(description="the opinions it was made of, if any")


class PaperHistory(Model):
    """What was decided on a paper."""

    id: Id
    steps: list[HistoryStep] = Field(description="oldest first")


class PaperRecord(PaperFacts):
    """Everything known of a stored paper, in the queue or not."""

    state: State | None = Field(description="its state in the queue; null: it is not there")
    revision: int | None = Field(
        description="the queue's, to be sent as If-Match; null: it is not there", examples=[2]
    )
    unqueued: str = Field(description="why it is not in the queue; else empty", examples=[""])
    judgement: Judgement | None = Field(description="what the model said; null: not judged")
    evidence: Evidence | None = Field(description="what moved the judgement; null: not recorded")
    duplicates: list[Duplicate] = Field(description="near-duplicates and what became of them")
    decision: Decision | None = Field(description="the decision that stands")
    opinions: list[Opinion] = Field(
        description="open opinions that you may see: both of a dispute, else only your own"
    )
    opinions_given: int = Field(description="number of open opinions", ge=0, examples=[0])
    history: list[HistoryStep] = Field(description="every decision, oldest first")


class Activity(Model):
    """One thing that somebody did."""

    number: int = Field(description="of the audit log", examples=[1204])
    at: datetime = Field(description="when", examples=[_MOMENT])
    actor: str = Field(description="who", examples=["Ada"])
    action: str = Field(description="as the audit log has it", examples=["approve"])
    said: str = Field(description="in words, before the subject", examples=["approved"])
    subject: str = Field(description="to which thing", examples=["2606.00001"])
    title: str | None = Field(description="of the paper, if it is one", examples=["Frugal"])
    cells: Cells
    note: str = Field(description="anything else worth reading", examples=[""])
