"""`litmine train`: the classifier, or the encoder under it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import Json, TerminalProgress, parse_day, print_json, settings

if TYPE_CHECKING:
    from datetime import date

    from litmine.encode.training.config import TrainingConfig

app = typer.Typer(
    help="Train the classifier (seconds to minutes), or the encoder under it (a GPU helps).",
    add_completion=False,
    rich_markup_mode=None,
)

_NIGHTS = "2026-06-01..2026-06-19"


@app.callback(invoke_without_command=True)
def classifier(
    context: typer.Context,
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            help="Gold labels, JSON lines; repeatable, the last one wins. Those that come with "
            "litmine by default."
        ),
    ] = None,
    papers: Annotated[
        list[Path] | None,
        typer.Option(
            help="Titles and abstracts: Parquet or JSON lines; repeatable. "
            "../shared/data/papers.parquet by default, then the database."
        ),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Encoder; that of the settings by default.")
    ] = None,
    nights: Annotated[
        str,
        typer.Option(
            help="Unlabelled nights FIRST..LAST for base rate and thresholds, or none. Without a "
            "file of papers the newest nights of the database serve."
        ),
    ] = _NIGHTS,
    decisions: Annotated[
        bool | None,
        typer.Option(
            "--decisions/--no-decisions",
            help="Learn from reviewers' decisions; by default where there is a database and no "
            "--output.",
        ),
    ] = None,
    hold_back_days: Annotated[
        int, typer.Option(min=0, help="Keep the decisions of so many days for the comparison ...")
    ] = 28,
    hold_back_share: Annotated[
        float, typer.Option(min=0.0, max=0.9, help="... or this share of all, if that is fewer.")
    ] = 0.2,
    output: Annotated[
        Path | None,
        typer.Option(help="Folder to write instead, such as models/classifier of a checkout."),
    ] = None,
    json_output: Json = False,
) -> None:
    """Train a challenger on gold labels and reviewers' decisions, with the encoder as it is.

    It goes to the models folder of the data folder and changes nothing until it is promoted. An
    approval is a relevant paper with its cells and technique, a rejection an irrelevant one; what
    was undone or put aside says nothing. A decision wins over a gold label of the same paper when
    it is newer; a gold label without a day (labelled_at) counts as older than any decision. The
    newest decisions are held back, so that `litmine models promote` can compare on them.

    \b
    Example:  litmine train
              litmine train --labels labels/train.jsonl --papers papers.parquet
              litmine train --output models/classifier      (the model that is shipped)
    """
    if context.invoked_subcommand is not None:
        return
    from litmine.jobs.material import HoldBack
    from litmine.jobs.training import TrainingPlan, train

    plan = TrainingPlan(
        labels=labels,
        papers=papers,
        encoder=encoder,
        nights=None if nights == "none" else _days(nights),
        decisions=decisions,
        hold_back=HoldBack(hold_back_days, hold_back_share),
        output=output,
    )
    artefact = train(settings(), plan, progress=TerminalProgress(quiet=json_output))
    facts = artefact.manifest["facts"]
    if json_output:
        print_json(
            {"model_id": artefact.artefact_id, "folder": str(artefact.folder), "facts": facts}
        )
        return
    told = facts["decisions"]
    typer.echo(
        f"wrote {artefact.folder} ({artefact.artefact_id}) in {facts['seconds']:.0f} s: "
        f"{facts['labels']} labelled papers, {told['used']} of them by decisions; "
        f"{told['held_back']} newer decisions held back"
    )
    if output is None:
        typer.echo(f"compare and promote it: litmine models promote {artefact.artefact_id}")
    else:
        typer.echo("measure it with `litmine evaluate`")


def _days(nights: str) -> tuple[date, date]:
    from litmine.core.errors import InputError

    first, dots, last = nights.partition("..")
    begin, end = parse_day(first), parse_day(last) if dots else None
    if begin is None or end is None:
        raise InputError(f"--nights {nights}: write FIRST..LAST, such as {_NIGHTS}, or none")
    return begin, end


@app.command()
def encoder(
    config: Annotated[Path, typer.Option(help="Settings of the run, TOML.")] = Path(
        "jobs/train/encoder.toml"
    ),
    run: Annotated[Path, typer.Option(help="Folder for what the run leaves behind.")] = Path(
        "out/encoder"
    ),
    output: Annotated[
        Path | None, typer.Option(help="Encoder folder to write; models/encoder by default.")
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(
            help="warmup, folds, fold:K, gather, final or export; repeatable. All by default."
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="torch device; a GPU when there is one.")
    ] = None,
) -> None:
    """Train the encoder and export it to ONNX; then run `litmine train --output
    models/classifier` and `library build`.

    The parts leave their results in the run folder and can be run one by one, on one machine or
    several.

    \b
    Example:  litmine train encoder --config jobs/train/encoder.toml
    """
    from litmine.encode.training.config import load_config

    loaded = load_config(config)
    parts = part or ["warmup", "folds", "final", "export"]
    training = [name for name in parts if name != "export"]
    if training:
        from litmine.encode.training.run import train_encoder

        train_encoder(
            loaded,
            run,
            parts=training,
            device=device,
            say=lambda line: typer.echo(line, err=True),
        )
    if "export" in parts:
        _export(loaded, run, output)


@app.command()
def refine(
    start: Annotated[
        Path | None, typer.Option(help="Encoder to start from; models/encoder by default.")
    ] = None,
    run: Annotated[
        Path, typer.Option(help="Folder for what the run leaves behind; a killed run goes on.")
    ] = Path("out/refine"),
    output: Annotated[
        Path | None, typer.Option(help="Encoder folder to write; models/encoder by default.")
    ] = None,
    epochs: Annotated[float, typer.Option(help="Passes over the labels.")] = 2.0,
    models: Annotated[
        int, typer.Option(min=1, help="Models that are trained and averaged, one per fold.")
    ] = 1,
    folds: Annotated[int, typer.Option(min=2, help="Parts of the new labels.")] = 3,
    device: Annotated[
        str | None, typer.Option(help="torch device; a GPU when there is one.")
    ] = None,
) -> None:
    """Go on training the encoder with the labels that came after it; two CPU cores will do.

    Then run `litmine library build` and `litmine train --output models/classifier`.

    \b
    Example:  litmine train refine --run out/refine
    """
    from litmine.core.errors import InputError
    from litmine.core.resources import models_dir
    from litmine.encode.training.refine import Refinement
    from litmine.jobs.refining import refine as go_on

    if models > folds:
        raise InputError(f"--models {models}: there are only {folds} folds to hold out")
    artefact = go_on(
        start or models_dir() / "encoder",
        run,
        output or models_dir() / "encoder",
        Refinement(folds=folds, models=models, epochs=epochs),
        device=device,
        say=lambda line: typer.echo(line, err=True),
    )
    typer.echo(f"wrote {artefact.folder} ({artefact.artefact_id})")


def _export(settings: TrainingConfig, run: Path, output: Path | None) -> None:
    import json

    from litmine.classify.evidence import pack_evidence
    from litmine.core.resources import models_dir
    from litmine.encode.export import export_encoder
    from litmine.encode.training.data import training_labels

    facts: dict[str, Any] = {"config": settings.as_dict()}
    for report in sorted(run.glob("report-*.json")):
        for key, value in json.loads(report.read_text(encoding="utf-8")).items():
            if key != "config":
                facts[key] = value
    facts["base_model"] = "sentence-transformers/all-MiniLM-L6-v2"
    facts["base_licence"] = "Apache-2.0"
    artefact = export_encoder(
        run / "final",
        output or models_dir() / "encoder",
        name=settings.name,
        max_tokens=settings.max_tokens,
        extra=pack_evidence(run, training_labels(settings.data)),
        facts=facts,
    )
    typer.echo(f"wrote {artefact.folder} ({artefact.artefact_id})")
