"""Which papers are nearest in meaning, worked out anew only where something changed.

Similarities are exact: vectors are rounded to whole numbers so small that every product and sum of
them is a whole number that float32 holds, so the same pair gives the same number however the work
is cut, and a list of neighbours that is brought up to date is the one that would be made from
nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litmine.core.files import atomic_write

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["NEIGHBOURS", "Neighbours", "load_neighbours", "nearest", "related_to",
           "save_neighbours"]  # fmt: skip

#: Papers that a page shows as related.
NEIGHBOURS = 6
# Unit vectors times this, rounded: sums stay below 2**24 by Cauchy and Schwarz.
_SCALE = 2048.0
_CHUNK = 512
# More new papers than this are not worth comparing one by one.
_MANY = 256
_FORMAT = 1

#: For each paper, the hash of its vector and its neighbours with their similarity, nearest first.
Neighbours = dict[str, tuple[str, tuple[tuple[str, int], ...]]]


def nearest(
    ids: Sequence[str], vectors: NDArray[np.float32], before: Mapping[str, Any] | None = None
) -> Neighbours:
    """Find the neighbours of each paper among all of them.

    Parameters
    ----------
    ids : sequence of str of length n
    vectors : array of float, shape (n, dim)
        Unit length, or nearly so.
    before : Neighbours, optional
        What an earlier call gave; only what it cannot answer is worked out.

    Returns
    -------
    Neighbours
        `NEIGHBOURS` for each, fewer where there are no more papers; equals by arXiv id.
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
    hashes = [hashlib.blake2b(row.tobytes(), digest_size=8).hexdigest() for row in whole]
    known = before or {}
    same = {n for n, h in zip(names, hashes, strict=True) if n in known and known[n][0] == h}
    # A paper whose neighbours are all still there can only gain new ones.
    kept = {
        name
        for name in same
        if all(other in same for other, _ in known[name][1])
        and len(known[name][1]) >= min(NEIGHBOURS, len(known) - 1)
    }
    if len(names) - len(same) > _MANY:
        kept = set()
    found: Neighbours = {}
    anew = [place for place, name in enumerate(names) if name not in kept]
    for start in range(0, len(anew), _CHUNK):
        part = anew[start : start + _CHUNK]
        for place, row in zip(part, whole[part] @ whole.T, strict=True):
            found[names[place]] = (hashes[place], _best(row, place, names))
    fresh = [place for place, name in enumerate(names) if name not in same]
    old = [place for place, name in enumerate(names) if name in kept]
    for place, row in zip(old, whole[old] @ whole[fresh].T, strict=True):
        digest, neighbours = known[names[place]]
        candidates = [
            *neighbours,
            *(
                (names[f], int(s))
                for f, s in zip(fresh, row, strict=True)
                if len(neighbours) < NEIGHBOURS or s >= neighbours[-1][1]
            ),
        ]
        candidates.sort(key=lambda pair: (-pair[1], pair[0]))
        found[names[place]] = (digest, tuple(candidates[:NEIGHBOURS]))
    return {name: found[name] for name in names}


def _best(row: NDArray[np.float32], own: int, names: Sequence[str]) -> tuple[tuple[str, int], ...]:
    import numpy as np

    row[own] = -np.inf
    count = min(NEIGHBOURS, len(names) - 1)
    if count <= 0:
        return ()
    least = np.partition(row, len(row) - count)[len(row) - count]
    places = np.flatnonzero(row >= least)  # more than enough where some are equal
    ranked = places[np.argsort(-row[places], kind="stable")][:count]
    return tuple((names[place], int(row[place])) for place in ranked)


def load_neighbours(path: Path, encoder_id: str) -> Neighbours:
    """Read what `save_neighbours` wrote; nothing when it is missing, damaged or of another kind."""
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["format"] != _FORMAT or data["encoder"] != encoder_id:
            return {}
        return {
            str(name): (str(digest), tuple((str(other), int(s)) for other, s in neighbours))
            for name, (digest, neighbours) in data["papers"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def save_neighbours(path: Path, encoder_id: str, neighbours: Neighbours) -> None:
    """Write neighbours for the next build."""
    data = {"format": _FORMAT, "encoder": encoder_id, "papers": neighbours}
    atomic_write(path, json.dumps(data, separators=(",", ":")))


def related_to(neighbours: Neighbours, ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the neighbours of some papers."""
    return {
        one: tuple(other for other, _ in neighbours[one][1]) for one in ids if one in neighbours
    }
