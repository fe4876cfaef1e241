"""A quantified efficiency result that a paper states in its title or abstract."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from litmine.core.errors import InputError

__all__ = ["OTHER", "Change", "Claim", "Condition", "ConditionKind", "Span"]

Change = Literal["decrease", "increase", "absolute"]
ConditionKind = Literal[
    "hardware", "model", "context", "batch", "benchmark", "dataset", "quality", "other"
]

#: The metric of a claim that none of the taxonomy's metrics fits; its family is ``other`` too.
OTHER = "other"

_CHANGES: tuple[str, ...] = get_args(Change)
_KINDS: tuple[str, ...] = get_args(ConditionKind)


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a paper: ``paper.text[start:end] == text``."""

    text: str
    start: int
    end: int

    def __post_init__(self) -> None:
        _check_span(self.text, self.start, self.end)

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold; `from_json` reads it back."""
        return {"text": self.text, "start": self.start, "end": self.end}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Span:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            When `data` is not such an object.
        """
        with _Reading("span"):
            return cls(str(data["text"]), int(data["start"]), int(data["end"]))


@dataclass(frozen=True, slots=True)
class Condition:
    """Under what the claim holds: "on one RTX 4090", "at 128K context", "with 1% accuracy loss"."""

    kind: ConditionKind
    text: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise InputError(f"{self.kind!r} is no kind of condition; known: {', '.join(_KINDS)}")
        _check_span(self.text, self.start, self.end)

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold; `from_json` reads it back."""
        return {"kind": self.kind, "text": self.text, "start": self.start, "end": self.end}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Condition:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            When `data` is not such an object.
        """
        with _Reading("condition"):
            kind: Any = data["kind"]
            return cls(kind, str(data["text"]), int(data["start"]), int(data["end"]))


@dataclass(frozen=True, slots=True)
class Claim:
    """One quantified efficiency result, at one place of ``Paper.text`` (title, newline, abstract).

    Attributes
    ----------
    metric : str
        Id of a metric in the taxonomy, or ``other``.
    value : float
        Of a range, the upper end.
    unit : str
        ``x``, ``%`` or the physical unit in its usual spelling (``GB``, ``ms``, ``tokens/s``).
    change : str
        ``decrease``, ``increase`` or ``absolute`` ("runs in 24 GB"; "to 40%").
    start, end : int
        The shortest span that holds the number and its unit, in characters.
    sentence_start, sentence_end : int
        Span of the sentence around it.
    text : str
        ``paper.text[start:end]``.
    comparator : Span or None
        What it is compared with, where the sentence says so.
    conditions : tuple of Condition
        Under what it holds, in the order of the text.
    canonical_value, canonical_unit : float and str, or None
        The value in base units; None where the unit is not physical.
    direction_is_gain : bool or None
        Whether less of a resource is used; None where that cannot be told (absolute figures).
    score : float
        Probability that the claim is right, from 0 to 1.
    miner : str
        What found it: name and version.
    """

    metric: str
    value: float
    unit: str
    change: Change
    start: int
    end: int
    sentence_start: int
    sentence_end: int
    text: str
    comparator: Span | None = None
    conditions: tuple[Condition, ...] = ()
    canonical_value: float | None = None
    canonical_unit: str | None = None
    direction_is_gain: bool | None = None
    score: float = 1.0
    miner: str = ""

    def __post_init__(self) -> None:
        if self.change not in _CHANGES:
            raise InputError(f"{self.change!r} is no change; known: {', '.join(_CHANGES)}")
        if not math.isfinite(self.value):
            raise InputError(f"a claim's value must be a number, not {self.value}")
        if not 0.0 <= self.score <= 1.0:
            raise InputError(f"a claim's score lies from 0 to 1, not {self.score}")
        _check_span(self.text, self.start, self.end)
        if not self.sentence_start <= self.start < self.end <= self.sentence_end:
            raise InputError("a claim lies in its sentence")

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold; `from_json` reads it back."""
        return {
            "metric": self.metric,
            "value": self.value,
            "unit": self.unit,
            "change": self.change,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "sentence": [self.sentence_start, self.sentence_end],
            "comparator": None if self.comparator is None else self.comparator.to_json(),
            "conditions": [condition.to_json() for condition in self.conditions],
            "canonical_value": self.canonical_value,
            "canonical_unit": self.canonical_unit,
            "direction_is_gain": self.direction_is_gain,
            "score": self.score,
            "miner": self.miner,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Claim:
        """Read what `to_json` wrote; keys that it does not know are ignored.

        Raises
        ------
        InputError
            When `data` is not such an object.
        """
        with _Reading("claim"):
            sentence_start, sentence_end = data["sentence"]
            comparator = data.get("comparator")
            canonical = data.get("canonical_value")
            change: Any = data["change"]
            return cls(
                metric=str(data["metric"]),
                value=float(data["value"]),
                unit=str(data["unit"]),
                change=change,
                start=int(data["start"]),
                end=int(data["end"]),
                sentence_start=int(sentence_start),
                sentence_end=int(sentence_end),
                text=str(data["text"]),
                comparator=None if comparator is None else Span.from_json(comparator),
                conditions=tuple(Condition.from_json(c) for c in data.get("conditions") or ()),
                canonical_value=None if canonical is None else float(canonical),
                canonical_unit=data.get("canonical_unit"),
                direction_is_gain=data.get("direction_is_gain"),
                score=float(data.get("score", 1.0)),
                miner=str(data.get("miner", "")),
            )


def _check_span(text: str, start: int, end: int) -> None:
    if not (0 <= start < end and end - start == len(text)):
        raise InputError(f"{start}:{end} is no span of {text[:40]!r}")


class _Reading:
    """Turns what goes wrong in reading JSON into one `InputError` that names the thing."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is not None and issubclass(kind, (KeyError, TypeError, ValueError, AttributeError)):
            raise InputError(f"not a {self._what} as litmine writes it: {error!r}") from None
