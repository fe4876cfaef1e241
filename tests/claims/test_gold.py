"""How mined claims are held against labelled ones."""

from __future__ import annotations

from litmine.claims.gold import Mined, locate, matches, read_gold, same_value

TEXT = "A title\nIt cuts  memory by 40% and runs 2x faster."


def _gold(metric: str, value: float, unit: str, change: str, quote: str) -> dict[str, object]:
    return {"metric": metric, "value": value, "unit": unit, "change": change, "quote": quote}


def test_a_quote_is_found_whatever_its_space() -> None:
    start, end = locate(TEXT, "cuts memory by 40%")
    assert TEXT[start:end] == "cuts  memory by 40%"
    assert locate(TEXT, "absent") == (-1, -1)


def test_values_agree_after_letters() -> None:
    assert same_value(5, "K samples", 5000, "samples")
    assert same_value(2.0, "x", 2.01, "x")
    assert not same_value(2.0, "x", 2.1, "x")


def test_pairs_need_place_family_value_and_change() -> None:
    gold = read_gold(TEXT, [_gold("memory", 40, "%", "decrease", "memory by 40%")])
    place = TEXT.index("40%")
    right = Mined("peak-memory", 40.0, "%", "decrease", place, place + 3)
    assert matches(gold, [right]) == [(0, 0)]
    assert matches(gold, [right, right]) == [(0, 0)]
    assert matches(gold, [Mined("model-size", 40.0, "%", "decrease", place, place + 3)]) == [(0, 0)]
    for wrong in (
        Mined("peak-memory", 40.0, "%", "increase", place, place + 3),
        Mined("peak-memory", 41.0, "%", "decrease", place, place + 3),
        Mined("energy", 40.0, "%", "decrease", place, place + 3),
        Mined("peak-memory", 40.0, "%", "decrease", 0, 3),
    ):
        assert matches(gold, [wrong]) == []


def test_the_exact_metric_can_be_asked_for() -> None:
    gold = read_gold(TEXT, [_gold("speedup", 2, "x", "increase", "2x faster")])
    place = TEXT.index("2x")
    mined = [Mined("throughput", 2.0, "x", "increase", place, place + 2)]
    assert matches(gold, mined) == [(0, 0)]
    assert matches(gold, mined, exact=True) == []
