"""How early a replayed screening found what it was looking for.

All figures are of the records in the order they were read, without the two that the replay began
with, and with the unread ones behind: what ASReview 3 and its package asreview-insights report.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["METRICS", "figures", "interval", "recall_at", "wss_at"]

#: Keys of `figures`, as printed and as in the JSON output.
METRICS = ("wss@95", "recall@10", "atd", "loss", "ndcg")


def figures(found: NDArray[Any]) -> dict[str, float]:
    """Measure one order.

    Parameters
    ----------
    found : array, shape (n,)
        1 where the record read at that place was included, else 0.

    Returns
    -------
    dict
        wss@95: work saved over sampling at 95% recall, the share of the records left unread when
        95% of the included ones are found, less the 5% that a random order would leave too (Cohen
        et al., 2006). recall@10: share found when 10% are read. atd: average time to discovery,
        the mean place of the included ones, counted from 1. loss: area between the perfect recall
        curve and this one, 0 the best order and 1 the worst. ndcg: normalised discounted
        cumulative gain over the whole order (Järvelin & Kekäläinen, 2002).

    Raises
    ------
    ValueError
        When nothing or everything is included: no order is better than another.
    """
    y = np.asarray(found, dtype=np.float64)
    n, included = len(y), int(y.sum())
    if not 0 < included < n:
        raise ValueError("figures need included and excluded records")
    places = np.flatnonzero(y) + 1
    best = included * (n - (included - 1) / 2)
    gain = 1 / np.log2(np.arange(2, n + 2))
    return {
        "wss@95": wss_at(y, 95),
        "recall@10": recall_at(y, 10),
        "atd": float(places.mean()),
        "loss": float((best - np.cumsum(y).sum()) / (included * (n - included))),
        "ndcg": float(y @ gain / gain[:included].sum()),
    }


def wss_at(found: NDArray[Any], percent: int) -> float:
    """Share of the records unread at `percent` recall, less what a random order leaves unread."""
    places = np.flatnonzero(found) + 1
    needed = -(-percent * len(places) // 100)  # rounded up, in whole numbers
    return float(percent / 100 - places[needed - 1] / len(found))


def recall_at(found: NDArray[Any], percent: int) -> float:
    """Share of the included records among the first `percent` of all, rounded down."""
    return float(np.sum(found[: len(found) * percent // 100]) / np.sum(found))


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """95% interval of the mean by Student's t, or None of a single value."""
    from scipy.special import stdtrit

    n = len(values)
    if n < 2:
        return None
    mean = float(np.mean(values))
    half = float(stdtrit(n - 1, 0.975) * np.std(values, ddof=1) / n**0.5)
    return mean - half, mean + half
