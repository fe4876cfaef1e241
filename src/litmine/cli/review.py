"""``litmine review``."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import Json, console, open_existing, print_json, settings, short_cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from litmine.core.settings import Settings
    from litmine.review import ReviewDesk, ReviewItem
    from litmine.store import Store
    from litmine.store.queue import Decision

app = typer.Typer(
    add_completion=False,
    invoke_without_command=True,
    rich_markup_mode=None,
)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"


_Reviewer = Annotated[
    str,
    typer.Option("--reviewer", default_factory=_user, help="Who decides.", show_default="you"),
]
_Paper = Annotated[str, typer.Argument(help="arXiv id or link.")]
_Comment = Annotated[str, typer.Option("--comment", "-m", help="Kept with the decision.")]

_KEYS = "a approve  e edit cells  x reject  l later  u undo  o open link  n next  q quit"


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
        with open_existing(loaded) as store:
            _walk(loaded, store, reviewer)


@app.command("list")
def list_queue(
    state: Annotated[str, typer.Option(help="pending, later, approved or rejected.")] = "pending",
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 25,
    json_output: Json = False,
) -> None:
    """List queued papers, most probably relevant first."""
    from litmine.core.errors import InputError
    from litmine.review import ReviewDesk

    if state not in {"pending", "later", "approved", "rejected"}:
        raise InputError(f"{state!r} is not a state; use pending, later, approved or rejected")
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
            _plain(short_cells(cells) or "-"),
            _plain(item.paper.title),
        )
    out = console()
    out.print(table, markup=False)
    if total > len(items):
        out.print(f"{total - len(items)} more: --limit {total}", markup=False)
    if not items:
        out.print(f"nothing is {state}", markup=False)


@app.command("show")
def show(paper: _Paper, json_output: Json = False) -> None:
    """Show one queued paper with its suggestion and the labelled papers nearest to it."""
    from litmine.review import ReviewDesk

    with open_existing(settings()) as store:
        item = ReviewDesk(store, "reader").show(paper)
    if json_output:
        print_json(_as_json(item))
        return
    _show(item)


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
) -> None:
    """Approve a paper, as suggested or with other cells."""
    _single(context, lambda desk: desk.approve(paper, _split(cells), _split(technique), comment))


@app.command("reject")
def reject(context: typer.Context, paper: _Paper, comment: _Comment = "") -> None:
    """Reject a paper for good (undo brings it back)."""
    _single(context, lambda desk: desk.reject(paper, comment))


@app.command("later")
def later(context: typer.Context, paper: _Paper, comment: _Comment = "") -> None:
    """Put a paper aside."""
    _single(context, lambda desk: desk.later(paper, comment))


@app.command("undo")
def undo(
    context: typer.Context,
    paper: Annotated[
        str | None, typer.Argument(help="arXiv id; default: the last decision.")
    ] = None,
) -> None:
    """Take back the last decision (of one paper, when named)."""
    _single(context, lambda desk: desk.undo(paper), undone=True)


def _single(
    context: typer.Context, act: Callable[[ReviewDesk], Decision], *, undone: bool = False
) -> None:
    from litmine.review import ReviewDesk

    loaded = settings()
    with open_existing(loaded) as store:
        decision = act(ReviewDesk(store, context.obj))
        _publish(loaded, store)
    typer.echo(_said(decision, undone=undone))


def _said(decision: Decision, *, undone: bool = False) -> str:
    if undone:
        return f"took back: {decision.action} of {decision.arxiv_id}"
    cells = f" as {', '.join(decision.cells)}" if decision.cells else ""
    return f"{decision.action}: {decision.arxiv_id}{cells}"


def _publish(loaded: Settings, store: Store) -> None:
    from litmine.jobs.context import RunContext
    from litmine.jobs.outputs import write_lists

    write_lists(RunContext(loaded, store))


def _walk(loaded: Settings, store: Store, reviewer: str) -> None:
    from litmine.core.errors import InputError, NotFound
    from litmine.review import ReviewDesk

    desk = ReviewDesk(store, reviewer)
    out = console()
    skipped: set[str] = set()
    done = 0
    try:
        while True:
            items = [i for i in desk.waiting() if i.paper.arxiv_id not in skipped]
            if not items:
                out.print("the queue is empty" if not skipped else "no more papers", markup=False)
                break
            item = items[0]
            out.rule(f"{len(items)} to go")
            _show(item)
            try:
                key = input(f"\n{_KEYS}\n> ").strip().lower()
            except EOFError:
                break
            paper = item.paper.arxiv_id
            try:
                if key == "q":
                    break
                if key == "n":
                    skipped.add(paper)
                    continue
                if key == "u":
                    taken_back = desk.undo()
                    skipped.discard(taken_back.arxiv_id)
                    out.print(_said(taken_back, undone=True), markup=False)
                    continue
                if key == "o":
                    out.print(item.paper.url, markup=False)
                    typer.launch(item.paper.url)
                    continue
                decision = _act(desk, key, paper)
            except (InputError, NotFound, EOFError) as error:
                out.print(f"not done: {error}", markup=False)
                continue
            if decision is None:
                out.print("press one of the keys named below", markup=False)
                continue
            done += 1
            out.print(_said(decision), markup=False)
    finally:
        # Also after Ctrl-C: every decision is stored already, the lists only follow.
        _publish(loaded, store)
        out.print(f"{done} decisions; lists in {loaded.outputs}", markup=False)


def _act(desk: ReviewDesk, key: str, paper: str) -> Decision | None:
    if key == "a":
        return desk.approve(paper)
    if key == "e":
        cells = input("cells (inf/mem, sys/comp …): ")
        technique = input("technique (empty: as suggested): ")
        return desk.approve(paper, _split(cells), _split(technique) or None)
    if key == "x":
        return desk.reject(paper)
    if key == "l":
        return desk.later(paper)
    return None


def _show(item: ReviewItem) -> None:
    out = console()
    paper, prediction = item.paper, item.prediction
    out.print(_plain(paper.title), style="bold", markup=False)
    authors = ", ".join(paper.authors[:4]) + (" and others" if len(paper.authors) > 4 else "")
    version = f"v{paper.version}, " if paper.version else ""
    out.print(
        _plain(f"{authors} | {paper.published or ''} | {version}{' '.join(paper.categories)}"),
        style="dim",
        markup=False,
    )
    out.print(paper.url, style="dim", markup=False)
    out.print()
    out.print(_plain(paper.abstract), markup=False)
    out.print()
    cells = ", ".join(f"{c} {prediction.cells[c]:.2f}" for c in prediction.assigned) or "none"
    out.print(f"relevance {prediction.relevance:.2f}   cells {cells}", markup=False)
    out.print(f"technique {', '.join(prediction.technique) or 'none'}", markup=False)
    if item.decision:
        out.print(
            f"decided: {_said(item.decision)} by {_plain(item.decision.reviewer)}", markup=False
        )
    if prediction.neighbours:
        out.print("\nnearest labelled papers:", markup=False)
    for neighbour in prediction.neighbours:
        known = ", ".join(neighbour["cells"]) or (
            "not relevant" if neighbour.get("relevant") == 0 else "listed, no cells"
        )
        out.print(
            f"  {neighbour['similarity']:.2f}  {_plain(neighbour['title'])}  [{known}]",
            markup=False,
        )


def _as_json(item: ReviewItem) -> dict[str, Any]:
    from dataclasses import asdict

    value = asdict(item)
    value["paper"]["url"] = item.paper.url
    return value


def _split(value: str | None) -> list[str] | None:
    return None if value is None else [v.strip() for v in value.split(",") if v.strip()]


def _plain(text: str) -> str:
    # Control characters in a title must not drive the reviewer's terminal.
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
