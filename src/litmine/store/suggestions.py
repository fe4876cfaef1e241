"""Suggestions: branches that litmine wrote into a list's repository, and their pull requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from litmine.core.errors import NotFound
from litmine.store.schema import suggestions

__all__ = [
    "STANDING",
    "Suggestion",
    "add_suggestion",
    "drop_suggestion",
    "newest_suggestion",
    "suggestion_of",
    "suggestions_of",
    "update_suggestion",
]

#: States of a suggestion that nobody has answered yet.
STANDING = frozenset({"branch", "open"})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggestion.

    Attributes
    ----------
    target : str
        The list that it is made to.
    branch : str
    number : int or None
        Of the pull request; None: a branch alone.
    url : str or None
        Where people look at it.
    head : str or None
        The branch's commit when litmine last left it; None: intended, but not known to be there.
    state : str
        ``branch``, ``open`` (a pull request), ``merged`` or ``closed``.
    papers : tuple of str
        The arXiv ids that it puts forward.
    """

    id: int
    target: str
    branch: str
    number: int | None
    url: str | None
    head: str | None
    state: str
    papers: tuple[str, ...]
    created_at: datetime
    changed_at: datetime

    @property
    def standing(self) -> bool:
        """Whether nobody has merged or closed it yet."""
        return self.state in STANDING


def add_suggestion(
    connection: Connection, target: str, branch: str, papers: tuple[str, ...], now: datetime
) -> Suggestion:
    """Note the intention to write a branch, before anything is written."""
    number = connection.execute(
        suggestions.insert().values(
            target=target,
            branch=branch,
            state="branch",
            papers=list(papers),
            created_at=now,
            changed_at=now,
        )
    ).inserted_primary_key[0]  # type: ignore[index]
    return suggestion_of(connection, int(number))


def update_suggestion(
    connection: Connection, suggestion_id: int, now: datetime, **changes: Any
) -> Suggestion:
    """Change number, url, head, state or papers; what stays the same keeps its time.

    Raises
    ------
    NotFound
        There is no such suggestion.
    """
    before = suggestion_of(connection, suggestion_id)
    different = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not different:
        return before
    if "papers" in different:
        different["papers"] = list(different["papers"])
    connection.execute(
        update(suggestions)
        .where(suggestions.c.id == suggestion_id)
        .values(changed_at=now, **different)
    )
    return suggestion_of(connection, suggestion_id)


def drop_suggestion(connection: Connection, suggestion_id: int) -> None:
    """Forget a suggestion that never left the house."""
    connection.execute(delete(suggestions).where(suggestions.c.id == suggestion_id))


def suggestion_of(connection: Connection, suggestion_id: int) -> Suggestion:
    """Return one suggestion.

    Raises
    ------
    NotFound
        There is none of that number.
    """
    row = connection.execute(select(suggestions).where(suggestions.c.id == suggestion_id)).first()
    if row is None:
        raise NotFound(f"there is no suggestion number {suggestion_id}")
    return _suggestion(row)


def suggestions_of(connection: Connection, target: str | None = None) -> list[Suggestion]:
    """Return the suggestions, of one list or of all, oldest first."""
    statement = select(suggestions).order_by(suggestions.c.id)
    if target is not None:
        statement = statement.where(suggestions.c.target == target)
    return [_suggestion(row) for row in connection.execute(statement)]


def newest_suggestion(connection: Connection, target: str) -> Suggestion | None:
    """Return the suggestion that was made last to a list, if there is one."""
    row = connection.execute(
        select(suggestions)
        .where(suggestions.c.target == target)
        .order_by(suggestions.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else _suggestion(row)


def _suggestion(row: Row[Any]) -> Suggestion:
    return Suggestion(
        id=row.id,
        target=row.target,
        branch=row.branch,
        number=row.number,
        url=row.url,
        head=row.head,
        state=row.state,
        papers=tuple(row.papers),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
