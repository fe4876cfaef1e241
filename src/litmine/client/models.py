"""What the API answers with: the server builds these, the client reads them.

One definition serves both, so that they cannot drift apart. Unknown members are ignored, so a
client may be older than its server.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Action",
    "AuditEntry",
    "BulkAnswer",
    "BulkResult",
    "Decision",
    "DecisionRecord",
    "Duplicate",
    "Entry",
    "Evidence",
    "Explanation",
    "LabelledPaper",
    "Mark",
    "Opinion",
    "Outcome",
    "Page",
    "PaperFacts",
    "PaperVersion",
    "Problem",
    "QueueCounts",
    "SentenceWeight",
    "Source",
    "State",
    "Suggestion",
    "TechniqueGuess",
    "WordWeight",
]

Action = Literal["approve", "reject", "later"]
State = Literal["pending", "later", "disputed", "approved", "rejected"]
Part = Literal["title", "abstract"]
Source = Literal["cli", "web", "api", "rule"]

_CELLS = ["inference/memory"]
_DAY = "2026-06-29"
_MOMENT = "2026-07-01T04:00:00Z"


class Model(BaseModel):
    """Base of every shape."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")


ItemT = TypeVar("ItemT")

Id = Annotated[
    str, Field(description="arXiv id without a version", examples=["2606.00001", "cs/0606001"])
]
Cells = Annotated[
    list[str],
    Field(description="cells as stage/resource, in the taxonomy's order", examples=[_CELLS]),
]
Techniques = Annotated[
    list[str], Field(description="technique ids, at most two", examples=[["quantization"]])
]
Probability = Annotated[float, Field(ge=0, le=1, description="calibrated probability")]


class Page(Model, Generic[ItemT]):
    """One page of a list."""

    items: list[ItemT] = Field(description="the items, in the list's order")
    next: str | None = Field(
        description="send it back as ?cursor= for the next page; null: this was the last",
        examples=["eyJrIjpbNDFdfQ", None],
    )


class Problem(Model):
    """An error, after RFC 9457."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str = Field(description="kind of problem", examples=["about:blank"])
    title: str = Field(description="the status in words", examples=["Precondition Failed"])
    status: int = Field(description="the HTTP status", examples=[412])
    detail: str = Field(
        description="one line that says what to do",
        examples=["2606.00001 was approved by Ada in the meantime; look at it again"],
    )
    instance: str = Field(
        description="path of the request", examples=["/api/v1/queue/2606.00001/decisions"]
    )


class PaperVersion(Model):
    """One version of a paper on arXiv."""

    version: int = Field(description="its number", examples=[1])
    submitted: datetime | None = Field(
        description="when it was submitted, where known", examples=[_MOMENT]
    )


class Suggestion(Model):
    """What the model would do: an approval without cells takes this."""

    cells: Cells
    technique: Techniques


class TechniqueGuess(Model):
    """A technique and its probability."""

    id: str = Field(description="technique id", examples=["quantization"])
    name: str = Field(description="its name", examples=["Quantization"])
    probability: Probability


class SentenceWeight(Model):
    """How much a sentence says for a judgement."""

    field: Part = Field(description="where the sentence stands")
    start: int = Field(ge=0, description="first character, counted in code points", examples=[0])
    end: int = Field(ge=0, description="character after the last", examples=[63])
    weight: float = Field(
        description="natural log-odds that would be lost without it", examples=[1.204]
    )


class Mark(Model):
    """A place in the text where a word stands that moved a judgement."""

    field: Part = Field(description="where it stands")
    start: int = Field(ge=0, description="first character, counted in code points", examples=[12])
    end: int = Field(ge=0, description="character after the last", examples=[20])
    term: str = Field(description="the word or pair of words", examples=["kv cache"])
    weight: float = Field(
        description="natural log-odds: above 0 for, below 0 against", examples=[0.412]
    )


class WordWeight(Model):
    """A word or pair of words and what it adds."""

    term: str = Field(description="as the word model reads it: lower case", examples=["kv cache"])
    weight: float = Field(
        description="natural log-odds: above 0 for, below 0 against", examples=[0.412]
    )


class Explanation(Model):
    """What moved one judgement."""

    sentences: list[SentenceWeight] = Field(description="title and sentences, in reading order")
    marks: list[Mark] = Field(description="where the words stand, in reading order")
    words: list[WordWeight] = Field(description="from the most for to the most against")


class Evidence(Model):
    """What moved the judgements; docs/models.md, section Evidence, says how it is made."""

    relevance: Explanation = Field(description="of the probability that the paper is relevant")
    cells: dict[str, Explanation] = Field(description="of the explained cells, by cell")


class LabelledPaper(Model):
    """A labelled paper that is near in meaning."""

    id: Id
    title: str = Field(description="its title", examples=["Smaller caches for long contexts"])
    similarity: float = Field(description="cosine of the vectors", examples=[0.7312])
    cells: Cells
    url: str = Field(description="its page on arXiv", examples=["https://arxiv.org/abs/2606.00001"])


class Duplicate(Model):
    """Another paper of the same group of near-duplicates."""

    id: Id
    title: str = Field(description="its title", examples=["Frugal decoding, extended version"])
    state: State | None = Field(description="its state in the queue; null: it is not there")
    similarity: float = Field(description="cosine of the vectors", examples=[0.98])
    reason: str = Field(description="what they share: title or text", examples=["title"])


class Opinion(Model):
    """What one of two reviewers said, under double review."""

    number: int = Field(description="its number", examples=[17])
    action: Literal["approve", "reject"] = Field(description="what they would do")
    cells: Cells
    technique: Techniques
    reviewer: str = Field(description="who gave it", examples=["Ada"])
    comment: str = Field(description="in their words; may be empty", examples=[""])
    given_at: datetime = Field(description="when", examples=[_MOMENT])


class Decision(Model):
    """A decision as it was taken."""

    number: int = Field(description="its number: decisions are counted through", examples=[41])
    action: Literal["approve", "reject", "later", "undo"] = Field(description="what was decided")
    cells: Cells
    technique: Techniques
    reviewer: str = Field(description="who decided", examples=["Ada"])
    comment: str = Field(description="in their words; may be empty", examples=["solid"])
    decided_at: datetime = Field(description="when", examples=[_MOMENT])
    source: Source = Field(description="through which door")


class DecisionRecord(Decision):
    """A decision in the list of all decisions."""

    id: Id
    title: str = Field(description="title of the paper", examples=["Frugal decoding"])
    suggested_cells: list[str] = Field(
        description="what the model suggested then", examples=[_CELLS]
    )
    revision: int = Field(description="revision of the paper after it", examples=[3])
    undoes: int | None = Field(description="the decision that it takes back", examples=[None])
    undone_by: int | None = Field(description="the decision that took it back", examples=[None])
    opinions: list[int] = Field(description="the opinions that it closed", examples=[[17, 18]])


class PaperFacts(Model):
    """What arXiv tells of a paper."""

    id: Id
    title: str = Field(description="as arXiv has it, LaTeX kept", examples=["Frugal decoding"])
    abstract: str = Field(description="as arXiv has it, LaTeX kept", examples=["We serve …"])
    authors: list[str] = Field(description="names in order", examples=[["Ada Example"]])
    categories: list[str] = Field(description="primary first", examples=[["cs.CL", "cs.LG"]])
    published: date | None = Field(description="first version submitted", examples=[_DAY])
    updated: date | None = Field(description="last version submitted", examples=[_DAY])
    version: int | None = Field(description="last version known", examples=[1])
    versions: list[PaperVersion] = Field(description="all versions known, ascending")
    url: str = Field(description="page on arXiv", examples=["https://arxiv.org/abs/2606.00001"])
    pdf_url: str = Field(description="PDF on arXiv", examples=["https://arxiv.org/pdf/2606.00001"])
    comments: str | None = Field(description="the authors' note", examples=["12 pages"])
    journal_ref: str | None = Field(description="where it was published", examples=[None])
    doi: str | None = Field(description="its DOI there", examples=[None])
    withdrawn: bool = Field(description="the last version is a withdrawal", examples=[False])


class Entry(PaperFacts):
    """A paper of the queue with all that a reviewer needs to decide."""

    state: State = Field(description="where it stands in the queue")
    revision: int = Field(
        ge=0,
        description="counts changes of state, score and opinions; the ETag; send it as If-Match",
        examples=[2],
    )
    relevance: Probability
    relevant: bool | None = Field(description="the model's verdict; null: unsure")
    model_id: str = Field(description="the model that judged it", examples=["litmine-7f3a"])
    enqueued_at: datetime = Field(description="when it entered the queue", examples=[_MOMENT])
    suggestion: Suggestion = Field(description="what an approval without cells takes")
    cells: dict[str, Probability] = Field(
        description="probability of all 25 cells", examples=[{"inference/memory": 0.8}]
    )
    techniques: list[TechniqueGuess] = Field(description="the five most probable")
    evidence: Evidence | None = Field(
        description="what moved the judgement; null: not recorded, or of an earlier text"
    )
    neighbours: list[LabelledPaper] = Field(description="labelled papers, nearest first")
    duplicates: list[Duplicate] = Field(description="near-duplicates and what became of them")
    claims: list[str] = Field(description="savings it claims, where known", examples=[[]])
    decision: Decision | None = Field(description="the decision that stands")
    opinion: Opinion | None = Field(description="your own open opinion, under double review")
    opinions: list[Opinion] = Field(
        description="open opinions that you may see: both of a dispute, else only your own"
    )
    opinions_given: int = Field(description="number of open opinions", ge=0, examples=[0])
    why: str = Field(
        description="why it stands here in the queue", examples=["most probable", "unsure"]
    )


class Outcome(Model):
    """What came of a decision or of taking one back."""

    id: Id
    state: State = Field(description="where the paper stands now")
    revision: int = Field(description="its revision now", examples=[3])
    decision: Decision | None = Field(
        description="the decision taken; null: an opinion was given, or something taken back"
    )
    opinion: Opinion | None = Field(description="the opinion given, under double review")
    undone: Decision | None = Field(description="the decision taken back")
    withdrawn: Opinion | None = Field(description="the opinion taken back")


class BulkResult(Model):
    """What came of one decision of several: exactly one of outcome and problem."""

    id: str = Field(description="as it was sent", examples=["2606.00001"])
    status: int = Field(description="the status it would have had alone", examples=[201])
    outcome: Outcome | None = Field(description="when it was taken")
    problem: Problem | None = Field(description="when it was not")


class BulkAnswer(Model):
    """What came of several decisions, in the order they were sent."""

    items: list[BulkResult] = Field(description="one result for each")


class QueueCounts(Model):
    """Number of papers in each state."""

    pending: int = Field(description="waiting", examples=[120])
    later: int = Field(description="put aside", examples=[3])
    disputed: int = Field(description="two reviewers disagree", examples=[1])
    approved: int = Field(description="in the library", examples=[40])
    rejected: int = Field(description="not relevant", examples=[77])


class AuditEntry(Model):
    """One line of the audit log."""

    id: int = Field(description="its number; the id of the event it made", examples=[1204])
    logged_at: datetime = Field(description="when", examples=[_MOMENT])
    actor: str = Field(description="who", examples=["Ada"])
    action: str = Field(description="did what", examples=["approve"])
    subject: str = Field(description="to which thing", examples=["2606.00001"])
    detail: dict[str, object] = Field(
        description="the particulars; differ by action", examples=[{"decision": 41}]
    )
