"""Everything that was decided, in pages, and the audit trail from a given entry on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from litmine.store.decisions import Decision, decision_of
from litmine.store.schema import audit, decisions, papers

__all__ = ["Entry", "LoggedDecision", "decision_page", "entries_after"]


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """A decision with the title of its paper; `undone_by` is the decision that took it back."""

    decision: Decision
    title: str
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the audit trail."""

    number: int
    logged_at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


def decision_page(
    connection: Connection,
    *,
    before: int | None = None,
    limit: int = 50,
    reviewer: str | None = None,
    action: str | None = None,
    since: datetime | None = None,
    arxiv_id: str | None = None,
) -> list[LoggedDecision]:
    """Return decisions, undos among them, newest first.

    Parameters
    ----------
    before : int, optional
        Only decisions with a lower number.
    reviewer, action, arxiv_id : str, optional
        Only theirs, only such, only on this paper.
    since : datetime, optional
        Only from this moment on.
    """
    later = decisions.alias()
    statement = (
        select(decisions, papers.c.title, later.c.id.label("undone_by"))
        .join(papers, papers.c.arxiv_id == decisions.c.arxiv_id)
        .outerjoin(later, later.c.undoes == decisions.c.id)
        .order_by(decisions.c.id.desc())
        .limit(limit)
    )
    for column, value in (
        (decisions.c.reviewer, reviewer),
        (decisions.c.action, action),
        (decisions.c.arxiv_id, arxiv_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if before is not None:
        statement = statement.where(decisions.c.id < before)
    if since is not None:
        statement = statement.where(decisions.c.decided_at >= since)
    return [
        LoggedDecision(
            decision_of(row),
            row.title,
            row.undone_by,
        )
        for row in connection.execute(statement)
    ]


def entries_after(
    connection: Connection, number: int, limit: int, actions: Sequence[str] = ()
) -> list[Entry]:
    """Return audit entries with a higher number, oldest first; only some actions, if named."""
    statement = select(audit).where(audit.c.id > number).order_by(audit.c.id).limit(limit)
    if actions:
        statement = statement.where(audit.c.action.in_(actions))
    return [
        Entry(row.id, row.logged_at, row.actor, row.action, row.subject, dict(row.detail))
        for row in connection.execute(statement)
    ]
