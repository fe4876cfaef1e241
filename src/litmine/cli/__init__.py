"""The command line: thin doors onto the Python calls.

Each command is a module of its own and is imported only when it is called, so that
``litmine --help`` and ``litmine status`` start in a fraction of a second.
"""

from __future__ import annotations

import difflib
import gc
import importlib
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from litmine.cli import streams
from litmine.core.errors import InputError, LitmineError

__all__ = ["COMMANDS", "app", "main"]

_INTERRUPTED = 130  # typer turns Ctrl-C into this exit code, without a word

#: Name, module, one line of help; in the order in which a newcomer meets them.
COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("nightly", "nightly", "Pull, classify and queue the new papers; write the paper list."),
    ("status", "status", "Last run, watermarks, backlog and queue at a glance."),
    ("review", "review", "Decide on queued papers: approve, edit cells, reject, later, undo."),
    ("serve", "serve", "The reviewers' web application: queue, library, agreement, API."),
    ("search", "search", "Find papers by words and by meaning; measure it on a test collection."),
    ("saved", "saved", "Saved searches: what is new in them, their feeds, a digest."),
    ("digest", "digest", "What a night brought, by mail and webhook: show, send, test, status."),
    ("index", "index", "The search index: how it stands, bring it into step, make it anew."),
    ("mcp", "mcp", "Let an assistant search the papers (Model Context Protocol)."),
    ("user", "user", "Accounts of the web application: roles, passwords, links, tokens."),
    ("publish", "publish", "Write the paper list and the draft list again."),
    ("suggestions", "suggestions", "Suggestions to hand-kept lists, and what is left out of them."),
    ("export", "export", "The approved papers as BibTeX, RIS, CSL-JSON, CSV, Parquet, Atom."),
    ("site", "site", "The companion site of the list: build its pages, look at them."),
    ("links", "links", "Whether the links of the list still work: a bounded, polite round."),
    ("schedule", "schedule", "Keep the nightly run going on arXiv's announcement nights."),
    ("ingest", "ingest", "Add papers from a snapshot file, a search query or by id."),
    ("classify", "classify", "Classify the papers of a JSON-lines file."),
    ("claims", "claims", "The quantified results that the papers of a file claim."),
    ("train", "train", "Train the classifier or the encoder."),
    ("models", "models", "List, compare, promote and roll back classifiers; reclassify."),
    ("drift", "drift", "Control charts of the nights: scores, vectors, decisions; alarms."),
    ("evaluate", "evaluate", "Measure the models on labelled nights."),
    ("simulate", "simulate", "Replay a labelled screening set: how much reading is saved?"),
    ("library", "library", "Build or show the labelled library in corpus/."),
    ("config", "config", "Show the settings in force and where each comes from."),
    ("db", "db", "Upgrade the database or print its content digest."),
    ("demo", "demo", "The whole nightly run on the shipped sample night, offline."),
    ("standin", "standin", "Serve a stand-in arXiv on loopback from JSON-lines files."),
)


class _LazyGroup(TyperGroup):
    """A group that knows its commands by name and imports them when asked."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, _, _ in COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        for name, module_name, short_help in COMMANDS:
            if name == cmd_name:
                return _load(name, module_name, short_help)
        return None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0] if args else ""
        known = [command for command, _, _ in COMMANDS]
        if name and not name.startswith("-") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; litmine --help lists them"
            raise InputError(f"there is no command {name!r}{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        # The overview needs only the table, not the modules behind it.
        with formatter.section("Commands"):
            formatter.write_dl([(name, short_help) for name, _, short_help in COMMANDS])


def _load(name: str, module_name: str, short_help: str) -> Any:
    module = importlib.import_module(f"litmine.cli.{module_name}")
    inner: typer.Typer | None = getattr(module, "app", None)
    if inner is None:
        inner = typer.Typer(add_completion=False, rich_markup_mode=None)
        inner.command(name)(module.command)
    command: Any = typer.main.get_command(inner)
    command.name = name
    command.short_help = short_help
    return command


app = typer.Typer(
    cls=_LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    help=(
        "litmine reads the new arXiv papers each night, finds those on resource-efficient large\n"
        "language models, puts them into stage x resource cells and lays them before reviewers.\n\n"
        "\b\nFirst steps:  litmine demo     (offline, some seconds)\n"
        "              litmine nightly  (the real arXiv)\n"
        "              litmine review   (decide; approvals become the paper list)"
    ),
    epilog=(
        "Exit codes: 0 done, 1 unexpected, 2 wrong input or setting, 3 arXiv, 4 database, "
        "5 model, 6 another run is under way, 7 incomplete, 8 not delivered. "
        "LITMINE_LOG__LEVEL=debug tells more."
    ),
)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    if version:
        from litmine import __version__

        typer.echo(f"litmine {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; every LitmineError becomes one line on standard error."""
    # Importing makes many objects and no garbage; collecting while it does costs a tenth of it.
    gc.set_threshold(100_000, 50, 50)
    streams.open_closed()
    sys.exit(streams.finish(_run()))


def _run() -> int:
    """Run the command that was typed; return its exit code."""
    try:
        app()
    except LitmineError as error:
        streams.say(str(error))
        return error.exit_code
    except (KeyboardInterrupt, SystemExit) as ended:
        if isinstance(ended, SystemExit) and ended.code != _INTERRUPTED:
            if ended.code is None or isinstance(ended.code, int):
                # Typer and rich make a failure of a reader that went away; that is its right.
                return 0 if streams.is_reader_gone(ended) else ended.code or 0
            raise
        streams.say("stopped; what was committed is safe, run again to go on")
        return _INTERRUPTED
    except BrokenPipeError:
        return 0
    except OSError as error:
        if error.filename is not None:
            streams.say(f"{error.filename}: {error.strerror}")
            return 1
        if error.errno not in streams.NO_ROOM:
            raise  # no file of the user's: a fault of ours, with its traceback
        streams.say(f"cannot write the output: {error.strerror}")
        return 1
    return 0
