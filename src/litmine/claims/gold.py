"""Gold claims of the labels, laid over the text, and the score of mined ones against them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litmine.claims.units import SCALES

__all__ = [
    "GoldClaim",
    "Mined",
    "family_of",
    "locate",
    "matches",
    "metric_of",
    "read_gold",
    "same_value",
]

#: Metrics of the codebook under their names in the taxonomy.
_TAXONOMY_ID = {
    "training_time": "training-time",
    "model_size": "model-size",
    "memory": "peak-memory",
    "cost": "financial-cost",
    "communication": "communication-volume",
    "compression_ratio": "compression-ratio",
}
_FAMILIES = {
    "flops": "computation", "training-time": "computation", "latency": "computation",
    "throughput": "computation", "speedup": "computation", "tokens": "computation",
    "data": "computation", "parameters": "memory", "model-size": "memory",
    "peak-memory": "memory", "energy": "energy", "carbon": "energy", "financial-cost": "cost",
    "communication-volume": "network", "compression-ratio": "quality", "other": "other",
}  # fmt: skip
_SCALE = re.compile(r"\s*(million|billion|thousand|trillion|[kKMBT])(?![A-Za-z/])", re.I)


@dataclass(frozen=True, slots=True)
class GoldClaim:
    """A claim of the labels at its place; `start` is -1 where the text does not hold its quote."""

    metric: str
    value: float
    unit: str
    change: str
    start: int
    end: int
    quote: str

    @property
    def family(self) -> str:
        """The taxonomy's family of the metric, or ``other``."""
        return family_of(self.metric)


@dataclass(frozen=True, slots=True)
class Mined:
    """What of a found claim is compared with gold."""

    metric: str
    value: float
    unit: str
    change: str
    start: int
    end: int


def metric_of(codebook: str) -> str:
    """Return the taxonomy's id of a metric of the codebook."""
    return _TAXONOMY_ID.get(codebook, codebook)


def family_of(metric: str) -> str:
    """Return the taxonomy's family of a metric; ``other`` for what the taxonomy does not hold."""
    return _FAMILIES.get(metric, "other")


def locate(text: str, quote: str) -> tuple[int, int]:
    """Return where `text` holds `quote`, whatever its whitespace and case; (-1, -1) if nowhere."""
    place = text.find(quote)
    if place >= 0:
        return place, place + len(quote)
    words = quote.split()
    if not words:
        return -1, -1
    found = re.search(r"\s*".join(re.escape(w) for w in words), text, re.I)
    return found.span() if found else (-1, -1)


def read_gold(text: str, claims: Iterable[Mapping[str, Any]]) -> list[GoldClaim]:
    """Lay the claims of one label over its text."""
    return [
        GoldClaim(
            metric_of(c["metric"]),
            float(c["value"]),
            str(c["unit"]),
            c["change"],
            *locate(text, c["quote"]),
            c["quote"],
        )
        for c in claims
    ]


def same_value(one: float, one_unit: str, other: float, other_unit: str) -> bool:
    """Whether two values agree within 1%, as written or after letters such as K and M."""
    pairs = ((one, other), (_plain(one, one_unit), _plain(other, other_unit)))
    return any(abs(a - b) <= 0.01 * max(abs(a), abs(b)) for a, b in pairs)


def _plain(value: float, unit: str) -> float:
    found = _SCALE.match(unit)
    return value * SCALES[found[1].lower()] if found else value


def matches(
    gold: Sequence[GoldClaim], mined: Sequence[Mined], *, exact: bool = False
) -> list[tuple[int, int]]:
    """Pair gold and mined claims one to one: spans overlap, family, value and change agree.

    Parameters
    ----------
    exact : bool
        The metric itself must agree, not its family alone.
    """
    pairs: list[tuple[int, int]] = []
    free = set(range(len(mined)))
    for g, claim in enumerate(gold):
        for m in sorted(free):
            one = mined[m]
            overlap = claim.start < one.end and one.start < claim.end
            same = one.metric == claim.metric or (
                not exact and family_of(one.metric) == claim.family
            )
            if (
                overlap
                and same
                and one.change == claim.change
                and same_value(claim.value, claim.unit, one.value, one.unit)
            ):
                free.discard(m)
                pairs.append((g, m))
                break
    return pairs
