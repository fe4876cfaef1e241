"""``litmine demo``."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmine.cli.common import TerminalProgress, console, settings, short_cells

if TYPE_CHECKING:
    from litmine.core.settings import Settings

#: The night of corpus/sample_night.jsonl.
_NIGHT = date(2026, 7, 14)
#: Marks a folder as ours to empty.
_MARK = ".litmine-demo"


def command(
    folder: Annotated[
        Path,
        typer.Option(
            "--folder",
            help="Where the demonstration keeps its database and outputs.",
            file_okay=False,
        ),
    ] = Path("out/demo"),
    fresh: Annotated[
        bool | None,
        typer.Option(
            "--fresh/--keep",
            help="Start from an empty database. Default: only while nothing was decided there.",
        ),
    ] = None,
) -> None:
    """Run a whole night offline: a stand-in arXiv serves the shipped sample night on loopback.

    The sample holds real papers (ids, titles, dates, categories) with summaries in litmine's own
    words in place of the abstracts. Nothing leaves this machine; your own database is not touched.

    \b
    Example:  litmine demo && LITMINE_DATA_DIR=out/demo litmine serve
    """
    from litmine.cli.nightly import show_report
    from litmine.core.errors import InputError
    from litmine.core.resources import corpus_dir
    from litmine.core.sections_outward import MailSettings, WebhookSettings
    from litmine.jobs.nightly import run_nightly
    from litmine.standin import StandinServer, load_records

    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise InputError(
                f"{folder} holds files that are not the demonstration's: "
                "give --folder a new or empty folder"
            )
        decided = _decided(folder)
        if fresh or (fresh is None and not decided):
            shutil.rmtree(folder)
        elif decided:
            number = f"{decided} decision{'' if decided == 1 else 's'}"
            typer.echo(f"{folder} holds {number} and is kept; --fresh starts over")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    out = console()
    with StandinServer(load_records([corpus_dir() / "sample_night.jsonl"])) as server:
        base = settings()
        local = base.model_copy(
            update={
                "data_dir": folder,
                "database_url": "",
                "output_dir": None,
                # Nobody is to get a mail of a demonstration.
                "mail": MailSettings(),
                "webhook": WebhookSettings(),
                "arxiv": base.arxiv.model_copy(
                    update={
                        "oai_url": server.oai_url,
                        "rss_url": server.rss_url,
                        "api_url": server.api_url,
                        "min_gap_seconds": 0.0,
                    }
                ),
            }
        )
        out.print("A stand-in arXiv serves the sample night; litmine reads it:", markup=False)
        progress = TerminalProgress()
        report = run_nightly(local, since=_NIGHT, progress=progress)
    show_report(report, stages=not progress.seen)
    if report.problem:
        typer.echo(f"litmine: {report.problem}", err=True)
        raise typer.Exit(report.exit_code)
    _show_queue(folder)
    _tell_next(base, local)


def _tell_next(base: Settings, local: Settings) -> None:
    """Say how to go on; not through rich, which would break a line that is to be copied."""
    # Outside its virtual environment the command is not on the path.
    call = "litmine" if shutil.which("litmine") else os.path.relpath(sys.argv[0])
    if call.endswith("__main__.py"):
        call = "python -m litmine"
    # What the reader has set otherwise would lead away from the demonstration.
    variables = {"LITMINE_DATA_DIR": str(local.data_dir)}
    if base.output_dir is not None:
        variables["LITMINE_OUTPUT_DIR"] = str(local.outputs)
    if base.database_url:
        variables["LITMINE_DATABASE_URL"] = ""
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    typer.echo(f"\nLists and run report: {local.outputs}")
    typer.echo(f"Try:  export {exports}")
    typer.echo(f"      {call} serve      decide on these papers in the browser")
    typer.echo(f"      {call} review     the same in the terminal")
    typer.echo(f"      {call} status     how things stand")
    typer.echo(f"Then: unset {' '.join(variables)}")
    typer.echo(f"      {call} nightly    reads the real arXiv")


def _decided(folder: Path) -> int:
    from litmine.store import open_store
    from litmine.store.queue import queue_counts

    database = folder / "litmine.db"
    if not database.is_file():
        return 0
    with open_store(f"sqlite:///{database}") as store, store.read() as connection:
        counts = queue_counts(connection)
    return sum(counts.values()) - counts["pending"]


def _show_queue(folder: Path, limit: int = 12) -> None:
    from rich.table import Table

    from litmine.review import ReviewDesk
    from litmine.store import open_store

    with open_store(f"sqlite:///{folder / 'litmine.db'}", must_exist=True) as store:
        desk = ReviewDesk(store, "demo")
        items = desk.waiting(limit)
        total = desk.counts()["pending"]
    table = Table(box=None, pad_edge=False, title=f"Queue: {total} papers, most relevant first")
    table.add_column("p", justify="right")
    table.add_column("cells", max_width=18)
    table.add_column("technique", max_width=20)
    table.add_column("title")
    for item in items:
        table.add_row(
            f"{item.prediction.relevance:.2f}",
            short_cells(item.prediction.assigned),
            " ".join(item.prediction.technique),
            item.paper.title,
        )
    console().print(table, markup=False)
    if total > len(items):
        console().print(f"… and {total - len(items)} less probable ones", markup=False)
