"""`litmine train`: the classifier, or the encoder under it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import TerminalProgress, parse_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    from litmine.classify.library_build import PaperText
    from litmine.encode import Encoder
    from litmine.encode.training.config import TrainingConfig

app = typer.Typer(
    help="Train the classifier (seconds to minutes), or the encoder under it (a GPU helps).",
    add_completion=False,
    rich_markup_mode=None,
)

_LABELS = Path("../shared/labels/train.jsonl")
_PAPERS = [Path("../shared/data/papers.parquet")]
_NIGHTS = "2026-06-01..2026-06-19"


@app.callback(invoke_without_command=True)
def classifier(
    context: typer.Context,
    labels: Annotated[Path, typer.Option(help="Gold labels, JSON lines.")] = _LABELS,
    papers: Annotated[
        list[Path], typer.Option(help="Titles and abstracts: Parquet or JSON lines. Repeatable.")
    ] = _PAPERS,
    encoder: Annotated[
        str | None, typer.Option(help="Encoder; the shipped one by default.")
    ] = None,
    nights: Annotated[
        str | None,
        typer.Option(help="Unlabelled nights FIRST..LAST for base rate and thresholds."),
    ] = _NIGHTS,
    output: Annotated[
        Path | None, typer.Option(help="Classifier folder to write; models/classifier by default.")
    ] = None,
) -> None:
    """Train the classifier on gold labels with the encoder as it is.

    \b
    Example:  litmine train --labels labels/train.jsonl --papers papers.parquet
    """
    if context.invoked_subcommand is not None:
        return
    import time

    from litmine.classify.gold import labels_with_texts, papers_of_nights
    from litmine.classify.train import (
        BASE_RATE,
        FOLDS,
        NIGHT_PAPERS,
        SEED,
        HeadEvidence,
        Night,
        TrainingSet,
        save_classifier,
        train_classifier,
    )
    from litmine.core.files import sha256_file
    from litmine.core.resources import models_dir
    from litmine.encode import load_encoder
    from litmine.encode.artefact import MANIFEST, open_artefact

    began = time.monotonic()
    records, texts = labels_with_texts(labels, papers)
    running = load_encoder(encoder)
    folder = models_dir() / "encoder" if encoder in (None, "default") else Path(str(encoder))
    evidence = None
    if (folder / MANIFEST).is_file():
        evidence = HeadEvidence.load(open_artefact(folder, "encoder"))
    vectors = _vectors(running, [r["id"] for r in records], texts, "labelled papers")
    night = None
    if nights is not None:
        first, last = _days(nights)
        ids, others = papers_of_nights(papers[0], first, last, count=NIGHT_PAPERS, seed=SEED)
        night = Night(
            ids,
            [t.title for t in others],
            [t.abstract for t in others],
            _vectors(running, ids, others, "papers of whole nights"),
            vectors,
        )
    typer.echo("fitting words, fusion and thresholds ...", err=True)
    data = TrainingSet(records, [t.title for t in texts], [t.abstract for t in texts], vectors)
    trained = train_classifier(data, running.encoder_id, evidence, night)
    artefact = save_classifier(
        trained.classifier,
        output or models_dir() / "classifier",
        facts={
            "labels": len(records),
            "relevant": int(trained.targets[:, 0].sum()),
            "labels_sha256": sha256_file(labels),
            "base_rate": BASE_RATE,
            "nights": nights,
            "papers_of_nights": len(night.ids) if night else 0,
            "folds": FOLDS,
            "seed": SEED,
            "head": "trained with the encoder" if evidence else "linear probe",
        },
    )
    typer.echo(
        f"wrote {artefact.folder} ({artefact.artefact_id}) "
        f"in {time.monotonic() - began:.0f} s; measure it with `litmine evaluate`"
    )


def _days(nights: str) -> tuple[date, date]:
    from litmine.core.errors import InputError

    first, dots, last = nights.partition("..")
    begin, end = parse_day(first), parse_day(last) if dots else None
    if begin is None or end is None:
        raise InputError(f"--nights {nights}: write FIRST..LAST, such as {_NIGHTS}")
    return begin, end


def _vectors(
    running: Encoder, ids: Sequence[str], texts: Sequence[PaperText], what: str
) -> NDArray[np.float32]:
    """Vectors of texts; those that the library holds for this encoder are not made again."""
    import numpy as np

    from litmine.classify.library import LabelledLibrary
    from litmine.core.errors import ArtefactMismatch

    vectors = np.zeros((len(ids), running.dim), dtype=np.float32)
    missing = list(range(len(ids)))
    try:
        library = LabelledLibrary.from_corpus(encoder_id=running.encoder_id)
    except ArtefactMismatch:
        typer.echo("the library holds vectors of another encoder; encoding all", err=True)
    else:
        row_of = {i: row for row, i in enumerate(library.ids) if not library.title_only[row]}
        known = library.vectors
        for place, arxiv_id in enumerate(ids):
            if arxiv_id in row_of:
                vectors[place] = known[row_of[arxiv_id]]
        missing = [place for place in missing if ids[place] not in row_of]
    progress = TerminalProgress()
    progress.start("encode", len(missing))
    lines = [f"{texts[place].title}\n{texts[place].abstract}" for place in missing]
    vectors[missing] = running.encode(lines, progress=progress.advance)
    progress.finish(f"encode: {len(missing)} of {len(ids)} {what}")
    return vectors


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
    """Train the encoder and export it to ONNX; then run `litmine train` and `library build`.

    The parts leave their results in the run folder and can be run one by one, on one machine or
    several.

    \b
    Example:  litmine train encoder --config jobs/train/encoder.toml
    """
    from litmine.encode.training.config import load_config

    settings = load_config(config)
    parts = part or ["warmup", "folds", "final", "export"]
    training = [name for name in parts if name != "export"]
    if training:
        from litmine.encode.training.run import train_encoder

        train_encoder(
            settings,
            run,
            parts=training,
            device=device,
            say=lambda line: typer.echo(line, err=True),
        )
    if "export" in parts:
        _export(settings, run, output)


def _export(settings: TrainingConfig, run: Path, output: Path | None) -> None:
    import json

    from litmine.classify.evidence import pack_evidence
    from litmine.core.resources import models_dir
    from litmine.encode.export import export_encoder

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
        extra=pack_evidence(run, Path(settings.data.labels)),
        facts=facts,
    )
    typer.echo(f"wrote {artefact.folder} ({artefact.artefact_id})")
