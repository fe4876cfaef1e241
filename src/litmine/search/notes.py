"""What the reader of an answer should know: of the index, and of what a query cannot find."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from litmine.search.filters import Nights, allowed_rows

if TYPE_CHECKING:
    from litmine.index.generation import Generation
    from litmine.search.scope import Scope
    from litmine.search.syntax import Query
    from litmine.search.view import View

__all__ = ["index_notes", "query_notes"]

#: Fields of what is known of pulled papers only.
_OF_PULLED = ("author", "cat")
_LIKE_AN_ID = re.compile(r"(?:\S*[/:])?(\d{4}\.\d{4,5}(?:v\d+)?)(?:\.pdf)?/?", re.IGNORECASE)


def index_notes(generation: Generation, encoder_id: str, trouble: str | None) -> tuple[str, ...]:
    """Tell what is wrong with the index, if anything.

    Parameters
    ----------
    encoder_id : str
        Of the encoder that queries are encoded with.
    trouble : str, optional
        Why an index cannot be used.
    """
    if generation.number == 0:
        if trouble is not None:
            return (f"The search index cannot be used: {trouble}",)
        return ("There is no search index yet: litmine index sync makes it.",)
    notes = []
    if generation.encoder_id != encoder_id:
        notes.append("The index is of another encoder: until it is rebuilt only words count.")
    if not generation.complete:
        notes.append("The index is still being built: some papers cannot be found yet.")
    return tuple(notes)


def query_notes(query: Query, scope: Scope, view: View, nights: Nights) -> tuple[str, ...]:
    """Tell what a query asks that cannot be answered.

    Parameters
    ----------
    nights : callable
        As `litmine.search.filters.allowed_rows` has it.
    """
    notes = []
    seems = _LIKE_AN_ID.fullmatch(query.text)
    if seems is not None and query.paper_id is None:
        notes.append(
            f"{seems[1]} looks like an arXiv id but is none (their third and fourth digits are "
            "the month): it was looked for as a word."
        )
    asked = {one.field for one in query.filters if one.field in _OF_PULLED}
    if asked:
        rest = tuple(one for one in query.filters if one.field not in _OF_PULLED)
        unknown = allowed_rows(replace(query, filters=rest), scope, view, nights)
        unknown &= np.concatenate(
            [np.zeros(0, bool), *(~part.segment.facts.has_abstract for part in view.parts)]
        )
        count = int(np.count_nonzero(unknown))
        if count:
            fields = " or ".join(f"{name}:" for name in _OF_PULLED if name in asked)
            notes.append(
                f"Of {count:,} labelled paper{'' if count == 1 else 's'} only the title is known, "
                f"neither authors nor categories: {fields} passes them over."
            )
    return tuple(notes)
