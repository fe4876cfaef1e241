"""``litmine simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmine.cli.common import Json, TerminalProgress, console, plain, print_json

if TYPE_CHECKING:
    from litmine.review.simulation.replay import Simulation

_NAMES = {
    "wss@95": "work saved over sampling at 95% recall",
    "recall@10": "recall when 10% are read",
    "atd": "average time to discovery, records",
    "loss": "loss against the best order, 0 to 1",
    "ndcg": "normalised discounted cumulative gain",
}
_BLOCKS = "▁▂▃▄▅▆▇█"


def command(
    file: Annotated[
        Path, typer.Argument(help="Labelled set: .csv, .tsv, .ris or .parquet.", show_default=False)
    ],
    policy: Annotated[
        str, typer.Option(help="Order: max, uncertainty or mixed (see docs/simulate.md).")
    ] = "max",
    seeds: Annotated[int, typer.Option(min=1, help="Replays, with seeds 0, 1, 2, ...")] = 5,
    stop_at: Annotated[
        float,
        typer.Option(min=0.01, max=1.0, help="Stop learning at this recall; rank the rest once."),
    ] = 1.0,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the recall curves into this SVG file; needs matplotlib."),
    ] = None,
    json_output: Json = False,
) -> None:
    """Replay a labelled screening set in litmine's order: how much reading would it have saved?

    The file has columns title, abstract and included (1 or 0; ASReview's other names for it are
    understood, such as label_included), or is RIS with the notes ASReview_relevant and
    ASReview_irrelevant. Each replay begins with one included and one excluded record, drawn by its
    seed, and learns after every label. Figures leave those two out.

    \b
    Example:  litmine simulate screening.csv
              litmine simulate screening.ris --policy mixed --seeds 10 --json
    """
    from litmine.review.simulation.replay import simulate
    from litmine.review.simulation.screening import read_screening

    screening = read_screening(file)
    progress = TerminalProgress(quiet=json_output)
    progress.start("replay", seeds * (int(screening.included.sum()) - 1))
    simulation = simulate(
        screening,
        policy=policy,
        seeds=range(seeds),
        stop_at=stop_at,
        progress=progress.advance,
    )
    progress.finish(f"replay: {seeds} x {len(screening)} records")
    if plot is not None:
        from litmine.core.files import atomic_write
        from litmine.review.simulation.plot import draw

        atomic_write(plot, draw(simulation))
    if json_output:
        print_json(simulation.summary())
    else:
        _show(simulation)


def _show(simulation: Simulation) -> None:
    from rich.table import Table

    summary = simulation.summary()
    out = console()
    seeds = len(summary["seeds"])
    ignored = f", {summary['unlabelled']} without a label ignored" if summary["unlabelled"] else ""
    out.print(
        f"{plain(summary['file'])}: {summary['records']} records, {summary['included']} included"
        f"{ignored}; policy {summary['policy']}, {seeds} seed{'' if seeds == 1 else 's'}",
        markup=False,
    )
    curve = simulation.curve([place / 50 for place in range(1, 51)])
    line = "".join(_BLOCKS[min(int(recall * 8), 7)] for recall in curve)
    out.print(f"recall {line}  each step 2% read", markup=False)
    table = Table(box=None, pad_edge=False)
    for name in ("read", *(f"{point['read']:.0%}" for point in summary["curve"][:-5])):
        table.add_column(name, justify="right")
    table.add_row("found", *(f"{point['recall']:.0%}" for point in summary["curve"][:-5]))
    out.print(table)
    table = Table(box=None, pad_edge=False)
    for name, justify in (("", "left"), ("mean", "right"), ("95% interval", "right"), ("", "left")):
        table.add_column(name, justify="right" if justify == "right" else "left")
    for key, meaning in _NAMES.items():
        digits = 1 if key == "atd" else 3
        bounds = summary["interval"][key]
        table.add_row(
            key,
            f"{summary['mean'][key]:.{digits}f}",
            "-" if bounds is None else f"{bounds[0]:.{digits}f} to {bounds[1]:.{digits}f}",
            meaning,
        )
    out.print(table)
    cost = summary["mean"]["cpu_seconds_per_label"] * 1000
    out.print(f"{summary['mean']['labels']:.0f} labels to find all; {cost:.1f} ms CPU per label")
