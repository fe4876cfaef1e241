"""`litmine suggestions`: what was suggested to hand-kept lists, and what people did with it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from litmine.cli.common import Json, open_existing, plain, print_json, settings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Suggestions to hand-kept lists: what became of them, what is left out.",
)

_Target = Annotated[
    str | None,
    typer.Option("--list", help="Only this list, as `litmine suggestions list` names it."),
]


@app.callback()
def _group() -> None:
    """What `litmine publish` put forward to hand-kept lists, and what people made of it.

    \b
    litmine suggestions list
    litmine suggestions left-out
    litmine suggestions again 2607.01234
    """


@app.command("list")
def list_all(target: _Target = None, as_json: Json = False) -> None:
    """List the suggestions with their state: branch, open, merged or closed.

    \b
    Example:  litmine suggestions list --json
    """
    from litmine.store.suggestions import suggestions_of

    loaded = settings()
    with open_existing(loaded) as store, store.read() as connection:
        found = suggestions_of(connection, target)
    if as_json:
        from dataclasses import asdict

        print_json([asdict(one) for one in found])
        return
    if not found:
        typer.echo("No suggestions; litmine publish --git REPOSITORY makes one.")
    for one in found:
        where = one.url or f"branch {one.branch}"
        typer.echo(
            f"{one.id:>4}  {one.state:<6}  {len(one.papers):>4} papers  "
            f"{one.changed_at:%Y-%m-%d}  {plain(one.target)}  {plain(where)}"
        )


@app.command("left-out")
def left_out(target: _Target = None, as_json: Json = False) -> None:
    """List the papers that are not put forward again, and why.

    \b
    Example:  litmine suggestions left-out
    """
    from litmine.store.offers import LEFT_OUT, known_targets, offers_of
    from litmine.store.papers import get_papers

    loaded = settings()
    with open_existing(loaded) as store, store.read() as connection:
        names = known_targets(connection) if target is None else [target]
        found = [o for name in names for o in offers_of(connection, name, LEFT_OUT).values()]
        papers = get_papers(connection, sorted({one.arxiv_id for one in found}))
    facts: list[dict[str, Any]] = [
        {
            "list": one.target,
            "id": one.arxiv_id,
            "why": one.state,
            "since": one.changed_at,
            "suggestion": one.suggestion_id,
            "title": papers[one.arxiv_id].title if one.arxiv_id in papers else None,
        }
        for one in found
    ]
    if as_json:
        print_json(facts)
        return
    if not facts:
        typer.echo("Nothing is left out.")
    for fact in facts:
        typer.echo(
            f"{fact['id']:<12}  {fact['why']:<8}  {fact['since']:%Y-%m-%d}  "
            f"{plain(fact['list'])}  {plain(fact['title'] or '')}"
        )


@app.command("again")
def again(
    arxiv_ids: Annotated[list[str] | None, typer.Argument(help="arXiv ids.")] = None,
    target: _Target = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every paper that is left out.")
    ] = False,
) -> None:
    """Let papers be put forward again that were taken out or declined.

    \b
    Example:  litmine suggestions again 2607.01234
    """
    from datetime import UTC, datetime

    from litmine.cli.common import user_name
    from litmine.core.errors import InputError
    from litmine.core.paper import parse_arxiv_id
    from litmine.store.audit import record
    from litmine.store.offers import LEFT_OUT, forget_offers, known_targets, offers_of

    wanted = [parse_arxiv_id(one).id for one in arxiv_ids or ()]
    if bool(wanted) == everything:
        raise InputError("name arXiv ids, or give --all; litmine suggestions left-out lists them")
    loaded = settings()
    lifted: list[str] = []
    with open_existing(loaded) as store, store.write() as connection:
        for name in known_targets(connection) if target is None else [target]:
            known = offers_of(connection, name, LEFT_OUT)
            some = forget_offers(connection, name, known if everything else wanted)
            lifted.extend(some)
            if some:
                now = datetime.now(UTC)
                record(connection, now, user_name(), "suggest-again", name, papers=some)
        unknown = [one for one in wanted if one not in lifted]
        if unknown:
            raise InputError(
                f"{', '.join(unknown)} is not left out; litmine suggestions left-out lists those "
                "that are"
            )
    told = ", ".join(dict.fromkeys(lifted)) if len(lifted) <= 20 else f"{len(lifted)} papers"
    typer.echo(f"{told or 'nothing'} can be put forward again")
