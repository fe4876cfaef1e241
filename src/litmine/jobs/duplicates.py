"""Grouping what is new in the queue with what it nearly repeats.

Reading and comparing hold no lock; the few rows that come of it are written at the end, with a
mark of how far the queue was searched. A run that was killed before finds the mark where it was.
A paper is compared as it enters the queue; later versions of its text are not compared again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from litmine.jobs.context import RunContext
from litmine.review.duplicates import candidates, group, same_work
from litmine.store.duplicates import (
    Membership,
    compared,
    drop_memberships,
    memberships,
    put_memberships,
    queue_now,
    queued_since,
    queued_titles,
    set_compared,
)
from litmine.store.papers import get_papers
from litmine.store.vectors import get_vectors

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["group_duplicates"]


def group_duplicates(context: RunContext, encoder_id: str) -> int:
    """Compare the papers that entered the queue since the last call with all that are in it.

    Returns
    -------
    int
        Papers whose group is new or another one.
    """
    with context.store.read() as connection:
        mark, now = compared(connection), queue_now(connection)
        if now is None or now == mark:
            return 0
        known = memberships(connection)
        found = _search(connection, encoder_id, queued_since(connection, mark), known)
    changed = [one for one in found if known.get(one.arxiv_id) != one]
    # Where two groups became one, or an earlier paper came late, a member leads now.
    gone = sorted(known.keys() & {one.lead_id for one in found})
    with context.write() as connection:
        drop_memberships(connection, gone)
        put_memberships(connection, changed)
        set_compared(connection, now)
    return len(changed) + len(gone)


def _search(
    connection: Connection,
    encoder_id: str,
    fresh: Sequence[str],
    known: dict[str, Membership],
) -> list[Membership]:
    titles = queued_titles(connection)
    ids, vectors = get_vectors(connection, encoder_id, list(titles))
    pairs = candidates(fresh, titles, ids, vectors)
    if not pairs:
        return []
    grouped = {i for one in known.values() for i in (one.arxiv_id, one.lead_id)}
    papers = get_papers(connection, sorted({i for pair in pairs for i in pair} | grouped))
    belong = [
        (one, other)
        for (one, other), close in pairs.items()
        if same_work(papers[one], papers[other], close)
    ]
    in_groups = grouped | {i for pair in belong for i in pair}
    rows = {i: vectors[row] for row, i in enumerate(ids) if i in in_groups}
    return group(belong, known.values(), papers, rows)
