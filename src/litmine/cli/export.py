"""``litmine export``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmine.cli.common import open_existing, parse_day, settings, user_name

if TYPE_CHECKING:
    from litmine.core.settings import Settings
    from litmine.publish.formats.registry import Format
    from litmine.store import Store


def command(
    owner: Annotated[
        str,
        typer.Option(
            "--owner", default_factory=user_name, help="Whose saved search.", show_default="you"
        ),
    ],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help="bibtex, ris, csl, csv, jsonl, parquet, atom or markdown; by default what the "
            "file's ending says, else bibtex.",
        ),
    ] = None,
    stage: Annotated[str, typer.Option(help="Only this stage.")] = "",
    resource: Annotated[str, typer.Option(help="Only this resource.")] = "",
    cell: Annotated[str, typer.Option(help="Only this cell, such as inf/mem.")] = "",
    technique: Annotated[str, typer.Option(help="Only with this technique.")] = "",
    since: Annotated[str | None, typer.Option(help="First submitted on this day or later.")] = None,
    until: Annotated[
        str | None, typer.Option(help="First submitted on this day or earlier.")
    ] = None,
    saved: Annotated[
        str | None, typer.Option(help="Only what a saved search finds: its name or number.")
    ] = None,
    library: Annotated[
        bool, typer.Option("--library", help="With the labelled papers that nobody decided on.")
    ] = False,
    abstracts: Annotated[
        bool, typer.Option("--abstracts", help="With abstracts, where the format has them.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write; - or nothing: standard output."),
    ] = None,
) -> None:
    """Write the approved papers as BibTeX, RIS, CSL-JSON, CSV, JSON Lines, Parquet or Atom.

    \b
    litmine export -o papers.bib
    litmine export --technique quantization --since 2026-01-01 -o new.ris
    litmine export --cell inference/memory --format jsonl | jq .title
    litmine export --saved caches -o caches.bib

    The same approvals give the same bytes. A citation key is made of its paper alone and never
    changes when others come. docs/formats.md tells what stands in each format.
    """
    from litmine.core.files import atomic_write
    from litmine.jobs.publish.export import exported
    from litmine.publish.selection import Selection

    target = None if output is None or str(output) == "-" else output
    chosen = _format(form, target)
    part = Selection(stage, resource, cell, technique, parse_day(since), parse_day(until))
    loaded = settings()
    with open_existing(loaded) as store:
        only = None if saved is None else _found(loaded, store, owner, saved)
        data = exported(store, chosen, part, library=library, only=only, abstracts=abstracts)
    if target is not None:
        atomic_write(target, data)
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _format(form: str | None, target: Path | None) -> Format:
    from litmine.core.errors import InputError
    from litmine.publish.formats.registry import format_of

    ending = target.suffix if target is not None else ""
    chosen = format_of(form or ending or "bibtex")
    if chosen.name == "parquet" and target is None and sys.stdout.isatty():
        raise InputError("Parquet is not for a terminal; name a file with --output")
    return chosen


def _found(loaded: Settings, store: Store, owner: str, called: str) -> set[str]:
    from litmine.jobs.publish.export import found_by, saved_search
    from litmine.search.saved import SavedSearches
    from litmine.search.searcher import Searcher
    from litmine.search.sync import sync_as_set

    searcher = Searcher.open(loaded, store)
    one = saved_search(SavedSearches(store, searcher).of(owner), called)
    if searcher.status().generation == 0:
        sync_as_set(loaded, store)
    return found_by(searcher, one.query, one.scope)
