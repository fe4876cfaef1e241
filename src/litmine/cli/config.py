"""``litmine config``."""

from __future__ import annotations

import typer

from litmine.cli.common import Json, console, print_json, settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show the settings in force and where each comes from.",
)


@app.callback()
def _group() -> None:
    """Settings: environment over file over default."""


@app.command("show")
def show(json_output: Json = False) -> None:
    """Print every setting with its value and its origin (environment, file or default).

    Set one with an environment variable (LITMINE_ARXIV__CONTACT=you@example.org) or in
    litmine.toml ([arxiv] contact = "you@example.org").
    """
    from litmine.core.settings import origins
    from litmine.store.engine import redact_url

    loaded = settings()
    rows = origins(loaded)
    shown = [
        (row, redact_url(row.value) if row.key == "database_url" and row.value else row.value)
        for row in rows
    ]
    places = {"database": redact_url(loaded.database), "outputs": str(loaded.outputs)}
    if json_output:
        print_json(
            [
                {"key": r.key, "value": value, "origin": r.origin, "description": r.description}
                for r, value in shown
            ]
        )
        return
    from rich.table import Table

    out = console()
    wide = out.width >= 130
    table = Table(box=None, pad_edge=False)
    table.add_column("setting", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("from", overflow="fold")
    if wide:
        table.add_column("what it is", overflow="fold")
    for row, value in shown:
        said = ", ".join(value) if isinstance(value, tuple) else str("" if value is None else value)
        cells = [row.key, said or "-", row.origin]
        table.add_row(*([*cells, row.description] if wide else cells))
    out.print(table, markup=False)
    out.print(f"database in force: {places['database']}", markup=False)
    out.print(f"lists and reports: {places['outputs']}", markup=False)
    if not wide:
        out.print("A wider terminal, or --json, also tells what each setting is.", markup=False)
