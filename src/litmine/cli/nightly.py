"""``litmine nightly``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from litmine.cli.common import Json, TerminalProgress, console, parse_day, print_json, settings

if TYPE_CHECKING:
    from litmine.jobs.report import RunReport


def command(
    since: Annotated[
        str | None,
        typer.Option(help="Read everything modified since this day (YYYY-MM-DD)."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Do it all on a throw-away copy; change nothing."),
    ] = False,
    no_pull: Annotated[
        bool,
        typer.Option("--no-pull", help="Ask arXiv nothing: judge, queue and list what is stored."),
    ] = False,
    patient: Annotated[
        bool,
        typer.Option(
            "--patient",
            help="You try a failed night again: the digest tells of it only after three hours.",
        ),
    ] = False,
    json_output: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Run one night: pull, reconcile, encode, classify, enqueue, write the lists and a report.

    Safe to run twice, to interrupt and to kill: it goes on where it stopped, and a second run of
    the same night changes nothing and says so. Reads on from the last watermark, one day of
    overlap included; the first run reads the last three days (or --since).

    \b
    Example:  litmine nightly --since 2026-07-14

    Exit codes: 0 done; 3 arXiv failed (what was stored stays); 4 database; 5 model; 6 another
    run is under way; 7 announced papers are still missing, or the feed could not tell.
    """
    from functools import partial

    from litmine.core.clock import SystemClock
    from litmine.core.errors import InputError
    from litmine.jobs.nightly import run_nightly
    from litmine.jobs.rehearsal import rehearse_nightly

    loaded = settings()
    day = parse_day(since)
    if day is not None and day > SystemClock().now().date():
        raise InputError(f"--since {day} lies in the future; give a day up to today")
    run = rehearse_nightly if dry_run else partial(run_nightly, patient=patient)
    progress = TerminalProgress(quiet=quiet or json_output)
    report = run(loaded, since=day, pull=not no_pull, progress=progress)
    if json_output:
        print_json(report.as_json())
    else:
        show_report(report, dry_run=dry_run, stages=not (progress.seen or quiet))
    if report.problem:
        typer.echo(f"litmine: {report.problem}", err=True)
    raise typer.Exit(report.exit_code)


def show_report(report: RunReport, *, dry_run: bool = False, stages: bool = True) -> None:
    """Print the outcome of a run in a few lines; without its stages when they were seen live."""
    from rich.table import Table

    out = console()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    table.add_column(justify="right", style="dim")
    for stage in report.stages:
        summary = stage.summary if stage.state == "done" else f"{stage.state}: {stage.summary}"
        table.add_row(stage.stage, summary, f"{stage.seconds:.1f} s")
    if stages:
        out.print(table, markup=False)
    for warning in report.warnings:
        out.print(f"warning: {warning}", markup=False)
    if report.state == "failed":
        return
    if dry_run:
        out.print("dry run: this is what a real run would do; nothing was changed")
    elif not report.changed:
        out.print("nothing changed: this night was already complete")
    elif report.queue.get("pending"):
        out.print(f"{report.queue['pending']} papers await review: litmine review")
