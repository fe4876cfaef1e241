"""``litmine drift``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import Json, TerminalProgress, console, open_existing, print_json, settings

if TYPE_CHECKING:
    from litmine.core.settings import Settings
    from litmine.store.drift import StoredDrift

_COLUMNS = (
    ("queue_share", "queue"),
    ("assigned_share", "cell"),
    ("relevance", "relev"),
    ("nearest", "near"),
    ("vector_shift", "vector"),
    ("cell_shift", "mix"),
    ("approved_share", "appr"),
)


def command(
    model: Annotated[
        str | None, typer.Option(help="Model id; the one watched last by default.")
    ] = None,
    nights: Annotated[int, typer.Option(min=1, help="Show so many, the latest ones.")] = 30,
    recompute: Annotated[
        bool,
        typer.Option("--recompute", help="Compute all nights of the champion from what is stored."),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the charts into this SVG file; needs matplotlib."),
    ] = None,
    json_output: Json = False,
) -> None:
    """Tell night by night whether scores, vectors and decisions are what they were before.

    The nightly run computes each night; an ordinary one raises an alarm once in a hundred nights.
    Columns: papers judged; shares that enter the queue and that get a cell; mean relevance and
    similarity to the nearest labelled paper; distance of the mean vector and of the mix of cells
    from earlier nights; share of decided papers approved. * marks what lies outside its limits.
    --json has every chart with its limits; docs/models.md tells what to do.

    \b
    Example:  litmine drift --nights 10
              litmine drift --plot drift.svg
    """
    loaded = settings()
    if recompute:
        model = _recompute(loaded, quiet=json_output)
    rows = _rows(loaded, model)
    if plot is not None:
        from litmine.classify.drift_plot import draw
        from litmine.core.files import atomic_write

        atomic_write(plot, draw([(r.night, r.papers, r.figures, r.alarms) for r in rows]))
    rows = rows[-nights:]
    if json_output:
        print_json([_as_json(row) for row in rows])
        return
    if not rows:
        typer.echo("no night was watched yet: litmine nightly computes one, --recompute all")
        return
    _show(rows)


def _recompute(loaded: Settings, *, quiet: bool) -> str:
    from litmine.classify.model import Classifier
    from litmine.classify.registry import champion
    from litmine.core.clock import SystemClock
    from litmine.jobs.context import RunContext
    from litmine.jobs.drift import watch_drift
    from litmine.jobs.lease import held_lease

    clock = SystemClock()
    classifier = Classifier.load(champion(loaded))
    with open_existing(loaded) as store, held_lease(store, clock) as lease:
        progress = TerminalProgress(quiet=quiet)
        context = RunContext(loaded, store, clock, progress, lease)
        progress.start("drift watch")
        outcome = watch_drift(context, classifier.model_id, classifier.encoder_id, recompute=True)
        progress.finish(f"drift watch: {outcome.summary()}")
    return classifier.model_id


def _rows(loaded: Settings, model: str | None) -> list[StoredDrift]:
    from litmine.store.drift import get_drift, latest_watched_model

    with open_existing(loaded) as store, store.read() as connection:
        model = model or latest_watched_model(connection)
        return [] if model is None else get_drift(connection, model)


def _as_json(row: StoredDrift) -> dict[str, Any]:
    return {
        "night": row.night,
        "model_id": row.model_id,
        "state": _state(row),
        "papers": row.papers,
        "figures": row.figures,
        "alarms": row.alarms,
    }


def _state(row: StoredDrift) -> str:
    from litmine.store.drift import LEAST_REFERENCE

    if row.alarms:
        return "alarm"
    known = int(row.figures["reference_nights"])
    return "learning" if known < LEAST_REFERENCE else "steady"


def _show(rows: list[StoredDrift]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("night", no_wrap=True)
    table.add_column("papers", justify="right")
    for _, title in _COLUMNS:
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("")
    for row in rows:
        cells = (_cell(row, name) for name, _ in _COLUMNS)
        table.add_row(f"{row.night}", str(row.papers), *cells, _state(row))
    out = console()
    out.print(f"model {rows[-1].model_id}", markup=False)
    out.print(table, markup=False)
    for row in rows:
        for alarm in row.alarms:
            out.print(f"alarm: {alarm}", markup=False, soft_wrap=True)


def _cell(row: StoredDrift, name: str) -> str:
    value = row.figures.get(name)
    if value is None:
        return "-"
    low = row.figures.get(f"{name}_low", value)
    high = row.figures.get(f"{name}_high", value)
    return f"{value:.3f}" + (" " if low <= value <= high else "*")
