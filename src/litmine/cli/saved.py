"""`litmine saved`: searches that are kept, and what came since the last look at them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import (
    Json,
    open_existing,
    parse_day,
    plain,
    print_json,
    settings,
    user_name,
)
from litmine.cli.queries import QueryCommand

if TYPE_CHECKING:
    from litmine.core.settings import Settings
    from litmine.search.saved import News, SavedSearch, SavedSearches

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Saved searches: what is new in them, their feeds, a digest.",
)

_Owner = Annotated[
    str,
    typer.Option("--owner", default_factory=user_name, help="Whose.", show_default="you"),
]
_Number = Annotated[int, typer.Argument(help="Its number; litmine saved list shows it.")]


@app.callback()
def _group() -> None:
    """Keep searches and see what came since you last looked.

    \b
    litmine saved add caches 'KV cache technique:kv-cache'
    litmine saved list
    litmine saved news 1
    """


@app.command("add", cls=QueryCommand)
def add(
    name: Annotated[str, typer.Argument(help="How to call it.")],
    query: Annotated[list[str], typer.Argument(help="As for litmine search.")],
    owner: _Owner,
    scope: Annotated[str, typer.Option("--in", help="library or everything.")] = "library",
    digest: Annotated[
        bool, typer.Option("--digest/--no-digest", help="Whether the digest tells its news.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Keep a search; what comes from now on is new.

    \b
    Example:  litmine saved add caches 'KV cache eviction stage:inference'
    """
    with _open() as (saved, loaded):
        kept = saved.save(owner, name, " ".join(query), scope, digest=digest)
    if as_json:
        print_json(_facts(kept, loaded))
    else:
        typer.echo(f"{kept.id}  {plain(kept.name)}: {plain(kept.query)}")


@app.command("list")
def list_all(owner: _Owner, as_json: Json = False) -> None:
    """List the searches with the number of papers that are new in each."""
    with _open() as (saved, loaded):
        told = [(one, len(saved.news(one))) for one in saved.of(owner)]
    if as_json:
        print_json([_facts(one, loaded) | {"new": new} for one, new in told])
        return
    if not told:
        typer.echo("No saved searches; litmine saved add NAME QUERY keeps one.")
    for one, new in told:
        typer.echo(
            f"{one.id:>4}  {new:>3} new  {plain(one.name)}: {plain(one.query)} ({one.scope})"
        )


@app.command("news")
def news(
    number: _Number,
    owner: _Owner,
    keep: Annotated[bool, typer.Option("--keep", help="Leave them new for the next look.")] = False,
    as_json: Json = False,
) -> None:
    """Show what came since the last look, and note that you have seen it."""
    with _open() as (saved, loaded):
        if keep:
            one = saved.one(owner, number)
            found = saved.news(one)
        else:
            one, found = saved.visit(owner, number)
    if as_json:
        print_json(_news(one, found, loaded))
        return
    if not found:
        typer.echo(f"Nothing new in {plain(one.name)} since {one.seen_at:%Y-%m-%d %H:%M} UTC.")
    for item in found:
        typer.echo(f"{item.hit.arxiv_id}  {plain(item.hit.title)}  {item.hit.url}")


@app.command("remove")
def remove(number: _Number, owner: _Owner) -> None:
    """Delete a search and its feed."""
    with _open() as (saved, _):
        saved.delete(owner, number)
    typer.echo(f"Saved search {number} is deleted.")


@app.command("feed")
def feed(
    number: _Number,
    owner: _Owner,
    renew: Annotated[
        bool, typer.Option("--renew", help="Give it a new address; the old one stops to work.")
    ] = False,
) -> None:
    """Show the address of a search's Atom feed, which litmine serve answers.

    Whoever knows the address can read the feed.
    """
    with _open() as (saved, loaded):
        one = saved.new_feed_key(owner, number) if renew else saved.one(owner, number)
    typer.echo(_feed_url(one, loaded))


@app.command("digest")
def digest(
    since: Annotated[
        str | None, typer.Option(help="News since this day; of the last 24 hours by default.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the news of everybody's saved searches as Markdown, for a mail or a page."""
    from datetime import UTC, datetime, time, timedelta

    from litmine.jobs.saved_digest import digest_markdown

    day = parse_day(since)
    moment = (
        datetime.now(UTC) - timedelta(days=1) if day is None else datetime.combine(day, time(), UTC)
    )
    with _open() as (saved, loaded):
        told = saved.digest(moment)
    if as_json:
        print_json([_news(one, found, loaded) for one, found in told])
    else:
        typer.echo(digest_markdown(told), nl=False)


@contextmanager
def _open() -> Iterator[tuple[SavedSearches, Settings]]:
    from litmine.search.saved import SavedSearches
    from litmine.search.searcher import Searcher

    loaded = settings()
    with open_existing(loaded) as store:
        yield SavedSearches(store, Searcher.open(loaded, store)), loaded


def _feed_url(one: SavedSearch, loaded: Settings) -> str:
    return f"{loaded.web.base_url}/feeds/searches/{one.feed_key}.atom"


def _facts(one: SavedSearch, loaded: Settings) -> dict[str, Any]:
    """Tell of a search as the API does, and whose it is."""
    from litmine.search.told import saved_search

    told = saved_search(one, _feed_url(one, loaded))
    return told.model_dump(mode="json") | {"owner": one.owner}


def _news(one: SavedSearch, found: list[News], loaded: Settings) -> dict[str, Any]:
    from litmine.search.told import news_of

    told = news_of(one, _feed_url(one, loaded), found).model_dump(mode="json")
    return told | {"search": _facts(one, loaded)}
