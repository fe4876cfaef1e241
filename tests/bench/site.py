"""How long the companion site takes: from nothing, after one more night, and when nothing changed.

    python -m tests.support.approvals data --papers 7000
    python -m tests.bench.site data

Each build is ``litmine site build`` in a process of its own, start included, on a copy of the data
folder. The papers of the newest nights wait at first; then they are approved, as one night's, and
the site is brought up to date. The result is compared, byte for byte, with a build from nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select, update

from litmine.store import Store, open_store
from litmine.store.decisions import decisions_of
from litmine.store.schema import queue
from litmine.store.vectors import encoders_of, put_vectors

_LAUNCH = Path(__file__).with_name("launch.py")
_LITMINE = Path(sys.executable).with_name("litmine")
_TARGETS = {"from nothing": 20.0, "one more night": 3.0}  # seconds for 7,000 papers
_BUDGET = 200_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="a data folder with approved papers")
    parser.add_argument("--night", type=int, default=30, help="papers of the one more night")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        data = base / "data"
        data.mkdir()
        shutil.copy(asked.data / "litmine.db", data)
        store = open_store(f"sqlite:///{data / 'litmine.db'}")
        ids = _newest(store, asked.night)
        papers = _give_vectors(store)
        runs: dict[str, list[dict[str, float]]] = {}
        for round_ in range(asked.rounds):
            site = base / f"site{round_}"
            _set_state(store, ids, "pending")
            runs.setdefault("from nothing", []).append(_build(data, site))
            _set_state(store, ids, "approved")
            runs.setdefault("one more night", []).append(_build(data, site))
            runs.setdefault("nothing changed", []).append(_build(data, site))
        whole = base / "whole"
        _build(data, whole)
        _print(runs, papers)
        _compare(site, whole)
        store.close()


def _newest(store: Store, count: int) -> list[str]:
    with store.read() as connection:
        decided = decisions_of(connection, "approved")
    return sorted(decided, key=lambda one: (decided[one].decided_at, one))[-count:]


def _give_vectors(store: Store) -> int:
    """Give papers random vectors where none are stored; return how many papers there are."""
    with store.write() as connection:
        ids = list(decisions_of(connection, "approved"))
        if not encoders_of(connection, ids):
            drawn = np.random.default_rng(7).normal(size=(len(ids), 384))
            drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
            put_vectors(connection, "random", ids, [None] * len(ids), drawn)
    return len(ids)


def _set_state(store: Store, ids: list[str], state: str) -> None:
    with store.write() as connection:
        connection.execute(update(queue).where(queue.c.arxiv_id.in_(ids)).values(state=state))
        found = connection.execute(select(queue.c.state).where(queue.c.arxiv_id.in_(ids))).scalars()
        assert set(found) == {state}


def _build(data: Path, site: Path) -> dict[str, float]:
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("LITMINE_")},
        "LITMINE_DATA_DIR": str(data),
        "LITMINE_LOG__LEVEL": "warning",
        "LITMINE_PUBLISH__SITE_URL": "https://papers.example.org/list",
    }
    done = subprocess.run(
        [sys.executable, _LAUNCH, _LITMINE, "site", "build", "--output", site, "--json"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    usage: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    if usage["code"] != 0:
        raise SystemExit(done.stderr)
    report = json.loads(done.stdout)
    counts = {"files": report["files"], "written": len(report["written"])}
    return {**usage, **counts}


def _print(runs: dict[str, list[dict[str, float]]], papers: int) -> None:
    print(f"{papers:,} papers, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':16} {'wall s':>7} {'CPU s':>7} {'of bar':>7} {'files':>7} {'written':>8} {'MB':>5}")
    nothing = min(run["wall"] for run in runs["from nothing"])
    for name, measured in runs.items():
        best = min(measured, key=lambda run: run["wall"])
        share = f"{best['wall'] / _TARGETS[name]:.2f}" if name in _TARGETS else "–"
        print(
            f"{name:16} {best['wall']:7.2f} {best['cpu']:7.2f} {share:>7} {best['files']:7.0f} "
            f"{best['written']:8.0f} {best['peak_mb']:5.0f}   1/{nothing / best['wall']:.1f} of all"
        )


def _compare(site: Path, whole: Path) -> None:
    def tree(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and path.name != "seen.json"  # of this copy alone
        }

    one, other = tree(site), tree(whole)
    print("bytes of a build from nothing:", "the same" if one == other else "DIFFERENT")
    for path in sorted({*one, *other}):
        if one.get(path) != other.get(path):
            print("  ", path)
    style = len(whole.joinpath("static/site.css").read_bytes())
    pages = {path: len(data) + style for path, data in other.items() if path.endswith(".html")}
    heaviest = sorted(pages, key=lambda path: -pages[path])[:3]
    print(f"{len(pages):,} pages; the heaviest, style sheet included, of {_BUDGET:,} bytes:")
    for path in heaviest:
        print(f"   {pages[path]:8,} {pages[path] / _BUDGET:.2f}  {path}")
    kinds = Counter(path.split("/")[0] for path in other)
    print("files:", ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common(12)))
    print(f"folder: {sum(map(len, other.values())) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
