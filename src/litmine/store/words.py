"""Words looked for in the approved papers by LIKE: no index, and none needed for so few."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, cast, or_

from litmine.store.schema import papers

__all__ = ["escape_like", "holds_word"]

_ESCAPE = "\\"


def escape_like(text: str) -> str:
    """Return `text` so that LIKE takes it literally, with the escape character backslash."""
    for mark in (_ESCAPE, "%", "_"):
        text = text.replace(mark, _ESCAPE + mark)
    return text


def holds_word(connection: Connection, word: str) -> ColumnElement[bool]:
    """Say that title, abstract or authors of a paper hold `word`, in whatever case (ASCII)."""
    # Authors are stored as JSON, where letters outside ASCII are escaped.
    spelt = json.dumps(word)[1:-1]
    return or_(
        _like(connection, papers.c.title, word),
        _like(connection, papers.c.abstract, word),
        _like(connection, cast(papers.c.authors, Text), spelt),
    )


def _like(connection: Connection, column: Any, word: str) -> ColumnElement[bool]:
    pattern = f"%{escape_like(word)}%"
    if connection.dialect.name == "postgresql":
        found: ColumnElement[bool] = column.ilike(pattern, escape=_ESCAPE)
    else:  # SQLite's LIKE tells no case apart, and is quicker without lower()
        found = column.like(pattern, escape=_ESCAPE)
    return found
