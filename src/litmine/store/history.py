"""What happened to papers, in order: decisions with their undoing, and the audit trail in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from litmine.store.schema import audit, decisions

__all__ = [
    "AuditEntry",
    "PastDecision",
    "audit_actors",
    "audit_page",
    "past_decisions",
]

_GREATEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PastDecision:
    """One decision on a paper, and whether it was taken back.

    Attributes
    ----------
    undoes : int or None
        The decision it takes back (action ``undo``).
    undone_by : int or None
        The decision that took it back.
    opinions : tuple of int
        The opinions it was made of, under double review.
    """

    number: int
    arxiv_id: str
    action: str
    cells: tuple[str, ...]
    technique: tuple[str, ...]
    reviewer: str
    comment: str
    source: str
    model_id: str | None
    suggested_cells: tuple[str, ...]
    undoes: int | None
    undone_by: int | None
    opinions: tuple[int, ...]
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the audit trail."""

    number: int
    logged_at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


def past_decisions(connection: Connection, arxiv_id: str) -> list[PastDecision]:
    """Return every decision on a paper, undos among them, oldest first."""
    rows = list(
        connection.execute(
            select(decisions).where(decisions.c.arxiv_id == arxiv_id).order_by(decisions.c.id)
        )
    )
    undone = {row.undoes: row.id for row in rows if row.undoes is not None}
    return [
        PastDecision(
            number=row.id,
            arxiv_id=row.arxiv_id,
            action=row.action,
            cells=tuple(row.cells),
            technique=tuple(row.technique),
            reviewer=row.reviewer,
            comment=row.comment,
            source=row.source,
            model_id=row.model_id,
            suggested_cells=tuple(row.suggested_cells),
            undoes=row.undoes,
            undone_by=undone.get(row.id),
            opinions=tuple(row.opinions or ()),
            decided_at=row.decided_at,
        )
        for row in rows
    ]


def audit_page(
    connection: Connection,
    *,
    before: int | None = None,
    limit: int = 50,
    actions: Sequence[str] = (),
    prefixes: Sequence[str] = (),
    without: Sequence[str] = (),
    or_actor: str = "",
    actor: str = "",
    subject: str = "",
) -> list[AuditEntry]:
    """Return audit entries, newest first.

    Parameters
    ----------
    before : int, optional
        Only entries with a lower number.
    actions, prefixes
        Only these actions, or those that begin so; empty: all.
    without
        No action that begins so.
    or_actor
        Beside the actions named, all that those did whose name begins so.
    actor, subject
        Only these; empty: all.
    """
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        # PostgreSQL refuses numbers that the column could not hold.
        statement = statement.where(audit.c.id < max(0, min(before, _GREATEST)))
    if actions or prefixes:
        begun = [audit.c.action.startswith(prefix, autoescape=True) for prefix in prefixes]
        if or_actor:
            begun.append(audit.c.actor.startswith(or_actor, autoescape=True))
        statement = statement.where(or_(audit.c.action.in_(actions), *begun))
    for prefix in without:
        statement = statement.where(~audit.c.action.startswith(prefix, autoescape=True))
    if actor:
        statement = statement.where(audit.c.actor == actor)
    if subject:
        statement = statement.where(audit.c.subject == subject)
    return [
        AuditEntry(row.id, row.logged_at, row.actor, row.action, row.subject, dict(row.detail))
        for row in connection.execute(statement)
    ]


def audit_actors(connection: Connection, *, without: Sequence[str] = ()) -> list[str]:
    """Return everybody who did anything but actions that begin so, by name."""
    statement = select(audit.c.actor).distinct()
    for prefix in without:
        statement = statement.where(~audit.c.action.startswith(prefix, autoescape=True))
    return sorted(connection.execute(statement).scalars())
