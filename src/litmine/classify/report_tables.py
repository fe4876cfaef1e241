"""Figures with their intervals as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["figure_cell", "figure_table", "plot_lines"]


def figure_table(
    systems: Mapping[str, Mapping[str, Mapping[str, float]]],
    figures: Sequence[tuple[str, str]],
    *,
    signed: bool = False,
) -> list[str]:
    """Figures down, systems across, as a Markdown table."""
    names = list(systems)
    lines = ["| | " + " | ".join(names) + " |", "|:---|" + "---:|" * len(names)]
    for key, wording in figures:
        values = [figure_cell(systems[name][key], signed=signed) for name in names]
        lines.append(f"| {wording} | " + " | ".join(values) + " |")
    return lines


def figure_cell(value: Mapping[str, float], *, signed: bool = False) -> str:
    """A value with its interval; bold where `signed` and the interval is without 0."""
    sign = "+" if signed else ""
    numbers = [f"{value[k]:{sign}.3f}" for k in ("value", "low", "high")]
    text = f"{numbers[0]} ({numbers[1]} to {numbers[2]})"
    clear = signed and (value["low"] > 0 or value["high"] < 0)
    return f"**{text}**" if clear else text


def plot_lines(name: str, words: str) -> list[str]:
    """A plot of the folder ``plots`` with its alternative text."""
    return [f"![{words}](plots/{name}.svg)", ""]
