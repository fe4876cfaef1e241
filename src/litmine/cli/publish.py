"""``litmine publish``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from litmine.cli.common import Json, open_existing, print_json, settings


def command(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder to write into; default: the output folder."),
    ] = None,
    json_output: Json = False,
) -> None:
    """Write the paper list (approved) and the draft list (awaiting review): Markdown, CSV, JSON.

    The nightly run and every review decision do this by themselves. Files whose content would be
    the same are left alone.

    \b
    Example:  litmine publish --output lists/
    """
    from litmine.jobs.context import RunContext
    from litmine.jobs.outputs import write_lists

    loaded = settings()
    with open_existing(loaded) as store:
        changed = write_lists(RunContext(loaded, store), output)
    folder = output or loaded.outputs
    if json_output:
        print_json({"folder": str(folder), "changed": [str(p) for p in changed]})
        return
    for path in changed:
        typer.echo(f"wrote {path}")
    if not changed:
        typer.echo(f"nothing changed in {folder}")
