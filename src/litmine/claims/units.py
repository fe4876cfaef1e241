"""Units as abstracts write them: their usual spelling, what they measure, their base unit.

The factors are kept here because importing pint takes longer than mining a night; a test compares
every one with pint's own.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SCALES", "UNITS", "Unit", "canonical", "find_unit"]

#: What letters and words multiply a count by.
SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "thousand": 1e3, "million": 1e6}
SCALES |= {"billion": 1e9, "trillion": 1e12, "mn": 1e6, "bn": 1e9}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: usual spelling, kind of quantity, and what pint calls it where it is physical."""

    spelling: str
    kind: str
    pint: str | None = None
    factor: float = 1.0
    base: str | None = None


def _rows() -> dict[str, Unit]:
    names: tuple[str, ...]
    table: dict[str, Unit] = {}

    def put(unit: Unit, *names: str) -> None:
        for name in (unit.spelling, *names):
            table.setdefault(name, unit)
            table.setdefault(name.lower(), unit)

    put(Unit("x", "ratio"), "times", "fold", "-fold", "- fold")
    put(Unit("%", "percent"), "percent", "per cent", "percentage points", "pp")
    for letter, power in (("K", 3), ("M", 6), ("G", 9), ("T", 12)):
        ten, two = 10.0**power * 8, 2.0 ** (10 * power // 3) * 8
        prefix = {"K": "kilo", "M": "mega", "G": "giga", "T": "tera"}[letter]
        put(Unit(f"{letter}B", "bytes", f"{prefix}byte", ten, "bit"), f"{prefix}bytes")
        table[f"{prefix}byte"] = table[f"{letter}B"]
        binary = {"K": "kibi", "M": "mebi", "G": "gibi", "T": "tebi"}[letter]
        put(Unit(f"{letter}iB", "bytes", f"{binary}byte", two, "bit"))
    put(Unit("bytes", "bytes", "byte", 8.0, "bit"), "byte")
    put(Unit("bits", "bits", "bit", 1.0, "bit"), "bit", "-bit", "bpw", "bits per weight")
    for name, factor, names in (
        ("us", 1e-6, ("µs", "μs", "microsecond", "microseconds")),
        ("ms", 1e-3, ("millisecond", "milliseconds", "msec")),
        ("s", 1.0, ("second", "seconds", "sec", "secs")),
        ("minutes", 60.0, ("minute", "min", "mins")),
        ("hours", 3600.0, ("hour", "hr", "hrs", "h")),
        ("days", 86400.0, ("day",)),
        ("weeks", 604800.0, ("week",)),
    ):
        put(Unit(name, "time", name, factor, "second"), *names)
    for device in ("GPU", "TPU"):
        for name in ("hours", "days"):
            one = name[:-1]
            put(
                Unit(f"{device} {name}", "device-time"),
                f"{device}-{name}",
                f"{device} {one}",
                f"{device}-{one}",
            )
    for name, factor in (("mJ", 1e-3), ("J", 1.0), ("kJ", 1e3), ("MJ", 1e6)):
        table[name] = Unit(name, "energy", name, factor, "joule")
    for name, factor in (("Wh", 3600.0), ("kWh", 3.6e6), ("MWh", 3.6e9), ("GWh", 3.6e12)):
        put(Unit(name, "energy", name, factor, "joule"))
    for name, factor in (("mW", 1e-3), ("W", 1.0), ("kW", 1e3), ("MW", 1e6)):
        table[name] = Unit(name, "power", name, factor, "watt")
    table["watts"] = table["watt"] = table["W"]
    table["joules"] = table["joule"] = table["J"]
    for name in ("TOPS/W", "TFLOPS/W", "GOPS/W", "tokens/J", "token/J"):
        put(Unit(name, "efficiency"))
    for name, names in (
        ("tokens/s", ("tokens/sec", "tokens/second", "token/s", "tok/s", "TPS")),
        ("requests/s", ("req/s", "queries/s", "QPS", "requests per second")),
        ("samples/s", ("images/s", "FPS", "samples per second", "frames per second")),
    ):
        put(Unit(name, "rate"), *names)
    put(Unit("tokens/s", "rate"), "tokens per second", "token per second", "tokens per sec")
    for name in ("TFLOPS", "PFLOPS", "GFLOPS", "TOPS", "GOPS"):
        put(Unit(name, "flop-rate"), name[:-1] + "s/s", name[:-1] + "/s", name + "/s")
    put(Unit("PFLOPS", "flop-rate"), "petaflops")
    put(Unit("TFLOPS", "flop-rate"), "teraflops")
    put(Unit("Hz", "rate"))
    for name in ("FLOPs", "MFLOPs", "GFLOPs", "TFLOPs", "PFLOPs", "MACs", "GMACs", "GFLOP"):
        put(Unit(name, "flops"))
    for name, factor in (("Kbps", 1e3), ("Mbps", 1e6), ("Gbps", 1e9)):
        put(Unit(name, "bandwidth", name, factor, "bit / second"))
    for name, factor in (("MB/s", 8e6), ("GB/s", 8e9), ("TB/s", 8e12)):
        put(Unit(name, "bandwidth", name, factor, "bit / second"))
    put(Unit("USD", "money"), "dollars", "dollar", "$", "us$")
    put(Unit("EUR", "money"), "euros")
    for name, names in (
        ("gCO2", ("gCO2e", "gCO2eq")),
        ("kgCO2", ("kgCO2e", "kgCO2eq", "kg CO2")),
        ("tCO2", ("tCO2e", "tCO2eq", "tons of CO2", "tonnes of CO2", "metric tons", "tons")),
    ):
        put(Unit(name, "carbon"), *names)
    for name in ("tokens", "parameters", "samples", "examples", "layers", "steps", "calls"):
        put(Unit(name, name), name[:-1])
    put(Unit("parameters", "parameters"), "params", "weights")
    put(Unit("examples", "examples"), "instances", "data points", "demonstrations", "questions")
    put(Unit("samples", "samples"), "trajectories", "pairs", "documents", "images", "prompts")
    put(Unit("GPUs", "devices"), "GPU")
    put(Unit("iterations", "steps"), "rounds", "epochs", "turns")
    for scale in ("K", "M", "B", "T"):
        table.setdefault(scale, Unit(scale, "count"))
    return table


#: Every spelling that the grammar knows.
UNITS: dict[str, Unit] = _rows()


def find_unit(written: str) -> Unit | None:
    """Return the unit that is written so, exactly or in other case; None when unknown."""
    text = " ".join(written.split())
    return UNITS.get(text) or UNITS.get(text.lower())


def canonical(value: float, unit: Unit) -> tuple[float | None, str | None]:
    """Return a value in its base unit (bit, second, joule, watt, bit / second), or two Nones."""
    if unit.base is None:
        return None, None
    return value * unit.factor, unit.base
