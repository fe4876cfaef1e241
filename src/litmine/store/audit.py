"""The audit trail: who did what to which thing. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from litmine.store.schema import audit

__all__ = ["audit_entries", "last_entry", "record"]


def record(
    connection: Connection,
    now: datetime,
    actor: str,
    action: str,
    subject: str,
    **detail: Any,
) -> None:
    """Add one entry, in the same transaction as what it tells of."""
    connection.execute(
        audit.insert().values(
            logged_at=now, actor=actor, action=action, subject=subject, detail=detail
        )
    )


def audit_entries(
    connection: Connection, limit: int | None = 100, actions: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """Return the newest entries, newest first; None is no limit. Only some actions, if named."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if actions is not None:
        statement = statement.where(audit.c.action.in_(actions))
    return [dict(row._mapping) for row in connection.execute(statement)]


def last_entry(connection: Connection) -> int:
    """Return the number of the newest entry, 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(audit.c.id), 0))).scalar_one())
