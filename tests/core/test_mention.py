"""A mention is written and read back whole, and wrong ones are refused."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.core.errors import InputError
from litmine.core.mention import Kind, Mention, Role

WORDS = st.text(max_size=30)


@st.composite
def mentions(draw: st.DrawFn) -> Mention:
    start = draw(st.integers(0, 2000))
    return Mention(
        kind=draw(st.sampled_from(get_args(Kind))),
        name=draw(WORDS),
        text=draw(WORDS),
        start=start,
        end=start + draw(st.integers(0, 60)),
        role=draw(st.sampled_from(get_args(Role))),
        alias_of=draw(st.none() | WORDS),
        score=draw(st.floats(0, 1)),
        detail=draw(st.dictionaries(WORDS, WORDS | st.integers() | st.floats(0, 1e12), max_size=3)),
    )


@given(mentions())
def test_what_is_written_is_read_back(mention: Mention) -> None:
    assert Mention.from_json(json.loads(json.dumps(mention.to_json()))) == mention
    assert hash(mention) == hash(Mention.from_json(mention.to_json()))


GOOD: dict[str, Any] = {
    "kind": "method",
    "name": "Tiny",
    "text": "Tiny",
    "start": 3,
    "end": 7,
    "role": "proposed",
    "alias_of": None,
    "score": 0.9,
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "animal"}, "kind 'animal'"),
        ({"role": "guest"}, "role 'guest'"),
        ({"start": "3"}, "whole number"),
        ({"start": True}, "whole number"),
        ({"start": 9}, "cannot reach"),
        ({"score": None}, "a number"),
        ({"name": None}, "a text"),
        ({"alias_of": 5}, "text or null"),
        ({"detail": []}, "an object"),
    ],
)
def test_wrong_ones_are_refused(change: dict[str, Any], said: str) -> None:
    assert Mention.from_json(GOOD).detail == {}
    with pytest.raises(InputError, match=said):
        Mention.from_json({**GOOD, **change})
