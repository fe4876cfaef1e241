"""Vectors of record: float16 blobs keyed by paper and encoder. FAISS is only a cache of these."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from litmine.core.errors import StoreError
from litmine.store.schema import vectors
from litmine.store.sql import batched, upsert

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["encoded_hashes", "encoders_of", "fingerprint", "get_vectors", "put_vectors"]


def put_vectors(
    connection: Connection,
    encoder_id: str,
    ids: Sequence[str],
    hashes: Sequence[str | None],
    matrix: NDArray[np.floating[Any]],
    *,
    keep_existing: bool = False,
) -> None:
    """Store one vector a paper.

    Parameters
    ----------
    ids, hashes : sequences of length n
        Papers, and the content hash of the text encoded (None: came with the corpus).
    matrix : array, shape (n, dim)
        Stored as float16, which costs no recall at this dimension.
    keep_existing : bool
        Leave vectors that are already there (a corpus vector never replaces one of a full text).

    Raises
    ------
    ValueError
        When lengths differ, `matrix` is not a matrix, or a value is not finite in float16.
    """
    import numpy as np

    if not (len(ids) == len(hashes) == len(matrix)):
        raise ValueError(f"{len(ids)} ids, {len(hashes)} hashes, {len(matrix)} vectors")
    if len(ids) and np.ndim(matrix) != 2:
        raise ValueError(f"vectors need shape (n, dim), not {np.shape(matrix)}")
    with np.errstate(over="ignore"):  # what float16 cannot hold becomes infinite: refused below
        half = np.ascontiguousarray(matrix, dtype="<f2")
    if not np.isfinite(half).all():
        raise ValueError("a vector is not finite")
    rows = [
        {
            "arxiv_id": arxiv_id,
            "encoder_id": encoder_id,
            "content_hash": content,
            "dim": half.shape[1],
            "vector": row.tobytes(),
        }
        for arxiv_id, content, row in zip(ids, hashes, half, strict=True)
    ]
    upsert(connection, vectors, rows, update=() if keep_existing else None)


def get_vectors(
    connection: Connection, encoder_id: str, ids: Sequence[str]
) -> tuple[list[str], NDArray[np.float32]]:
    """Return the ids that have a vector, in the order given, and an array of shape (n, dim).

    Raises
    ------
    StoreError
        When the vectors of this encoder differ in length.
    """
    import numpy as np

    blobs: dict[str, bytes] = {}
    for part in batched(ids):
        blobs |= {
            row.arxiv_id: row.vector
            for row in connection.execute(
                select(vectors.c.arxiv_id, vectors.c.vector).where(
                    vectors.c.encoder_id == encoder_id, vectors.c.arxiv_id.in_(part)
                )
            )
        }
    present = [i for i in ids if i in blobs]
    if not present:
        return [], np.zeros((0, 0), np.float32)
    lengths = {len(blobs[i]) // 2 for i in present}
    if len(lengths) > 1:
        raise StoreError(
            f"vectors of encoder {encoder_id} have dimensions {sorted(lengths)}: two different "
            "encoders share that id; delete its vectors and encode again"
        )
    joined = b"".join(blobs[i] for i in present)
    return present, np.frombuffer(joined, "<f2").reshape(len(present), -1).astype(np.float32)


def encoded_hashes(
    connection: Connection, encoder_id: str, ids: Sequence[str]
) -> dict[str, str | None]:
    """Return the hash of the text behind each vector, for those of `ids` that have one."""
    found: dict[str, str | None] = {}
    for part in batched(ids):
        rows = connection.execute(
            select(vectors.c.arxiv_id, vectors.c.content_hash).where(
                vectors.c.encoder_id == encoder_id, vectors.c.arxiv_id.in_(part)
            )
        )
        found |= {row.arxiv_id: row.content_hash for row in rows}
    return found


def encoders_of(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Count how many of `ids` have a vector, by encoder."""
    counts: Counter[str] = Counter()
    for part in batched(ids):
        rows = connection.execute(
            select(vectors.c.encoder_id, func.count())
            .where(vectors.c.arxiv_id.in_(part))
            .group_by(vectors.c.encoder_id)
        )
        counts.update({row.encoder_id: row[1] for row in rows})
    return dict(counts)


def fingerprint(ids: Sequence[str], hashes: Sequence[str]) -> str:
    """Hex sha256 over ids and hashes: names the rows that a cache was built from."""
    digest = hashlib.sha256()
    for arxiv_id, content in zip(ids, hashes, strict=True):
        digest.update(f"{arxiv_id} {content}\n".encode())
    return digest.hexdigest()
