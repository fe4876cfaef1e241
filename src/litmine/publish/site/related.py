"""Which papers are nearest in meaning, worked out anew only where something changed.

Similarities are exact: vectors are rounded to whole numbers so small that every product and sum of
them is a whole number that float32 holds. So the same pair gives the same number on every machine
and however the work is cut, and neighbours that are brought up to date are those that would be
found from nothing.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from litmine.core.files import atomic_write

__all__ = ["NEIGHBOURS", "Neighbours", "load_neighbours", "nearest", "save_neighbours"]

#: Papers that a page shows as related.
NEIGHBOURS = 6
# Unit vectors times this, rounded: sums stay below 2**24 by Cauchy and Schwarz.
_SCALE = 2048
_CHUNK = 512
# More new papers than this are not worth a comparison of their own.
_MANY = 512


@dataclass(frozen=True)
class Neighbours:
    """The neighbours of papers, and what they were found from.

    Attributes
    ----------
    ids : sequence of str of length n
        Sorted.
    vectors : array of int16, shape (n, dim)
        Rounded.
    near : array of int32, shape (n, k)
        Rows of the neighbours, nearest first; those equally near by id.
    similar : array of int32, shape (n, k)
        Products of the rounded vectors.
    """

    ids: Sequence[str]
    vectors: NDArray[np.int16]
    near: NDArray[np.int32]
    similar: NDArray[np.int32]

    def by_id(self) -> dict[str, tuple[str, ...]]:
        """Return the neighbours' ids, nearest first, by id."""
        rows = self.near.tolist()
        return {
            one: tuple(self.ids[other] for other in row)
            for one, row in zip(self.ids, rows, strict=True)
        }


def nearest(
    ids: Sequence[str], vectors: NDArray[np.float32], before: Neighbours | None = None
) -> Neighbours:
    """Find the neighbours of each paper among all of them.

    Parameters
    ----------
    ids : sequence of str of length n
    vectors : array of float, shape (n, dim)
        Unit length, or nearly so.
    before : Neighbours, optional
        What an earlier call gave; only what it cannot answer is worked out.
    """
    order = sorted(range(len(ids)), key=ids.__getitem__)
    names = [ids[place] for place in order]
    whole = _rounded(np.asarray(vectors, np.float32)[order])
    count = max(0, min(NEIGHBOURS, len(names) - 1))
    near = np.zeros((len(names), count), np.int32)
    similar = np.zeros((len(names), count), np.int32)
    kept, fresh = _kept(names, whole, before, count)
    exact = whole.astype(np.float32)
    if before is not None and len(kept):
        old, now = kept[:, 0], kept[:, 1]
        near[now], similar[now] = _moved(before, names)[old], before.similar[old]
        if len(fresh):
            _merge(near, similar, now, fresh, exact[now] @ exact[fresh].T)
    anew = np.setdiff1d(np.arange(len(names)), kept[:, 1])
    for start in range(0, len(anew), _CHUNK):
        part = anew[start : start + _CHUNK]
        for place, row in zip(part, exact[part] @ exact.T, strict=True):
            near[place] = _best(row, place, count)
            similar[place] = row[near[place]]
    return Neighbours(names, whole, near, similar)


def _rounded(vectors: NDArray[np.float32]) -> NDArray[np.int16]:
    whole = np.rint(vectors * _SCALE)
    lengths = np.linalg.norm(whole, axis=1, keepdims=True)
    # Not a unit vector: shortened, so that sums stay exact.
    short = np.rint(whole * (_SCALE / np.maximum(lengths, 1)))
    return np.where(lengths > 2 * _SCALE, short, whole).astype(np.int16)


def _kept(
    names: Sequence[str], whole: NDArray[np.int16], before: Neighbours | None, count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows (earlier, now) whose neighbours can only be joined by new ones, and those.

    New are papers that are new or whose vector changed.
    """
    nothing = np.zeros((0, 2), np.int64), np.arange(len(names))
    if before is None or before.vectors.shape[1:] != whole.shape[1:] or not len(before.ids):
        return nothing
    earlier = {name: place for place, name in enumerate(before.ids)}
    pairs = np.array([(earlier[n], place) for place, n in enumerate(names) if n in earlier],
                     np.int64).reshape(-1, 2)  # fmt: skip
    same = pairs[(before.vectors[pairs[:, 0]] == whole[pairs[:, 1]]).all(axis=1)]
    fresh = np.setdiff1d(np.arange(len(names)), same[:, 1])
    if len(fresh) > _MANY or before.near.shape[1] < count:
        return nothing
    still = np.zeros(len(before.ids), bool)
    still[same[:, 0]] = True
    return same[still[before.near[same[:, 0]]].all(axis=1)], fresh


def _moved(before: Neighbours, names: Sequence[str]) -> NDArray[np.int32]:
    """Return the earlier neighbours as rows of now; those that are gone do not matter."""
    places = {name: place for place, name in enumerate(names)}
    rows = np.array([places.get(name, 0) for name in before.ids], np.int32)
    return rows[before.near]


def _merge(
    near: NDArray[np.int32],
    similar: NDArray[np.int32],
    rows: NDArray[np.int64],
    fresh: NDArray[np.int64],
    products: NDArray[np.float32],
) -> None:
    """Let new papers in among the neighbours of some rows, where they are nearer."""
    touched = (products >= similar[rows, -1:]).any(axis=1)
    rows, products = rows[touched], products[touched]
    places = np.hstack([near[rows], np.broadcast_to(fresh, products.shape)])
    values = np.hstack([similar[rows], products.astype(np.int32)])
    chosen = np.lexsort((places, -values), axis=1)[:, : near.shape[1]]
    near[rows] = np.take_along_axis(places, chosen, axis=1)
    similar[rows] = np.take_along_axis(values, chosen, axis=1)


def _best(row: NDArray[np.float32], own: int, count: int) -> NDArray[np.int64]:
    if not count:
        return np.zeros(0, np.int64)
    row[own] = -np.inf
    least = np.partition(row, len(row) - count)[len(row) - count]
    places = np.flatnonzero(row >= least)  # more than enough where some are equal
    return places[np.argsort(-row[places], kind="stable")][:count]


def load_neighbours(path: Path, encoder_id: str) -> Neighbours | None:
    """Read what `save_neighbours` wrote; None when it is missing, damaged or of another encoder."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as data:
            if str(data["encoder"]) != encoder_id:
                return None
            ids, found = data["ids"].tolist(), (data["vectors"], data["near"], data["similar"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
    vectors, near, similar = found
    sound = (
        len(ids) == len(vectors) == len(near)
        and near.shape == similar.shape
        and (vectors.dtype, near.dtype, similar.dtype) == (np.int16, np.int32, np.int32)
        and (vectors.ndim, near.ndim) == (2, 2)
        and (not near.size or (near.min() >= 0 and near.max() < len(ids)))
    )
    return Neighbours(ids, vectors, near, similar) if sound else None


def save_neighbours(path: Path, encoder_id: str, found: Neighbours) -> None:
    """Write neighbours for the next build."""
    buffer = io.BytesIO()
    np.savez(
        buffer,
        encoder=np.array(encoder_id),
        ids=np.array(found.ids, dtype=np.str_),
        vectors=found.vectors,
        near=found.near,
        similar=found.similar,
    )
    atomic_write(path, buffer.getvalue())
