"""Which papers fulfil a query's filters: a mask over all rows, from arrays alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from litmine.core.taxonomy import Taxonomy, load_taxonomy
from litmine.index.text import words
from litmine.search.facets import stage_masks, years_of
from litmine.search.scope import Scope
from litmine.search.syntax import Filter, Query, Years, year_range
from litmine.search.view import Part, View

__all__ = ["allowed_rows"]

Mask = NDArray[np.bool_]
#: Gives the ids of the papers announced in a night (YYYY-MM-DD).
Nights = Callable[[str], Collection[str]]


def allowed_rows(query: Query, scope: Scope, view: View, nights: Nights) -> Mask:
    """Return which rows a query may find.

    Parameters
    ----------
    nights : callable
        Asked only for a night that the query or the scope names.

    Returns
    -------
    ndarray of bool, shape (rows of all parts,)
    """
    taxonomy = load_taxonomy()
    masks = [_part(query, scope, part, nights, taxonomy) for part in view.parts]
    return np.concatenate([np.zeros(0, bool), *masks])


def _part(query: Query, scope: Scope, part: Part, nights: Nights, taxonomy: Taxonomy) -> Mask:
    mask = np.array(part.alive)
    if scope.kind == "library":
        mask &= part.in_library
    elif scope.night is not None:
        mask &= _papers(part, nights(scope.night.isoformat()))
    for phrase in _apart(query.phrases):
        if not mask.any():
            return mask
        mask &= _rows(part, part.segment.postings.phrase(phrase))
    for phrase in _apart(query.excluded):
        mask &= ~_rows(part, part.segment.postings.phrase(phrase))
    if query.years is not None:
        mask &= _in_years(part, query.years)
    for one in query.filters:
        held = _held(one, part, nights, taxonomy)
        mask &= ~held if one.negated else held
    return mask


def _apart(phrases: Iterable[str]) -> list[tuple[str, ...]]:
    """Words of each phrase; one that is written a hundred times is looked for once."""
    return list(dict.fromkeys(tuple(words(phrase)) for phrase in phrases))


def _held(wanted: Filter, part: Part, nights: Nights, taxonomy: Taxonomy) -> Mask:
    """Rows that have one of the values."""
    held = np.zeros(len(part.segment), bool)
    for value in wanted.values:
        held |= _has(wanted.field, value, part, nights, taxonomy)
    return held


def _has(field: str, value: str, part: Part, nights: Nights, taxonomy: Taxonomy) -> Mask:
    postings = part.segment.postings
    if field == "author":
        return _rows(part, postings.author(value))
    if field == "title":
        return _rows(part, postings.phrase(words(value), title_only=True))
    if field == "cat":
        return _rows(part, postings.key(f"cat:{value.lower()}"))
    if field == "year":
        return _in_years(part, year_range(value))
    if field == "night":
        return _papers(part, nights(value))
    if field == "id":
        return _papers(part, [value])
    if field == "is":
        return _is(part, value)
    if field == "technique":
        places = [one.id for one in taxonomy.techniques]
        return _any_bit(part.techniques, 1 << places.index(value))
    stages, resources = stage_masks(taxonomy)
    if field == "cell":
        bits = 1 << taxonomy.cells.index(value)
    else:
        bits = {"stage": stages, "resource": resources}[field][value]
    return _any_bit(part.cells, bits)


def _is(part: Part, state: str) -> Mask:
    if state == "listed":
        listed: Mask = np.abs(part.segment.facts.label) == 1
        return listed
    if state == "unqueued":
        unqueued: Mask = part.state < 0
        return unqueued
    return part.of_state(state)


def _any_bit(masks: NDArray[np.uint32] | NDArray[np.uint64], bits: int) -> Mask:
    held: Mask = (masks & masks.dtype.type(bits)) != 0
    return held


def _in_years(part: Part, years: Years) -> Mask:
    first, last = years
    of_row = years_of(part.segment.facts.day)
    mask = of_row > 0
    if first is not None:
        mask &= of_row >= first
    if last is not None:
        mask &= of_row <= last
    return mask


def _papers(part: Part, ids: Iterable[str]) -> Mask:
    rows = part.segment.rows_of(list(ids))
    return _rows(part, rows[rows >= 0])


def _rows(part: Part, rows: NDArray[np.int64]) -> Mask:
    mask = np.zeros(len(part.segment), bool)
    mask[rows] = True
    return mask
