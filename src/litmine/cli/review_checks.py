"""``litmine review sample`` and ``litmine review audit``: reading by lot, to know how it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from litmine.cli.common import (
    Json,
    console,
    open_existing,
    plain,
    print_json,
    settings,
    short_cells,
)

if TYPE_CHECKING:
    from litmine.core.settings import Settings

__all__ = ["audit", "sample"]


def sample(
    context: typer.Context,
    size: Annotated[
        int | None,
        typer.Argument(min=1, help="How many papers; default: enough for the target of recall."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Draws the same papers again; default: unforeseeable.")
    ] = None,
    rest: Annotated[
        bool,
        typer.Option("--rest", help="Draw nothing: list what is left to decide of the last draw."),
    ] = False,
    json_output: Json = False,
) -> None:
    """Draw undecided papers by lot, for a guaranteed answer to "may I stop reading?".

    The draw is kept in the audit log. Decide all of it like any other papers: litmine status then
    tells what follows for everything that waits. Drawing again is a second look at the same papers
    and has to be surer than the first.

    \b
    Example:  litmine review sample 60
              litmine review sample --rest
    """
    from dataclasses import asdict

    from litmine.core.clock import SystemClock
    from litmine.core.errors import InputError
    from litmine.review.statistics.random_sample import draw_sample
    from litmine.review.statistics.stopping import sample_size
    from litmine.store.papers import titles_of

    loaded = settings()
    if rest:
        if size is not None or seed is not None:
            raise InputError("--rest draws nothing: leave the size and --seed out")
        _list_rest(loaded, json_output)
        return
    with open_existing(loaded) as store, store.write() as connection:
        drawn = draw_sample(
            connection,
            size or max(1, sample_size(connection, loaded.review.target_recall)),
            reviewer=context.obj,
            now=SystemClock().now(),
            seed=seed,
        )
        titles = titles_of(connection, drawn.ids)
    if json_output:
        print_json(asdict(drawn))
        return
    out = console()
    for arxiv_id in drawn.ids:
        out.print(f"{arxiv_id:<12} {plain(titles.get(arxiv_id, ''))}", markup=False)
    out.print(
        f"{len(drawn.ids)} of {drawn.pool} undecided papers, seed {drawn.seed}: decide all of them",
        markup=False,
    )
    out.print("What is left of them: litmine review sample --rest", markup=False)


def _list_rest(loaded: Settings, json_output: bool) -> None:
    from litmine.core.errors import NotFound
    from litmine.review.statistics.random_sample import latest_sample, still_undecided
    from litmine.store.papers import titles_of

    with open_existing(loaded) as store, store.read() as connection:
        drawn = latest_sample(connection)
        if drawn is None:
            raise NotFound("no sample was drawn yet: litmine review sample draws one")
        left = still_undecided(connection, drawn)
        titles = titles_of(connection, left)
    if json_output:
        print_json({"drawn": len(drawn.ids), "drawn_at": drawn.drawn_at, "left": left})
        return
    out = console()
    for arxiv_id in left:
        out.print(f"{arxiv_id:<12} {plain(titles.get(arxiv_id, ''))}", markup=False)
    out.print(
        f"{len(left)} of the {len(drawn.ids)} papers drawn on {drawn.drawn_at:%Y-%m-%d} are left "
        "to decide",
        markup=False,
    )


def audit(
    context: typer.Context,
    decision: Annotated[
        int | None, typer.Argument(help="Number of an approval by rule; default: list them.")
    ] = None,
    verdict: Annotated[str | None, typer.Argument(help="right or wrong.")] = None,
    json_output: Json = False,
) -> None:
    """Check approvals by rule: list those kept for checking, or say whether one is right.

    A wrong one is undone, and its paper waits again.

    \b
    Example:  litmine review audit
              litmine review audit 17 wrong
    """
    from dataclasses import asdict

    from litmine.cli.review_walk import publish
    from litmine.core.clock import SystemClock
    from litmine.core.errors import InputError
    from litmine.review.rules import check, due, rule_audit

    if (decision is None) != (verdict is None):
        raise InputError("say which approval and what it is: litmine review audit 17 right")
    loaded = settings()
    with open_existing(loaded) as store:
        if decision is not None and verdict is not None:
            with store.write() as connection:
                check(connection, decision, verdict, context.obj, SystemClock().now())
            publish(loaded, store)
        with store.read() as connection:
            waiting, known = due(connection), rule_audit(connection)
    if json_output:
        print_json({"due": [asdict(one) for one in waiting], **asdict(known)})
        return
    out = console()
    for one in waiting:
        out.print(
            f"{one.decision_id:>6}  {one.arxiv_id:<12} {short_cells(one.cells)}  "
            f"{plain(one.title)}",
            markup=False,
        )
    rate = "none checked yet"
    if known.error_rate is not None:
        rate = (
            f"{known.wrong} of {known.checked} checked are wrong: {known.error_rate:.1%} "
            f"({known.confidence:.0%}: {known.low:.1%} to {known.high:.1%})"
        )
    out.print(f"{known.approved} approved by rule, {len(waiting)} to check; {rate}", markup=False)
