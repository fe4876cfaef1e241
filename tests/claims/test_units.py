"""The table of units says what pint says, and its spellings are found as they are written."""

from __future__ import annotations

import pytest

from litmine.claims.units import UNITS, Unit, canonical, find_unit

PHYSICAL = sorted({u for u in UNITS.values() if u.base is not None}, key=lambda u: u.spelling)
#: What pint calls some units otherwise.
IN_PINT = {"Kbps": "kilobit/second", "Mbps": "megabit/second", "Gbps": "gigabit/second"}
IN_PINT |= {"MB/s": "megabyte/second", "GB/s": "gigabyte/second", "TB/s": "terabyte/second"}


@pytest.mark.parametrize("unit", PHYSICAL, ids=lambda unit: unit.spelling)
def test_factors_are_those_of_pint(unit: Unit) -> None:
    pint = pytest.importorskip("pint")
    name = IN_PINT.get(unit.spelling, unit.pint)
    quantity = pint.UnitRegistry()(f"3 {name}").to(unit.base)
    value, base = canonical(3.0, unit)
    assert base == unit.base
    assert value == pytest.approx(quantity.magnitude, rel=1e-12)


@pytest.mark.parametrize(
    ("written", "spelling"),
    [("gb", "GB"), ("tokens per second", "tokens/s"), ("Percent", "%"), ("hrs", "hours")],
)
def test_spellings(written: str, spelling: str) -> None:
    unit = find_unit(written)
    assert unit is not None
    assert unit.spelling == spelling


def test_megajoule_is_not_millijoule() -> None:
    assert UNITS["MJ"].factor == 1e6
    assert UNITS["mJ"].factor == 1e-3


def test_what_is_not_physical_has_no_base() -> None:
    assert canonical(2.0, UNITS["x"]) == (None, None)
