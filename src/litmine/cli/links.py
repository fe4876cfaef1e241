"""`litmine links`: whether the links of the list still work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import Json, open_existing, plain, print_json, settings

if TYPE_CHECKING:
    from litmine.jobs.publish.check_links import Checked, LinkReport

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Whether the links of the list still work.",
)

_BROKEN = 7  # as for `litmine publish --check`: something is missing
_TOLD = ("broken", "suspect", "moved")


@app.callback()
def _group() -> None:
    """Try the links of the list, politely, and remember what came of it.

    \b
    litmine links check
    litmine links check --file README.md
    litmine links show
    """


@app.command("check")
def check(
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", help="Check the links in this Markdown file; repeatable."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Try those, too, that were tried lately.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Try so many at most.")
    ] = None,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.1, max=600, help="Stop after so long.")
    ] = 15.0,
    gap: Annotated[
        float, typer.Option("--gap", min=0.2, max=60, help="Seconds between requests to one host.")
    ] = 1.0,
    at_once: Annotated[
        int, typer.Option("--at-once", min=1, max=32, help="Requests at one time, to all hosts.")
    ] = 8,
    allow_private: Annotated[
        bool,
        typer.Option("--allow-private", help="Ask hosts of your own network, too."),
    ] = False,
    json_output: Json = False,
) -> None:
    """Try the links of the approved papers, or of a Markdown file; ask only for old results.

    A link is broken when it was not found (404 or 410) on two different days; what says 403 or
    429, and what does not answer, is unknown. Links to arXiv are not asked. Stop it at any time:
    what was learnt is kept. Exit code 7 when links are broken.

    \b
    Example:  litmine links check --file README.md --minutes 5
    """
    from litmine.cli.common import TerminalProgress
    from litmine.jobs.context import RunContext
    from litmine.jobs.publish.check_links import check_links, links_of_file
    from litmine.publish.links.probe import Limits
    from litmine.store import open_store

    places: dict[str, list[str]] | None = None
    for path in file or ():
        places = places or {}
        for url, where in links_of_file(path).items():
            places.setdefault(url, []).extend(where)
    loaded = settings()
    limits = Limits(at_once=at_once, gap=gap, total=minutes * 60, private=allow_private)
    # A file is checked without any papers, too, such as in the CI of the list.
    with open_store(loaded.database) if file else open_existing(loaded) as store:
        context = RunContext(loaded, store, progress=TerminalProgress(quiet=json_output))
        report = check_links(
            context, places if file else None, limits=limits, again=again, most=limit
        )
    if json_output:
        print_json(_facts(report))
    else:
        _tell(report)
    if report.of("broken"):
        raise typer.Exit(_BROKEN)


@app.command("show")
def show(
    every: Annotated[bool, typer.Option("--all", help="Those that work, too.")] = False,
    json_output: Json = False,
) -> None:
    """Show what is known: links that are broken, suspect or moved.

    \b
    Example:  litmine links show
    """
    from litmine.store.links import known_links

    with open_existing(settings()) as store, store.read() as connection:
        known = [
            link for link in known_links(connection).values() if every or link.outcome in _TOLD
        ]
    if json_output:
        print_json([_link_facts(link) for link in known])
        return
    for link in known:
        status = link.status or "-"
        moved = f"  now {link.location}" if link.location else ""
        typer.echo(
            plain(f"{link.outcome:<8} {status:>3}  {link.checked_at:%Y-%m-%d}  {link.url}{moved}")
        )
    if not known:
        typer.echo("nothing to tell; litmine links check tries the links of the list")


@app.command("forget")
def forget(
    url: Annotated[list[str], typer.Argument(help="Addresses.")],
) -> None:
    """Forget what is known of an address, so that it is tried anew.

    \b
    Example:  litmine links forget https://example.org/paper
    """
    from litmine.core.errors import NotFound
    from litmine.publish.links.standing import tidy
    from litmine.store.links import forget_links

    with open_existing(settings()) as store, store.write() as connection:
        gone = forget_links(connection, [tidy(one) or one for one in url])
    if not gone:
        raise NotFound("nothing is known of these addresses; litmine links show --all lists them")
    typer.echo(f"forgot {gone}")


def _tell(report: LinkReport) -> None:
    for outcome in _TOLD:
        for one in report.of(outcome):
            typer.echo(plain(_line(one)))
    unclear = [one for one in report.of("unknown") if one.asked]
    for one in unclear:
        typer.echo(plain(_line(one)))
    if report.arxiv:
        typer.echo(f"{report.arxiv} links to arXiv are not asked")
    for host in report.resting:
        typer.echo(plain(f"{host} wants to be left alone for now"))
    typer.echo(report.summary)


def _line(one: Checked) -> str:
    link = one.link
    why = one.problem or (f"HTTP {link.status}" if link.status else "")
    parts = [f"{link.outcome:<8} {link.url}"]
    if link.location:
        parts.append(f"now {link.location}")
    elif why:
        parts.append(f"({why})")
    if one.places:
        more = f" and {len(one.places) - 3} more" if len(one.places) > 3 else ""
        parts.append(f"in {', '.join(one.places[:3])}{more}")
    return "  ".join(parts)


def _link_facts(link: Any) -> dict[str, Any]:
    return {
        "url": link.url,
        "outcome": link.outcome,
        "status": link.status,
        "location": link.location,
        "failures": link.failures,
        "checked_at": link.checked_at.isoformat(),
    }


def _facts(report: LinkReport) -> dict[str, Any]:
    return {
        "counts": report.counts,
        "asked": report.asked,
        "left": report.left,
        "arxiv": report.arxiv,
        "resting": list(report.resting),
        "links": [
            _link_facts(one.link)
            | {"places": list(one.places), "problem": one.problem, "asked": one.asked}
            for one in report.links
        ],
    }
