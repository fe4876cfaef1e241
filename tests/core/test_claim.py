"""What a claim promises: it lies in its text, and JSON gives it back unchanged."""

from __future__ import annotations

import dataclasses
import json

import pytest

from litmine.core.claim import Claim, Condition, Span
from litmine.core.errors import InputError

TEXT = "A title\nOur cache runs 2.5x faster than PagedAttention on one A100."


def _span(words: str) -> tuple[str, int, int]:
    start = TEXT.index(words)
    return words, start, start + len(words)


def _claim() -> Claim:
    text, start, end = _span("2.5x")
    return Claim(
        metric="speedup",
        value=2.5,
        unit="x",
        change="increase",
        start=start,
        end=end,
        sentence_start=8,
        sentence_end=len(TEXT),
        text=text,
        comparator=Span(*_span("PagedAttention")),
        conditions=(Condition("hardware", *_span("on one A100")),),
        direction_is_gain=True,
        score=0.97,
        miner="grammar-1",
    )


def test_json_gives_the_claim_back() -> None:
    claim = _claim()
    assert Claim.from_json(json.loads(json.dumps(claim.to_json()))) == claim


def test_keys_of_later_versions_are_passed_over() -> None:
    assert Claim.from_json({**_claim().to_json(), "later": 1}) == _claim()


@pytest.mark.parametrize(
    "wrong",
    [
        {"change": "sideways"},
        {"value": float("nan")},
        {"score": 1.5},
        {"end": 9},
        {"sentence_end": 9},
    ],
)
def test_what_is_no_claim_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        dataclasses.replace(_claim(), **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["metric", "sentence", "value"])
def test_json_without_a_key_is_refused(key: str) -> None:
    data = _claim().to_json()
    del data[key]
    with pytest.raises(InputError, match="not a claim"):
        Claim.from_json(data)


def test_a_condition_has_a_known_kind() -> None:
    with pytest.raises(InputError, match="no kind of condition"):
        Condition("weather", "rain", 0, 4)  # type: ignore[arg-type]
