"""The opinion of the nearest labelled papers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["NEIGHBOURS", "SHARPNESS", "neighbour_votes"]

NEIGHBOURS = 15
"""How many labelled papers vote."""

SHARPNESS = 10.0
"""A neighbour's weight is exp(SHARPNESS x (similarity - best similarity))."""


def neighbour_votes(
    rows: NDArray[np.int64], similarities: NDArray[np.float64], targets: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Weighted shares of the neighbours that carry each label.

    Parameters
    ----------
    rows
        (papers, k) rows of `targets`, nearest first; -1 where there are fewer.
    similarities
        (papers, k) cosines.
    targets
        (library, outputs) of 0 and 1.

    Returns
    -------
    ndarray
        (papers, outputs); all 0 for a paper without neighbours.
    """
    present = rows >= 0
    best = np.where(present, similarities, -np.inf).max(axis=1, initial=-np.inf, keepdims=True)
    gap = np.where(present, similarities - np.where(np.isfinite(best), best, 0), -np.inf)
    weights = np.where(present, np.exp(SHARPNESS * gap), 0.0)
    votes = np.zeros((len(rows), targets.shape[1]))
    for k in range(rows.shape[1]):
        votes += weights[:, k, None] * targets[np.maximum(rows[:, k], 0)] * present[:, k, None]
    total = weights.sum(axis=1, keepdims=True)
    shares: NDArray[np.float64] = votes / np.where(total > 0, total, 1.0)
    return shares
