"""Server time of the pages over a large library, of invented papers.

    .venv/bin/python tests/bench/pages.py            # 20,000 stored, 7,000 of them approved
    .venv/bin/python tests/bench/pages.py --url postgresql+psycopg://…/empty --json

Prints, for each page, the median and the slowest of the repeated requests: CPU time of the process
and wall time, without the network. The first request, which compiles the template, is left out.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from litmine.core.clock import SystemClock
from litmine.core.paper import Paper
from litmine.core.settings import Settings
from litmine.core.taxonomy import load_taxonomy
from litmine.store import Store, open_store
from litmine.store.audit import record
from litmine.store.decisions import decide
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from tests.support.rows import MODEL, prediction
from tests.support.web import client_of, make_app

#: Every technique's aliases, so that titles and abstracts are made of the field's words.
WORDS = sorted(
    {
        word
        for technique in load_taxonomy().techniques
        for alias in (*technique.aliases, "model", "cache", "quantized", "draft")
        for word in alias.lower().split()
    }
)
PAGES = (
    "/library",
    "/library?sort=title",
    "/library?stage=inference&text=cache",
    "/library?text=model",
    "/library/matrix",
    "/search?q=quantized",
    "/search?q=cache+draft",
    "/papers/2601.00001",
    "/activity",
    "/agreement",
    "/models",
    "/runs",
    "/settings",
    "/codebook",
    "/api/v1/library?limit=100",
    "/api/v1/library/matrix",
)


def fill(store: Store, stored: int, approved: int, rejected: int) -> None:
    """Store papers and decide on the first of them."""
    rng = random.Random(7)
    clock = SystemClock()
    cells = load_taxonomy().cells
    papers = [
        Paper(
            f"26{1 + n // 9000:02d}.{1 + n % 9000:05d}",
            " ".join(rng.choices(WORDS, k=9)).capitalize(),
            " ".join(rng.choices(WORDS, k=180)),
            version=1,
            authors=("Ada Example", f"Bo Sample {n % 97}"),
            categories=("cs.CL",),
            published=date(2026, 1, 1) + timedelta(days=n % 300),
        )
        for n in range(stored)
    ]
    with store.write() as connection:
        upsert_papers(connection, papers, clock.now())
        put_predictions(
            connection,
            [
                prediction(
                    one.arxiv_id,
                    0.9 if n < approved + rejected else 0.001 + rng.random() / 3,
                    content_hash=one.content_hash,
                    assigned=tuple(sorted(rng.sample(cells, rng.choice((1, 1, 2, 3))))),
                )
                for n, one in enumerate(papers)
            ],
        )
        enqueue(connection, MODEL, 0.02, clock.now())
        for n, one in enumerate(papers[: approved + rejected]):
            action = "approve" if n < approved else "reject"
            name = ("Ada", "Bo", "Cy")[n % 3]
            chosen = sorted(rng.sample(cells, 2)) if action == "approve" else []
            number = decide(
                connection,
                one.arxiv_id,
                action,
                reviewer=name,
                now=clock.now(),
                cells=chosen,
                technique=["quantization"] if chosen else [],
                suggested_cells=chosen,
            )
            record(
                connection,
                clock.now(),
                name,
                action,
                one.arxiv_id,
                decision=number,
                cells=chosen,
            )


def measure(store: Store, folder: Path, repeats: int) -> list[dict[str, Any]]:
    """Request every page several times."""
    settings = Settings(
        data_dir=folder, database_url=store.engine.url.render_as_string(hide_password=False)
    )
    client = client_of(make_app(settings, store), "maintainer")
    rows = []
    for path in PAGES:
        cpu, wall = [], []
        for _ in range(repeats + 1):
            began, began_cpu = time.perf_counter(), time.process_time()
            answer = client.get(path)
            wall.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - began_cpu))
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
        rows.append(
            {
                "page": path,
                "cpu_ms": round(statistics.median(cpu[1:]), 1),
                "wall_ms": round(statistics.median(wall[1:]), 1),
                "slowest_ms": round(max(wall[1:]), 1),
                "bytes": len(answer.content),
            }
        )
    return rows


def main() -> None:
    """Fill a database and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--url", help="an empty database; a SQLite file in a new folder by default")
    parser.add_argument("--stored", type=int, default=20_000)
    parser.add_argument("--approved", type=int, default=7_000)
    parser.add_argument("--rejected", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.url or f"sqlite:///{folder}/pages.db"
        with open_store(url) as store:
            fill(store, asked.stored, asked.approved, asked.rejected)
            rows = measure(store, Path(folder) / "data", asked.repeats)
    if asked.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'page':<42} {'CPU ms':>7} {'wall ms':>8} {'slowest':>8} {'bytes':>8}")
    for row in rows:
        print(
            f"{row['page']:<42} {row['cpu_ms']:>7} {row['wall_ms']:>8} {row['slowest_ms']:>8} "
            f"{row['bytes']:>8}"
        )


if __name__ == "__main__":
    main()
