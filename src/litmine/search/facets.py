"""How the papers found spread over stages, resources, techniques, years and states."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from litmine.core.taxonomy import Taxonomy, load_taxonomy
from litmine.search.answer import Count, Facets
from litmine.search.standing import STATES
from litmine.search.view import Part

__all__ = ["count_facets", "stage_masks", "years_of"]

_STATE_NAMES = {
    "approved": "Approved",
    "pending": "Pending",
    "later": "Later",
    "disputed": "Disputed",
    "rejected": "Rejected",
}
_EPOCH = np.datetime64("1970-01-01", "D")


def stage_masks(taxonomy: Taxonomy) -> tuple[dict[str, int], dict[str, int]]:
    """Return, for each stage and each resource, the bits of its cells."""
    stages = {one.id: 0 for one in taxonomy.stages}
    resources = {one.id: 0 for one in taxonomy.resources}
    for place, cell in enumerate(taxonomy.cells):
        stage, _, resource = cell.partition("/")
        stages[stage] |= 1 << place
        resources[resource] |= 1 << place
    return stages, resources


def years_of(days: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the year of each day since 1970-01-01; 0 where the day is unknown (negative)."""
    years = (_EPOCH + days.astype("timedelta64[D]")).astype("datetime64[Y]").astype(np.int64)
    return np.where(days >= 0, years + 1970, 0)


def count_facets(parts: Sequence[Part], rows: Sequence[NDArray[np.int64]]) -> Facets:
    """Count papers by what they are about.

    Parameters
    ----------
    rows : sequence of ndarray, one for each of `parts`
        Row numbers of the papers found.
    """
    taxonomy = load_taxonomy()
    pairs = list(zip(parts, rows, strict=True))
    if not pairs:
        return Facets()
    cells = np.concatenate([part.cells[found] for part, found in pairs])
    techniques = np.concatenate([part.techniques[found] for part, found in pairs])
    states = np.concatenate([part.state[found] for part, found in pairs])
    years = years_of(np.concatenate([part.segment.facts.day[found] for part, found in pairs]))
    stage_bits, resource_bits = stage_masks(taxonomy)
    names = {one.id: one.name for one in taxonomy.stages}
    names |= {one.id: one.name for one in taxonomy.resources}
    year_values, year_counts = np.unique(years[years > 0], return_counts=True)
    return Facets(
        stages=_masked(cells, {i: (names[i], bits) for i, bits in stage_bits.items()}),
        resources=_masked(cells, {i: (names[i], bits) for i, bits in resource_bits.items()}),
        cells=_masked(
            cells,
            {
                cell: (" / ".join(names[half] for half in cell.split("/")), 1 << place)
                for place, cell in enumerate(taxonomy.cells)
            },
        ),
        techniques=tuple(
            sorted(
                _masked(
                    techniques,
                    {
                        one.id: (one.name, 1 << place)
                        for place, one in enumerate(taxonomy.techniques)
                    },
                ),
                key=lambda one: (-one.count, one.label),
            )
        ),
        years=tuple(
            Count(str(year), str(year), int(n))
            for year, n in zip(year_values[::-1].tolist(), year_counts[::-1].tolist(), strict=True)
        ),
        states=tuple(
            Count(state, _STATE_NAMES[state], n)
            for code, state in enumerate(STATES)
            if (n := int((states == code).sum()))
        ),
    )


def _masked(
    masks: NDArray[np.uint32] | NDArray[np.uint64], wanted: dict[str, tuple[str, int]]
) -> tuple[Count, ...]:
    return tuple(
        Count(value, label, n)
        for value, (label, bits) in wanted.items()
        if (n := int(np.count_nonzero(masks & masks.dtype.type(bits))))
    )
