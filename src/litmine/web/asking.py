"""What somebody asks the search for, as it stands in an address; fields written into a query."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query

from litmine.core.errors import InputError
from litmine.core.paper import normalise_space
from litmine.core.taxonomy import load_taxonomy
from litmine.search.syntax import parse

__all__ = ["MOST_PAGES", "MOST_TEXT", "PAGE", "Ask", "Asked", "Field", "fields_of"]

MOST_TEXT = 6000
"""Characters: an abstract. What is too long for a query can still be a text to find papers like."""

#: Hits on a page, and pages that are counted out; who reads so far narrows the search.
PAGE = 20
MOST_PAGES = 50

# Where a field may stand; the query language says whether it is one.
_FIELD = re.compile(r'(?<!\S)-?[A-Za-z]+:(?:"[^"]*"|[^\s"])+(?!\S)', re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """A filter in a query, such as ``-stage:inference,system``.

    Attributes
    ----------
    name : str
    values : tuple of str
        As the taxonomy calls them, however they were typed.
    start, end : int
        Where it stands in the query.
    """

    name: str
    values: tuple[str, ...]
    negated: bool
    start: int
    end: int


def fields_of(text: str) -> list[Field]:
    """Return the filters of a query that can be understood, in their order."""
    found = []
    for one in _FIELD.finditer(text):
        if text.count('"', 0, one.start()) % 2:
            continue  # within quotes
        try:
            query = parse(one[0], taxonomy=load_taxonomy())
        except InputError:
            continue
        if query.words or query.phrases or query.excluded:
            continue
        filters = [(made.field, made.values, made.negated) for made in query.filters]
        if query.years is not None:
            filters.append(("year", (str(query).partition(":")[2],), False))
        found += [Field(*made, one.start(), one.end()) for made in filters]
    return found


@dataclass(frozen=True, slots=True)
class Ask:
    """One question.

    Attributes
    ----------
    scope : str
        ``library``, ``everything`` or ``night:YYYY-MM-DD``.
    page : int
        From 1 on.
    """

    text: str = ""
    scope: str = "library"
    page: int = 1

    @property
    def offset(self) -> int:
        """Hits on the pages before."""
        return (self.page - 1) * PAGE

    @property
    def night(self) -> str:
        """The night of the scope; empty for the other scopes."""
        return self.scope.removeprefix("night:") if self.scope.startswith("night:") else ""

    @property
    def address(self) -> str:
        """Where the answer stands: the same for the same question."""
        given = {"q": self.text} if self.text else {}
        if self.scope != "library":
            given["scope"] = self.scope
        if self.page > 1:
            given["page"] = str(self.page)
        return f"/search?{urlencode(given)}" if given else "/search"

    def in_scope(self, scope: str) -> Ask:
        """Ask the same elsewhere."""
        return replace(self, scope=scope, page=1)

    def on_page(self, page: int) -> Ask:
        """Go to another page."""
        return replace(self, page=page)

    def without(self, field: Field) -> Ask:
        """Take a filter away."""
        rest = f"{self.text[: field.start]} {self.text[field.end :]}"
        return replace(self, text=normalise_space(rest), page=1)


def _ask(
    q: Annotated[str, Query(max_length=MOST_TEXT)] = "",
    scope: Annotated[str, Query(max_length=40)] = "library",
    night: Annotated[str, Query(max_length=10)] = "",
    page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
) -> Ask:
    # The form without a script sends the night beside the scope.
    if scope == "night":
        scope = f"night:{night}" if night else "library"
    return Ask(normalise_space(q.replace("\x00", " ")), scope or "library", page)


Asked = Annotated[Ask, Depends(_ask)]
