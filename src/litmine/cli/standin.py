"""``litmine standin``: serve a file as if it were arXiv."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


def command(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="JSON lines of papers, plain, .gz or .zst: an announcement archive or arXiv's"
            " metadata snapshot. Several files become one archive; the latest state of a paper"
            " counts.",
        ),
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8017,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND[:name=value,...]",
            help="Fail on purpose; may be repeated. Kinds: 429, 406, 500, 503, slow, drip, cut,"
            " truncate, empty, moved, expired. When: on=2+5 (those requests), every=3, or p=0.2"
            " with seed=1; times=N at most; target=oai, rss or api. Details: after=30 or"
            " after=date:30 (Retry-After), wait=5 (slow, drip).",
        ),
    ] = None,
    today: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="The server's day. Default: the last day in the files, so the feeds are full.",
        ),
    ] = None,
    page_size: Annotated[int, typer.Option(min=1, help="OAI-PMH records a page.")] = 1000,
) -> None:
    """Serve FILE as if it were arXiv: OAI-PMH, announcement feeds and the search API.

    For tests, demonstrations and rehearsals: only the base URLs differ from the real arXiv, and
    faults can be switched on at the start or while it runs.

    Example: serve a night that answers every third OAI-PMH request with 429, and read it with
    the four settings that the stand-in prints:

        litmine standin corpus/sample_night.jsonl --fault 429:every=3,after=2,target=oai

        litmine nightly --since 2026-07-14

    While it runs, a POST to /_control changes it; a GET shows its state:

        curl -d '{"faults": ["cut:on=1"], "today": "2026-07-01"}' http://127.0.0.1:8017/_control
    """
    from litmine.standin import StandinServer, load_records

    records = load_records(files)
    server = StandinServer(
        records,
        faults=fault or (),
        today=today.date() if today else None,
        page_size=page_size,
        host=host,
        port=port,
    )
    typer.echo(f"Stand-in arXiv with {len(records):,} papers, today {server.today}. Base URLs:")
    typer.echo(f"  LITMINE_ARXIV__OAI_URL={server.oai_url}")
    typer.echo(f"  LITMINE_ARXIV__RSS_URL={server.rss_url}")
    typer.echo(f"  LITMINE_ARXIV__API_URL={server.api_url}")
    typer.echo("  LITMINE_ARXIV__MIN_GAP_SECONDS=0   (this is not arXiv: no need to wait)")
    typer.echo("Press Ctrl-C to stop.")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        typer.echo(f"\nStopped after {len(server.log):,} requests.")
    finally:
        server.stop()
