"""Failed logins, counted for each name and each address, so that a restart forgets none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from litmine.store.schema import login_failures
from litmine.store.sql import upsert

__all__ = ["Failures", "blocked_until", "failures_for_update", "forget_failures", "set_failures"]


@dataclass(frozen=True, slots=True)
class Failures:
    """How often logins under one key failed of late, and until when there is no next try."""

    key: str
    failures: int
    blocked_until: datetime | None
    changed_at: datetime


def blocked_until(connection: Connection, keys: Sequence[str]) -> datetime | None:
    """Return until when there is no next try under any of `keys`; None: there is one now."""
    latest = select(func.max(login_failures.c.blocked_until))
    return connection.execute(latest.where(login_failures.c.key.in_(keys))).scalar()


def failures_for_update(connection: Connection, key: str, now: datetime) -> Failures:
    """Return the count under a key, 0 where there was none; locked until the transaction ends."""
    upsert(
        connection,
        login_failures,
        [{"key": key, "failures": 0, "blocked_until": None, "changed_at": now}],
        update=("changed_at",),  # an update locks the row
    )
    row = connection.execute(select(login_failures).where(login_failures.c.key == key)).one()
    return Failures(**row._mapping)


def set_failures(
    connection: Connection, key: str, failures: int, blocked_until: datetime | None, now: datetime
) -> None:
    """Store a count."""
    connection.execute(
        update(login_failures)
        .where(login_failures.c.key == key)
        .values(failures=failures, blocked_until=blocked_until, changed_at=now)
    )


def forget_failures(connection: Connection, before: datetime) -> None:
    """Forget what nobody added to since `before`."""
    connection.execute(delete(login_failures).where(login_failures.c.changed_at < before))
