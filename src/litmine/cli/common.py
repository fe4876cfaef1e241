"""What the commands share: settings with logging, output for people or machines, progress."""

from __future__ import annotations

import getpass
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.core.log import configure_logging, get_logger
from litmine.core.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from rich.console import Console
    from rich.progress import Progress as RichProgress

    from litmine.store import Store

__all__ = [
    "Json",
    "TerminalProgress",
    "console",
    "open_existing",
    "parse_day",
    "plain",
    "print_json",
    "settings",
    "short_cells",
    "split",
    "user_name",
]

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]

_log = get_logger("litmine.progress")


def settings() -> Settings:
    """Load the settings and set up logging as they say."""
    loaded = load_settings()
    level = loaded.log.level
    if level == "info" and sys.stderr.isatty() and "level" not in loaded.log.model_fields_set:
        level = "warning"  # a person sees the progress; info lines are for logs
    configure_logging(level, loaded.log.format)
    return loaded


def console(*, stderr: bool = False) -> Console:
    """Return a rich console; plain text when the output is not a terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def print_json(value: Any) -> None:
    """Print a value as indented JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def user_name() -> str:
    """Return the name of whoever is logged in at this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"


def short_cells(cells: Iterable[str]) -> str:
    """Give cells in the short form that commands accept too: ``inf/comp sys/memo``."""
    pairs = (cell.split("/") for cell in cells)
    return " ".join(f"{stage[:3]}/{resource[:4]}" for stage, resource in pairs)


def split(value: str | None) -> list[str] | None:
    """Cut an option at its commas; None stays None."""
    return None if value is None else [v.strip() for v in value.split(",") if v.strip()]


def plain(text: str) -> str:
    """Give text whose control characters cannot drive the user's terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def parse_day(value: str | None) -> date | None:
    """Read YYYY-MM-DD.

    Raises
    ------
    InputError
        When it is not a day.
    """
    from datetime import date

    from litmine.core.errors import InputError

    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise InputError(f"{value!r} is not a day; write YYYY-MM-DD, such as 2026-07-14") from error


def open_existing(loaded: Settings) -> Store:
    """Open the database, which must be there already.

    Raises
    ------
    StoreError
        When there is none yet.
    """
    from litmine.store import open_store

    return open_store(loaded.database, must_exist=True)


class TerminalProgress:
    """Progress bars with rates on a terminal, plain log lines elsewhere.

    Implements `litmine.jobs.progress.Progress`; everything goes to standard error, so that
    standard output stays clean for results.
    """

    _EVERY = 10.0  # seconds between plain lines

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty() and not quiet
        self._bar: RichProgress | None = None
        self._task: Any = None
        self._stage = ""
        self._total: int | None = None
        self._done = 0
        self._began = self._said = time.monotonic()

    @property
    def seen(self) -> bool:
        """Whether a person has seen the stages pass by on the terminal that gets the results."""
        return self._live and sys.stdout.isatty()

    def start(self, stage: str, total: int | None = None) -> None:
        """Begin a stage."""
        self._stop_bar()
        self._stage, self._total, self._done = stage, total, 0
        self._began = self._said = time.monotonic()
        if self._live:
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                SpinnerColumn,
                TextColumn,
                TimeElapsedColumn,
            )

            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description:<13}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                console=console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(stage, total=total, rate="")

    def advance(self, count: int = 1) -> None:
        """Count units; on a pipe, say so every ten seconds."""
        self._done += count
        now = time.monotonic()
        rate = f"{self._done / max(now - self._began, 1e-9):.0f}/s"
        if self._bar is not None:
            self._bar.update(self._task, advance=count, rate=rate)
        elif not self._quiet and now - self._said >= self._EVERY:
            self._said = now
            _log.info("progress", stage=self._stage, done=self._done, of=self._total, rate=rate)

    def finish(self, summary: str) -> None:
        """End a stage with one line."""
        self._stop_bar()
        if self._quiet:
            return
        if self._live:
            stage, _, said = summary.partition(": ")
            typer.echo(f"  {stage:<13} {said}", err=True)
        else:
            _log.info("stage", summary=summary)

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
