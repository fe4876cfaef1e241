"""The audit trail: who did what to which thing. Rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from litmine.store.schema import audit

__all__ = ["audit_entries", "record"]


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


def audit_entries(connection: Connection, limit: int = 100) -> list[dict[str, Any]]:
    """Return the newest entries, newest first."""
    rows = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
    return [dict(row._mapping) for row in rows]
