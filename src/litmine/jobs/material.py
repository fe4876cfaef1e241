"""What a classifier is trained on: label files, reviewers' decisions, their texts and vectors.

Which label counts. Of several label files the last one named wins. A decision wins over a gold
label of the same paper when it is the newer of the two: a gold label may carry the day it was made
(``labelled_at``); one without counts as older than any decision.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litmine.classify.gold import with_nights, without_disputed
from litmine.classify.library import LabelledLibrary
from litmine.classify.library_build import PaperText, read_texts
from litmine.core.errors import ArtefactMismatch, InputError
from litmine.core.paper import Paper
from litmine.core.resources import corpus_dir
from litmine.encode.training.data import read_labels
from litmine.jobs.progress import Progress
from litmine.store.decisions import Decision, decisions_of
from litmine.store.papers import get_papers
from litmine.store.vectors import encoded_hashes, get_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from litmine.encode import Encoder
    from litmine.store import Store

__all__ = [
    "DEFAULT_LABELS",
    "DEFAULT_PAPERS",
    "HoldBack",
    "Labelled",
    "Reviewed",
    "as_label",
    "find_texts",
    "gold_records",
    "hash_of_ids",
    "merge_labels",
    "reviewed",
    "text_of",
    "vectors_of",
]

DEFAULT_LABELS = Path("../shared/labels/train.jsonl")
DEFAULT_PAPERS = Path("../shared/data/papers.parquet")


@dataclass(frozen=True)
class HoldBack:
    """Which decisions a challenger is not trained on, so that it can be compared on them.

    The newest ones: those of the last `days`, or `share` of all, whichever are fewer.
    """

    days: int = 28
    share: float = 0.2

    def count(self, decided: Sequence[datetime], now: datetime) -> int:
        """How many of the decisions are held back."""
        recent = sum(at > now - timedelta(days=self.days) for at in decided)
        return min(recent, int(len(decided) * self.share))


@dataclass(frozen=True)
class Reviewed:
    """Standing decisions with the papers as they are stored.

    Attributes
    ----------
    used, held
        Approvals and rejections to train on, and those held back, in order of time.
    papers
        By id.
    """

    used: tuple[Decision, ...]
    held: tuple[Decision, ...]
    papers: Mapping[str, Paper]


@dataclass(frozen=True)
class Labelled:
    """Label records with their texts, in one order."""

    records: list[dict[str, Any]]
    texts: list[PaperText]

    @property
    def ids(self) -> list[str]:
        """arXiv ids."""
        return [record["id"] for record in self.records]


def reviewed(connection: Connection, hold_back: HoldBack, now: datetime) -> Reviewed:
    """Read every decision that stands: approved or rejected, not undone, the paper not withdrawn.

    A paper put aside for later, or whose decision was taken back, has none.
    """
    decisions = {**decisions_of(connection, "approved"), **decisions_of(connection, "rejected")}
    papers = get_papers(connection, list(decisions))
    standing = sorted(
        (d for d in decisions.values() if not papers[d.arxiv_id].withdrawn), key=lambda d: d.id
    )
    held = hold_back.count([d.decided_at for d in standing], now)
    cut = len(standing) - held
    return Reviewed(tuple(standing[:cut]), tuple(standing[cut:]), papers)


def as_label(decision: Decision) -> dict[str, Any]:
    """A decision in the form of a label record."""
    if decision.action == "reject":
        return {"id": decision.arxiv_id, "relevant": 0}
    return {
        "id": decision.arxiv_id,
        "relevant": 1,
        "cells": list(decision.cells),
        "technique": list(decision.technique),
    }


def gold_records(files: Sequence[Path] | None) -> tuple[list[dict[str, Any]], list[str], bool]:
    """Read gold labels.

    Parameters
    ----------
    files
        Label files; None: the files that come with the project, and where they are missing the
        gold labels of the shipped library.

    Returns
    -------
    records, sources, complete
        One record a paper; where they come from; whether each of them must have a text. The
        library is shipped without abstracts, so of its papers only those with a stored text serve.
    """
    records: dict[str, dict[str, Any]] = {}
    sources: list[str] = []
    complete = True
    shipped = files is None
    if files is None:
        extra = corpus_dir() / "labels.jsonl"
        files = [path for path in (DEFAULT_LABELS, extra) if path.is_file()]
        if DEFAULT_LABELS not in files:
            complete = False
            sources.append("the shipped library")
            for paper in LabelledLibrary.from_corpus().where(split="train", judged=True).papers:
                records[paper.id] = {
                    "id": paper.id,
                    "relevant": paper.relevant,
                    "cells": list(paper.cells),
                    "technique": list(paper.technique),
                }
    for path in files:
        sources.append(path.name)
        for record in read_labels(path):
            records[record["id"]] = record
    kept = list(records.values())
    if shipped:
        second, nights = (
            corpus_dir() / n for n in ("second_opinions.jsonl", "labelled_nights.json")
        )
        kept = without_disputed(kept, second) if second.is_file() else kept
        kept = with_nights(kept, nights) if nights.is_file() else kept
    return kept, sources, complete


def merge_labels(
    gold: Sequence[dict[str, Any]], decisions: Sequence[Decision], held: Sequence[Decision]
) -> list[dict[str, Any]]:
    """One record a paper: gold in its order, then papers known from decisions alone.

    Papers whose decision is held back are left out altogether, also where gold labels them. A
    paper of a wholly labelled night stays one whoever labelled it: without the papers that
    reviewers decided, the relevant ones above all, the night would lose its base rate.
    """
    by_id = {record["id"]: record for record in gold}
    for decision in decisions:
        record = by_id.get(decision.arxiv_id)
        if record is None or _newer(decision, record):
            night = {"night": record["night"]} if record and record.get("night") else {}
            by_id[decision.arxiv_id] = as_label(decision) | night
    broken = set()
    for decision in held:
        removed = by_id.pop(decision.arxiv_id, None)
        if removed is not None:
            broken.add(removed.get("night"))
    # A night that lost a paper this way is whole no more.
    return [
        {k: v for k, v in record.items() if k != "night" or v not in broken}
        for record in by_id.values()
    ]


def _newer(decision: Decision, record: Mapping[str, Any]) -> bool:
    labelled = record.get("labelled_at")
    if labelled is None:
        return True
    try:
        day = date.fromisoformat(str(labelled)[:10])
    except ValueError as error:
        raise InputError(
            f"label of {record['id']}: labelled_at {labelled!r} is not a day; write YYYY-MM-DD"
        ) from error
    return decision.decided_at.date() > day


def find_texts(
    ids: Sequence[str], papers: Sequence[Path] | None, store: Store | None
) -> dict[str, PaperText]:
    """Titles and abstracts: from files, and from the database what the files lack.

    Parameters
    ----------
    papers
        Parquet or JSON-lines files; None: the file that comes with the project, if it is there.
    """
    if papers is None:
        papers = [DEFAULT_PAPERS] if DEFAULT_PAPERS.is_file() else []
    texts = read_texts(papers, frozenset(ids))
    missing = [i for i in ids if i not in texts]
    if store is not None and missing:
        with store.read() as connection:
            for i, paper in get_papers(connection, missing).items():
                if paper.abstract and not paper.withdrawn:
                    texts[i] = text_of(paper)
    return texts


def text_of(paper: Paper) -> PaperText:
    """The text of a stored paper."""
    return PaperText(paper.title, paper.abstract, paper.published)


def vectors_of(
    encoder: Encoder,
    ids: Sequence[str],
    texts: Sequence[PaperText],
    *,
    store: Store | None,
    progress: Progress,
    what: str,
) -> NDArray[np.float32]:
    """Vectors of texts; those that the database or the library holds are not made again."""
    vectors = np.zeros((len(ids), encoder.dim), dtype=np.float32)
    missing = dict(zip(ids, range(len(ids)), strict=True))
    if store is not None:
        hashes = {i: _content_hash(i, texts[place]) for i, place in missing.items()}
        with store.read() as connection:
            stored = encoded_hashes(connection, encoder.encoder_id, ids)
            same = [i for i in ids if stored.get(i) == hashes[i]]
            found, known = get_vectors(connection, encoder.encoder_id, same)
        for i, vector in zip(found, known, strict=True):
            vectors[missing.pop(i)] = vector
    try:
        library = LabelledLibrary.from_corpus(encoder_id=encoder.encoder_id)
    except ArtefactMismatch:
        pass  # made by another encoder: everything is encoded, which only costs time
    else:
        row_of = {i: row for row, i in enumerate(library.ids) if not library.title_only[row]}
        for i in [i for i in missing if i in row_of]:
            vectors[missing.pop(i)] = library.vectors[row_of[i]]
    progress.start("encode", len(missing))
    places = list(missing.values())
    lines = [f"{texts[place].title}\n{texts[place].abstract}" for place in places]
    vectors[places] = encoder.encode(lines, progress=progress.advance)
    progress.finish(f"encode: {len(places)} of {len(ids)} {what}")
    return vectors


def _content_hash(arxiv_id: str, text: PaperText) -> str:
    return Paper(arxiv_id=arxiv_id, title=text.title, abstract=text.abstract).content_hash


def hash_of_ids(ids: Sequence[str]) -> str:
    """Hex sha256 over sorted ids, one a line: names a set of papers without listing it."""
    return hashlib.sha256("".join(f"{i}\n" for i in sorted(ids)).encode()).hexdigest()
