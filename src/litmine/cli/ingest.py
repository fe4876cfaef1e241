"""``litmine ingest``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import Json, TerminalProgress, print_json, settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from litmine.sources.base import HarvestRequest, Source

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Add papers from a snapshot file, a search query or by id.",
)

_Limit = Annotated[int | None, typer.Option(min=1, help="At most this many papers.")]


@app.callback()
def _group() -> None:
    """Add papers outside the nightly harvest; the next nightly run judges them."""


@app.command("snapshot")
def snapshot(
    file: Annotated[Path, typer.Argument(help="JSON lines: .jsonl, .jsonl.gz or .jsonl.zst.")],
    all_categories: Annotated[
        bool, typer.Option("--all-categories", help="Keep papers of every category.")
    ] = False,
    limit: _Limit = None,
    json_output: Json = False,
) -> None:
    """Read the bulk metadata snapshot, streamed, in bounded memory.

    Keeps papers in the configured categories unless --all-categories is given. Idempotent: run it
    again after an interruption, and what is stored is only compared.

    \b
    Example:  litmine ingest snapshot arxiv-metadata-oai-snapshot.json --limit 100000
    """
    from litmine.sources.base import HarvestRequest
    from litmine.sources.snapshot import SnapshotSource

    categories = () if all_categories else settings().arxiv.categories
    _ingest(
        lambda _settings, _store: _given(SnapshotSource(file)),
        HarvestRequest(categories=categories, limit=limit),
        "snapshot",
        json_output=json_output,
    )


@app.command("query")
def query(
    text: Annotated[
        str, typer.Argument(help="arXiv search query, such as 'cat:cs.CL AND ti:LoRA'.")
    ],
    limit: Annotated[int, typer.Option(min=1, max=30_000, help="At most this many papers.")] = 200,
    json_output: Json = False,
) -> None:
    """Add the papers that arXiv's search API finds.

    \b
    Example:  litmine ingest query 'ti:"KV cache" AND cat:cs.LG' --limit 50
    """
    from litmine.sources.base import HarvestRequest

    _ingest(_by_api, HarvestRequest(query=text, limit=limit), "query", json_output=json_output)


@app.command("ids")
def ids(
    papers: Annotated[list[str], typer.Argument(help="arXiv ids or links.")],
    json_output: Json = False,
) -> None:
    """Add single papers by arXiv id or link.

    \b
    Example:  litmine ingest ids 2401.00625 https://arxiv.org/abs/2305.14314
    """
    from litmine.core.paper import parse_arxiv_id
    from litmine.sources.base import HarvestRequest

    wanted = tuple(dict.fromkeys(parse_arxiv_id(p).id for p in papers))
    _ingest(_by_api, HarvestRequest(ids=wanted), "ids", json_output=json_output)


def _by_api(loaded: Any, store: Any) -> AbstractContextManager[Source]:
    from contextlib import contextmanager

    from litmine.core.clock import SystemClock
    from litmine.jobs.sources import open_arxiv

    @contextmanager
    def opened() -> Iterator[Source]:
        with open_arxiv(loaded, store, SystemClock()) as arxiv:
            yield arxiv.search

    return opened()


def _given(source: Source) -> AbstractContextManager[Source]:
    from contextlib import nullcontext

    return nullcontext(source)


def _ingest(open_source: Any, request: HarvestRequest, name: str, *, json_output: bool) -> None:
    import time

    from litmine.jobs.context import RunContext
    from litmine.jobs.pull import pull_once
    from litmine.store import open_store

    loaded = settings()
    progress = TerminalProgress(quiet=json_output)
    began = time.monotonic()
    with open_store(loaded.database) as store, open_source(loaded, store) as source:
        context = RunContext(loaded, store, progress=progress)
        progress.start(name)
        counts = pull_once(context, source, request)
    seconds = time.monotonic() - began
    rate = counts.received / max(seconds, 1e-9)
    progress.finish(f"{name}: {counts.received} records, {rate:.0f}/s")
    if json_output:
        print_json({**asdict(counts), "seconds": round(seconds, 3), "warnings": context.warnings})
        return
    for warning in context.warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(
        f"{counts.received} records read: {counts.new} new, {counts.changed} changed, "
        f"{counts.unchanged} already stored, {counts.rejected} unreadable"
    )
    if counts.received:
        typer.echo("litmine nightly --no-pull judges and queues them now")
    elif not counts.rejected:
        typer.echo(
            "nothing was read: check that the file is arXiv metadata and that its papers are in "
            f"{', '.join(loaded.arxiv.categories)} (--all-categories keeps the rest)"
        )
