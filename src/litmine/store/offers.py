"""What litmine offered to which hand-kept list, and what people made of it.

A list is named by its *target*: a file, or a repository and the path in it. A line that a person
took out, and the papers of a suggestion that was closed, are remembered here, so that they are
not put forward a second time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from litmine.store.schema import offers
from litmine.store.sql import batched, in_byte_order, upsert

__all__ = ["LEFT_OUT", "Offer", "forget_offers", "known_targets", "offers_of", "put_offers"]

#: States of papers that are not put forward again.
LEFT_OUT = frozenset({"removed", "declined"})


@dataclass(frozen=True, slots=True)
class Offer:
    """One paper and one list.

    Attributes
    ----------
    state : str
        ``offered``: litmine wrote the line. ``present``: it stood there by another hand.
        ``removed``: a person took the line out. ``declined``: the suggestion that held it was
        closed.
    suggestion_id : int or None
        The suggestion that held the line last; None for a file that was written directly.
    offered_at : datetime
        When it was first put forward.
    changed_at : datetime
        When its state changed last.
    """

    target: str
    arxiv_id: str
    state: str
    suggestion_id: int | None
    offered_at: datetime
    changed_at: datetime

    @property
    def left_out(self) -> bool:
        """Whether the paper is not to be put forward again."""
        return self.state in LEFT_OUT


def offers_of(
    connection: Connection, target: str, states: Collection[str] | None = None
) -> dict[str, Offer]:
    """Return what is known about a list, by arXiv id; only some states, if named."""
    statement = select(offers).where(offers.c.target == target)
    if states is not None:
        statement = statement.where(offers.c.state.in_(sorted(states)))
    rows = connection.execute(statement.order_by(in_byte_order(connection, offers.c.arxiv_id)))
    return {row.arxiv_id: _offer(row) for row in rows}


def put_offers(
    connection: Connection,
    target: str,
    arxiv_ids: Iterable[str],
    state: str,
    now: datetime,
    suggestion_id: int | None = None,
) -> list[str]:
    """Note the state of papers; return those whose state is another than before.

    A paper keeps the day on which it was first put forward, and one whose state and suggestion
    stay the same keeps its row. Without `suggestion_id` the suggestion that is known stays known.
    """
    before = offers_of(connection, target)
    rows, changed = [], []
    for arxiv_id in dict.fromkeys(arxiv_ids):
        old = before.get(arxiv_id)
        holder = suggestion_id if suggestion_id is not None or old is None else old.suggestion_id
        if old is not None and (old.state, old.suggestion_id) == (state, holder):
            continue
        if old is None or old.state != state:
            changed.append(arxiv_id)
        rows.append(
            {
                "target": target,
                "arxiv_id": arxiv_id,
                "state": state,
                "suggestion_id": holder,
                "offered_at": now if old is None else old.offered_at,
                "changed_at": now,
            }
        )
    upsert(connection, offers, rows, update=("state", "suggestion_id", "changed_at"))
    return changed


def forget_offers(connection: Connection, target: str, arxiv_ids: Iterable[str]) -> list[str]:
    """Forget that papers were taken out or declined; return those that were."""
    left_out = offers_of(connection, target, LEFT_OUT)
    found = [arxiv_id for arxiv_id in dict.fromkeys(arxiv_ids) if arxiv_id in left_out]
    for some in batched(found):
        connection.execute(
            delete(offers).where(offers.c.target == target, offers.c.arxiv_id.in_(some))
        )
    return found


def known_targets(connection: Connection) -> list[str]:
    """Return the lists that papers were offered to, by name."""
    names = connection.execute(select(offers.c.target).distinct()).scalars()
    return sorted(names)


def _offer(row: Row[Any]) -> Offer:
    return Offer(
        target=row.target,
        arxiv_id=row.arxiv_id,
        state=row.state,
        suggestion_id=row.suggestion_id,
        offered_at=row.offered_at,
        changed_at=row.changed_at,
    )
