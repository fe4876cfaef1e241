"""`litmine search`: papers by words and by meaning, at the terminal and for evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litmine.cli.common import Json, open_existing, plain, print_json, settings
from litmine.cli.queries import QueryCommand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from litmine.search.answer import Answer, Facets, Hit

_SHOWN = 10
_DEPTH = 100

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command("search", cls=QueryCommand)
def command(
    query: Annotated[
        list[str] | None, typer.Argument(help="What to look for; see below.", show_default=False)
    ] = None,
    scope: Annotated[
        str, typer.Option("--in", help="library, everything or night:2026-06-30.")
    ] = "library",
    limit: Annotated[
        int | None,
        typer.Option("--limit", "-n", help="Hits; 10 by default, 100 with --queries."),
    ] = None,
    offset: Annotated[int, typer.Option(help="Hits to pass over, for the next page.")] = 0,
    like: Annotated[
        list[str] | None,
        typer.Option(help="Papers like this one, by arXiv id or link; may be given again."),
    ] = None,
    like_file: Annotated[
        str | None, typer.Option(help="Papers like the text in this file; - is standard input.")
    ] = None,
    facets: Annotated[
        bool, typer.Option("--facets", help="Also count the hits by stage, technique, year.")
    ] = False,
    corpus: Annotated[
        Path | None,
        typer.Option(help="Search this file instead: JSON lines with _id, title and text."),
    ] = None,
    queries: Annotated[
        Path | None, typer.Option(help="Answer every query of this file: lines with _id and text.")
    ] = None,
    run: Annotated[
        str, typer.Option(help="Where --queries writes the run in TREC form; - is standard output.")
    ] = "-",
    index: Annotated[
        Path | None,
        typer.Option(help="Keep the index of --corpus in this folder, for the next time."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find papers by words, by meaning and by what is known of them.

    \b
    litmine search KV cache eviction without retraining on one 24 GB card
    litmine search 'speculative decoding stage:inference year:2025..'
    litmine search '"sparse attention" -training author:dao'
    litmine search --like 2309.06180             papers like vLLM's
    litmine search --in night:2026-06-30 quantization

    \b
    "exact words"       side by side, in title or abstract
    -word  -"a phrase"  not with it
    stage: resource: cell: technique: author: title: cat: year: is: night: id:
                        value,value means one of them; -field:value none of them
    2401.00625          or a link to a paper: that paper
    A query that begins with a minus comes after two: litmine search -- -training lora

    Nothing has to match literally: papers are ranked by the words they share with the query and
    by how near they are in meaning. The library holds what reviewers approved and the labelled
    papers that litmine ships; --in everything searches all papers pulled.

    \b
    To measure it on a test collection in BEIR form (no sign in a query is an operator then):
    litmine search --corpus corpus.jsonl --queries queries.jsonl --run out.trec
    """
    from litmine.core.errors import InputError

    text = " ".join(query or [])
    if queries is not None or corpus is not None:
        if text or like or like_file:
            raise InputError("with --corpus or --queries, put the queries into the file")
        if corpus is None or queries is None:
            raise InputError("--corpus and --queries belong together: name both files")
        if limit is not None and limit < 1:
            raise InputError(f"an answer has at least 1 hit, not {limit}")
        _evaluate(corpus, queries, run, index, limit or _DEPTH)
        return
    if not (text or like or like_file):
        raise InputError("say what to look for, such as: litmine search KV cache eviction")
    if text and (like or like_file):
        raise InputError("give a query or papers to be like, not both")
    from litmine.search.searcher import Searcher

    shown = _SHOWN if limit is None else limit
    loaded = settings()
    with open_existing(loaded) as store:
        searcher = Searcher.open(loaded, store)
        if searcher.status().generation == 0:
            from litmine.cli.common import TerminalProgress
            from litmine.search.sync import sync_as_set

            sync_as_set(loaded, store, progress=TerminalProgress())
        if text:
            answer = searcher.search(text, scope=scope, limit=shown, offset=offset)
        else:
            answer = searcher.similar(
                like or [], _read(like_file), scope=scope, limit=shown, offset=offset
            )
    if as_json:
        from litmine.search.told import found_by_query, found_similar

        told = found_by_query if text else found_similar
        print_json(told(answer, shown, offset, abstracts=True).model_dump(mode="json"))
    else:
        _show(answer, offset, facets=facets)


def _read(name: str | None) -> str:
    import sys

    from litmine.core.errors import InputError

    if name is None:
        return ""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {name}: {error}") from error


def _show(answer: Answer, offset: int, *, facets: bool) -> None:
    from litmine.cli.common import console

    out = console()
    for note in answer.notes:
        typer.echo(f"litmine: {note}", err=True)
    if answer.paper_id is not None and not answer.stored:
        link = f"https://arxiv.org/abs/{answer.paper_id}"
        out.print(f"{answer.paper_id} is not stored here; look at {link}", markup=False)
        return
    if not answer.hits and answer.total:
        found = f"{answer.total:,} paper{'' if answer.total == 1 else 's'} in {answer.scope}"
        out.print(f"{found}; none stands behind --offset {offset}.", markup=False)
        return
    if not answer.hits:
        where = "" if answer.scope == "everything" else "; --in everything searches all papers"
        out.print(f"Nothing found in {answer.scope}{where}.", markup=False)
        return
    out.print(_table(answer.hits, offset))
    if facets:
        _show_facets(out, answer.facets)
    last = offset + len(answer.hits)
    more = f"; --offset {last} shows the next" if last < answer.total else ""
    out.print(
        f"{offset + 1}-{last} of {answer.total:,} in {answer.scope}, {answer.took_ms:.0f} ms{more}",
        style="dim",
    )


def _table(hits: Sequence[Hit], offset: int) -> Table:
    from rich import box
    from rich.table import Table

    from litmine.cli.common import short_cells

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("#", justify="right", style="dim")
    # Filters alone list papers: nothing is ranked.
    ranked = any(hit.score is not None for hit in hits)
    if ranked:
        table.add_column("score", justify="right")
    table.add_column("paper", ratio=1, overflow="fold")
    table.add_column("cells, technique", min_width=16, max_width=22)
    for number, hit in enumerate(hits, start=offset + 1):
        table.add_row(
            str(number),
            *([f"{hit.score or 0:.2f}"] if ranked else []),
            _paper(hit),
            "\n".join([*short_cells(hit.cells).split(), *hit.techniques]),
        )
    return table


def _paper(hit: Hit) -> Text:
    """Title, facts and best sentence, one below the other."""
    from rich.text import Text

    title = Text(plain(hit.title), style="bold")
    for start, end in hit.title_marks:
        title.stylize("yellow", start, end)
    author = hit.authors[0] + (" et al." if len(hit.authors) > 1 else "") if hit.authors else ""
    facts = [
        hit.arxiv_id,
        str(hit.published.year) if hit.published else "",
        plain(author),
        hit.state or "",
        ""
        if hit.lexical is None or hit.dense is None
        else f"words {hit.lexical:.2f} + meaning {hit.dense:.2f}",
    ]
    told = Text.assemble(title, "\n", ("  ".join(fact for fact in facts if fact), "cyan"))
    if hit.snippet is not None:
        sentence = Text(plain(hit.snippet.text), style="dim")
        for start, end in hit.snippet.marks:
            sentence.stylize("yellow", start, end)
        told.append("\n")
        told.append_text(sentence)
    return told


def _show_facets(out: Console, facets: Facets) -> None:
    from dataclasses import fields

    for one in fields(facets):
        counts = getattr(facets, one.name)
        if counts:
            line = ", ".join(f"{count.value} {count.count}" for count in counts[:12])
            out.print(f"{one.name}: {line}", style="dim", markup=False)


def _evaluate(corpus: Path, queries: Path, run: str, index: Path | None, depth: int) -> None:
    import sys
    import tempfile
    from contextlib import nullcontext

    from litmine.cli.common import TerminalProgress
    from litmine.core.files import atomic_open
    from litmine.encode import load_search_encoder
    from litmine.search.batch import CorpusSearch, index_corpus
    from litmine.search.beir import read_corpus, read_queries, run_lines

    loaded = settings()
    asked = read_queries(queries)
    documents = list(read_corpus(corpus))
    progress = TerminalProgress()
    encoder = load_search_encoder(loaded.models.encoder, workers=loaded.models.threads)
    target = nullcontext(sys.stdout) if run == "-" else atomic_open(run)
    with tempfile.TemporaryDirectory(prefix="litmine-corpus-") as folder, target as stream:
        progress.start("index", len(documents))
        generation = index_corpus(
            index or Path(folder), documents, encoder, progress=progress.advance
        )
        progress.finish(f"index: {generation.papers:,} documents")
        searcher = CorpusSearch(generation, encoder)
        progress.start("search", len(asked))
        for query in asked:
            stream.writelines(run_lines(query.id, searcher.search(query.text, depth)))
            progress.advance()
        progress.finish(f"search: {len(asked):,} queries")
