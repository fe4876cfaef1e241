"""Whether a method's bare name finds its paper: success@1 and MRR, as one table.

    .venv/bin/python tests/bench/search_names.py

Queries are single words such as ``Mamba`` or ``vLLM``; the paper that each belongs to is taken

- **titled**: from titles ``Name: ...`` of the library; of several papers the earliest is meant.
- **listed**: from what public lists call a paper (key words, ``Name: title``, ``title (name)``)
  where its own title does not begin with that name; for many it stands only in the abstract, or
  nowhere.
- **adjacent**: from the first three to five words behind the colon of such titles.

Half of the names are asked in lower case. They are split by a hash into a part to choose by and one
to report (--part). Each is looked for in the library as it ships (titles, and vectors of whole
abstracts) and as it is when its papers were pulled. Vectors are kept in --cache, which
search_quality.py fills first.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from search_data import SHARED, Collection, _is_sure, needs
from search_quality import ROOT, Remembering

from litmine.encode import Encoder, load_search_encoder
from litmine.index.document import Document
from litmine.index.writer import IndexWriter
from litmine.search.batch import CorpusSearch

DEPTH = 100
KINDS = ("titled", "listed", "adjacent")
# Not the rule that the index goes by, lest the test be what is tested: a colon, one word before it.
_TITLED = re.compile(r"([^\s:]{2,30}): +(\S.*)")
_SHAPED = re.compile(r"[A-Za-z](?=.*[A-Z0-9])[\w+.-]{2,24}")
_BEHIND = re.compile(r"(.{3,40}?) ?\(([^()]{3,25})\)\.?$")


def queries(library: list[Document], part: str) -> dict[str, tuple[str, str]]:
    """Queries of a part: text to kind and paper."""
    found: dict[str, tuple[str, str]] = {}
    for kind, pairs in (
        ("titled", _titled(library)),
        ("listed", _listed(library)),
        ("adjacent", _adjacent(library)),
    ):
        for text, paper in pairs.items():
            digest = hashlib.sha256(text.lower().encode()).digest()
            asked = text.lower() if digest[1] % 2 else text
            if ("dev", "test")[digest[0] % 2] == part and asked not in found:
                found[asked] = (kind, paper)
    return found


def _titled(library: list[Document]) -> dict[str, str]:
    """Names of papers: rare words that a title begins with, of the earliest such paper."""
    holding: dict[str, int] = defaultdict(int)
    for one in library:
        for word in {word.lower() for word in re.findall(r"[\w-]+", one.title)}:
            holding[word] += 1
    found: dict[str, str] = {}
    spelt: dict[str, str] = {}
    for one in sorted(library, key=lambda one: _age(one.id)):
        match = _TITLED.fullmatch(one.title)
        if match is None or "$" in match[1] or "\\" in match[1]:
            continue
        name = match[1].lower()
        if holding[name] <= len(library) // 100 and name not in spelt:
            spelt[name] = match[1]
            found[match[1]] = one.id
    return found


def _listed(library: list[Document]) -> dict[str, str]:
    """What lists call papers whose titles do not begin so; names of one paper only."""
    titles = {one.id: one.title for one in library}
    called: dict[str, set[str]] = defaultdict(set)
    for row in pq.read_table(SHARED / "lists.parquet").to_pylist():
        if row["arxiv_id"] not in titles or not _is_sure(row):
            continue
        names = (row["keyword"] or "").split(";")
        for match, group in ((_TITLED, 1), (_BEHIND, 2)):
            if told := match.fullmatch(row["title"] or ""):
                names.append(told[group])
        for name in (name.strip() for name in names):
            if _SHAPED.fullmatch(name):
                called[name].add(row["arxiv_id"])
    return {
        name: paper
        for name, papers in called.items()
        for paper in papers
        if len(papers) == 1 and not titles[paper].lower().startswith(name.lower())
    }


def _adjacent(library: list[Document]) -> dict[str, str]:
    """Words side by side that follow a name, in the title of one paper only."""
    together = "\n".join(one.title.lower() for one in library)
    found = {}
    for one in library:
        match = _TITLED.fullmatch(one.title)
        if match is None or hashlib.sha256(one.id.encode()).digest()[2] % 8:
            continue
        taken = match[2].split()[: 3 + hashlib.sha256(one.id.encode()).digest()[3] % 3]
        text = " ".join(taken).rstrip(",;:?.")
        if len(taken) >= 3 and together.count(text.lower()) == 1:
            found[text] = one.id
    return found


def _age(arxiv_id: str) -> str:
    """What sorts ids of arXiv by age, those of before 2007 first."""
    return ("1" if arxiv_id[0].isdigit() else "0") + arxiv_id


def index(folder: Path, library: list[Document], encoder: Encoder, *, pulled: bool) -> CorpusSearch:
    """Index the library; the vectors are of whole abstracts in either form."""
    vectors = encoder.encode([f"{one.title}\n{one.abstract}" for one in library])
    documents = library if pulled else [replace(one, abstract="") for one in library]
    with IndexWriter(folder, encoder.encoder_id, dim=encoder.dim) as writer:
        return CorpusSearch(writer.apply(zip(documents, vectors, strict=True), []), encoder)


def measure(
    search: CorpusSearch, asked: dict[str, tuple[str, str]]
) -> dict[str, tuple[int, float, float]]:
    """Number, success@1 and MRR of every kind."""
    ranks: dict[str, list[float]] = defaultdict(list)
    for text, (kind, paper) in asked.items():
        found = [document for document, _ in search.search(text, DEPTH)]
        ranks[kind].append(1 / (1 + found.index(paper)) if paper in found else 0.0)
    return {
        kind: (len(of), float(np.mean(np.array(of) == 1.0)), float(np.mean(of)))
        for kind, of in ranks.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--cache", type=Path, default=ROOT / "out" / "search_quality")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    collection: Collection = needs()
    library = [_dated(one) for one in collection.documents]
    asked = queries(library, arguments.part)
    texts = [f"{one.title}\n{one.abstract}" for one in library] + list(asked)
    encoder = Remembering(load_search_encoder(), texts, arguments.cache)
    print("| success@1 / MRR | " + " | ".join(KINDS) + " |\n|---" + "|---" * len(KINDS) + "|")
    for row, pulled in (("as it ships", False), ("pulled", True)):
        with tempfile.TemporaryDirectory() as folder:
            told = measure(index(Path(folder), library, encoder, pulled=pulled), asked)
        cells = [f"{told[kind][1]:.3f} / {told[kind][2]:.3f} ({told[kind][0]})" for kind in KINDS]
        print(f"| {row} | " + " | ".join(cells) + " |")


def _dated(document: Document) -> Document:
    from litmine.core.paper import month_of_id

    return replace(document, published=month_of_id(document.id))


if __name__ == "__main__":
    main()
