"""What the search view learns from: papers of ../shared, and what may be asked for each of them."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pandas as pd

from litmine.core.paper import normalise_space

__all__ = ["BEFORE", "Pair", "ask", "read_papers"]

Pair = tuple[str, str]

BEFORE = "2026-06-20"
SEED = 3  # the papers stay the same, whatever seed the training has
SHORTEST = 300  # characters of an abstract with something to ask for

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
WORD = re.compile(r"[A-Za-z][\w-]+")
STOP_WORDS = """
    the of and a an in to for with on by is are we our that this from as at be it its which can
    using based via these their has have
"""
PHRASES = (
    "I am interested in {}",
    "articles dealing with {}",
    "papers about {}",
    "What is known about {}?",
    "I would like information on {}",
    "Find papers on {}.",
    "work concerning {}",
)


def read_papers(data: Path, count: int) -> list[Pair]:
    """Title and abstract of the training papers, their fields in turn.

    Papers are taken one of each primary category at a time, so that large fields do not crowd
    out small ones: 42,000 are then at most 1,601 of one. Entries of lists whose link and title
    disagree tell of no paper and keep none out.
    """
    lists = pd.read_parquet(
        data / "lists.parquet", columns=["arxiv_id", "id_source", "title_agree"]
    )
    sure = (lists.id_source == "title") | (
        (lists.id_source == "url") & (lists.title_agree.fillna(0) >= 0.6)
    )
    listed = set(lists.arxiv_id[sure & lists.arxiv_id.notna()])
    papers = pd.read_parquet(
        data / "papers.parquet",
        columns=["arxiv_id", "title", "abstract", "published", "categories"],
    )
    for column in ("title", "abstract"):
        papers[column] = papers[column].fillna("").map(normalise_space)
    papers = papers[
        (papers.published.fillna("9999") < BEFORE)
        & (papers.abstract.str.len() > SHORTEST)
        & ~papers.arxiv_id.isin(listed)
    ]
    papers = papers.iloc[np.random.default_rng(SEED).permutation(len(papers))]
    category = papers.categories.fillna("none").str.split().str[0]
    turn = papers.groupby(category).cumcount().sort_values(kind="stable")
    chosen = papers.loc[turn.index[:count]]
    return list(zip(chosen.title.tolist(), chosen.abstract.tolist(), strict=True))


def ask(title: str, abstract: str, chance: random.Random) -> Pair:
    """What somebody may ask, and the text that should be found."""
    stop_words = frozenset(STOP_WORDS.split())
    sentences = [part for part in SENTENCE_END.split(abstract) if len(part) > 40]
    kind = chance.random()
    query, text = title, abstract
    if kind >= 0.45 and len(sentences) >= 3:
        whole = f"{title}\n{abstract}"
        if kind < 0.65:
            picked = chance.randrange(len(sentences))
            rest = sentences[:picked] + sentences[picked + 1 :]
            query, text = sentences[picked], f"{title}\n{' '.join(rest)}"
        elif kind < 0.85:
            words = list(dict.fromkeys(WORD.findall(chance.choice(sentences))))
            words = [word for word in words if word.lower() not in stop_words]
            chance.shuffle(words)
            query, text = " ".join(words[: chance.randint(2, 6)]) or title, whole
        else:
            query, text = " ".join(sentences[:2]), title
    if chance.random() < 0.15:
        plain = (query[:1].lower() + query[1:]).rstrip(".")
        query = chance.choice(PHRASES).format(plain)
    return query, text
