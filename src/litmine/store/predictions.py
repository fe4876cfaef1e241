"""What a model said of a paper, kept with the model's id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from litmine.store.schema import predictions
from litmine.store.sql import batched, upsert

__all__ = ["StoredPrediction", "get_predictions", "get_scores", "predictions_of", "put_predictions"]


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """One row of predictions.

    Attributes
    ----------
    relevance : float
        Probability that the paper is relevant.
    cells, techniques : dict
        Probability by cell ("stage/resource") and by technique.
    assigned, technique : tuple of str
        Cells above their thresholds; the chosen technique, at most two.
    neighbours : tuple of dict
        Labelled papers nearest in meaning: id, title, similarity, cells.
    relevant : int
        1, 0, or -1 for unsure.
    possible : tuple of str
        Cells that could not be ruled out at the promised false-negative rate.
    decided_by : str
        ``first-stage`` when the cheap stage dropped the paper, else ``full``.
    evidence : dict or None
        Words and sentences that moved the probabilities, as docs/models.md describes them.
    """

    arxiv_id: str
    model_id: str
    content_hash: str
    relevance: float
    cells: dict[str, float]
    assigned: tuple[str, ...]
    techniques: dict[str, float]
    technique: tuple[str, ...]
    neighbours: tuple[dict[str, Any], ...]
    relevant: int = -1
    possible: tuple[str, ...] = ()
    decided_by: str = "full"
    evidence: dict[str, Any] | None = None


def put_predictions(connection: Connection, items: Sequence[StoredPrediction]) -> None:
    """Store predictions, replacing those of the same paper and model."""
    upsert(
        connection,
        predictions,
        [
            {
                "arxiv_id": p.arxiv_id,
                "model_id": p.model_id,
                "content_hash": p.content_hash,
                "relevance": p.relevance,
                "cells": p.cells,
                "assigned": list(p.assigned),
                "techniques": p.techniques,
                "technique": list(p.technique),
                "neighbours": list(p.neighbours),
                "relevant": p.relevant,
                "possible": list(p.possible),
                "decided_by": p.decided_by,
                "evidence": p.evidence,
            }
            for p in items
        ],
    )


def get_predictions(
    connection: Connection, model_id: str, ids: Sequence[str]
) -> dict[str, StoredPrediction]:
    """Return the predictions of `model_id` for those of `ids` that have one."""
    found: dict[str, StoredPrediction] = {}
    for part in batched(ids):
        for row in connection.execute(
            select(predictions).where(
                predictions.c.model_id == model_id, predictions.c.arxiv_id.in_(part)
            )
        ):
            found[row.arxiv_id] = _prediction(row)
    return found


def get_scores(
    connection: Connection, model_id: str, ids: Sequence[str]
) -> dict[str, tuple[float, dict[str, float]]]:
    """Return relevance and cell probabilities alone: neighbours and evidence are most of a row."""
    found: dict[str, tuple[float, dict[str, float]]] = {}
    for part in batched(ids):
        for row in connection.execute(
            select(predictions.c.arxiv_id, predictions.c.relevance, predictions.c.cells).where(
                predictions.c.model_id == model_id, predictions.c.arxiv_id.in_(part)
            )
        ):
            found[row.arxiv_id] = (row.relevance, row.cells)
    return found


def predictions_of(connection: Connection, arxiv_id: str) -> list[StoredPrediction]:
    """Return what every model said of a paper, in order of their ids."""
    statement = (
        select(predictions)
        .where(predictions.c.arxiv_id == arxiv_id)
        .order_by(predictions.c.model_id)
    )
    return [_prediction(row) for row in connection.execute(statement)]


def _prediction(row: Row[Any]) -> StoredPrediction:
    return StoredPrediction(
        arxiv_id=row.arxiv_id,
        model_id=row.model_id,
        content_hash=row.content_hash,
        relevance=row.relevance,
        cells=row.cells,
        assigned=tuple(row.assigned),
        techniques=row.techniques,
        technique=tuple(row.technique),
        neighbours=tuple(row.neighbours),
        relevant=row.relevant,
        possible=tuple(row.possible or ()),
        decided_by=row.decided_by,
        evidence=row.evidence,
    )
