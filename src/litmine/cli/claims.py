"""`litmine claims`: the quantified results that the papers of a JSON-lines file claim."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from litmine.cli.common import TerminalProgress


def command(
    file: Annotated[
        str, typer.Argument(help="JSON lines with id, title and abstract; - reads standard input.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="File to write; - writes to standard output.")
    ] = "-",
    model: Annotated[
        Path | None, typer.Option(help="Folder of the model; models/claims by default.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Keep what scores at least so much; else the model's."),
    ] = None,
) -> None:
    """Mine the quantified efficiency results of the papers of a JSON-lines file.

    Each output line holds id and claims: metric, value, unit, change (decrease, increase or
    absolute), its exact place in title + newline + abstract, what it is compared with, under
    what it holds, and how likely it is right. docs/claims.md explains each and says how good
    they are. The file appears only when every line was read.

    \b
    Example:  litmine claims night.jsonl --output claims.jsonl
    """
    import json
    import sys
    from contextlib import nullcontext

    from litmine.claims.miner import Miner
    from litmine.claims.scorer import Scorer
    from litmine.classify.records import read_records
    from litmine.core.errors import InputError
    from litmine.core.files import atomic_open
    from litmine.core.resources import models_dir

    try:
        if file == "-":
            records = list(read_records(sys.stdin, "standard input"))
        else:
            with Path(file).open(encoding="utf-8") as lines:
                records = list(read_records(lines, file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {error}") from error
    miner = Miner(Scorer.load(model or models_dir() / "claims"), threshold=threshold)
    progress = TerminalProgress()
    progress.start("claims", len(records))
    count = 0
    target = nullcontext(sys.stdout) if output == "-" else atomic_open(output)
    with target as stream:
        for record in records:
            claims = [claim.to_json() for claim in miner.mine(record.text)]
            count += len(claims)
            line = json.dumps({"id": record.given_id, "claims": claims}, ensure_ascii=False)
            stream.write(line + "\n")
            progress.advance()
    progress.finish(f"claims: {count} in {len(records)} papers, miner {miner.version}")
