"""An installation with a tiny encoder, a trained classifier, and reviewers who decide."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from litmine.classify.labelled import LabelledPaper
from litmine.classify.library_files import facts_bytes, vectors_bytes
from litmine.core.clock import FakeClock
from litmine.core.paper import Paper
from litmine.core.resources import corpus_dir
from litmine.core.settings import Settings
from litmine.encode import load_encoder
from litmine.encode.export import export_encoder
from litmine.review import ReviewDesk
from litmine.store import open_store
from litmine.store.papers import get_papers, upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from tests.support.papers import paper
from tests.support.rows import prediction
from tests.support.tiny_models import invented_labels, write_tiny_bert

LABELS = invented_labels(340)
TRAIN, GOLD, NIGHTS = LABELS[:100], LABELS[100:160], LABELS[160:]


def make_home(home: Path) -> Path:
    """Encoder, labelled library and label files; the classifier is still to be trained."""
    export_encoder(
        write_tiny_bert(home / "bert"), home / "models/encoder", name="tiny", max_tokens=64
    )
    encoder = load_encoder(str(home / "models/encoder"))
    frame = pd.DataFrame(LABELS[:160])
    frame["arxiv_id"], frame["categories"], frame["published"] = frame["id"], "cs.CL", "2026-06-10"
    frame[["arxiv_id", "title", "abstract", "categories", "published"]].to_parquet(
        home / "papers.parquet"
    )
    write_labels(home / "train.jsonl", TRAIN)
    write_labels(home / "gold.jsonl", GOLD)
    papers = [
        LabelledPaper(
            id=r["id"],
            title=r["title"],
            date=None,
            relevant=r["relevant"],
            cells=tuple(r.get("cells", ())),
            technique=tuple(r.get("technique", ())),
            split="train",
        )
        for r in TRAIN
    ]
    vectors = encoder.encode([f"{r['title']}\n{r['abstract']}" for r in TRAIN])
    (home / "corpus").mkdir()
    (home / "corpus/library.jsonl").write_bytes(facts_bytes(papers))
    (home / "corpus/library_vectors.npz").write_bytes(
        vectors_bytes(
            [p.id for p in papers], vectors, np.zeros(len(papers), bool), encoder.encoder_id
        )
    )
    shutil.copy(corpus_dir() / "taxonomy.toml", home / "corpus")
    return home


def write_labels(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    """Write a label file: records without their texts."""
    lines = [{k: v for k, v in r.items() if k not in ("title", "abstract")} for r in records]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def as_paper(record: dict[str, Any], **changes: Any) -> Paper:
    """The paper of a record."""
    fields = {"title": record["title"], "abstract": record["abstract"]}
    fields["published"] = date(2026, 6, 1)
    return paper(record["id"], **(fields | changes))


def queue_up(
    settings: Settings, records: Sequence[dict[str, Any]], model: str, at: datetime
) -> None:
    """Store papers, judged by `model` and waiting for a reviewer."""
    with open_store(settings.database) as store, store.write() as connection:
        upsert_papers(connection, [as_paper(r) for r in records], at)
        stored = get_papers(connection, [r["id"] for r in records])
        put_predictions(
            connection,
            [
                prediction(i, 0.5, model_id=model, content_hash=stored[i].content_hash)
                for i in stored
            ],
        )
        enqueue(connection, model, 0.1, at)


def decide_all(
    settings: Settings,
    records: Sequence[dict[str, Any]],
    first: datetime,
    *,
    every: timedelta = timedelta(hours=6),
) -> None:
    """Decide on waiting papers as their records have it, one after the other."""
    clock = FakeClock(first)
    with open_store(settings.database) as store:
        desk = ReviewDesk(store, "ada", clock)
        for record in records:
            if record["relevant"]:
                desk.approve(record["id"], record["cells"], record["technique"])
            else:
                desk.reject(record["id"])
            clock.advance(every.total_seconds())
