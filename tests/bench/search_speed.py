"""Speed, recall and memory of search: tables in Markdown.

    .venv/bin/python tests/bench/search_speed.py dense --rows 218934 3000000 --vectors V.npy
    .venv/bin/python tests/bench/search_speed.py whole --rows 218934 --vectors V.npy
    .venv/bin/python tests/bench/search_speed.py growth --vectors V.npy

`dense`: search by meaning alone. A part of so many vectors is built, opened by a new process and
asked 2,000 queries: the needs of tests/bench/search_needs, then titles of the seeded library.
Recall is against brute force over all vectors. Memory is that of the process after all queries,
told apart into its own and pages of mapped files (which the system takes back when it needs them);
the encoder is in it, and `before` is what the process had before it opened the part.

`whole`: searches by words and meaning, filters, facets and texts of hits included, over the real
papers of ../shared (needs --vectors in their order): a database is filled, its index made, and a
new process answers with ten hits. `first` is from the start of its work, imports included, to the
first answer.

`growth`: whether a collection grown from a sample of the vectors is like the real one.

--vectors is an npy file of the search encoder's vectors of real papers (of the other one's with
--record). Without it, those of the seeded library are used, which are the other one's. What is
missing to --rows is grown from them (grown_vectors.py).
Machines are noisy: rather than milliseconds, compare ratios and the CPU time beside them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import faiss
import grown_vectors  # beside this file
import numpy as np
import search_serving  # beside this file
import search_whole  # beside this file
from numpy.typing import NDArray

from litmine.encode import load_encoder, load_search_encoder
from litmine.index.dense import DensePart, write_dense
from litmine.index.dense_clusters import TABLE

ROOT = Path(__file__).resolve().parents[2]
NEEDS = ROOT / "tests" / "bench" / "search_needs" / "needs.jsonl"


def real_vectors(path: Path | None) -> NDArray[np.float32]:
    """Unit vectors of real papers."""
    if path is not None:
        vectors = np.load(path).astype(np.float32)
    else:
        with np.load(ROOT / "corpus" / "library_vectors.npz") as library:
            vectors = library["codes"].astype(np.float32) * library["scales"][:, None]
    vectors = vectors[vectors.any(axis=1)]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def query_texts(count: int) -> list[str]:
    """What a researcher may type: written needs first, then titles."""
    texts = [json.loads(line)["query"] for line in NEEDS.read_text().splitlines()]
    library = (ROOT / "corpus" / "library.jsonl").read_text().splitlines()
    order = np.random.default_rng(grown_vectors.SEED).permutation(len(library))
    return (texts + [json.loads(library[number])["title"] for number in order])[:count]


def bench_dense(args: argparse.Namespace) -> None:
    """Build parts of every size, and have a new process answer queries from each."""
    vectors = real_vectors(args.vectors)
    results = []
    for rows in args.rows:
        with tempfile.TemporaryDirectory(dir=args.folder) as name:
            built = build(vectors, rows, args.parts, Path(name), args.threads)
            results.append(built | child("serve", args, *built["folders"]))
    print(f"Vectors of real papers: {len(vectors):,}; the others are grown from them.\n")
    print_dense(results)


def bench_whole(args: argparse.Namespace) -> None:
    """Fill a database of every size, and have a new process search it."""
    vectors = np.load(args.vectors, mmap_mode="r")
    results = []
    for rows in args.rows:
        with tempfile.TemporaryDirectory(dir=args.folder) as name:
            built = search_whole.build(Path(name), vectors, rows)
            results.append(built | child("serve-whole", args, name))
    print_table(
        {
            "Papers": lambda r: f"{r['papers']:,}",
            "Library, p50 / p95 ms": lambda r: both(r["library"]),
            "Everything, p50 / p95 ms": lambda r: both(r["everything"]),
            "CPU ms: library; everything": lambda r: (
                f"{r['library']['cpu']}; {r['everything']['cpu']}"
            ),
            "Eight at the same time, p50 / p95 ms": lambda r: both(r["beside"]),
            "Answers a second then": lambda r: f"{r['beside']['a_second']}",
            "Opening; first answer, s": lambda r: f"{r['open']}; {r['first']}",
            "Memory: own + mapped, MB": lambda r: f"{r['memory']['own']} + {r['memory']['mapped']}",
            "Making the index, s": lambda r: f"{r['build']}",
        },
        results,
    )


def build(
    vectors: NDArray[np.float32], rows: int, count: int, folder: Path, threads: int
) -> dict[str, Any]:
    """Write `rows` vectors as `count` parts of about equal size."""
    batches = iter(grown_vectors.grown(vectors, rows))
    share = -(-(rows // grown_vectors.AT_ONCE + 2) // count)
    folders = [str(folder / str(number)) for number in range(count)]
    taking = [0.0]

    def told(some: Any) -> Any:
        # The time that growing takes is not that of building.
        while True:
            batch, seconds = search_serving.timed(lambda: next(some, None))
            taking[0] += seconds
            if batch is None:
                return
            yield batch

    began = time.perf_counter()
    for one in folders:
        write_dense(
            Path(one),
            told(islice(batches, share)),
            dim=vectors.shape[1],
            encoder_id="bench",
            threads=threads,
        )
    seconds = time.perf_counter() - began - taking[0]
    size = sum(file.stat().st_size for one in folders for file in Path(one).iterdir())
    return {"folders": folders, "build": round(seconds), "disk": size >> 20}


def child(command: str, args: argparse.Namespace, *arguments: str) -> dict[str, Any]:
    """Run this file in a new process and read the JSON it prints."""
    options = [f"--queries={args.queries}", f"--rounds={args.rounds}"]
    if command == "serve" and (args.record or args.vectors is None):
        options.append("--record")
    line = [sys.executable, __file__, command, *options, *arguments]
    done = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def both(value: dict[str, float]) -> str:
    """Median and 95th percentile."""
    return f"{value['p50']} / {value['p95']}"


def print_table(lines: dict[str, Callable[[Any], str]], results: list[dict[str, Any]]) -> None:
    """A column for each result; the first line is the head."""
    for number, (name, value) in enumerate(lines.items()):
        print(f"| {name} | " + " | ".join(value(result) for result in results) + " |")
        if number == 0:
            print("|---|" + "---|" * len(results))


def print_dense(results: list[dict[str, Any]]) -> None:
    """One table over all sizes, and a closer look at each."""
    print_table(
        {
            "Rows (parts)": lambda r: f"{r['rows']:,} ({r['parts']})",
            "Query encoding, p50 / p95 ms": lambda r: both(r["encoding"]),
            "Ten nearest, p50 / p95 ms": lambda r: both(r["dense"]),
            "Both, p50 / p95 ms": lambda r: both(r["whole"]),
            "Recall@10 against exact": lambda r: f"{r['recall']}",
            "Memory: own + mapped, MB": lambda r: f"{r['memory']['own']} + {r['memory']['mapped']}",
            "Memory before opening, MB": lambda r: (
                f"{r['memory_before']['own']} + {r['memory_before']['mapped']}"
            ),
            "Opening; first search, ms": lambda r: f"{r['open']}; {r['first']}",
            "Building, s": lambda r: f"{r['build']}",
            "On disk, MB": lambda r: f"{r['disk']}",
        },
        results,
    )
    for result in results:
        print(f"\n| {result['rows']:,} rows | p50 ms | p95 ms | CPU ms | recall |")
        print("|---|---|---|---|---|")
        for name, case in result["closer"].items():
            cells = [name, case["p50"], case["p95"], case["cpu"], case["recall"]]
            print("| " + " | ".join(map(str, cells)) + " |")


def bench_growth(args: argparse.Namespace) -> None:
    """Grow a sample of the real vectors back to their number and compare with all of them."""
    vectors = real_vectors(args.vectors)
    rng = np.random.default_rng(grown_vectors.SEED)
    count = round(len(vectors) / args.factor)
    sample = vectors[np.sort(rng.permutation(len(vectors))[:count])]
    new = np.concatenate([*grown_vectors.grown(sample, len(vectors))])
    print(f"| {len(vectors):,} vectors | nearest | 10th nearest | dimensions | share of lists |")
    print("|---|---|---|---|---|")
    for name, some in (("real", vectors), (f"grown from {count:,}", new.astype(np.float32))):
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            write_dense(Path(folder), [some], dim=some.shape[1], encoder_id="bench", lists_from=0)
            with np.load(Path(folder) / TABLE) as table:
                lists = int(table["probes"]) / len(table["sizes"])
            part = DensePart.open(Path(folder))
            chosen = rng.choice(part.rows, 500, replace=False)
            near, tenth, dimensions = shape(some[chosen], some)
        print(f"| {name} | {near:.3f} | {tenth:.3f} | {dimensions:.1f} | {lists:.3f} |")


def shape(queries: NDArray[np.float32], vectors: NDArray[np.float32]) -> tuple[float, float, float]:
    """Cosine of the nearest and the tenth vector, and the number of dimensions they spread in.

    Dimensions: E. Levina and P. Bickel (2004), maximum likelihood over 20 neighbours; medians.
    """
    similar, _ = faiss.knn(queries, vectors, 21, faiss.METRIC_INNER_PRODUCT)
    distances = np.sqrt(np.maximum(2 - 2 * similar[:, 1:], 1e-9))
    growth = np.log(distances[:, -1:] / distances[:, :-1]).mean(axis=1)
    return float(similar[:, 1].mean()), float(similar[:, 10].mean()), float(np.median(1 / growth))


def serve(args: argparse.Namespace) -> None:
    """Answer queries in this process and print what it took as JSON."""
    texts = query_texts(args.queries)
    load = load_encoder if args.record else load_search_encoder
    folders = [*map(Path, args.parts)]
    print(json.dumps(search_serving.serve_dense(folders, load(workers=1), texts, args.rounds)))


def serve_whole(args: argparse.Namespace) -> None:
    """Search in this process and print what it took as JSON."""
    texts = query_texts(args.queries)
    print(json.dumps(search_whole.serve(Path(args.data), texts, args.rounds)))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(required=True)
    measured = argparse.ArgumentParser(add_help=False)
    measured.add_argument("--queries", type=int, default=2_000)
    measured.add_argument("--rounds", type=int, default=3)
    measured.add_argument("--record", action="store_true", help="vectors of the record encoder")
    given = argparse.ArgumentParser(add_help=False)
    given.add_argument("--vectors", type=Path, help="npy, shape (n, dim)")
    given.add_argument("--folder", type=Path, help="where parts are built; needs 1.3 kB a row")
    dense = commands.add_parser("dense", parents=[measured, given])
    dense.add_argument("--rows", type=int, nargs="+", default=[218_934])
    dense.add_argument("--parts", type=int, default=1, help="segments that the rows stand in")
    dense.add_argument("--threads", type=int, default=1, help="for building")
    dense.set_defaults(run=bench_dense)
    whole = commands.add_parser("whole", parents=[measured, given])
    whole.add_argument("--rows", type=int, nargs="+", default=[218_934])
    whole.set_defaults(run=bench_whole)
    growth = commands.add_parser("growth", parents=[given])
    growth.add_argument("--factor", type=float, default=3_000_000 / 218_934)
    growth.set_defaults(run=bench_growth)
    serving = commands.add_parser("serve", parents=[measured])
    serving.add_argument("parts", nargs="+")
    serving.set_defaults(run=serve)
    searching = commands.add_parser("serve-whole", parents=[measured])
    searching.add_argument("data")
    searching.set_defaults(run=serve_whole)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
