"""`litmine library`: build the labelled library and look into it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmine.cli.common import Json, TerminalProgress, print_json

if TYPE_CHECKING:
    from litmine.classify.library import LabelledLibrary

app = typer.Typer(
    help="The labelled library: papers whose cells are known, shown as evidence beside new ones.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command()
def build(
    labels: Annotated[Path, typer.Option(help="Folder with train.jsonl and dev.jsonl.")],
    lists: Annotated[Path, typer.Option(help="Rows of public paper lists (Parquet).")],
    papers: Annotated[
        list[Path],
        typer.Option(help="Titles and abstracts: Parquet or JSON lines (.gz, .zst). Repeatable."),
    ],
    encoder: Annotated[
        str | None, typer.Option(help="Encoder to use; the shipped one by default.")
    ] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Folder to write to; the installed corpus by default.")
    ] = None,
    more_labels: Annotated[
        list[Path] | None,
        typer.Option(
            help="Further labels, JSON lines; repeatable. labels.jsonl of the corpus by default."
        ),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Scratch file that lets an interrupted build go on.")
    ] = None,
) -> None:
    """Build library.jsonl and library_vectors.npz from labels, lists and abstracts.

    Run it again after the encoder changes. Abstracts are read for the vectors and not kept.

    \b
    Example:  litmine library build --labels labels --lists lists.parquet --papers papers.parquet
    """
    from litmine.classify import library_build
    from litmine.classify.library_search import build_search, searched
    from litmine.classify.quoted_titles import shorten_quoted
    from litmine.core.resources import corpus_dir
    from litmine.encode import load_encoder, load_search_encoder

    if more_labels is None:
        own = corpus_dir() / "labels.jsonl"
        more_labels = [own] if own.is_file() else []
    gold = library_build.read_gold(labels, more_labels)
    facts = library_build.read_lists(lists)
    texts = library_build.read_texts(papers, frozenset({*gold, *facts}))
    entries = library_build.assemble(gold, facts, texts)
    typer.echo("looking for titles that abstracts quote ...", err=True)
    abstracts = (
        record.get("abstract") or "" for path in papers for record in library_build.records(path)
    )
    short = shorten_quoted({entry.id: entry.title for entry in entries}, abstracts)
    model = load_encoder(encoder)
    progress = TerminalProgress()
    progress.start("encode", len(entries))
    written = library_build.build(
        entries,
        texts,
        model,
        corpus or corpus_dir(),
        cache or _scratch(model.encoder_id),
        progress.advance,
        short,
    )
    progress.finish(f"encode: {len(entries)} papers")
    if encoder is None or encoder == "default":
        seen = load_search_encoder(encoder, workers=None)
        progress.start("encode for search", len(searched(entries)))
        scratch = _scratch(seen.encoder_id)
        folder = corpus or corpus_dir()
        found = build_search(entries, texts, seen, folder, scratch, progress.advance)
        progress.finish(f"encode for search: {found.name}")
    alone = sum(1 for entry in entries if entry.id not in texts or not texts[entry.id].abstract)
    judged = sum(1 for entry in entries if entry.provenance == "gold")
    measured = library_build.agreement(gold, facts)
    typer.echo(f"{len(entries)} papers: {judged} judged, {len(entries) - judged} from lists")
    typer.echo(f"{len(short)} titles shortened because abstracts repeat ten words of them in a row")
    typer.echo(f"encoder {model.encoder_id}; {alone} papers by title alone")
    typer.echo(
        f"lists against gold labels, {measured.relevant} relevant papers in both: "
        f"stage right for {measured.stage_right} of {measured.stage_total}, "
        f"technique for {measured.technique_right} of {measured.technique_total}"
    )
    for path in written:
        typer.echo(f"wrote {path} ({path.stat().st_size / 1e6:.1f} MB)")


@app.command()
def show(
    paper: Annotated[str | None, typer.Argument(help="arXiv id of a paper in the library.")] = None,
    neighbours: Annotated[int, typer.Option("--neighbours", "-k", help="How many.")] = 5,
    corpus: Annotated[
        Path | None, typer.Option(help="Folder to read; the installed corpus by default.")
    ] = None,
    json_output: Json = False,
) -> None:
    """Tell what the library holds, or show one paper and its nearest labelled papers.

    \b
    Example:  litmine library show 2405.04434 --neighbours 3
    """
    from litmine.classify.library import LabelledLibrary

    library = LabelledLibrary.from_corpus(corpus)
    if paper is None:
        _overview(library, json_output)
    else:
        _one(library, paper, neighbours, json_output)


def _overview(library: LabelledLibrary, json_output: bool) -> None:
    from collections import Counter

    facts = {
        "papers": len(library),
        "provenance": dict(sorted(Counter(library.provenance).items())),
        "relevant": sum(entry.relevant == 1 for entry in library.papers),
        "not_relevant": sum(entry.relevant == 0 for entry in library.papers),
        "title_only": int(library.title_only.sum()),
        "encoder_id": library.encoder_id,
        "dim": library.dim,
        "cells": dict(sorted(Counter(cell for cells in library.cells for cell in cells).items())),
    }
    if json_output:
        print_json(facts)
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            typer.echo(f"{name}:")
            for key, count in value.items():
                typer.echo(f"  {count:6d}  {key}")
        else:
            typer.echo(f"{name}: {value}")


def _one(library: LabelledLibrary, text: str, count: int, json_output: bool) -> None:
    from litmine.core.errors import NotFound
    from litmine.core.paper import parse_arxiv_id

    arxiv_id = parse_arxiv_id(text).id
    if arxiv_id not in library:
        raise NotFound(f"{arxiv_id} is not in the labelled library: see `litmine library show`")
    row = library.ids.index(arxiv_id)
    entry = library.papers[row]
    found = library.nearest(library.vectors[row : row + 1], count, [arxiv_id])[0]
    if json_output:
        neighbours = [
            {
                "id": near.id,
                "title": near.title,
                "similarity": near.similarity,
                "cells": list(near.cells),
                "technique": list(near.technique),
                "provenance": near.provenance,
            }
            for near in found
        ]
        record = {**entry.as_json(), "neighbours": neighbours}
        print_json(record)
        return
    verdict = {1: "relevant", 0: "not relevant", -1: "not judged"}[entry.relevant]
    typer.echo(f"{entry.id}  {entry.title}")
    typer.echo(f"{verdict} ({entry.provenance}); in {entry.lists} list(s)")
    typer.echo(", ".join((*entry.cells, *entry.weak_stages, *entry.technique)))
    for near in found:
        typer.echo(f"  {near.similarity:.3f}  {near.id}  {near.title}")
        typer.echo(f"         {', '.join((*near.cells, *near.technique)) or near.provenance}")


def _scratch(encoder_id: str) -> Path:
    import re

    import platformdirs

    name = re.sub(r"[^A-Za-z0-9._-]+", "-", encoder_id)
    return Path(platformdirs.user_cache_dir("litmine")) / "library" / f"{name}.npz"
