"""Which papers of the list are meant: all, or those of a stage, resource, cell or technique."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from litmine.core.errors import InputError
from litmine.core.taxonomy import Taxonomy, load_taxonomy
from litmine.publish.entry import ListEntry

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Part of the list; an empty field asks for nothing. Checked on construction.

    Attributes
    ----------
    stage, resource, technique : str
        Ids of the taxonomy, or their beginnings where those are clear.
    cell : str
        "stage/resource".
    since, until : date or None
        First and last day of the first version; where only its month is known, the first of it.

    Raises
    ------
    InputError
        A name is unknown, or `until` is before `since`.
    """

    stage: str = ""
    resource: str = ""
    cell: str = ""
    technique: str = ""
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        taxonomy = load_taxonomy()
        put = object.__setattr__  # the way to normalise fields of a frozen dataclass
        if self.stage:
            put(self, "stage", taxonomy.stage(self.stage).id)
        if self.resource:
            put(self, "resource", taxonomy.resource(self.resource).id)
        if self.cell:
            put(self, "cell", taxonomy.parse_cell(self.cell))
        if self.technique:
            put(self, "technique", taxonomy.technique(self.technique).id)
        if self.since and self.until and self.until < self.since:
            raise InputError(f"until {self.until} is before since {self.since}; swap them")

    def holds(self, entry: ListEntry) -> bool:
        """Tell whether a paper is meant. Stage and resource together mean one cell of both."""
        if self.stage and self.resource:
            if f"{self.stage}/{self.resource}" not in entry.cells:
                return False
        elif (self.stage and self.stage not in entry.stages) or (
            self.resource and self.resource not in entry.resources
        ):
            return False
        return (
            (not self.cell or self.cell in entry.cells)
            and (not self.technique or self.technique in entry.technique)
            and (self.since is None or entry.day >= self.since)
            and (self.until is None or entry.day <= self.until)
        )

    def of(self, entries: Iterable[ListEntry]) -> list[ListEntry]:
        """Return the papers that are meant."""
        return [entry for entry in entries if self.holds(entry)]

    @property
    def name(self) -> str:
        """A short name for files, addresses and ids, such as "stage-inference"; empty for all."""
        parts = (
            f"{field}-{value}"
            for field in ("stage", "resource", "cell", "technique", "since", "until")
            if (value := getattr(self, field))
        )
        return re.sub(r"[^a-z0-9-]+", "-", "-".join(parts))

    def title(self, taxonomy: Taxonomy) -> str:
        """What is meant, for people; empty for all."""
        told = []
        if self.stage:
            told.append(taxonomy.stage(self.stage).name)
        if self.resource:
            told.append(taxonomy.resource(self.resource).name)
        if self.cell:
            stage, _, resource = self.cell.partition("/")
            told.append(f"{taxonomy.stage(stage).name} / {taxonomy.resource(resource).name}")
        if self.technique:
            told.append(taxonomy.technique(self.technique).name)
        if self.since:
            told.append(f"since {self.since}")
        if self.until:
            told.append(f"until {self.until}")
        return ", ".join(told)
