"""``litmine db``."""

from __future__ import annotations

import typer

from litmine.cli.common import Json, open_existing, print_json, settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Upgrade the database or print its content digest.",
)


@app.callback()
def _group() -> None:
    """The database behind everything."""


@app.command("upgrade")
def upgrade() -> None:
    """Create the database or bring its schema up to date (nightly does so by itself)."""
    from litmine.store import open_store
    from litmine.store.schema import SCHEMA_HEAD

    with open_store(settings().database) as store:
        typer.echo(f"{store.url} has schema {SCHEMA_HEAD}")


@app.command("digest")
def digest(json_output: Json = False) -> None:
    """Print one fingerprint a table over its content, clock times left out.

    Two databases with the same digests hold the same papers, vectors, predictions, labels and
    queue, however often the runs that filled them were interrupted.
    """
    from litmine.store.digest import content_digest

    with open_existing(settings()) as store, store.read() as connection:
        found = content_digest(connection)
    if json_output:
        print_json(found)
        return
    for table, value in found.items():
        typer.echo(f"{table:<16} {value}")
