"""The outbox of digests: one row for each digest, channel and recipient.

A row holds what is sent, frozen, so that every attempt sends the same, and the state of sending:

- ``waiting``: not sent; trying again is right.
- ``sending``: the last byte of a mail may have left. A process that finds this state after its
  writer is gone cannot know whether the mail arrived, and makes it ``unsure``.
- ``sent``: the other side confirmed it.
- ``unsure``: it may have arrived or not. It is not sent again by itself: the next digest covers
  the same span.
- ``failed``: refused for good, or replaced by a later digest that covers its span.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from litmine.store.schema import deliveries
from litmine.store.sql import insert_for

__all__ = [
    "Delivery",
    "begin_attempt",
    "deliveries_of",
    "digests_like",
    "finish_attempt",
    "forget_old_bodies",
    "freeze",
    "last_sent",
    "mark_interrupted",
    "mark_sending",
    "recent_deliveries",
    "replace_waiting",
    "troubled_since",
]

_KEPT = timedelta(days=60)
_LOOKED_AT = 10


@dataclass(frozen=True, slots=True)
class Delivery:
    """One digest for one recipient.

    Attributes
    ----------
    digest : str
        Such as ``night:2026-06-30``.
    channel : str
        ``mail`` or ``webhook``.
    target : str
        Whom it goes to.
    attempts : int
        Attempts begun so far.
    message_id : str
        The same on every attempt.
    body : dict
        What is sent, and what the next digest must know of this one.
    problem : str or None
        Why the last attempt did not succeed, in one line.
    covers_to : datetime
        Where the next digest begins, once this one is confirmed.
    """

    digest: str
    channel: str
    target: str
    state: str
    attempts: int
    message_id: str
    body: dict[str, Any]
    problem: str | None
    covers_to: datetime
    created_at: datetime
    changed_at: datetime


def freeze(
    connection: Connection,
    digest: str,
    channel: str,
    target: str,
    *,
    message_id: str,
    body: dict[str, Any],
    covers_to: datetime,
    now: datetime,
) -> bool:
    """Lay a digest down to be sent; return False, changing nothing, where it is there already."""
    statement = (
        insert_for(connection, deliveries)
        .values(
            digest=digest,
            channel=channel,
            target=target,
            state="waiting",
            attempts=0,
            message_id=message_id,
            body=body,
            problem=None,
            covers_to=covers_to,
            created_at=now,
            changed_at=now,
        )
        .on_conflict_do_nothing(index_elements=["digest", "channel", "target"])
        .returning(deliveries.c.digest)
    )
    return connection.execute(statement).first() is not None


def deliveries_of(connection: Connection, digests: Iterable[str]) -> list[Delivery]:
    """Return the rows of some digests, by digest, channel and target."""
    rows = connection.execute(select(deliveries).where(deliveries.c.digest.in_(list(digests))))
    return sorted(map(_delivery, rows), key=lambda one: (one.digest, one.channel, one.target))


def digests_like(connection: Connection, prefix: str) -> list[str]:
    """Return the names of the digests that begin with `prefix`, in the order they were made."""
    rows = connection.execute(
        select(deliveries.c.digest, func.min(deliveries.c.created_at))
        .where(deliveries.c.digest.startswith(prefix, autoescape=True))
        .group_by(deliveries.c.digest)
        .order_by(func.min(deliveries.c.created_at), deliveries.c.digest)
    )
    return [row.digest for row in rows]


def recent_deliveries(connection: Connection, limit: int) -> list[Delivery]:
    """Return the rows made last, newest first."""
    rows = connection.execute(
        select(deliveries)
        .order_by(
            deliveries.c.created_at.desc(),
            deliveries.c.digest.desc(),
            deliveries.c.channel,
            deliveries.c.target,
        )
        .limit(limit)
    )
    return [_delivery(row) for row in rows]


def last_sent(connection: Connection, channel: str, target: str | None = None) -> Delivery | None:
    """Return the last confirmed digest of a recipient, or of anybody on that channel."""
    statement = select(deliveries).where(
        deliveries.c.channel == channel, deliveries.c.state == "sent"
    )
    if target is not None:
        statement = statement.where(deliveries.c.target == target)
    rows = connection.execute(statement.order_by(deliveries.c.changed_at.desc()).limit(_LOOKED_AT))
    # By the number that each digest carries: a clock that ran ahead once must not make the
    # digest of that day the last one for ever.
    found = [one for one in map(_delivery, rows) if one.body]
    return max(found, key=lambda one: (int(one.body["number"]), one.digest), default=None)


def troubled_since(
    connection: Connection, channel: str, target: str, since: datetime
) -> list[Delivery]:
    """Return what a recipient did not get for sure since a moment, oldest first."""
    rows = connection.execute(
        select(deliveries)
        .where(
            deliveries.c.channel == channel,
            deliveries.c.target == target,
            deliveries.c.state != "sent",
            deliveries.c.created_at >= since,
        )
        .order_by(deliveries.c.created_at, deliveries.c.digest)
    )
    return [_delivery(row) for row in rows]


def replace_waiting(
    connection: Connection, targets: Sequence[tuple[str, str]], by: str, now: datetime
) -> int:
    """Give up what still waits for the (channel, target) of a later digest that covers it."""
    given_up = 0
    for channel, target in targets:
        given_up += connection.execute(
            update(deliveries)
            .where(
                deliveries.c.channel == channel,
                deliveries.c.target == target,
                deliveries.c.state == "waiting",
                deliveries.c.digest != by,
            )
            .values(
                state="failed",
                problem=func.coalesce(deliveries.c.problem + "; ", "")
                + f"its span is told by {by}",
                changed_at=now,
            )
        ).rowcount
    return given_up


def mark_interrupted(connection: Connection, now: datetime) -> int:
    """Make ``unsure`` of what was being sent; call it while nobody else can be sending."""
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.state == "sending")
        .values(
            state="unsure",
            problem="ended while the server was taking it over: it may have arrived or not",
            changed_at=now,
        )
    ).rowcount


def begin_attempt(connection: Connection, item: Delivery, now: datetime) -> bool:
    """Count an attempt; False when somebody else has been at it since `item` was read."""
    return _advance(connection, item, item.attempts, {"attempts": item.attempts + 1}, now)


def mark_sending(connection: Connection, item: Delivery, now: datetime) -> bool:
    """Note that the last byte is about to leave; False when somebody else is at it."""
    return _advance(connection, item, item.attempts + 1, {"state": "sending"}, now)


def finish_attempt(
    connection: Connection, item: Delivery, state: str, problem: str | None, now: datetime
) -> bool:
    """Note what came of the attempt that began with `item`; False when it was taken over."""
    statement = (
        update(deliveries)
        .where(
            *_key(item),
            deliveries.c.state.in_(("waiting", "sending")),
            deliveries.c.attempts == item.attempts + 1,
        )
        .values(state=state, problem=problem, changed_at=now)
    )
    return bool(connection.execute(statement).rowcount)


def forget_old_bodies(connection: Connection, now: datetime) -> None:
    """Empty what was sent more than two months ago; that it was sent stays known."""
    newest = (
        select(func.max(deliveries.c.changed_at))
        .where(deliveries.c.state == "sent")
        .group_by(deliveries.c.channel, deliveries.c.target)
    )
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.created_at < now - _KEPT,
            deliveries.c.state.in_(("sent", "failed", "unsure")),
            # What the next digest goes on from stays whole.
            deliveries.c.changed_at.not_in(newest),
        )
        .values(body={})
    )


def _advance(
    connection: Connection, item: Delivery, attempts: int, values: dict[str, Any], now: datetime
) -> bool:
    statement = (
        update(deliveries)
        .where(*_key(item), deliveries.c.state == "waiting", deliveries.c.attempts == attempts)
        .values(changed_at=now, **values)
    )
    return bool(connection.execute(statement).rowcount)


def _key(item: Delivery) -> tuple[Any, ...]:
    return (
        deliveries.c.digest == item.digest,
        deliveries.c.channel == item.channel,
        deliveries.c.target == item.target,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(**row._mapping)
