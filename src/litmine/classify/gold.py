"""Labelled papers joined with their texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from litmine.classify.library_build import PaperText, read_texts
from litmine.core.errors import InputError
from litmine.encode.training.data import read_labels

__all__ = [
    "NIGHT_CATEGORIES",
    "labels_with_texts",
    "papers_of_nights",
    "with_nights",
    "without_disputed",
]

NIGHT_CATEGORIES = frozenset({"cs.CL", "cs.LG", "cs.DC", "cs.AR", "cs.PF"})
"""What a night of the labels is made of: papers first seen that day in one of these."""


def labels_with_texts(
    labels: Path, papers: Sequence[Path]
) -> tuple[list[dict[str, Any]], list[PaperText]]:
    """Read labels and look up title and abstract of each.

    Parameters
    ----------
    labels
        JSON lines with id, relevant and, where relevant, cells and technique.
    papers
        Parquet or JSON-lines files that hold the texts.

    Raises
    ------
    InputError
        When a file cannot be read or a labelled paper has no text.
    """
    records = read_labels(labels)
    texts = read_texts(papers, frozenset(r["id"] for r in records))
    missing = [r["id"] for r in records if r["id"] not in texts]
    if missing:
        raise InputError(
            f"{len(missing)} papers of {labels} have no text, {missing[0]} for one: "
            "give --papers the files that hold them"
        )
    return records, [texts[r["id"]] for r in records]


def with_nights(records: Sequence[dict[str, Any]], nights: Path) -> list[dict[str, Any]]:
    """The records, those of papers of wholly labelled nights with the ``night`` they belong to.

    A night of which a paper has no record is not marked: it is not whole.

    Parameters
    ----------
    records
        Labels; one that names its night keeps it.
    nights
        A JSON object of day to ids: every paper of that night in `NIGHT_CATEGORIES`.

    Raises
    ------
    InputError
        When the file is no such object.
    """
    try:
        listed = json.loads(nights.read_text(encoding="utf-8"))
        there = {record["id"] for record in records}
        night_of = {i: night for night, ids in listed.items() if there >= set(ids) for i in ids}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise InputError(f"cannot read labelled nights from {nights}: {error}") from error
    return [
        {**record, "night": night_of[record["id"]]}
        if record["id"] in night_of and "night" not in record
        else record
        for record in records
    ]


def without_disputed(records: Sequence[dict[str, Any]], second: Path) -> list[dict[str, Any]]:
    """The records without those whose relevance a second annotator saw otherwise.

    Raises
    ------
    InputError
        When the second opinions cannot be read.
    """
    other = {record["id"]: record["relevant"] for record in read_labels(second)}
    return [
        record
        for record in records
        if bool(other.get(record["id"], record["relevant"])) == bool(record["relevant"])
    ]


def papers_of_nights(
    papers: Path, first: date, last: date, *, count: int, seed: int
) -> tuple[list[str], list[PaperText]]:
    """Draw papers of whole nights, whatever they are about.

    Parameters
    ----------
    papers
        A Parquet file with arxiv_id, title, abstract, categories and published.
    first, last
        Days of announcement, both included.
    count
        How many to draw at most.
    seed
        Of the draw.

    Raises
    ------
    InputError
        When the file cannot be read or holds no such paper.
    """
    import numpy as np
    from pyarrow import parquet

    try:
        table = parquet.read_table(
            papers,
            columns=["arxiv_id", "title", "abstract", "categories"],
            filters=[
                ("published", ">=", first.isoformat()),
                ("published", "<=", last.isoformat()),
            ],
        )
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read papers of whole nights from {papers}: {error}") from error
    rows = [
        row
        for row in table.to_pylist()
        if NIGHT_CATEGORIES & set((row["categories"] or "").split())
    ]
    if not rows:
        raise InputError(f"{papers} holds no paper of {first} to {last} in the core categories")
    rows.sort(key=lambda row: str(row["arxiv_id"]))
    order = np.sort(np.random.default_rng(seed).permutation(len(rows))[:count])
    drawn = [rows[int(i)] for i in order]
    return (
        [row["arxiv_id"] for row in drawn],
        [PaperText(row["title"], row["abstract"], None) for row in drawn],
    )
