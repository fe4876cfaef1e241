"""Random samples of what waits: the one way to a guaranteed statement about what is unread.

A sample is drawn once, written into the audit log with its seed, and decided paper by paper like
any other; `litmine.review.statistics.stopping` reads the decisions back when all of it is decided.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from litmine.core.errors import InputError
from litmine.store.audit import audit_entries, record
from litmine.store.schema import queue
from litmine.store.sql import one_writer

__all__ = [
    "UNDECIDED",
    "Sample",
    "draw_sample",
    "latest_sample",
    "look_confidence",
    "random_sample",
    "still_undecided",
]

#: States of papers that nobody has approved or rejected.
UNDECIDED = ("pending", "later", "disputed")

_ACTION = "sample"
_DRAWS = 0x6C6D_7261  # the advisory lock of whoever draws


@dataclass(frozen=True, slots=True)
class Sample:
    """One recorded draw.

    Attributes
    ----------
    ids : tuple of str
        Papers drawn, in the order of the draw.
    pool : int
        Undecided papers at that moment, the drawn ones among them.
    look : int
        1 for the first sample of a backlog, 2 for the second one that shares papers with the pool
        of the first, and so on: each further look has to be surer.
    """

    ids: tuple[str, ...]
    pool: int
    look: int
    seed: int
    drawn_at: datetime


def random_sample(connection: Connection, n: int, seed: int) -> list[str]:
    """List `n` undecided papers at random, every set of them equally likely.

    Papers are taken in the order of a hash of seed and id, so the same seed on the same backlog
    lists the same papers on any machine. Nothing is recorded.

    Raises
    ------
    InputError
        `n` is not positive.
    """
    if n < 1:
        raise InputError("a sample needs at least one paper")
    waiting = connection.execute(select(queue.c.arxiv_id).where(queue.c.state.in_(UNDECIDED)))
    return sorted(waiting.scalars(), key=lambda i: _rank(seed, i))[:n]


def draw_sample(
    connection: Connection, n: int, *, reviewer: str, now: datetime, seed: int | None = None
) -> Sample:
    """Draw a sample and record it in the audit log; the latest one counts.

    Read all of it, in any order. The statement that follows from it is about the papers that are
    undecided now; papers that arrive afterwards are outside.

    Parameters
    ----------
    seed : int, optional
        By default one that nobody can foresee.

    Raises
    ------
    InputError
        Nothing waits, or `n` is not positive.
    """
    # Two draws at once would both be the first look, each with most of the error.
    one_writer(connection, _DRAWS)
    seed = secrets.randbelow(2**31) if seed is None else seed
    ids = random_sample(connection, n, seed)
    if not ids:
        raise InputError("nothing waits for review, so there is nothing to sample")
    pool, oldest = connection.execute(
        select(func.count(), func.min(queue.c.enqueued_at)).where(queue.c.state.in_(UNDECIDED))
    ).one()
    earlier = audit_entries(connection, limit=None, actions=[_ACTION])
    # An earlier draw shares papers with this one when a paper of its pool still waits.
    shared = sum(entry["logged_at"] >= oldest for entry in earlier)
    sample = Sample(tuple(ids), pool, 1 + shared, seed, now)
    record(
        connection,
        now,
        reviewer,
        _ACTION,
        "queue",
        ids=ids,
        pool=pool,
        look=sample.look,
        seed=seed,
    )
    return sample


def look_confidence(overall: float, look: int) -> float:
    """Return the confidence that one look must reach, so that all together keep to `overall`.

    The first look has four fifths of the error, each further one a fifth of what the one before
    had: they sum up to all of it, however many looks there are.
    """
    return 1 - (1 - overall) * 4 * 5.0**-look


def latest_sample(connection: Connection) -> Sample | None:
    """Return the sample drawn last, or None."""
    for entry in audit_entries(connection, limit=1, actions=[_ACTION]):
        detail = entry["detail"]
        return Sample(
            tuple(detail["ids"]),
            detail["pool"],
            detail["look"],
            detail["seed"],
            entry["logged_at"],
        )
    return None


def _rank(seed: int, arxiv_id: str) -> bytes:
    return hashlib.sha256(f"{seed} {arxiv_id}".encode()).digest()


def still_undecided(connection: Connection, sample: Sample) -> list[str]:
    """List the papers of a sample that nobody has approved or rejected, in the order drawn."""
    waiting = connection.execute(select(queue.c.arxiv_id).where(queue.c.state.in_(UNDECIDED)))
    undecided = set(waiting.scalars())
    return [arxiv_id for arxiv_id in sample.ids if arxiv_id in undecided]
