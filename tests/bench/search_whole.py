"""Whole searches over real papers: a database with its index, and a process that answers.

The database holds the papers of ../shared/data/papers.parquet with given vectors, and the seeded
library, as nightly runs would have left them.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from search_serving import memory, quantiles  # beside this file

SHARED = Path(__file__).resolve().parents[3] / "shared"
SCOPES = ("library", "everything")
_AT_ONCE = 2_000
_BESIDE = 8  # questions at the same time


def settings_in(folder: Path) -> Any:
    """Settings of which nothing lies outside `folder`."""
    os.environ["LITMINE_DATA_DIR"] = str(folder)
    os.environ["LITMINE_LOG__LEVEL"] = "error"
    from litmine.core.settings import load_settings

    return load_settings()


def build(folder: Path, vectors: NDArray[np.float32], rows: int) -> dict[str, Any]:
    """Fill a database with the first `rows` papers and make its index."""
    from litmine.encode import load_encoder, load_search_encoder
    from litmine.jobs.context import RunContext
    from litmine.jobs.seed import seed_library
    from litmine.search.sync import sync_as_set
    from litmine.store import open_store
    from litmine.store.papers import upsert_papers
    from litmine.store.vectors import put_vectors

    settings = settings_in(folder)
    store = open_store(settings.database)
    record_id, search_id = load_encoder().encoder_id, load_search_encoder().encoder_id
    now = datetime(2026, 7, 17, tzinfo=UTC)
    done = 0
    for papers in _papers(rows):
        with store.write() as connection:
            upsert_papers(connection, papers, now)
            put_vectors(
                connection,
                search_id,
                [paper.arxiv_id for paper in papers],
                [paper.content_hash for paper in papers],
                vectors[done : done + len(papers)],
            )
        done += len(papers)
    seed_library(RunContext(settings, store), record_id)
    began = time.perf_counter()
    report = sync_as_set(settings, store)
    return {"papers": report.papers, "build": round(time.perf_counter() - began)}


def _papers(rows: int) -> Iterator[list[Any]]:
    import pyarrow.parquet as pq

    from litmine.core.paper import Paper

    left = rows
    for batch in pq.ParquetFile(SHARED / "data" / "papers.parquet").iter_batches(_AT_ONCE):
        yield [
            Paper(
                arxiv_id=row["arxiv_id"],
                version=None,
                title=row["title"],
                abstract=row["abstract"],
                authors=tuple((row["authors"] or "").split("; ")) if row["authors"] else (),
                categories=tuple((row["categories"] or "").split()),
                published=_day(row["published"]),
                updated=None,
                datestamp=None,
                comments=None,
                journal_ref=None,
                doi=None,
                license=None,
            )
            for row in batch.to_pylist()[:left]
        ]
        left -= batch.num_rows
        if left <= 0:
            return


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def serve(folder: Path, texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """Open everything in this process and answer; run in a new one."""
    settings = settings_in(folder)
    before = memory()
    began = time.perf_counter()
    from litmine.search.searcher import Searcher
    from litmine.store import open_store

    searcher = Searcher.open(settings, open_store(settings.database))
    opened = time.perf_counter() - began
    searcher.search(texts[0])
    first = time.perf_counter() - began
    result: dict[str, Any] = {
        "papers": searcher.status().papers,
        "open": round(opened, 2),
        "first": round(first, 2),
        "memory_before": before,
    }
    # Every text is new to the searcher once: later rounds add a word, or it would remember vectors.
    for scope in SCOPES:
        seconds, cpu = [], time.process_time()
        for number in range(rounds):
            for text in texts[1:]:
                asked = text if number == 0 else f"{text} {_WORDS[number % len(_WORDS)]}"
                start = time.perf_counter()
                searcher.search(f"{asked}{_MARK[scope]}", scope=scope, limit=_HITS)
                seconds.append(time.perf_counter() - start)
        cpu = (time.process_time() - cpu) / len(seconds)
        result[scope] = {**quantiles(seconds), "cpu": round(1e3 * cpu, 2)}
    result["memory"] = memory()
    result["beside"] = beside(searcher, texts)
    return result


_HITS = 10
_WORDS = ("paper", "method", "approach", "study")
_MARK = {"library": "", "everything": "."}


def beside(searcher: Any, texts: Sequence[str]) -> dict[str, float]:
    """Several questions at the same time: answers a second, milliseconds each."""
    seconds: list[float] = []
    lock = threading.Lock()

    def ask(text: str) -> None:
        start = time.perf_counter()
        searcher.search(f"{text} again", scope="everything")
        with lock:
            seconds.append(time.perf_counter() - start)

    began = time.perf_counter()
    with ThreadPoolExecutor(_BESIDE) as pool:
        list(pool.map(ask, texts))
    took = time.perf_counter() - began
    return {"threads": _BESIDE, "a_second": round(len(texts) / took, 1), **quantiles(seconds)}
