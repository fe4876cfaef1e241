"""``litmine review``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import (
    Json,
    console,
    open_existing,
    plain,
    print_json,
    settings,
    short_cells,
    split,
    user_name,
)
from litmine.cli.review_checks import audit, sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from litmine.review import Outcome, ReviewDesk, ReviewItem

app = typer.Typer(
    add_completion=False,
    invoke_without_command=True,
    rich_markup_mode=None,
)


_Reviewer = Annotated[
    str,
    typer.Option("--reviewer", default_factory=user_name, help="Who decides.", show_default="you"),
]
_Paper = Annotated[str, typer.Argument(help="arXiv id or link.")]
_Comment = Annotated[str, typer.Option("--comment", "-m", help="Kept with the decision.")]


@app.callback()
def review(context: typer.Context, reviewer: _Reviewer) -> None:
    """Decide on queued papers: one after the other, or one decision by a subcommand.

    Decisions are stored at once, can be undone and are never lost; approved papers stand in the
    paper list from then on.

    \b
    Example:  litmine review            (one paper after the other)
              litmine review approve 2607.01234 --cells inf/mem,inf/comp
    """
    context.obj = reviewer
    if context.invoked_subcommand is None:
        loaded = settings()
        from litmine.cli.review_walk import walk

        with open_existing(loaded) as store:
            walk(loaded, store, reviewer)


@app.command("list")
def list_queue(
    state: Annotated[
        str, typer.Option(help="pending, later, disputed, approved or rejected.")
    ] = "pending",
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 25,
    json_output: Json = False,
) -> None:
    """List queued papers, most probably relevant first."""
    from litmine.core.errors import InputError
    from litmine.review import ReviewDesk
    from litmine.store.queue import STATES

    if state not in STATES:
        raise InputError(f"{state!r} is not a state; use {', '.join(STATES)}")
    with open_existing(settings()) as store:
        desk = ReviewDesk(store, "reader")
        items = desk.waiting(limit, (state,))
        total = desk.counts()[state]
    if json_output:
        print_json([_as_json(item) for item in items])
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("paper", "relevance", "cells", "title"):
        table.add_column(heading, no_wrap=heading in {"paper", "relevance"})
    for item in items:
        cells = item.decision.cells if item.decision else item.prediction.assigned
        table.add_row(
            item.paper.arxiv_id,
            f"{item.prediction.relevance:.2f}",
            short_cells(cells) or "-",
            plain(item.paper.title),
        )
    out = console()
    out.print(table, markup=False)
    if total > len(items):
        out.print(f"{total - len(items)} more: --limit {total}", markup=False)
    if not items:
        out.print(f"nothing is {state}", markup=False)


@app.command("show")
def show(context: typer.Context, paper: _Paper, json_output: Json = False) -> None:
    """Show one queued paper with its suggestion and the labelled papers nearest to it."""
    from litmine.review import ReviewDesk

    with open_existing(settings()) as store:
        item = ReviewDesk(store, context.obj).show(paper)
    if json_output:
        print_json(_as_json(item))
        return
    from litmine.cli.review_walk import show_item

    show_item(item)


@app.command("approve")
def approve(
    context: typer.Context,
    paper: _Paper,
    cells: Annotated[
        str | None,
        typer.Option(help="stage/resource, separated by commas; short forms such as inf/mem."),
    ] = None,
    technique: Annotated[
        str | None, typer.Option(help="One or two techniques, separated by commas.")
    ] = None,
    comment: _Comment = "",
    json_output: Json = False,
) -> None:
    """Approve a paper, as suggested or with other cells."""
    _single(
        context,
        lambda desk: desk.approve(paper, split(cells), split(technique), comment),
        json_output=json_output,
    )


@app.command("reject")
def reject(
    context: typer.Context, paper: _Paper, comment: _Comment = "", json_output: Json = False
) -> None:
    """Reject a paper for good (undo brings it back)."""
    _single(context, lambda desk: desk.reject(paper, comment), json_output=json_output)


@app.command("later")
def later(
    context: typer.Context, paper: _Paper, comment: _Comment = "", json_output: Json = False
) -> None:
    """Put a paper aside."""
    _single(context, lambda desk: desk.later(paper, comment), json_output=json_output)


@app.command("undo")
def undo(
    context: typer.Context,
    paper: Annotated[
        str | None, typer.Argument(help="arXiv id; default: your last decision.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Take back your last decision, or what stands on a paper, whoever decided it."""
    _single(context, lambda desk: desk.undo(paper), json_output=json_output, undone=True)


app.command("sample")(sample)
app.command("audit")(audit)


def _single(
    context: typer.Context,
    act: Callable[[ReviewDesk], Outcome],
    *,
    json_output: bool,
    undone: bool = False,
) -> None:
    from dataclasses import asdict

    from litmine.cli.review_walk import publish, said
    from litmine.review import ReviewDesk

    loaded = settings()
    with open_existing(loaded) as store:
        outcome = act(ReviewDesk(store, context.obj, double=loaded.review.double))
        publish(loaded, store)
    if json_output:
        done = outcome.decision or outcome.undone or outcome.opinion or outcome.withdrawn
        told = {} if done is None else asdict(done)
        print_json({"undone": undone, **told, "state": outcome.state, "revision": outcome.revision})
        return
    typer.echo(said(outcome))


def _as_json(item: ReviewItem) -> dict[str, Any]:
    from dataclasses import asdict

    value = asdict(item)
    value["paper"]["url"] = item.paper.url
    return value
