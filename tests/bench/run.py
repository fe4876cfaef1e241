"""Speed and memory of litmine on this machine: ``make bench``.

Every figure is of a whole process, from its own resource usage, so start-up is included.
Medians of several runs; compare ratios rather than seconds between machines. Needs ../shared for
the real night and the real records; parts without it are left out and said so.

    make bench                       all of it
    .venv/bin/python tests/bench/run.py cli night snapshot encoder first_stage classify
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import models  # beside this file

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
LITMINE = [str(Path(sys.executable).with_name("litmine"))]


@dataclass
class Measured:
    """One finished process: seconds of wall clock and CPU, peak memory in MB."""

    wall: float
    cpu: float
    peak_mb: float
    out: str


def measure(command: list[str], environment: dict[str, str]) -> Measured:
    """Run a command to its end and read its own accounting (see launch.py)."""
    launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py"))]
    done = subprocess.run(
        [*launcher, *command], env=environment, capture_output=True, text=True, check=True
    )
    *said, usage = done.stderr.splitlines()
    facts = json.loads(usage)
    if facts["code"] != 0:
        raise SystemExit(f"{' '.join(command)} failed: {' '.join(said)[-2000:]}")
    return Measured(facts["wall"], facts["cpu"], facts["peak_mb"], done.stdout)


def environment(folder: Path, **extra: str) -> dict[str, str]:
    """An environment with nothing of the user's own settings."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(folder),
        "LITMINE_DATA_DIR": str(folder / "data"),
        "LITMINE_LOG__LEVEL": "error",
        **extra,
    }


def bench_cli(folder: Path) -> dict[str, Any]:
    """CPU seconds of commands that must start at once, against an existing database."""
    env = environment(folder)
    measure([*LITMINE, "db", "upgrade"], env)
    results = {}
    for name, arguments in {"--help": ["--help"], "status": ["status"]}.items():
        runs = [measure([*LITMINE, *arguments], env) for _ in range(9)]
        results[name] = {
            "cpu_seconds_median": round(statistics.median(r.cpu for r in runs), 3),
            "cpu_seconds_max": round(max(r.cpu for r in runs), 3),
            "peak_mb": round(max(r.peak_mb for r in runs)),
            "runs": len(runs),
        }
    return results


def bench_snapshot(folder: Path, count: int = 100_000) -> dict[str, Any]:
    """Ingest `count` real records through the snapshot source, each run into a new database."""
    import pyarrow.parquet as pq

    path = folder / "snapshot.jsonl"
    table = pq.read_table(SHARED / "data" / "papers.parquet")
    written = 0
    with path.open("w", encoding="utf-8") as out:
        for row in table.slice(0, count * 2).to_pylist():
            if not row["categories"] or written == count:
                continue
            names = (row["authors"] or "Unknown").split("; ")
            day = row["published"]
            line = {
                "id": row["arxiv_id"],
                "submitter": names[0],
                "authors": ", ".join(names),
                "title": row["title"],
                "comments": None,
                "journal-ref": None,
                "doi": None,
                "report-no": None,
                "categories": row["categories"],
                "license": None,
                "abstract": f"  {row['abstract']}\n",
                "versions": [{"version": "v1", "created": "Mon, 6 Jul 2026 17:59:59 GMT"}],
                "update_date": str(day) if day else "2026-07-06",
                "authors_parsed": [[n.rsplit(" ", 1)[-1], n.rsplit(" ", 1)[0], ""] for n in names],
            }
            out.write(json.dumps(line) + "\n")
            written += 1
    runs = []
    for attempt in range(3):
        env = environment(folder / f"snapshot{attempt}")
        measure([*LITMINE, "db", "upgrade"], env)
        command = [*LITMINE, "ingest", "snapshot", str(path), "--all-categories", "--json"]
        runs.append(measure(command, env))
        counts = json.loads(runs[-1].out)
        if counts["new"] != written:
            raise SystemExit(f"{counts['new']} of {written} records were stored")
    again = measure(command, env)
    rates = [written / r.wall for r in runs]
    return {
        "records": written,
        "records_per_second_median": round(statistics.median(rates)),
        "records_per_second": [round(r) for r in rates],
        "again_records_per_second": round(written / again.wall),
        "peak_mb": round(max(r.peak_mb for r in [*runs, again])),
        "file_mb": round(path.stat().st_size / 1e6),
    }


def bench_night(folder: Path) -> dict[str, Any]:
    """The labelled night of 2026-06-30 (486 papers) through the stand-in, start-up included."""
    import zstandard

    from litmine.standin import StandinServer, load_records

    wanted = {
        row["id"]
        for row in map(
            json.loads, (SHARED / "labels" / "dev.jsonl").read_text("utf-8").splitlines()
        )
        if row["night"] == "2026-06-30"
    }
    archive = folder / "night.jsonl"
    with (SHARED / "data" / "nights" / "2026-06-30.jsonl.zst").open("rb") as raw:
        lines = io.TextIOWrapper(
            zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8"
        ).read()
    kept = [line for line in lines.splitlines() if json.loads(line)["arxiv_id"] in wanted]
    archive.write_text("\n".join(kept) + "\n", "utf-8")
    with StandinServer(load_records([archive])) as server:
        env = environment(
            folder / "night",
            LITMINE_ARXIV__OAI_URL=server.oai_url,
            LITMINE_ARXIV__RSS_URL=server.rss_url,
            LITMINE_ARXIV__API_URL=server.api_url,
            LITMINE_ARXIV__MIN_GAP_SECONDS="0",
        )
        command = [*LITMINE, "nightly", "--since", "2026-06-30", "--json"]
        first = measure(command, env)
        second = measure(command, env)
    report = json.loads(first.out)
    again = json.loads(second.out)
    if again["changed"]:
        raise SystemExit("the second run changed something")
    return {
        "papers": len(kept),
        "stored": report["stages"][0]["counts"]["new"],
        "first_run_wall": round(first.wall, 2),
        "first_run_cpu": round(first.cpu, 2),
        "first_run_peak_mb": round(first.peak_mb),
        "second_run_wall": round(second.wall, 2),
        "second_run_cpu": round(second.cpu, 2),
        "stage_seconds": {s["stage"]: round(s["seconds"], 2) for s in report["stages"]},
    }


PARTS: dict[str, tuple[Callable[[Path], dict[str, Any]], bool]] = {
    "cli": (bench_cli, False),
    "night": (bench_night, True),
    "snapshot": (bench_snapshot, True),
    "encoder": (models.bench_encoder, True),
    "first_stage": (models.bench_first_stage, True),
    "classify": (lambda folder: models.bench_classify(folder, measure, environment), True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    parser.add_argument("--output", type=Path, default=ROOT / "out" / "bench.json")
    options = parser.parse_args()
    results: dict[str, Any] = {"cores": os.cpu_count(), "python": sys.version.split()[0]}
    for name in options.parts or PARTS:
        part, needs_shared = PARTS[name]
        if needs_shared and not SHARED.is_dir():
            results[name] = "left out: ../shared is not beside this checkout"
            continue
        with tempfile.TemporaryDirectory(prefix="litmine-bench-") as folder:
            results[name] = part(Path(folder))
        print(f"{name}: {json.dumps(results[name], indent=2)}", flush=True)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    print(f"written to {options.output}")


if __name__ == "__main__":
    main()
