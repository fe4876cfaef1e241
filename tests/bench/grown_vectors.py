"""Collections larger than any we have: new vectors between real ones.

A new vector is a real one, moved by the difference of two of its nearest neighbours, and by a
little noise. Differences of neighbours have the directions and lengths in which papers really
differ around there, so that the number of dimensions in which neighbours spread stays that of real
papers; interpolation would press it down and noise alone would blow it up. What matters for an
index, how alike the nearest vectors are and how many lists must be read to find them, is measured
beside the real thing by ``search_speed.py growth``: a sample of the real vectors is grown back to
their number and compared with them.
"""

from __future__ import annotations

from collections.abc import Iterator

import faiss
import numpy as np
from numpy.typing import NDArray

SEED = 5
NEIGHBOURS = 16
STEP = 1.2  # of the difference of two neighbours
NOISE = 0.2  # length of the noise
AT_ONCE = 65_536


def neighbours(vectors: NDArray[np.float32], count: int = NEIGHBOURS) -> NDArray[np.int64]:
    """Rows of the (nearly) nearest other vectors, shape (n, count)."""
    lists = max(1, int(np.sqrt(len(vectors))))
    coarse = faiss.IndexFlatIP(vectors.shape[1])
    index = faiss.IndexIVFFlat(coarse, vectors.shape[1], lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.seed = 5, SEED
    index.train(vectors[:: max(1, len(vectors) // (40 * lists))])
    index.add(vectors)
    index.nprobe = max(1, lists // 20)
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
        new = vectors[base] + step * (vectors[near[base, one]] - vectors[near[base, other]])
        new += noise / np.sqrt(dim) * rng.standard_normal((size, dim), dtype=np.float32)
        new /= np.linalg.norm(new, axis=1, keepdims=True)
        yield new.astype(np.float16)
