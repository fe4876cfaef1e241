"""What an encoder learns from: labelled papers, title-abstract pairs, list sections."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litmine.core.errors import InputError
from litmine.encode.training.config import Data

__all__ = [
    "Corpus",
    "fold_of",
    "load_corpus",
    "target_matrix",
    "target_names",
    "training_labels",
]

STAGES = ("architecture", "pretraining", "finetuning", "inference", "system")
RESOURCES = ("computation", "memory", "energy", "cost", "network")
_YEAR = re.compile(r"^\W*((19|20)\d\d|contents?|papers?|others?|misc\w*)\W*$", re.IGNORECASE)
_MIRRORS = {"wangc0812/Awesome-Quantization-Papers", "DefTruth/Awesome-LLM-Inference"}


@dataclass(frozen=True)
class Corpus:
    """The texts of a training run.

    Attributes
    ----------
    labels
        Label records in the order of `labelled`.
    labelled, pool
        (title, abstract) of the labelled papers, and of unlabelled ones.
    sections
        For each list section, rows of `pool` that stand in it.
    """

    labels: list[dict[str, Any]]
    labelled: list[tuple[str, str]]
    pool: list[tuple[str, str]]
    sections: list[list[int]]


def target_names(labels: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Names of the head's outputs: relevance, stages, resources, cells, techniques."""
    techniques = sorted({t for label in labels for t in label.get("technique", ())})
    cells = [f"{stage}/{resource}" for stage in STAGES for resource in RESOURCES]
    return (
        "relevant",
        *(f"stage:{s}" for s in STAGES),
        *(f"resource:{r}" for r in RESOURCES),
        *(f"cell:{c}" for c in cells),
        *(f"technique:{t}" for t in techniques),
    )


def target_matrix(labels: Sequence[dict[str, Any]], names: Sequence[str]) -> NDArray[np.float32]:
    """(papers, outputs) of 0 and 1; everything is 0 for a paper that is not relevant."""
    column = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(labels), len(names)), dtype=np.float32)
    for row, label in enumerate(labels):
        if not label["relevant"]:
            continue
        matrix[row, 0] = 1
        for cell in label.get("cells", ()):
            stage, resource = cell.split("/")
            for name in (f"cell:{cell}", f"stage:{stage}", f"resource:{resource}"):
                matrix[row, column[name]] = 1
        for technique in label.get("technique", ()):
            if f"technique:{technique}" in column:
                matrix[row, column[f"technique:{technique}"]] = 1
    return matrix


def fold_of(ids: Sequence[str], folds: int, seed: int) -> NDArray[np.int64]:
    """The held-out fold of each paper, from a hash of its id, so that it never depends on order."""
    digests = [hashlib.sha256(f"{seed}:{i}".encode()).digest() for i in ids]
    return np.array([int.from_bytes(d[:8], "big") % folds for d in digests], dtype=np.int64)


def read_labels(path: Path) -> list[dict[str, Any]]:
    """Read a label file (JSON lines with at least id and relevant)."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        labels = [json.loads(line) for line in lines if line.strip()]
        for label in labels:
            label["id"], label["relevant"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"cannot read labels from {path}: {error!r}") from error
    return labels


def training_labels(data: Data) -> list[dict[str, Any]]:
    """The labels that a configuration names, one a paper, the disputed ones left out.

    Raises
    ------
    InputError
        When a file is missing or is no label file.
    """
    labels = {label["id"]: label for label in read_labels(Path(data.labels))}
    if data.more_labels:
        labels |= {label["id"]: label for label in read_labels(Path(data.more_labels))}
    if data.second_opinions:
        for second in read_labels(Path(data.second_opinions)):
            first = labels.get(second["id"])
            if first is not None and bool(first["relevant"]) != bool(second["relevant"]):
                del labels[second["id"]]
    return list(labels.values())


def load_corpus(data: Data, seed: int) -> Corpus:
    """Read everything a run needs.

    Unlabelled papers are a random sample dated before ``data.before`` plus every listed paper
    dated so; papers of ``data.exclude`` and labelled papers are never among them, so that a
    labelled paper held out of a fold is new to that fold's encoder.

    Raises
    ------
    InputError
        When a file is missing or a labelled paper has no text.
    """
    import pandas as pd

    labels = training_labels(data)
    try:
        papers = pd.read_parquet(
            data.papers, columns=["arxiv_id", "title", "abstract", "published"]
        )
        lists = pd.read_parquet(
            data.lists, columns=["repo", "section_path", "arxiv_id", "title_agree"]
        )
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read training papers: {error}") from error
    texts = papers.set_index("arxiv_id")
    labelled_ids = [label["id"] for label in labels]
    missing = [i for i in labelled_ids if i not in texts.index]
    if missing:
        raise InputError(f"{len(missing)} labelled papers have no text, {missing[0]} for one")
    excluded = set(labelled_ids)
    if data.exclude:
        excluded |= {label["id"] for label in read_labels(Path(data.exclude))}
    early = texts[(texts.published.fillna("9999") < data.before) & ~texts.index.isin(excluded)]
    undated = texts[texts.published.isna() & ~texts.index.isin(excluded)]
    # Without a date the id's own year and month decide; the month of the limit is left out.
    month = data.before[2:4] + data.before[5:7]
    early = pd.concat([early, undated[undated.index.str[:4] < month]])
    listed = lists[lists.arxiv_id.isin(early.index) & ~lists.repo.isin(_MIRRORS)]
    listed = listed[listed.title_agree.fillna(1.0) >= 0.6]
    order = np.random.default_rng(seed).permutation(len(early))[: data.pairs]
    sample = early.iloc[np.sort(order)]
    pool = pd.concat([sample, early.loc[sorted(set(listed.arxiv_id) - set(sample.index))]])
    return Corpus(
        labels=labels,
        labelled=_pairs(texts.loc[labelled_ids]),
        pool=_pairs(pool),
        sections=_sections(listed, {i: row for row, i in enumerate(pool.index)}),
    )


def _pairs(frame: Any) -> list[tuple[str, str]]:
    return list(zip(frame.title.tolist(), frame.abstract.tolist(), strict=True))


def _sections(listed: Any, row_of: dict[str, int]) -> list[list[int]]:
    """Rows of each section with 3 to 200 papers whose heading says more than a year."""
    groups = []
    for (_, path), group in listed.groupby(["repo", "section_path"], sort=True):
        rows = sorted({row_of[i] for i in group.arxiv_id})
        leaf = str(path).split(" > ")[-1]
        if 3 <= len(rows) <= 200 and not _YEAR.match(leaf):
            groups.append(rows)
    return groups
