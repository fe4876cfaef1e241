"""The four collections that search is measured on; read from ../shared, nothing is kept.

- **titles**: papers new in July 2026, later than any training reads (2026-06-20). A title must find
  its abstract among all abstracts of that time; the documents have no titles.
- **sections**: papers of hand-kept public lists. A title must find the other papers of its section.
- **needs**: ``tests/bench/search_needs``, sixty information needs over the seeded library.
- **cacm**: the classic collection, in BEIR form.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from litmine.classify.library_files import FACTS_FILE, read_facts
from litmine.core.paper import normalise_space
from litmine.index.document import Document
from litmine.search.beir import read_corpus, read_queries

__all__ = ["COLLECTIONS", "Collection"]

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
NEEDS = ROOT / "tests" / "bench" / "search_needs"
SEED = 7
SINCE = "2026-07-01"
TITLES = 600
# One list is told of under two names; what repeats another list counts once.
MIRRORS = {
    "wangc0812/Awesome-Quantization-Papers",
    "DefTruth/Awesome-LLM-Inference",
    "htqin/awesome-model-quantization",
    "htqin/awesome-efficient-aigc",
}
BY_YEAR = re.compile(r"\b(19|20)\d\d\b")


@dataclass(frozen=True)
class Collection:
    """Documents, queries and what is relevant.

    Attributes
    ----------
    queries : dict
        Id to text.
    relevant : dict
        Query to document to grade.
    asked_from : dict
        Query to the document it is the title of, which is not counted among the answers.
    """

    name: str
    documents: list[Document]
    queries: dict[str, str]
    relevant: Mapping[str, Mapping[str, int]]
    asked_from: Mapping[str, str] = field(default_factory=dict)


def titles() -> Collection:
    """Titles to abstracts of later papers."""
    found = [
        paper
        for paper in _papers()
        if (paper["published"] or "") >= SINCE and len(paper["abstract"] or "") > 200
    ]
    asked = random.Random(SEED).sample(found, min(TITLES, len(found)))
    return Collection(
        "titles",
        [_document(paper, title="") for paper in found],
        {paper["arxiv_id"]: normalise_space(paper["title"]) for paper in asked},
        {paper["arxiv_id"]: {paper["arxiv_id"]: 1} for paper in asked},
    )


def sections() -> Collection:
    """Titles to the other papers of their list section."""
    rows = pq.read_table(SHARED / "lists.parquet").to_pylist()
    listed = {row["arxiv_id"] for row in rows if _is_sure(row)}
    papers = {
        paper["arxiv_id"]: paper
        for paper in _papers()
        if paper["arxiv_id"] in listed and len(paper["abstract"] or "") > 100
    }
    members: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in rows:
        known = row["arxiv_id"] in papers and _is_sure(row) and row["repo"] not in MIRRORS
        if known and row["section_path"] and not BY_YEAR.search(row["section_path"]):
            members[row["repo"], row["file"], row["section_path"]].add(row["arxiv_id"])
    draw = random.Random(SEED)
    queries, relevant, asked_from = {}, {}, {}
    for number, key in enumerate(sorted(members)):
        mates = sorted(members[key])
        if 4 <= len(mates) <= 60:
            one = draw.choice(mates)
            query = f"s{number}"
            queries[query] = normalise_space(papers[one]["title"])
            relevant[query] = {mate: 1 for mate in mates if mate != one}
            asked_from[query] = one
    documents = [_document(paper) for paper in papers.values()]
    return Collection("sections", documents, queries, relevant, asked_from)


def needs() -> Collection:
    """Hand-written needs over the papers of search's default scope."""
    library = {p.id: p.title for p in read_facts(ROOT / "corpus" / FACTS_FILE) if p.relevant != 0}
    known = {paper["arxiv_id"]: paper for paper in _papers() if paper["arxiv_id"] in library}
    documents = [
        _document(known[number]) if number in known else Document(number, title)
        for number, title in library.items()
    ]
    queries = {one["id"]: one["query"] for one in _lines(NEEDS / "needs.jsonl")}
    relevant: dict[str, dict[str, int]] = {query: {} for query in queries}
    for one in _lines(NEEDS / "judgements.jsonl"):
        relevant[one["need"]][one["id"]] = int(one["grade"])
    return Collection("needs", documents, queries, relevant)


def cacm() -> Collection:
    """CACM abstracts of 1958 to 1979."""
    folder = SHARED / "retrieval" / "cacm"
    relevant: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        relevant[query][document] = int(grade)
    asked = {query.id: query.text for query in read_queries(folder / "queries.jsonl")}
    return Collection("cacm", list(read_corpus(folder / "corpus.jsonl")), asked, relevant)


COLLECTIONS: dict[str, Callable[[], Collection]] = {
    "titles": titles,
    "sections": sections,
    "needs": needs,
    "cacm": cacm,
}


def _papers() -> Iterator[dict[str, Any]]:
    columns = ["arxiv_id", "title", "abstract", "published"]
    for batch in pq.ParquetFile(SHARED / "papers.parquet").iter_batches(columns=columns):
        yield from batch.to_pylist()


def _document(paper: Mapping[str, Any], title: str | None = None) -> Document:
    heading = normalise_space(paper["title"] or "") if title is None else title
    return Document(paper["arxiv_id"], heading, normalise_space(paper["abstract"] or ""))


def _is_sure(row: Mapping[str, Any]) -> bool:
    """Whether a row of a list names the paper that its identifier names."""
    if not row["arxiv_id"]:
        return False
    return row["id_source"] == "title" or (row["title_agree"] or 0) >= 0.6


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
