"""What the API tells of searches: papers found and why, saved searches and their news."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from litmine.client.models import Cells, Id, Model, Probability, State, Techniques

__all__ = [
    "Count",
    "Facets",
    "Filter",
    "Hit",
    "IndexStatus",
    "NewHit",
    "News",
    "SavedSearch",
    "SearchAnswer",
    "SimilarAnswer",
    "Snippet",
    "Span",
    "Understood",
]

_DAY = "2026-06-29"
_MOMENT = "2026-07-01T04:00:00Z"

Scope = Annotated[
    str,
    Field(
        description="`library`: approved papers and the labelled ones; `everything`: all that is "
        "stored; `night:2026-06-30`: what was announced then",
        examples=["library"],
    ),
]
Share = Annotated[float, Field(ge=0, le=1, examples=[0.4])]


class Span(Model):
    """Characters of a text; they count Unicode code points."""

    start: int = Field(ge=0, description="the first one", examples=[8])
    end: int = Field(ge=0, description="the one behind the last", examples=[13])


class Snippet(Model):
    """The sentence of an abstract that answers the query best, word for word."""

    text: str = Field(description="the sentence", examples=["It stores its cache in fewer bits."])
    start: int = Field(ge=0, description="its first character in the abstract", examples=[61])
    end: int = Field(ge=0, description="the character behind it", examples=[95])
    marks: list[Span] = Field(description="words of the query, within `text`")


class Hit(Model):
    """One paper found, and why."""

    id: Id
    title: str = Field(description="as arXiv has it, LaTeX kept", examples=["Frugal decoding"])
    authors: list[str] = Field(description="names in order", examples=[["Ada Example"]])
    categories: list[str] = Field(description="primary first", examples=[["cs.CL", "cs.LG"]])
    published: date | None = Field(description="first version submitted", examples=[_DAY])
    url: str = Field(description="page on arXiv", examples=["https://arxiv.org/abs/2606.00001"])
    pdf_url: str = Field(description="PDF on arXiv", examples=["https://arxiv.org/pdf/2606.00001"])
    state: State | None = Field(description="its state in the queue; null: it is not there")
    relevance: Probability | None = Field(description="by the model; null: not judged")
    cells: Cells
    technique: Techniques
    said_by: Literal["reviewer", "label", "list", "model"] | None = Field(
        description="who puts it into these cells: a reviewer's decision, a label of the seeded "
        "library, a public list, or the model alone; null: nobody"
    )
    score: Share | None = Field(
        description="`lexical` + `dense`; of two hits the better one has more; null: filters alone "
        "list papers, newest first"
    )
    lexical: Share | None = Field(description="what words give to the score; null: as `score`")
    dense: Share | None = Field(description="what meaning gives to the score; null: as `score`")
    similarity: float | None = Field(
        description="cosine of the vectors of query and paper; null: the paper has none",
        examples=[0.62],
    )
    title_marks: list[Span] = Field(description="words of the query in the title")
    snippet: Snippet | None = Field(description="null: no abstract is stored, or none fits")
    abstract: str | None = Field(
        description="as arXiv has it; null: not asked for (`?abstracts=true`), or not stored",
        examples=[None],
    )


class Count(Model):
    """Papers found that share a value."""

    value: str = Field(
        description="as a filter takes it: `stage:inference`", examples=["inference"]
    )
    label: str = Field(description="for people", examples=["Inference"])
    count: int = Field(ge=0, description="papers", examples=[12])


class Facets(Model):
    """How all papers found spread; values that no paper has are left out."""

    stages: list[Count] = Field(description="for `stage:`, in the taxonomy's order")
    resources: list[Count] = Field(description="for `resource:`, in the taxonomy's order")
    cells: list[Count] = Field(description="for `cell:`, in the taxonomy's order")
    techniques: list[Count] = Field(description="for `technique:`, the most papers first")
    years: list[Count] = Field(description="for `year:`, newest first")
    states: list[Count] = Field(description="for `is:`")


class IndexStatus(Model):
    """Which index answers searches."""

    generation: int = Field(
        ge=0, description="grows with every change of the index; 0: there is none yet", examples=[7]
    )
    papers: int = Field(ge=0, description="papers that can be found", examples=[218034])
    encoder_id: str = Field(description="what its vectors were made with", examples=["minilm-l6"])
    behind: bool = Field(description="the database holds changes that it does not have yet")


class Filter(Model):
    """One condition of a query."""

    field: str = Field(description="its name", examples=["stage"])
    values: list[str] = Field(description="any of these", examples=[["inference"]])
    negated: bool = Field(description="none of these instead")


class Understood(Model):
    """A query, taken apart."""

    words: str = Field(description="what is looked for in free words", examples=["cache eviction"])
    phrases: list[str] = Field(description="must stand word for word", examples=[[]])
    excluded: list[str] = Field(description="must not stand there", examples=[[]])
    filters: list[Filter] = Field(description="all of them hold")
    first_year: int | None = Field(description="of `year:2025..`", examples=[None])
    last_year: int | None = Field(description="of `year:..2024`", examples=[None])


class _Answer(Model):
    scope: Scope
    items: list[Hit] = Field(description="the papers of this page, best first")
    total: int = Field(ge=0, description="papers on all pages", examples=[57])
    offset: int = Field(ge=0, description="papers before this page", examples=[0])
    next_offset: int | None = Field(
        description="send it back as `offset` for the next page; null: there is none to be had",
        examples=[20, None],
    )
    facets: Facets = Field(description="counted over all papers found")
    notes: list[str] = Field(description="what you should know, one sentence each", examples=[[]])
    index: IndexStatus | None = Field(description="which index answered")
    took_ms: float = Field(ge=0, description="milliseconds of searching", examples=[6.2])


class SearchAnswer(_Answer):
    """What a search found."""

    query: str = Field(
        description="what was looked for, whitespace normalised", examples=["cache compression"]
    )
    understood: Understood | None = Field(description="the same, taken apart")
    paper_id: Id | None = Field(description="the arXiv id that the query is; else null")
    stored: bool = Field(description="whether that paper is known here")


class SimilarAnswer(_Answer):
    """Papers near in meaning to papers or to a text."""


class SavedSearch(Model):
    """A search that you saved."""

    number: int = Field(description="its number", examples=[3])
    name: str = Field(description="as you named it", examples=["Caches"])
    query: str = Field(description="what is looked for", examples=["cache eviction year:2026.."])
    scope: Scope
    digest: bool = Field(description="whether its news stand in the nightly digest")
    created_at: datetime = Field(description="when you saved it", examples=[_MOMENT])
    seen_at: datetime = Field(description="your last visit; what came later is new")
    feed_url: str = Field(
        description="its Atom feed; whoever has the address can read it, without a token",
        examples=["http://127.0.0.1:8765/feeds/searches/4sT.atom"],
    )


class NewHit(Model):
    """A paper that a saved search has found since."""

    came_at: datetime = Field(
        description="when it was approved (scope `library`), or first stored", examples=[_MOMENT]
    )
    paper: Hit = Field(description="the paper")


class News(Model):
    """What a saved search has found since its owner's last visit."""

    search: SavedSearch = Field(description="as it was before this request")
    items: list[NewHit] = Field(
        description="those of its best 50 papers that came since, newest first"
    )
