"""Which papers are nearest in meaning.

Similarities are exact: vectors are rounded to whole numbers so small that every product and sum of
them is a whole number that float32 holds. So the same pair gives the same number on every machine
and however the work is cut, and pages change only where neighbours do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NEIGHBOURS", "nearest"]

#: Papers that a page shows as related.
NEIGHBOURS = 6
# Unit vectors times this, rounded: sums stay below 2**24 by Cauchy and Schwarz.
_SCALE = 2048.0
_CHUNK = 512


def nearest(ids: Sequence[str], vectors: NDArray[np.float32]) -> dict[str, tuple[str, ...]]:
    """Find the neighbours of each paper among all of them.

    Parameters
    ----------
    ids : sequence of str of length n
    vectors : array of float, shape (n, dim)
        Unit length, or nearly so.

    Returns
    -------
    dict of str to tuple of str
        `NEIGHBOURS` for each, nearest first, fewer where there are no more papers; those equally
        near by arXiv id.
    """
    import numpy as np

    # By id, so that a stable sort by similarity puts equals in the order of their ids.
    order = sorted(range(len(ids)), key=ids.__getitem__)
    names = [ids[place] for place in order]
    whole = np.rint(np.asarray(vectors, np.float32)[order] * _SCALE)
    lengths = np.linalg.norm(whole, axis=1, keepdims=True)
    too_long = lengths > 2 * _SCALE  # not a unit vector: shortened, so that sums stay exact
    whole = np.where(too_long, np.rint(whole * (_SCALE / np.maximum(lengths, 1))), whole)
    whole = whole.astype(np.float32)
    found = {}
    for start in range(0, len(names), _CHUNK):
        rows = whole[start : start + _CHUNK] @ whole.T
        for place, row in enumerate(rows, start=start):
            found[names[place]] = tuple(names[other] for other in _best(row, place))
    return found


def _best(row: NDArray[np.float32], own: int) -> NDArray[np.int64]:
    import numpy as np

    row[own] = -np.inf
    count = min(NEIGHBOURS, len(row) - 1)
    if count <= 0:
        return np.zeros(0, np.int64)
    least = np.partition(row, len(row) - count)[len(row) - count]
    places = np.flatnonzero(row >= least)  # more than enough where some are equal
    return places[np.argsort(-row[places], kind="stable")][:count]
