"""``litmine index``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import (
    Json,
    TerminalProgress,
    console,
    open_existing,
    plain,
    print_json,
    settings,
)

if TYPE_CHECKING:
    from litmine.core.settings import Settings
    from litmine.search.sync import SyncReport

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The search index: how it stands, bring it into step, make it anew.",
)

_Wait = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="Wait so long for another one to end.")
]


@app.callback()
def _group() -> None:
    """The search index, made from the database; the nightly run brings it into step."""


@app.command("status")
def show_status(
    check: Annotated[
        bool, typer.Option("--check", help="Read every file and compare it with its checksum.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Tell which index is in use, what it holds, and whether the database has more.

    --check ends with exit code 1 when a file is damaged; litmine index sync then makes the damaged
    part anew.

    \b
    Example:  litmine index status --check
    """
    facts = _facts(settings(), check=check)
    if json_output:
        print_json(facts)
    else:
        _show(facts)
    if facts["damaged"] or facts["trouble"]:
        raise typer.Exit(1)


@app.command("sync")
def sync_index(wait: _Wait = 60.0, json_output: Json = False) -> None:
    """Bring the index into step with the database, while it is in use.

    Every paper is compared by its fingerprint, so it does not matter what happened before.

    \b
    Example:  litmine index sync
    """
    _sync(wait, rebuild=False, json_output=json_output)


@app.command("rebuild")
def rebuild_index(wait: _Wait = 60.0, json_output: Json = False) -> None:
    """Make the index anew beside the old one, which is used until then.

    Seldom needed: sync finds by itself what is damaged or out of date.

    \b
    Example:  litmine index rebuild
    """
    _sync(wait, rebuild=True, json_output=json_output)


def _sync(wait: float, *, rebuild: bool, json_output: bool) -> None:
    from litmine.search.sync import sync_as_set

    loaded = settings()
    progress = TerminalProgress(quiet=json_output)
    with open_existing(loaded) as store:
        report = sync_as_set(loaded, store, progress=progress, rebuild=rebuild, wait=wait)
    if json_output:
        print_json(asdict(report))
        return
    _tell(report, seen=progress.seen)


def _tell(report: SyncReport, *, seen: bool) -> None:
    if report.rebuilt_because is not None:
        typer.echo(f"made anew: {plain(report.rebuilt_because)}")
    if not seen:
        typer.echo(report.summary)
    typer.echo(f"generation {report.generation}, {report.seconds:.1f} s")
    if not report.complete:
        typer.echo(
            "the index of the encoder before stays in use until most papers have vectors of "
            f"{report.encoder_id}: litmine nightly makes them"
        )


def _facts(loaded: Settings, *, check: bool) -> dict[str, Any]:
    from litmine.core.errors import StoreError
    from litmine.index.generation import SearchIndex
    from litmine.index.manifest import encoder_folder
    from litmine.search.sync import encoder_in_use, index_folder, is_behind

    index = SearchIndex.open(index_folder(loaded), encoder_in_use(loaded))
    now = index.current()
    manifest = now.manifest
    behind: bool | None = None
    try:
        with open_existing(loaded) as store:
            behind = is_behind(store, index)
    except StoreError:
        pass  # without a database the index can be looked at all the same
    damaged = {}
    if check and manifest is not None:
        damaged = manifest.damaged_parts(encoder_folder(index.folder, now.encoder_id))
    return {
        "folder": str(index.folder),
        "encoder_id": now.encoder_id,
        "wanted_encoder_id": index.encoder_id,
        "generation": now.number,
        "papers": now.papers,
        "vectors": now.vectors,
        "complete": now.complete,
        "behind": behind,
        "trouble": index.trouble,
        "checked": check and manifest is not None,
        "damaged": damaged,
        "segments": [
            {
                "name": part.name,
                "papers": part.papers,
                "removed": part.rows - part.papers,
                "bytes": sum(part.files.values()),
            }
            for part in (manifest.parts if manifest is not None else ())
        ],
    }


def _show(facts: dict[str, Any]) -> None:
    from rich.table import Table

    if facts["trouble"]:
        typer.echo(f"the index cannot be used: {plain(facts['trouble'])}; run litmine index sync")
    if not facts["generation"]:
        typer.echo(f"no index yet in {plain(facts['folder'])}: run litmine index sync")
        return
    typer.echo(
        f"generation {facts['generation']} in {plain(facts['folder'])}: "
        f"{facts['papers']:,} papers, {facts['vectors']:,} with a vector of {facts['encoder_id']}"
    )
    table = Table(box=None, pad_edge=False)
    for name in ("segment", "papers", "removed", "MB"):
        table.add_column(name, justify="left" if name == "segment" else "right")
    for one in facts["segments"]:
        table.add_row(
            one["name"],
            f"{one['papers']:,}",
            f"{one['removed']:,}",
            f"{one['bytes'] / 1e6:.1f}",
        )
    console().print(table)
    for name, wrong in facts["damaged"].items():
        typer.echo(f"damaged: {name}: {plain(wrong)}; run litmine index sync")
    if facts["checked"] and not facts["damaged"]:
        typer.echo("every file has its checksum")
    if facts["encoder_id"] != facts["wanted_encoder_id"]:
        typer.echo(
            f"the index of {facts['wanted_encoder_id']} is not complete: searches go by words "
            "alone meanwhile"
        )
    if facts["behind"]:
        typer.echo("the database has changed since: run litmine index sync")
