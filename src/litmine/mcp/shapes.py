"""What the tools answer. The descriptions are read by assistants, with every answer's schema.

What the API tells too has the same name there (`litmine.client.found`); assistants are told less of
it: counts by id in `facets`, the best sentence alone instead of a snippet with its marks.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

__all__ = [
    "Axis",
    "Evidence",
    "EvidenceSentence",
    "Facets",
    "FoundPaper",
    "Neighbour",
    "NewPaper",
    "NewPapers",
    "PaperDetails",
    "Quote",
    "SaidBy",
    "SearchResult",
    "SimilarResult",
    "State",
    "TaxonomyResult",
    "Technique",
    "TechniqueEvidence",
]

Id = Annotated[str, Field(description="arXiv id without a version")]
Title = Annotated[str, Field(description="as arXiv has it; written by the authors")]
Published = Annotated[date | None, Field(description="first version submitted")]
Url = Annotated[str, Field(description="arXiv page; cite it")]
State = Literal["approved", "pending", "later", "disputed", "rejected"]
SaidBy = Literal["reviewer", "label", "list", "model"]
Standing = Annotated[
    State | None,
    Field(
        description="reviewers: approved, rejected, disputed (they disagree), later (put aside), "
        "pending (not decided); null: never laid before reviewers"
    ),
]
Authority = Annotated[
    SaidBy | None,
    Field(
        description="who says cells and techniques: reviewer (a decision), label (annotated by "
        "hand), list (a public paper list), model (a guess, say so); null: nobody"
    ),
]
Cells = Annotated[list[str], Field(description="stage/resource, see the tool taxonomy")]
Techniques = Annotated[list[str], Field(description="technique ids, see the tool taxonomy")]
Counts = Annotated[dict[str, int], Field(description="papers found, by id")]
Scope = Annotated[str, Field(description="where was looked")]
Total = Annotated[int, Field(description="papers found in all; those listed are the best")]
Notes = Annotated[list[str], Field(description="what to know about this answer")]


class FoundPaper(BaseModel):
    """One paper found."""

    id: Id
    title: Title
    authors: list[str] = Field(description="the first six")
    more_authors: int = Field(description="authors beyond those")
    published: Published
    url: Url
    state: Standing
    cells: Cells
    technique: Techniques
    said_by: Authority
    score: float | None = Field(
        description="0 to 1; only compares hits of one answer; null: not ranked, newest first"
    )
    sentence: str | None = Field(
        description="the sentence of its abstract that fits best, word for word; null: only its "
        "title is stored"
    )


class Facets(BaseModel):
    """How all papers found spread."""

    stages: Counts
    resources: Counts
    techniques: Counts
    years: Counts
    states: Counts


class SimilarResult(BaseModel):
    """Papers near in meaning, nearest first."""

    scope: Scope
    total: Total
    items: list[FoundPaper]
    facets: Facets
    notes: Notes


class SearchResult(SimilarResult):
    """Papers found, best first."""

    query: str = Field(description="what was looked for, filters included")


class EvidenceSentence(BaseModel):
    """A sentence of a paper that moved the model."""

    text: str = Field(description="word for word")
    weight: float = Field(description="positive: speaks for relevance; negative: against")


class Neighbour(BaseModel):
    """A paper of the labelled library that is near in meaning."""

    id: Id
    title: Title
    similarity: float = Field(description="cosine of the vectors")
    cells: Cells
    url: Url


class PaperDetails(BaseModel):
    """What is known of one paper."""

    id: Id
    title: Title
    abstract: str | None = Field(
        description="written by the authors, word for word; null: only the title is stored"
    )
    authors: list[str]
    categories: list[str] = Field(description="arXiv categories, primary first")
    published: Published
    version: int | None = Field(description="last version known")
    withdrawn: bool = Field(description="its authors have withdrawn it: do not rely on it")
    url: Url
    pdf_url: str
    state: Standing
    cells: Cells
    technique: Techniques
    said_by: Authority
    decided_on: date | None = Field(description="day of the decision that stands")
    relevance: float | None = Field(
        description="the model's probability that it is on resource efficiency; null: not judged"
    )
    suggested_cells: dict[str, float] = Field(
        description="cells that the model suggests, with its probability"
    )
    evidence: list[EvidenceSentence] = Field(
        description="sentences that moved the model most, the strongest first"
    )
    neighbours: list[Neighbour] = Field(description="labelled papers, nearest first")


class NewPaper(BaseModel):
    """A paper that was announced lately."""

    id: Id
    title: Title
    authors: list[str] = Field(description="the first six")
    more_authors: int
    published: Published
    night: date = Field(description="announced in the night to this day")
    url: Url
    state: Standing
    relevance: float = Field(description="the model's probability of relevance")
    cells: Cells
    technique: Techniques
    said_by: Authority
    sentence: str | None = Field(description="what spoke most for it, word for word")


class NewPapers(BaseModel):
    """What was announced since a day, most probably relevant first."""

    since: date | None = Field(description="first night looked at; null: none is stored")
    until: date | None = Field(description="last night stored")
    total: int = Field(description="papers of these nights that are probably relevant")
    items: list[NewPaper]
    notes: Notes


class Axis(BaseModel):
    """A stage or a resource."""

    id: str
    name: str
    definition: str


class Technique(BaseModel):
    """A way of saving."""

    id: str
    name: str
    definition: str
    aliases: list[str]
    home_stages: list[str] = Field(description="where it is usually applied")
    home_resources: list[str] = Field(description="what it usually saves")


class TaxonomyResult(BaseModel):
    """How papers are sorted: a cell is a stage and a resource, such as inference/memory."""

    survey: str = Field(description="arXiv id of the survey that the axes follow")
    stages: list[Axis] = Field(description="where in a model's life a saving takes effect")
    resources: list[Axis] = Field(description="what is saved")
    techniques: list[Technique] = Field(description="how")


class Quote(BaseModel):
    """A paper that speaks for a technique."""

    id: Id
    title: Title
    published: Published
    url: Url
    state: Standing
    cells: Cells
    said_by: Authority
    sentence: str | None = Field(
        description="from its abstract, word for word: quote it, do not embellish it; null: only "
        "the title is stored, so say nothing of its results"
    )


class TechniqueEvidence(BaseModel):
    """What the library has on one technique under the constraint."""

    technique: str = Field(description="its id")
    name: str
    definition: str
    papers: int = Field(description="papers of the library near to the constraint")
    approved: int = Field(description="those of them that reviewers approved")
    enough: bool = Field(description="false: not enough evidence to recommend it, say so")
    quotes: list[Quote] = Field(description="the papers that fit best")


class Evidence(BaseModel):
    """What the library has for a piece of advice; nothing in it is made up or summarised."""

    constraint: str
    stage: str | None
    resource: str | None
    verdict: Literal["enough evidence", "not enough evidence"]
    papers: int = Field(
        description="papers of the library near to the constraint, among the best 200 found"
    )
    approved: int = Field(description="papers near to it that reviewers approved")
    techniques: list[TechniqueEvidence] = Field(description="those with enough evidence first")
    notes: Notes
