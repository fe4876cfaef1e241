"""Approvals: invented ones for tests, and a database of real approved papers for looking at.

``python -m tests.support.approvals FOLDER --papers 200`` makes a database from ../shared: papers
with abstracts, the cells that their labels say, approved in the order of their days, the newest
ones still waiting. The scores are invented.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from litmine.core.paper import Paper
from litmine.store import Store
from litmine.store.decisions import decide
from litmine.store.papers import upsert_papers
from litmine.store.predictions import StoredPrediction, put_predictions
from litmine.store.queue import enqueue
from tests.support.rows import MODEL, NOW

#: Cells and techniques for so many approvals as a test wants.
CELLS = (
    ("inference/memory", "quantization"),
    ("finetuning/memory", "peft"),
    ("system/computation", "serving"),
    ("pretraining/network", "parallelism"),
    ("architecture/computation", "efficient-attention"),
)


def approve(
    store: Store,
    papers: Sequence[Paper],
    cells: Iterable[Sequence[str]] | None = None,
    techniques: Iterable[Sequence[str]] | None = None,
    *,
    now: datetime = NOW,
    reviewer: str = "Ada",
    model_id: str = MODEL,
) -> None:
    """Store papers with predictions and approve them, each in the cells given."""
    chosen = list(cells or ([CELLS[n % len(CELLS)][0]] for n in range(len(papers))))
    technique = list(techniques or ([CELLS[n % len(CELLS)][1]] for n in range(len(papers))))
    with store.write() as connection:
        upsert_papers(connection, papers, now)
        put_predictions(
            connection,
            [
                _prediction(paper, chosen[n], technique[n], model_id)
                for n, paper in enumerate(papers)
            ],
        )
        enqueue(connection, model_id, 0.0, now)
        for n, paper in enumerate(papers):
            decide(
                connection,
                paper.arxiv_id,
                "approve",
                reviewer=reviewer,
                now=now,
                cells=chosen[n],
                technique=technique[n],
                suggested_cells=chosen[n],
                source="web",
            )


def _prediction(
    paper: Paper, cells: Sequence[str], technique: Sequence[str], model_id: str
) -> StoredPrediction:
    chance = zlib.crc32(paper.arxiv_id.encode()) / 2**32
    return StoredPrediction(
        arxiv_id=paper.arxiv_id,
        model_id=model_id,
        content_hash=paper.content_hash,
        relevance=round(0.5 + chance / 2, 3),
        cells={cell: round(0.4 + chance / 2, 3) for cell in cells},
        assigned=tuple(cells),
        techniques=dict.fromkeys(technique, 0.7),
        technique=tuple(technique),
        neighbours=(),
        relevant=1,
    )


def real_approvals(shared: Path, count: int) -> list[tuple[Paper, list[str], list[str]]]:
    """Return the `count` newest papers of ../shared that their labels call relevant, oldest first.

    Beyond five thousand, papers of public lists join them, with the stage that their list tells.
    """
    import json

    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    corpus = Path(__file__).parents[2] / "corpus"
    labelled: dict[str, dict[str, Any]] = {}
    weak: dict[str, dict[str, Any]] = {}  # only the stage is known: for measuring speed
    for name in ("library.jsonl", "labels.jsonl"):
        for line in (corpus / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("relevant") in (1, True) and row.get("cells"):
                labelled[row["id"]] = row
            elif row.get("weak_stages"):
                weak[row["id"]] = row
    if count > 5000:
        for one in weak.values():
            cells = [f"{stage}/computation" for stage in one["weak_stages"]]
            labelled.setdefault(one["id"], one | {"cells": cells})
    table = pq.read_table(shared / "data" / "papers.parquet")
    kept = table.filter(pc.is_in(table["arxiv_id"], pa.array(list(labelled))))
    found = []
    for row in kept.to_pylist():
        label = labelled[row["arxiv_id"]]
        day = row["published"]
        published = date.fromisoformat(str(day)[:10]) if day else None
        paper = Paper(
            arxiv_id=row["arxiv_id"],
            title=row["title"],
            abstract=row["abstract"] or "",
            version=1,
            authors=tuple((row["authors"] or "").split("; ")) if row["authors"] else (),
            categories=tuple((row["categories"] or "cs.LG").split()),
            published=published,
            updated=published,
            datestamp=published,
        )
        technique = label.get("technique") or []
        techniques = [technique] if isinstance(technique, str) else list(technique)
        found.append((paper, list(label["cells"]), techniques))
    found.sort(key=lambda one: (one[0].published or date(2000, 1, 1), one[0].arxiv_id))
    return found[-count:]


def main() -> None:
    """Make the database."""
    from litmine.store import open_store

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--papers", type=int, default=200)
    parser.add_argument("--waiting", type=int, default=20, help="the newest so many stay pending")
    parser.add_argument("--shared", type=Path, default=Path(__file__).parents[3] / "shared")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    store = open_store(f"sqlite:///{asked.folder / 'litmine.db'}")
    found = real_approvals(asked.shared, asked.papers + asked.waiting)
    by_day: dict[date, list[tuple[Paper, list[str], list[str]]]] = {}
    for one in found[: asked.papers]:
        by_day.setdefault(one[0].published or date(2000, 1, 1), []).append(one)
    for day, papers in sorted(by_day.items()):
        approve(
            store,
            [one[0] for one in papers],
            [one[1] for one in papers],
            [one[2] for one in papers],
            now=datetime.combine(day + timedelta(days=1), time(9), UTC),
        )
    rest = found[asked.papers :]
    now = datetime.combine(date(2026, 7, 17), time(6), UTC)
    with store.write() as connection:
        upsert_papers(connection, [one[0] for one in rest], now)
        put_predictions(connection, [_prediction(p, c, t, MODEL) for p, c, t in rest])
        enqueue(connection, MODEL, 0.0, now)
    store.close()
    print(f"{asked.papers} approved, {len(rest)} waiting in {asked.folder}")


if __name__ == "__main__":
    main()
