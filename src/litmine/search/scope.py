"""Where a search looks: the library, everything stored, or one night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from litmine.core.errors import InputError

__all__ = ["EVERYTHING", "LIBRARY", "Scope", "parse_scope"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a search looks.

    Attributes
    ----------
    kind : str
        ``library`` (approved papers, and the labelled ones that are relevant or stand in public
        lists, less what a reviewer rejected), ``everything`` or ``night``.
    night : date or None
        The announcement day, for ``night``.
    """

    kind: str
    night: date | None = None

    def __str__(self) -> str:
        return self.kind if self.night is None else f"night:{self.night.isoformat()}"


LIBRARY = Scope("library")
EVERYTHING = Scope("everything")


def parse_scope(text: str) -> Scope:
    """Read a scope as it stands in an address or an option.

    Raises
    ------
    InputError
        It is none of the three.

    Examples
    --------
    >>> parse_scope("night:2026-06-30").night
    datetime.date(2026, 6, 30)
    """
    wanted = text.strip().lower()
    for scope in (LIBRARY, EVERYTHING):
        if wanted == scope.kind:
            return scope
    kind, _, day = wanted.partition(":")
    if kind == "night":
        try:
            return Scope("night", date.fromisoformat(day))
        except ValueError as error:
            raise InputError(f"{day!r} is not a day; write night:2026-06-30") from error
    raise InputError(f"{text!r} is no scope; use library, everything or night:2026-06-30")
