"""From the database to a file in one of the formats that others read."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from litmine.core.errors import NotFound
from litmine.core.taxonomy import load_taxonomy
from litmine.jobs.approved import approved_entries, library_entries
from litmine.publish.entry import ListEntry
from litmine.publish.formats.registry import Format
from litmine.publish.selection import Selection

if TYPE_CHECKING:
    from litmine.search.saved import SavedSearch, Searches
    from litmine.store import Store

__all__ = ["exported", "found_by", "saved_search", "selected"]

_PAGE = 100


def exported(
    store: Store,
    form: Format,
    selection: Selection | None = None,
    *,
    library: bool = False,
    only: Collection[str] | None = None,
    abstracts: bool = False,
) -> bytes:
    """Write the approved papers, or a part of them, in one format.

    Parameters
    ----------
    selection : Selection, optional
        The part; everything by default.
    library : bool
        The labelled papers that nobody has decided on, too.
    only : collection of str, optional
        None but these arXiv ids, as far as the list has them.
    abstracts : bool
        With abstracts, where the format has a place for them.

    Returns
    -------
    bytes
        The same for the same approvals.
    """
    entries = selected(store, selection, library=library, only=only)
    return form.write(entries, load_taxonomy(), abstracts)


def selected(
    store: Store,
    selection: Selection | None = None,
    *,
    library: bool = False,
    only: Collection[str] | None = None,
) -> list[ListEntry]:
    """Return the entries that `exported` writes."""
    with store.read() as connection:
        entries = approved_entries(connection)
        if library:
            entries += library_entries(connection)
    if only is not None:
        wanted = frozenset(only)
        entries = [entry for entry in entries if entry.arxiv_id in wanted]
    return (selection or Selection()).of(entries)


def saved_search(searches: Collection[SavedSearch], called: str) -> SavedSearch:
    """Find one of somebody's saved searches by its number or, if none has it, its name.

    Raises
    ------
    NotFound
        There is none.
    """
    for one in sorted(searches, key=lambda one: called != str(one.id)):
        if called in (str(one.id), one.name):
            return one
    known = ", ".join(one.name for one in searches) or "none; litmine saved add keeps one"
    raise NotFound(f"no saved search {called[:80]!r}; there is {known}")


def found_by(searcher: Searches, query: str, scope: str = "library") -> set[str]:
    """Return the ids of every paper that a search finds, not only the best.

    Raises
    ------
    InputError
        The query is understood no longer.
    """
    found: set[str] = set()
    offset = 0
    while True:
        answer = searcher.search(query, scope=scope, limit=_PAGE, offset=offset)
        found.update(hit.arxiv_id for hit in answer.hits)
        offset += _PAGE
        if not answer.hits or offset >= answer.total:
            return found
