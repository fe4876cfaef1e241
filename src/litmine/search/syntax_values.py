"""Values of the query's fields, brought to the form that the index and the taxonomy have."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import date
from difflib import get_close_matches

from litmine.core.errors import InputError
from litmine.core.paper import normalise_space, parse_arxiv_id
from litmine.core.taxonomy import Taxonomy

__all__ = ["STATES", "FieldValues", "Years", "year_range", "years_text"]

STATES = ("approved", "pending", "later", "disputed", "rejected", "listed", "unqueued")

#: First and last year, both included; None is open.
Years = tuple[int | None, int | None]

_YEARS = re.compile(r"((?:19|20)\d\d)?\s*(\.\.\.?|-|–|…)?\s*((?:19|20)\d\d)?", re.ASCII)
_CATEGORY = re.compile(r"[a-z-]+(\.[a-z-]+)?")


def year_range(value: str) -> Years:
    """Read a value of field "year": ``2025``, ``2025..``, ``..2024`` or ``2023..2025``.

    Raises
    ------
    InputError
        If it is none of these.
    """
    found = _YEARS.fullmatch(value.strip())
    first, between, last = found.groups() if found else (None, None, None)
    ends = [int(year) for year in (first, last) if year]
    if not ends or (len(ends) == 2 and not between):
        raise InputError(
            f"year {value!r} is no year: write year:2025, year:2025.., year:..2024 "
            "or year:2023..2025"
        )
    if len(ends) == 2 and ends[0] > ends[1]:
        raise InputError(f"year {value!r} ends before it begins: write year:{ends[1]}..{ends[0]}")
    if not between or len(ends) == 2:
        return ends[0], ends[-1]
    return (ends[0], None) if first else (None, ends[0])


def years_text(years: Years) -> str:
    """Write years so that `year_range` reads them."""
    first, last = years
    if first == last:
        return str(first)
    return f"{'' if first is None else first}..{'' if last is None else last}"


class FieldValues:
    """Values of fields in the form that the index has."""

    def __init__(self, taxonomy: Taxonomy, categories: Collection[str] | None) -> None:
        self._categories = categories
        self._readers: dict[str, Callable[[str], str]] = {
            "author": normalise_space,
            "title": normalise_space,
            "cat": self._category,
            "stage": lambda text: taxonomy.stage(text).id,
            "resource": lambda text: taxonomy.resource(text).id,
            "cell": taxonomy.parse_cell,
            "technique": lambda text: taxonomy.technique(text).id,
            "year": lambda text: years_text(year_range(text)),
            "is": _state,
            "night": _night,
            "id": lambda text: parse_arxiv_id(text).id,
        }

    def read(self, name: str, value: str) -> str:
        """Bring one value of a field to its form.

        Raises
        ------
        InputError
            If the field has no such value.
        """
        return self._readers[name](value)

    def _category(self, text: str) -> str:
        wanted = text.strip().lower()
        if not _CATEGORY.fullmatch(wanted):
            raise InputError(f"category {text!r} is none of arXiv: write cat:cs.LG or cat:cs")
        if self._categories is not None:
            known = {name.lower(): name for name in self._categories}
            known |= {name.partition(".")[0]: name.partition(".")[0] for name in known}
            if wanted not in known:
                near = [known[n] for n in get_close_matches(wanted, known, n=3, cutoff=0.5)]
                raise InputError(
                    f"no paper has the category {text!r}"
                    + (f"; did you mean {' or '.join(near)}?" if near else "")
                )
            return known[wanted]
        archive, dot, subject = wanted.partition(".")
        return archive + dot + (subject.upper() if len(subject) == 2 else subject)


def _state(text: str) -> str:
    wanted = text.strip().lower()
    begun = [state for state in STATES if wanted and state.startswith(wanted)]
    if len(begun) == 1:
        return begun[0]
    near = get_close_matches(wanted, STATES, n=1, cutoff=0.6)
    raise InputError(
        f"no state {text!r}"
        + (f"; did you mean is:{near[0]}?" if near else f"; known: {', '.join(STATES)}")
    )


def _night(text: str) -> str:
    wanted = text.strip()
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", wanted, re.ASCII):
            raise ValueError(wanted)
        return date.fromisoformat(wanted).isoformat()
    except ValueError as error:
        raise InputError(f"night {text!r} is no day: write it like night:2026-07-17") from error
