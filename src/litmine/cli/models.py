"""``litmine models``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import (
    Json,
    TerminalProgress,
    parse_day,
    print_json,
    settings,
    user_name,
)

if TYPE_CHECKING:
    from litmine.classify.compare import Rules
    from litmine.classify.registry import Change
    from litmine.jobs.comparison import Comparison, Gold

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, compare, promote and roll back classifiers; judge papers again.",
)


_Id = Annotated[str, typer.Argument(metavar="ID", help="Model id, the start of one, or shipped.")]
_By = Annotated[
    str,
    typer.Option(
        "--by",
        default_factory=user_name,
        help="Who does it; kept in the history.",
        show_default="you",
    ),
]
_GoldFile = Annotated[
    Path | None,
    typer.Option("--gold", help="Gold labels to compare on; ../shared/labels/dev.jsonl if there."),
]
_Papers = Annotated[
    list[Path] | None,
    typer.Option(help="Texts of the gold papers: Parquet or JSON lines. Repeatable."),
]
_Margin = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="A figure may be lower by less than this.")
]
_Draws = Annotated[int, typer.Option(min=100, help="Bootstrap draws.")]
_Seed = Annotated[int, typer.Option(help="Of the bootstrap.")]


@app.callback()
def _group() -> None:
    """Classifiers: the champion that judges, and challengers trained with `litmine train`."""


@app.command("list")
def list_models(json_output: Json = False) -> None:
    """List the models; * marks the champion.

    \b
    Example:  litmine models list
    """
    from litmine.jobs.catalogue import catalogue

    rows = catalogue(settings())
    if json_output:
        print_json(rows)
        return
    width = max(len(row["model_id"]) for row in rows)
    typer.echo(
        f"  {'model':<{width}}  origin   made        labels  decisions  "
        "AP, cell F1, technique on gold"
    )
    for row in rows:
        typer.echo(
            f"{'*' if row['champion'] else ' '} {row['model_id']:<{width}}  {row['origin']:<7}  "
            f"{(row['made'] or '-')[:10]:<10}  {row['labels'] or '-':>6}  {row['decisions']:>9}  "
            + (_headline(row["figures"]) if not row["problem"] else "damaged")
        )
    for row in rows:
        if row["problem"]:
            typer.echo(f"{row['model_id']}: {row['problem']}")


def _headline(figures: dict[str, Any] | None) -> str:
    if figures is None:
        return "not compared yet"
    keys = ("average_precision", "cell_micro_f1", "technique_accuracy")
    said = ", ".join(f"{figures[key]:.3f}" for key in keys)
    return f"{said} ({figures['papers']} papers)"


@app.command("show")
def show(model: _Id, json_output: Json = False) -> None:
    """Tell how a model was made, how it compared and when it was champion.

    \b
    Example:  litmine models show litmine-242d
    """
    from litmine.jobs.catalogue import describe

    facts = describe(settings(), model)
    if json_output:
        print_json(facts)
        return
    mark = ", the champion" if facts["champion"] else ""
    typer.echo(f"{facts['model_id']} ({facts['origin']}{mark}) in {facts['folder']}")
    if facts["problem"]:
        typer.echo(f"  damaged: {facts['problem']}")
    typer.echo(f"  encoder      {facts['encoder'] or '-'}")
    typer.echo(f"  figures      {_headline(facts['figures'])}")
    for key, value in facts["facts"].items():
        typer.echo(f"  {key:<12} {_short(value)}")
    for one in facts["comparisons"]:
        said = "not worse" if one["not_worse"] else "not shown to be as good"
        typer.echo(f"  compared     {one['made']} {one['challenger']} against {one['champion']}:")
        typer.echo(f"               {said}; {one['why']}")
    for change in facts["history"]:
        typer.echo(f"  history      {_told(change)}")


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_short(v)}" for k, v in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _told(change: dict[str, Any]) -> str:
    forced = f", forced: {change['forced']}" if change["forced"] else ""
    return (
        f"{change['at']} {change['action']} to {change['model']} from {change['previous']} "
        f"by {change['by']} ({change['why']}{forced})"
    )


@app.command("compare")
def compare(
    model: _Id,
    gold: _GoldFile = None,
    papers: _Papers = None,
    margin: _Margin = 0.02,
    draws: _Draws = 1000,
    seed: _Seed = 0,
    json_output: Json = False,
) -> None:
    """Compare a model with the champion, on gold labels and on recent decisions; change nothing.

    Papers that a model was trained on are left out. The report is kept beside the challenger.

    \b
    Example:  litmine models compare litmine-242d
    """
    from litmine.jobs.comparison import compare_models

    comparison = compare_models(
        settings(),
        model,
        gold=_gold(gold, papers),
        rules=_rules(margin, draws, seed),
        progress=TerminalProgress(quiet=json_output),
    )
    if json_output:
        print_json({**comparison.report, "file": str(comparison.path)})
    else:
        _print_report(comparison)


@app.command("promote")
def promote(
    model: _Id,
    by: _By,
    force: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Promote whatever the comparison says; kept."),
    ] = None,
    gold: _GoldFile = None,
    papers: _Papers = None,
    margin: _Margin = 0.02,
    draws: _Draws = 1000,
    seed: _Seed = 0,
    json_output: Json = False,
) -> None:
    """Make a model the champion, if it is not worse than the present one; the report says why.

    Not worse, on gold labels and on recent decisions alike: the lower end of the 95% interval of
    each figure's difference, by paired bootstrap over papers, lies above minus the margin. Where
    papers are too few to show it, the champion stays. Exit code 1: it stays.

    From then on new papers and new texts are judged by the new champion; what was judged before
    stays as it is until `litmine models reclassify`.

    \b
    Example:  litmine models promote litmine-242d
              litmine models promote litmine-242d --force "no decisions yet"
    """
    from litmine.jobs.lifecycle import promote as promote_model

    comparison, change = promote_model(
        settings(),
        model,
        by=by,
        force=force,
        gold=_gold(gold, papers),
        rules=_rules(margin, draws, seed),
        progress=TerminalProgress(quiet=json_output),
    )
    if json_output:
        print_json(
            {
                **comparison.report,
                "file": str(comparison.path),
                "promoted": change is not None,
                "forced": change.forced if change else None,
            }
        )
    else:
        _print_report(comparison)
        _print_change(change)
    raise typer.Exit(0 if change else 1)


@app.command("rollback")
def rollback(
    by: _By,
    why: Annotated[str, typer.Option(help="Kept in the history.")] = "asked for",
    json_output: Json = False,
) -> None:
    """Make the previous champion the champion again.

    A damaged one is passed over; the shipped model stands at the end of the line.

    \b
    Example:  litmine models rollback --why "misses energy papers"
    """
    from dataclasses import asdict

    from litmine.jobs.lifecycle import rollback as roll_back

    change = roll_back(settings(), by=by, why=why)
    if json_output:
        print_json(asdict(change))
    else:
        _print_change(change)


@app.command("reclassify")
def reclassify(
    since: Annotated[
        str | None, typer.Option(help="Only papers first submitted since this day (YYYY-MM-DD).")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many papers.")] = None,
    queue_only: Annotated[
        bool, typer.Option("--queue-only", help="Only papers that wait for a reviewer.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Judge papers again that the champion has not judged, the newest first.

    Committed slice by slice: interrupted or killed, run it again and it goes on. Earlier
    predictions stay; waiting papers get their new scores, decided ones are left alone.

    \b
    Example:  litmine models reclassify --queue-only
    """
    from dataclasses import asdict

    from litmine.jobs.reclassify import reclassify as judge_again

    done = judge_again(
        settings(),
        since=parse_day(since),
        limit=limit,
        waiting_only=queue_only,
        progress=TerminalProgress(quiet=json_output),
    )
    if json_output:
        print_json(asdict(done))
        return
    if not done.judged and not done.left:
        typer.echo(f"nothing to do: {done.model_id} has judged them all")
        return
    typer.echo(
        f"{done.judged} papers judged by {done.model_id}, {done.left} left; "
        f"queue: {done.added} added, {done.rescored} with a new score"
    )
    if done.left:
        typer.echo("go on with the same command")


def _gold(labels: Path | None, papers: list[Path] | None) -> Gold | None:
    from litmine.core.errors import InputError
    from litmine.jobs.comparison import DEFAULT_GOLD, Gold

    if labels is None and papers:
        labels = DEFAULT_GOLD
        if not labels.is_file():
            raise InputError("--papers needs --gold: the labels of those papers")
    return None if labels is None else Gold(labels, papers)


def _rules(margin: float, draws: int, seed: int) -> Rules:
    from litmine.classify.compare import Rules

    return Rules(margin=margin, draws=draws, seed=seed)


def _print_report(comparison: Comparison) -> None:
    typer.echo(comparison.path.read_text(encoding="utf-8"))
    typer.echo(f"kept in {comparison.path}")


def _print_change(change: Change | None) -> None:
    if change is None:
        typer.echo("the champion stays (--force REASON promotes all the same)")
        return
    typer.echo(f"{change.model} is the champion; before it was {change.previous}")
    typer.echo("what others judged stays as it is: litmine models reclassify judges it again")
