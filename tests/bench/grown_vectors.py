"""Collections larger than any we have: new vectors between real ones.

A new vector starts at a real one, goes some of the way to a near neighbour, then by a part of the
difference of two other neighbours, and by a little noise. Differences of neighbours have the
directions in which papers really differ around there; interpolation alone packs a collection more
tightly than papers are (an index then finds everything in a tenth of the lists that it needs for
papers), differences alone scatter it.

What matters for an index is how alike neighbours are, and how many lists must be read to find
them. ``search_speed.py growth`` grows a sample of real vectors back to their number, by the factor
of 3 million to 218,934, and shows both beside the real ones; constants were chosen there.
"""

from __future__ import annotations

from collections.abc import Iterator

import faiss
import numpy as np
from numpy.typing import NDArray

SEED = 5
NEIGHBOURS = 16
STEP = 0.9  # of the difference of two neighbours
NOISE = 0.25  # length of the noise
AT_ONCE = 65_536


def neighbours(vectors: NDArray[np.float32], count: int = NEIGHBOURS) -> NDArray[np.int64]:
    """Rows of the (nearly) nearest other vectors, shape (n, count)."""
    lists = max(1, int(np.sqrt(len(vectors))))
    coarse = faiss.IndexFlatIP(vectors.shape[1])
    index = faiss.IndexIVFFlat(coarse, vectors.shape[1], lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.seed = 5, SEED
    index.train(vectors[:: max(1, len(vectors) // (40 * lists))])
    index.add(vectors)
    index.nprobe = max(1, lists // 80)
    return index.search(vectors, count + 1)[1][:, 1:]


def grown(
    vectors: NDArray[np.float32], target: int, *, step: float = STEP, noise: float = NOISE
) -> Iterator[NDArray[np.float16]]:
    """Batches of `target` unit vectors: the real ones first, then new ones."""
    count, dim = vectors.shape
    for start in range(0, min(count, target), AT_ONCE):
        yield vectors[start : min(start + AT_ONCE, target)].astype(np.float16)
    near = neighbours(vectors) if target > count else None
    rng = np.random.default_rng(SEED)
    for start in range(count, target, AT_ONCE):
        size = min(AT_ONCE, target - start)
        base = rng.integers(0, count, size)
        one = rng.integers(0, NEIGHBOURS, size)
        other = (one + rng.integers(1, NEIGHBOURS, size)) % NEIGHBOURS
        towards = near[base, rng.integers(0, NEIGHBOURS, size)]
        new = vectors[base] + step * (vectors[near[base, one]] - vectors[near[base, other]])
        new += rng.random((size, 1), dtype=np.float32) * (vectors[towards] - vectors[base])
        new += noise / np.sqrt(dim) * rng.standard_normal((size, dim), dtype=np.float32)
        new /= np.linalg.norm(new, axis=1, keepdims=True)
        yield new.astype(np.float16)
