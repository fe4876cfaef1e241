"""`litmine classify`: label the papers of a JSON-lines file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from litmine.cli.common import TerminalProgress, settings

_AT_ONCE = 256


def command(
    file: Annotated[
        str, typer.Argument(help="JSON lines with id, title and abstract; - reads standard input.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="File to write; - writes to standard output.")
    ] = "-",
    model: Annotated[
        Path | None, typer.Option(help="Classifier folder; the champion by default.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Encoder; that of the settings by default.")
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Folder of the labelled library; corpus/ by default.")
    ] = None,
    cascade: Annotated[
        bool,
        typer.Option(
            "--cascade/--no-cascade",
            help="Let words alone drop the papers that are far from the field, unencoded.",
        ),
    ] = True,
    evidence: Annotated[
        bool,
        typer.Option(
            "--evidence/--no-evidence",
            help="Say which words, sentences and neighbours moved each probability.",
        ),
    ] = True,
) -> None:
    """Classify the papers of a JSON-lines file.

    Each output line holds id, relevance, cells (all 25 with their probabilities), technique and
    the nearest labelled papers; assigned: the cells chosen; possible: the cells not ruled out;
    relevant: true, false or "unsure"; decided_by: which stage of the cascade; evidence, where the
    paper may be relevant; and the model's id. docs/models.md explains each. The file appears only
    when every line was read and classified.

    \b
    Example:  litmine classify night.jsonl --output labelled.jsonl
    """
    import json
    import sys
    from contextlib import nullcontext

    from litmine.classify.cascade import judge
    from litmine.classify.library import LabelledLibrary
    from litmine.classify.model import Classifier
    from litmine.classify.records import as_record, read_records
    from litmine.classify.registry import champion
    from litmine.core.errors import InputError
    from litmine.core.files import atomic_open
    from litmine.encode import load_encoder

    try:
        if file == "-":
            records = list(read_records(sys.stdin, "standard input"))
        else:
            with Path(file).open(encoding="utf-8") as lines:
                records = list(read_records(lines, file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {error}") from error
    loaded = settings()
    classifier = Classifier.load(model or champion(loaded, encoder))
    running = load_encoder(encoder or loaded.models.encoder, workers=loaded.models.threads)
    classifier.require_encoder(running.encoder_id)
    library = LabelledLibrary.from_corpus(corpus, running.encoder_id)
    progress = TerminalProgress()
    progress.start("classify", len(records))
    target = nullcontext(sys.stdout) if output == "-" else atomic_open(output)
    with target as stream:
        for start in range(0, len(records), _AT_ONCE):
            batch = records[start : start + _AT_ONCE]
            predictions = judge(
                batch,
                running,
                classifier,
                library,
                cascade=cascade,
                explain=evidence,
                progress=progress.advance,
            )
            for record, prediction in zip(batch, predictions, strict=True):
                line = json.dumps(as_record(prediction, record.given_id), ensure_ascii=False)
                stream.write(line + "\n")
    relevant = f"{len(records)} papers, model {classifier.model_id}"
    progress.finish(f"classify: {relevant}")
