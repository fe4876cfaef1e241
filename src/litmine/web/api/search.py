"""Searches, similar papers, and the index that answers them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from litmine.client.found import IndexStatus, SearchAnswer, SimilarAnswer
from litmine.core.errors import InputError
from litmine.core.paper import parse_arxiv_id
from litmine.search.told import LAST_OFFSET, found_by_query, found_similar, index_status
from litmine.web.access import require
from litmine.web.api.common import Clean, Known, Limit, Surroundings, answer
from litmine.web.api.queue import PaperId
from litmine.web.crowd import in_turn

__all__ = ["MOST_CHARACTERS", "MOST_PAPERS", "MOST_TEXT", "ScopeName", "router"]

router = APIRouter(prefix="/api/v1", tags=["search"])

MOST_CHARACTERS = 1000
"""Of a query; a whole abstract is a text for `POST /similar`."""

MOST_TEXT = 20_000
MOST_PAPERS = 20

_SCOPE = "library, everything, or one night such as night:2026-06-30"

ScopeName = Annotated[
    str, Query(max_length=40, description=_SCOPE, examples=["library", "everything"])
]
Offset = Annotated[int, Query(ge=0, le=LAST_OFFSET, description="papers to skip")]
Abstracts = Annotated[bool, Query(description="send the abstracts too")]


class Example(BaseModel):
    """What the papers wanted are like: papers, a text, or both."""

    model_config = ConfigDict(extra="forbid", strict=True)

    papers: list[Annotated[str, Clean, Field(max_length=200)]] = Field(
        default_factory=list,
        max_length=MOST_PAPERS,
        description="arXiv ids or links; what is near to all of them is wanted",
        examples=[["2606.00001"]],
    )
    text: Annotated[str, Clean] = Field(
        default="",
        max_length=MOST_TEXT,
        description="such as an abstract",
        examples=["A smaller cache for serving language models."],
    )
    scope: Annotated[str, Clean] = Field(
        default="library", max_length=40, description=_SCOPE, examples=["library"]
    )
    limit: int = Field(default=20, ge=1, le=100, description="items on a page")
    offset: int = Field(default=0, ge=0, le=LAST_OFFSET, description="papers to skip")
    abstracts: bool = Field(default=False, description="send the abstracts too")


@router.get("/search", response_model=SearchAnswer, dependencies=[require("reader")])
@in_turn
def search(
    s: Surroundings,
    q: Annotated[
        str,
        Query(
            max_length=MOST_CHARACTERS,
            description='words, "phrases", -excluded, filters such as stage:inference, '
            "year:2025.., author:, cat:, is:approved; or an arXiv id or link",
            examples=["cache eviction stage:inference year:2025.."],
        ),
        Clean,
    ],
    scope: ScopeName = "library",
    limit: Limit = 20,
    offset: Offset = 0,
    abstracts: Abstracts = False,
    known: Known = None,
) -> Response:
    """Papers by words and by meaning, best first, and how all papers found spread.

    `docs/api.md` tells what a query can say.
    """
    told = s.searcher.search(q, scope=scope, limit=limit, offset=offset)
    return _timed(found_by_query(told, limit, offset, abstracts=abstracts), known)


@router.get(
    "/papers/{arxiv_id:path}/similar",
    response_model=SimilarAnswer,
    dependencies=[require("reader")],
)
@in_turn
def get_similar(
    arxiv_id: PaperId,
    s: Surroundings,
    scope: ScopeName = "library",
    limit: Limit = 20,
    offset: Offset = 0,
    abstracts: Abstracts = False,
    known: Known = None,
) -> Response:
    """Papers near in meaning to one paper, nearest first; the paper itself is left out."""
    papers = (parse_arxiv_id(arxiv_id).id,)
    told = s.searcher.similar(papers, scope=scope, limit=limit, offset=offset)
    return _timed(found_similar(told, limit, offset, abstracts=abstracts), known)


@router.post("/similar", response_model=SimilarAnswer, dependencies=[require("reader")])
@in_turn
def find_similar(example: Example, s: Surroundings) -> Response:
    """Papers near in meaning to several papers, a text, or both.

    It changes nothing: it is a POST because a text is too long for an address.
    """
    if not example.papers and not example.text.strip():
        raise InputError("name papers, or give a text, that others are to be similar to")
    told = s.searcher.similar(
        [parse_arxiv_id(one).id for one in example.papers],
        example.text,
        scope=example.scope,
        limit=example.limit,
        offset=example.offset,
    )
    body = found_similar(told, example.limit, example.offset, abstracts=example.abstracts)
    return _timed(body, None)


@router.get("/index", response_model=IndexStatus, dependencies=[require("reader")])
def get_index(s: Surroundings, known: Known = None) -> Response:
    """Which index answers searches, and whether it has all that is stored."""
    return answer(index_status(s.searcher.status()), known)


def _timed(body: SearchAnswer | SimilarAnswer, known: str | None) -> Response:
    """Answer; the time that it took makes no other answer of it."""
    taken: dict[str, Any] = {"took_ms": 0.0}
    sent = answer(body, known, counts=body.model_copy(update=taken))
    sent.headers["Server-Timing"] = f"search;dur={body.took_ms}"
    return sent
