"""A thing that a paper names: a method, a model, a device, a benchmark or a technique."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from litmine.core.errors import InputError

__all__ = ["Kind", "Mention", "Role"]

Kind = Literal["method", "model", "hardware", "benchmark", "technique"]
Role = Literal["proposed", "compared", "used", "base", "mentioned"]

_KINDS: tuple[str, ...] = get_args(Kind)
_ROLES: tuple[str, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing named at one place of ``Paper.text`` (title, newline, abstract).

    Attributes
    ----------
    kind : str
        ``method``, ``model``, ``hardware``, ``benchmark`` or ``technique``.
    name : str
        The name in its usual form; for a technique, its name in the taxonomy.
    text : str
        As it is written in the paper.
    start, end : int
        Span of `text`, in characters: ``paper.text[start:end] == text``.
    role : str
        ``proposed``: the paper's own method. ``base``: a model that the paper works on.
        ``used``: the paper does or uses it. ``compared``: the paper sets itself against it.
        ``mentioned``: none of these can be told.
    alias_of : str or None
        Id in the alias table or, for techniques and benchmarks of efficiency, in the taxonomy;
        ``arxiv:`` and the paper that introduced it for names known from the library alone.
        None for a new name.
    score : float
        Share of such findings that are right, from 0 to 1, as far as has been measured.
    detail : mapping
        Facts that go with it: ``family``, ``version``, ``parameters`` (a number) of a model;
        ``vendor``, ``class``, ``count``, ``memory_gb`` of hardware; ``cue`` of a technique.
    """

    kind: Kind
    name: str
    text: str
    start: int
    end: int
    role: Role
    alias_of: str | None = None
    score: float = 1.0
    detail: Mapping[str, str | int | float] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold; `from_json` reads it back."""
        return {
            "kind": self.kind,
            "name": self.name,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "role": self.role,
            "alias_of": self.alias_of,
            "score": self.score,
            "detail": dict(self.detail),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Mention:
        """Read what `to_json` wrote.

        Raises
        ------
        InputError
            If a field is missing, of a wrong type or of an unknown kind or role.
        """
        for name, (told, wanted) in _FIELDS.items():
            value = data.get(name)
            if not isinstance(value, wanted) or isinstance(value, bool):
                raise InputError(f"a mention needs {name!r} as {told}, not {value!r:.60}")
        for name, known in (("kind", _KINDS), ("role", _ROLES)):
            if data[name] not in known:
                raise InputError(
                    f"{name} {data[name]!r} of a mention is none of {', '.join(known)}"
                )
        alias_of, detail = data.get("alias_of"), data.get("detail", {})
        if alias_of is not None and not isinstance(alias_of, str):
            raise InputError(f"'alias_of' of a mention is a text or null, not {alias_of!r:.60}")
        if not isinstance(detail, Mapping):
            raise InputError(f"'detail' of a mention is an object, not {detail!r:.60}")
        if not 0 <= data["start"] <= data["end"]:
            raise InputError(f"a mention cannot reach from {data['start']} to {data['end']}")
        return cls(
            kind=data["kind"],
            name=data["name"],
            text=data["text"],
            start=data["start"],
            end=data["end"],
            role=data["role"],
            alias_of=alias_of,
            score=float(data["score"]),
            detail=dict(detail),
        )


_TEXT, _WHOLE, _NUMBER = "a text", "a whole number", "a number"
_FIELDS: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "kind": (_TEXT, str),
    "name": (_TEXT, str),
    "text": (_TEXT, str),
    "start": (_WHOLE, int),
    "end": (_WHOLE, int),
    "role": (_TEXT, str),
    "score": (_NUMBER, (int, float)),
}
