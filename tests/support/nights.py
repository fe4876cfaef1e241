"""Invented nights of predictions, for the drift watch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np

from litmine.classify.drift import Night

DIM = 24
CELLS = 25
FIRST = date(2026, 1, 5)


def working_days(first: date = FIRST) -> Iterator[date]:
    """Mondays to Fridays from `first` on."""
    day = first
    while True:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=1)


def night(
    day: date,
    rng: np.random.Generator,
    *,
    size: int | None = None,
    shift: float = 0.0,
    foreign: float = 0.0,
    wave: float = 0.15,
) -> Night:
    """One night; Tuesdays are twice as large.

    Parameters
    ----------
    shift
        Added to the log odds of relevance.
    foreign
        Share of papers whose vectors come from elsewhere.
    wave
        How much nights differ beyond chance.
    """
    if size is None:
        size = int(rng.lognormal(np.log(240 if day.weekday() == 1 else 110), 0.15))
    scale = 1 / np.sqrt(1 + np.arange(DIM))
    topic = wave * rng.normal()
    odds = 1.8 * rng.normal(size=size) - 2.5 + topic + shift
    relevance = 1 / (1 + np.exp(-odds))
    vectors = rng.normal(size=(size, DIM)) * scale + wave * 0.5 * rng.normal(size=DIM) * scale
    vectors[: int(foreign * size)] += 1.5
    return Night(
        day=day,
        relevance=relevance,
        assigned=relevance > 0.35,
        first_stage=np.zeros(size, bool),
        cells=relevance[:, None] * rng.dirichlet(np.full(CELLS, 0.2), size=size),
        nearest=np.clip(0.6 + 0.1 * rng.normal(size=size), 0, 1),
        vectors=vectors.astype(np.float32),
    )


def nights(count: int, seed: int = 0, **changes: Any) -> list[Night]:
    """So many ordinary nights, one after another."""
    rng = np.random.default_rng(seed)
    days = working_days()
    return [night(next(days), rng, **changes) for _ in range(count)]
