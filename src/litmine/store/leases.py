"""A lease in the database: one nightly run at a time, whoever starts it.

Each holder gets a fencing token that only grows. Every transaction of the run checks it
(`guard`), so a process that was paused past its lease, and replaced, cannot write when it wakes
(Kleppmann, "How to do distributed locking", 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from litmine.core.clock import Clock
from litmine.core.errors import LeaseHeld, LeaseLost
from litmine.core.process import describe, is_gone
from litmine.store.engine import Store
from litmine.store.schema import leases
from litmine.store.sql import upsert

__all__ = ["Lease", "acquire", "current", "guard", "release", "renew"]


@dataclass(frozen=True, slots=True)
class Lease:
    """A held lease: its name, who holds it, its fencing token."""

    name: str
    holder: str
    token: int


def acquire(store: Store, clock: Clock, name: str, holder: str, ttl: float) -> Lease:
    """Take the lease for `ttl` seconds.

    Raises
    ------
    LeaseHeld
        When another holder's lease has not expired and that process may still live.
    """
    now = clock.now()
    with store.write() as connection:
        upsert(
            connection,
            leases,
            [{"name": name, "holder": "", "token": 0, "expires_at": now}],
            update=(),
        )
        row = connection.execute(
            select(leases).where(leases.c.name == name).with_for_update()
        ).one()
        latest = now + timedelta(seconds=ttl)
        held = row.holder and now < row.expires_at and not is_gone(row.holder)
        if held:
            # A clock that was set back, here or there, must not make a dead holder immortal: it
            # gets one ttl from now, in which a living one renews.
            values: dict[str, Any] = {"expires_at": min(row.expires_at, latest)}
        else:
            values = {"holder": holder, "token": row.token + 1, "expires_at": latest}
        connection.execute(update(leases).where(leases.c.name == name).values(values))
    if held:
        left = (values["expires_at"] - now).total_seconds()
        raise LeaseHeld(
            f"another run is under way ({describe(row.holder)}); "
            f"if it is dead, its lease ends by itself in {left:.0f} s"
        )
    return Lease(name, holder, values["token"])


def renew(store: Store, clock: Clock, lease: Lease, ttl: float) -> None:
    """Move the lease's end to `ttl` seconds from now.

    Raises
    ------
    LeaseLost
        When a newer holder has it.
    """
    with store.write() as connection:
        guard(connection, lease)
        connection.execute(
            update(leases)
            .where(leases.c.name == lease.name)
            .values(expires_at=clock.now() + timedelta(seconds=ttl))
        )


def release(store: Store, clock: Clock, lease: Lease) -> None:
    """Give the lease back; nothing happens when it is no longer ours."""
    with store.write() as connection:
        connection.execute(
            update(leases)
            .where(leases.c.name == lease.name, leases.c.token == lease.token)
            .values(holder="", expires_at=clock.now())
        )


def guard(connection: Connection, lease: Lease) -> None:
    """Check inside a transaction that the lease is still ours.

    Raises
    ------
    LeaseLost
        When the row carries another token.
    """
    token = connection.execute(
        select(leases.c.token).where(leases.c.name == lease.name).with_for_update(read=True)
    ).scalar()
    if token != lease.token:
        raise LeaseLost("a newer run took over while this one was paused; nothing more was written")


def current(connection: Connection, name: str) -> tuple[str, datetime] | None:
    """Return holder and end of the lease, or None when it is free."""
    row = connection.execute(select(leases).where(leases.c.name == name)).first()
    return None if row is None or not row.holder else (row.holder, row.expires_at)
