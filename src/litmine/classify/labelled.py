"""One labelled paper, as facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

Provenance = Literal["gold", "list", "review"]
Split = Literal["train", "dev"]


@dataclass(frozen=True, slots=True)
class LabelledPaper:
    """What is known about one labelled paper.

    Attributes
    ----------
    id : str
        arXiv id without version.
    title : str
    date : date or None
        Day of submission or announcement; None when not known.
    relevant : int
        1 or 0; -1 when nobody has judged it by the codebook (papers from public lists).
    cells : tuple of str
        "stage/resource" pairs; empty for list-derived papers.
    weak_stages : tuple of str
        Stages read off the section headings of public lists; empty for judged papers.
    technique : tuple of str
        Technique ids of the taxonomy.
    provenance : {'gold', 'list', 'review'}
        Judged under the codebook, read from public lists, or decided by a reviewer.
    split : {'train', 'dev'} or None
        Which set of gold labels it belongs to.
    lists : int
        How many distinct public lists name it (mirrors counted once).
    """

    id: str
    title: str
    date: date | None
    relevant: int
    cells: tuple[str, ...] = ()
    weak_stages: tuple[str, ...] = ()
    technique: tuple[str, ...] = ()
    provenance: Provenance = "gold"
    split: Split | None = None
    lists: int = 0

    def as_json(self) -> dict[str, Any]:
        """Give the paper as a JSON object, the form of one line of ``library.jsonl``."""
        return {
            "id": self.id,
            "title": self.title,
            "date": self.date.isoformat() if self.date else None,
            "relevant": self.relevant,
            "cells": list(self.cells),
            "weak_stages": list(self.weak_stages),
            "technique": list(self.technique),
            "provenance": self.provenance,
            "split": self.split,
            "lists": self.lists,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> LabelledPaper:
        """Read the form that `as_json` writes."""
        return cls(
            id=record["id"],
            title=record["title"],
            date=date.fromisoformat(record["date"]) if record["date"] else None,
            relevant=record["relevant"],
            cells=tuple(record["cells"]),
            weak_stages=tuple(record["weak_stages"]),
            technique=tuple(record["technique"]),
            provenance=record["provenance"],
            split=record["split"],
            lists=record["lists"],
        )
