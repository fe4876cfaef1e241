"""Labelled papers joined with their texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litmine.classify.library_build import PaperText, read_texts
from litmine.core.errors import InputError
from litmine.encode.training.data import read_labels

__all__ = ["labels_with_texts"]


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
