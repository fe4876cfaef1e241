"""One process that answers searches and says what it took; ``search_speed.py`` starts it.

Figures of memory and of the first answer are worth something only in a process that has done
nothing else, so building and comparing happen elsewhere or afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from litmine.encode import Encoder
from litmine.index.dense import DensePart

K = 10
POOL = 300  # papers that a search takes from here, to rank them by their words as well
SHARES = (0.5, 0.2, 0.09, 0.02)  # of the rows that a filter lets through
_EXACT = 200  # queries compared with brute force
_AT_ONCE = 65_536

Answers = NDArray[np.int64]


def memory() -> dict[str, int]:
    """Resident memory of this process in MB: its own, and pages of mapped files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = dict(line.split(":", 1) for line in lines)
    names = {"own": "RssAnon", "mapped": "RssFile"}
    return {name: int(found[key].split()[0]) // 1024 for name, key in names.items()}


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds."""
    middle, high = np.quantile(seconds, [0.5, 0.95])
    return {"p50": round(1e3 * float(middle), 2), "p95": round(1e3 * float(high), 2)}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Result and seconds."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


class Parts:
    """Several parts searched as one, as a search does with segments."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.parts = [DensePart.open(folder) for folder in folders]
        self.starts = np.cumsum([0] + [part.rows for part in self.parts])

    def masks(self, share: float) -> list[NDArray[np.bool_]]:
        """Random rows, the same for the same share."""
        rng = np.random.default_rng(1)
        return [rng.random(part.rows) < share for part in self.parts]

    def search(
        self, query: NDArray[np.float32], k: int, masks: Sequence[Any] | None = None
    ) -> Answers:
        """Places of the `k` best."""
        places, scores = [], []
        for number, part in enumerate(self.parts):
            rows, similar = part.search(query, k, None if masks is None else masks[number])
            places.append(rows + self.starts[number])
            scores.append(similar)
        best = np.argsort(-np.concatenate(scores), kind="stable")[:k]
        return np.concatenate(places)[best]

    def exact(
        self, queries: NDArray[np.float32], k: int, masks: Sequence[Any] | None = None
    ) -> Answers:
        """The same by brute force over the float16 vectors, by other code."""
        scores = np.full((len(queries), k), -np.inf, np.float32)
        places = np.full((len(queries), k), -1, np.int64)
        for number, part in enumerate(self.parts):
            for start in range(0, part.rows, _AT_ONCE):
                rows = np.arange(start, min(start + _AT_ONCE, part.rows))
                if masks is not None:
                    rows = rows[masks[number][rows]]
                found, own = faiss.knn(
                    queries, part.vectors(rows), min(k, len(rows)), faiss.METRIC_INNER_PRODUCT
                )
                scores = np.concatenate([scores, found], axis=1)
                places = np.concatenate([places, rows[own] + self.starts[number]], axis=1)
                best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
                scores = np.take_along_axis(scores, best, axis=1)
                places = np.take_along_axis(places, best, axis=1)
        return places


def recall(found: Sequence[Answers], truth: Answers) -> float:
    """Mean share of the true rows that were found."""
    pairs = zip(found[: len(truth)], truth, strict=True)
    shares = [len({*a.tolist()} & {*b.tolist()}) / len(b) for a, b in pairs]
    return round(float(np.mean(shares)), 4)


def serve_dense(
    folders: Sequence[Path], encoder: Encoder, texts: Sequence[str], rounds: int
) -> dict[str, Any]:
    """Answer every text once, then look closer at the first of them."""
    encoder.encode(list(texts[:3]))
    before = memory()
    parts, opening = timed(lambda: Parts(folders))
    encoding, meaning, answers, vectors = [], [], [], []
    for text in texts:
        vector, seconds = timed(lambda text=text: encoder.encode([text])[0])
        encoding.append(seconds)
        answer, seconds = timed(lambda vector=vector: parts.search(vector, K))
        meaning.append(seconds)
        answers.append(answer)
        vectors.append(vector)
    after = memory()
    queries = np.array(vectors[:_EXACT])
    nearest = parts.exact(queries, POOL)
    whole = [one + two for one, two in zip(encoding, meaning, strict=True)]
    return {
        "rows": int(parts.starts[-1]),
        "parts": len(folders),
        "open": round(1e3 * opening, 1),
        "first": round(1e3 * meaning[0], 1),
        "encoding": quantiles(encoding),
        "dense": quantiles(meaning),
        "whole": quantiles(whole),
        "recall": recall(answers, nearest[:, :K]),
        "memory_before": before,
        "memory": after,
        "closer": closer(parts, queries, nearest, rounds),
    }


def closer(
    parts: Parts, queries: NDArray[np.float32], nearest: Answers, rounds: int
) -> dict[str, Any]:
    """Other numbers of papers, and filters: times over some rounds, and recall."""
    cases: dict[str, tuple[int, Any]] = {"10 papers": (K, None), f"{POOL} papers": (POOL, None)}
    cases |= {f"10 among {share:.0%} of the rows": (K, parts.masks(share)) for share in SHARES}
    found = {}
    for name, (k, masks) in cases.items():
        seconds: list[float] = []
        cpu = time.thread_time()
        for _ in range(rounds):
            answers = []
            for query in queries:
                began = time.perf_counter()
                answers.append(parts.search(query, k, masks))
                seconds.append(time.perf_counter() - began)
        cpu = (time.thread_time() - cpu) / len(seconds)
        truth = nearest[:, :k] if masks is None else parts.exact(queries, k, masks)
        found[name] = {
            **quantiles(seconds),
            "cpu": round(1e3 * cpu, 2),
            "recall": recall(answers, truth),
        }
    return found
