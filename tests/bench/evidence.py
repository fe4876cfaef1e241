"""Is the sentence that the evidence points at the one the verdict hangs on?

For papers that no part of the model was trained on, every sentence is deleted in turn and the
shortened text goes through encoder, words and neighbours anew. The loss of log-odds is the truth
that `litmine.classify.explain` estimates without encoding anything again. Compared are: the
sentence that ranks first by the evidence (with and without the encoder's token states), the
longest sentence, the title, and the mean of all others (what a random one costs). Needs ../shared.

    .venv/bin/python tests/bench/evidence.py
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from litmine.classify.explain import explain
from litmine.classify.fusion import Fusion, Opinions
from litmine.classify.gold import NIGHT_CATEGORIES
from litmine.classify.labels import Outputs
from litmine.classify.library import LabelledLibrary
from litmine.classify.metrics import bootstrap
from litmine.classify.model import Classifier
from litmine.classify.records import TextRecord
from litmine.classify.votes import NEIGHBOURS
from litmine.core.errors import ModelError
from litmine.core.resources import corpus_dir
from litmine.encode import load_encoder

SHARED = Path(__file__).resolve().parents[3] / "shared"
SINCE = "2026-06-20"
RELEVANCE = 0.3  # papers below are told relevant by label only
LEAST_SENTENCES = 4


def papers(extra: int) -> tuple[list[TextRecord], set[str], set[str]]:
    """Papers of the labelled nights and `extra` others of those weeks; labelled, relevant ids.

    Papers with a training label are left out: the model has seen them.
    """
    own = corpus_dir() / "labels.jsonl"
    files = [SHARED / "labels" / "train.jsonl", *([own] if own.exists() else [])]
    seen = {
        json.loads(line)["id"] for file in files for line in file.read_text("utf-8").splitlines()
    }
    lines = (SHARED / "labels" / "dev.jsonl").read_text("utf-8").splitlines()
    labels = {row["id"]: row["relevant"] for row in map(json.loads, lines)}
    columns = ["arxiv_id", "title", "abstract", "categories", "published"]
    table = pq.read_table(SHARED / "data" / "papers.parquet", columns=columns).to_pylist()
    labelled = [row for row in table if row["arxiv_id"] in labels]
    others = [
        row
        for row in table
        if row["arxiv_id"] not in labels
        and row["arxiv_id"] not in seen
        and str(row["published"] or "") >= SINCE
        and NIGHT_CATEGORIES & set((row["categories"] or "").split())
    ]
    random.Random(5).shuffle(others)
    chosen = [
        TextRecord(row["arxiv_id"], row["arxiv_id"], row["title"], row["abstract"])
        for row in labelled + others[:extra]
    ]
    return chosen, set(labels), {i for i, relevant in labels.items() if relevant}


def shortened(paper: TextRecord, sentences: Sequence[Sequence[Any]]) -> Iterator[TextRecord]:
    """The paper without each of its sentences."""
    for field, start, end in sentences:
        kept = {"title": paper.title, "abstract": paper.abstract}
        kept[field] = kept[field][:start] + kept[field][end:].lstrip()
        yield TextRecord(paper.given_id, paper.arxiv_id, kept["title"], kept["abstract"])


def fused(fusion: Fusion, opinions: Opinions, outputs: Outputs, cell: str | None) -> Any:
    """(texts,) log-odds of relevance, or of a cell given relevance."""
    relevance, cells, _ = fusion.probabilities(opinions, outputs)
    p = relevance
    if cell is not None:
        p = cells[:, outputs.labels_of("cell").index(cell)] / relevance
    return np.log(p / (1 - p))


def compare(weights: Any, losses: Any) -> list[float]:
    """Loss of the first-ranked sentence, mean of the others, share of the others that it beats."""
    top = int(np.argmax(weights))
    others = np.delete(losses, top)
    return [losses[top], others.mean(), (losses[top] > others).mean()]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extra", type=int, default=1500, help="papers besides the labelled")
    arguments = parser.parse_args()
    encoder, classifier = load_encoder(), Classifier.load()
    candidates, labelled, relevant = papers(arguments.extra)
    library = LabelledLibrary.from_corpus(None, encoder.encoder_id).without(labelled)
    judged = library.where(judged=True)
    vectors = encoder.encode([p.text for p in candidates])
    told = classifier.predict(candidates, vectors, library)
    rows: dict[str, list[list[float]]] = {"relevance": [], "cells": []}
    cells_seen, seconds, sizes, method = 0, [], [], ""
    for paper, vector, prediction in zip(candidates, vectors, told, strict=True):
        if paper.arxiv_id not in relevant and prediction.relevance < RELEVANCE:
            continue
        try:
            states = encoder.states(paper.text)  # type: ignore[attr-defined]
        except (AttributeError, ModelError):
            states = None
        stored = vector.astype(np.float16).astype(np.float32)[None]
        voters = judged.nearest(stored, NEIGHBOURS, [paper.arxiv_id])[0]
        began = time.thread_time()
        record = explain(classifier, paper, prediction, vector, voters, states)
        seconds.append(time.thread_time() - began)
        sizes.append(len(json.dumps(record, ensure_ascii=False).encode()))
        method = record["method"]
        if len(record["sentences"]) < LEAST_SENTENCES:
            continue
        by_words = explain(classifier, paper, prediction, vector, voters)
        texts = [paper, *shortened(paper, record["sentences"])]
        coded = encoder.encode([t.text for t in texts]).astype(np.float16).astype(np.float32)
        opinions = classifier.opinions(texts, coded, judged)
        length = [end - start for _, start, end in record["sentences"]]
        title = [field == "title" for field, _, _ in record["sentences"]]
        cells_seen += len(record["cells"])
        of_cells = []
        for cell in (None, *record["cells"]):
            logits = fused(classifier.fusion, opinions, classifier.outputs, cell)
            losses = logits[0] - logits[1:]
            account, words = (
                (r["relevance"] if cell is None else r["cells"][cell])["sentences"]
                for r in (record, by_words)
            )
            ranked = [np.argsort(np.argsort(v)) for v in (account, losses)]
            figures = [
                *(f for w in (account, words, length, title, losses) for f in compare(w, losses)),
                float(np.corrcoef(*ranked)[0, 1]),
            ]
            if cell is None:
                rows["relevance"].append(figures)
            else:
                of_cells.append(figures)
        rows["cells"].append(np.mean(of_cells, axis=0).tolist())
    kinds = ("evidence", "words alone", "longest sentence", "title", "best possible")
    names = [f"{k}: {f}" for k in kinds for f in ("loss", "others' loss", "share beaten")]
    names.append("evidence: rank correlation")
    report: dict[str, Any] = {
        "method": method,
        "model": classifier.model_id,
        "encoder": encoder.encoder_id,
        "papers": len(rows["relevance"]),
        "labelled relevant": sum(p.arxiv_id in relevant for p in candidates),
        "cells explained": cells_seen,
        "explain: CPU ms, median": round(float(np.median(seconds)) * 1e3, 2),
        "record: bytes, median and 99%": np.percentile(sizes, [50, 99]).round().tolist(),
    }
    for what, values in rows.items():
        table = np.array(values)
        table = np.column_stack([table, table[:, 0] - table[:, 1], table[:, 0] - table[:, 6]])
        ends = bootstrap(lambda draw, t=table: t[draw].mean(axis=0).tolist(), len(table))  # type: ignore[misc]
        columns = [*names, "evidence: loss less others'", "evidence: loss less longest's"]
        report[what] = {
            name: [round(float(v), 3) for v in (mean, *end)]
            for name, mean, end in zip(columns, table.mean(axis=0), ends, strict=True)
        }
    for name, value in report.items():
        if isinstance(value, dict):
            print(f"{name}: mean and 95% interval over papers")
            for figure, (mean, low, high) in value.items():
                print(f"  {figure:<34} {mean:6.3f} ({low:.3f} to {high:.3f})")
        else:
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
