"""`litmine evaluate`: the models on labelled nights, beside simple baselines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from litmine.cli.common import Json, TerminalProgress, console, print_json
from litmine.core.settings import load_settings

if TYPE_CHECKING:
    from litmine.classify.baselines import Scores
    from litmine.encode import Encoder


def command(
    labels: Annotated[Path, typer.Option(help="Labels to measure on, JSON lines.")] = Path(
        "../shared/labels/dev.jsonl"
    ),
    train: Annotated[Path, typer.Option(help="Labels the baselines are trained on.")] = Path(
        "../shared/labels/train.jsonl"
    ),
    papers: Annotated[
        list[Path] | None,
        typer.Option(help="Titles and abstracts: Parquet or JSON lines. Repeatable."),
    ] = None,
    night: Annotated[
        list[str] | None, typer.Option(help="Only these nights of the labels; repeatable.")
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(help="Also a linear model on this untrained encoder (slow: encodes all)."),
    ] = None,
    draws: Annotated[int, typer.Option(help="Bootstrap draws.")] = 1000,
    json_output: Json = False,
) -> None:
    """Measure the classifier against TF-IDF with a linear model and against neighbours alone.

    The labelled papers under test are taken out of the library first. Intervals are 95%, by
    bootstrap over papers; the last table is the paired difference.

    \b
    Example:  litmine evaluate --labels labels/dev.jsonl --papers papers.parquet --night 2026-06-30
    """

    from litmine.classify.evaluate import evaluate
    from litmine.classify.gold import labels_with_texts
    from litmine.classify.model import Classifier
    from litmine.classify.registry import champion
    from litmine.core.errors import InputError
    from litmine.encode import load_encoder

    sources = papers or [Path("../shared/data/papers.parquet")]
    gold, texts = labels_with_texts(labels, sources)
    if night:
        kept = [i for i, label in enumerate(gold) if label.get("night") in night]
        gold, texts = [gold[i] for i in kept], [texts[i] for i in kept]
    if not gold:
        raise InputError(f"{labels} holds no paper of {', '.join(night or ['any night'])}")
    classifier = Classifier.load(champion(load_settings()))
    encoder = load_encoder()
    classifier.require_encoder(encoder.encoder_id)
    vectors = _encode(encoder, [f"{t.title}\n{t.abstract}" for t in texts])
    systems = _systems(classifier, gold, texts, vectors, train, sources, base)
    truth = classifier.outputs.matrix(gold) > 0
    result = evaluate(
        systems,
        truth[:, 0],
        truth[:, classifier.outputs.group("cell")],
        [tuple(label.get("technique", ())) for label in gold],
        draws=draws,
    )
    result["model_id"], result["encoder_id"] = classifier.model_id, classifier.encoder_id
    result["queue"] = _queued(
        systems[0].relevance, truth[:, 0], load_settings().queue.min_relevance
    )
    result["nights"] = sorted({str(label.get("night")) for label in gold})
    if json_output:
        print_json(result)
    else:
        _print(result)


def _queued(relevance: Any, truth: Any, least: float) -> dict[str, Any]:
    """What the queue's threshold lets through: papers, and relevant ones among them."""
    through = relevance >= least
    return {
        "min_relevance": least,
        "papers": int(through.sum()),
        "relevant": int((through & truth).sum()),
    }


def _encode(encoder: Encoder, texts: list[str]) -> Any:
    progress = TerminalProgress()
    progress.start("encode", len(texts))
    vectors = encoder.encode(texts, progress=progress.advance)
    progress.finish(f"encode: {len(texts)} papers with {encoder.encoder_id}")
    return vectors


def _systems(
    classifier: Any,
    gold: list[dict[str, Any]],
    texts: list[Any],
    vectors: Any,
    train: Path,
    sources: list[Path],
    base: str | None,
) -> list[Scores]:
    import numpy as np

    from litmine.classify.baselines import (
        Scores,
        tfidf_baseline,
        vector_baseline,
        votes_baseline,
        words_alone,
    )
    from litmine.classify.gold import labels_with_texts, papers_of_nights
    from litmine.classify.library import LabelledLibrary
    from litmine.classify.records import TextRecord
    from litmine.classify.train import (
        BASE_RATE,
        CALIBRATION_NIGHTS,
        FOLDS,
        NIGHT_PAPERS,
        SEED,
        HeadEvidence,
    )
    from litmine.core.resources import models_dir
    from litmine.encode import load_encoder
    from litmine.encode.artefact import open_artefact
    from litmine.encode.training.data import fold_of

    papers = [
        TextRecord(label["id"], label["id"], t.title, t.abstract)
        for label, t in zip(gold, texts, strict=True)
    ]
    library = LabelledLibrary.from_corpus(encoder_id=classifier.encoder_id)
    # Every paper under test goes, and the rest of its label set too: no night knows another.
    library = library.where(split="train").without(p.arxiv_id for p in papers)
    predictions = classifier.predict(papers, vectors, library)
    names = classifier.outputs.labels_of("cell")
    systems = [
        Scores(
            "litmine",
            np.array([p.relevance for p in predictions]),
            np.array([[p.cells[n] for n in names] for p in predictions]),
            np.array([[n in p.assigned for n in names] for p in predictions]),
            [p.technique[0] for p in predictions],
        )
    ]
    known, known_texts = labels_with_texts(train, sources)
    outputs = classifier.outputs
    targets = outputs.matrix(known)
    fold = fold_of([label["id"] for label in known], FOLDS, SEED)
    typer.echo("training the baselines ...", err=True)
    known_lines = [f"{t.title}\n{t.abstract}" for t in known_texts]
    test_lines = [f"{p.title}\n{p.abstract}" for p in papers]
    systems.append(tfidf_baseline(known_lines, targets, outputs, fold, test_lines, BASE_RATE))
    first, last = CALIBRATION_NIGHTS
    _, others = papers_of_nights(sources[0], first, last, count=NIGHT_PAPERS, seed=SEED)
    systems.append(words_alone(known, known_texts, others, texts, outputs, BASE_RATE))
    evidence = HeadEvidence.load(open_artefact(models_dir() / "encoder", "encoder"))
    if evidence is not None and list(evidence.ids) == [label["id"] for label in known]:
        opinions = classifier.opinions(papers, vectors, library)
        systems.append(votes_baseline(evidence.votes, targets, outputs, opinions.votes, BASE_RATE))
    if base is not None:
        plain = load_encoder(base)
        systems.append(
            vector_baseline(
                f"{base} + linear",
                _encode(plain, known_lines),
                targets,
                outputs,
                fold,
                _encode(plain, test_lines),
                BASE_RATE,
            )
        )
    return systems


def _print(result: dict[str, Any]) -> None:
    from rich.table import Table

    from litmine.classify.evaluate import FIGURES

    out = console()
    out.print(
        f"{result['papers']} papers, {result['relevant']} relevant, nights "
        f"{', '.join(result['nights'])}; F1 over the {result['cells_counted']} cells with at "
        f"least 10 positives; model {result['model_id']}"
    )
    for title, rows in (("95% intervals", result["systems"]), ("paired", result["differences"])):
        table = Table(title=title)
        table.add_column("figure")
        for name in rows:
            table.add_column(name, justify="right")
        for key, wording in FIGURES:
            cells = [
                f"{r[key]['value']:.3f} ({r[key]['low']:.3f}, {r[key]['high']:.3f})"
                for r in rows.values()
            ]
            table.add_row(wording, *cells)
        out.print(table)
    queue = result["queue"]
    out.print(
        f"The queue takes p >= {queue['min_relevance']}: {queue['papers']} of {result['papers']} "
        f"papers, with {queue['relevant']} of the {result['relevant']} relevant ones."
    )
