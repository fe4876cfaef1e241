"""litmine's order beside ASReview's on the same screening sets, from the same starting records.

ASREVIEW_PYTHON=/path/to/python .venv/bin/python tests/bench/simulate.py [--seeds 5] [FILES]

ASReview 3 lives in an environment of its own (it wants an older pandas than litmine); without one
its rows are left out. Both are replayed in one run on one core, and CPU time counts the preparation
of the texts but no imports. ASReview's orders are measured by litmine's figures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SETS = ROOT.parent / "shared" / "data" / "screening"
KEYS = ("wss@95", "recall@10", "atd", "loss", "ndcg")


def asreview_child(request: dict[str, Any]) -> None:
    """Run under ASReview's interpreter: replay with ELAS u4 and print the orders as JSON."""
    import numpy as np
    import pandas as pd
    from asreview.learner import ActiveLearningCycle
    from asreview.models.models import get_ai_config
    from asreview.models.queriers import TopDown
    from asreview.models.stoppers import IsFittable, LastRelevant
    from asreview.simulation.simulate import Simulate

    texts = pd.DataFrame({"title": request["titles"], "abstract": request["abstracts"]})
    labels = pd.Series(request["included"])
    # What is imported only when first used is no part of the replay.
    ActiveLearningCycle.from_meta(get_ai_config("elas_u4")["value"])
    runs = []
    for run in request["runs"]:
        np.random.seed(run["seed"])
        began = time.process_time()
        cycles = [
            ActiveLearningCycle(querier=TopDown(), stopper=IsFittable()),
            ActiveLearningCycle.from_meta(get_ai_config("elas_u4")["value"]),
        ]
        simulate = Simulate(texts, labels, cycles, stopper=LastRelevant(), print_progress=False)
        for row in run["priors"]:
            simulate.label([row])
        simulate.review()
        order = [int(row) for row in simulate._results["record_id"]][len(run["priors"]) :]
        runs.append({"order": order, "cpu": time.process_time() - began})
    json.dump(runs, sys.stdout)


def asreview_rows(python: str, screening: Any, replays: Any) -> list[dict[str, float]]:
    """ASReview's figures for the same starting records."""
    import numpy as np

    from litmine.review.simulation.metrics import figures

    request = {
        "titles": screening.titles,
        "abstracts": screening.abstracts,
        "included": screening.included.tolist(),
        "runs": [{"seed": r.seed, "priors": r.priors} for r in replays],
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(request, file)
        file.flush()
        done = subprocess.run(
            [python, __file__, "--asreview-child", file.name],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    rows = []
    for run in json.loads(done.stdout.splitlines()[-1]):
        found = np.zeros(len(screening) - 2, np.int8)
        found[: len(run["order"])] = screening.included[run["order"]]
        rows.append({**figures(found), "ms": 1000 * run["cpu"] / len(run["order"])})
    return rows


def main() -> None:
    """Print a Markdown table: mean ± half the 95% interval over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--policy", action="append", help="litmine's; repeatable (max)")
    parser.add_argument("--asreview-python", default=os.environ.get("ASREVIEW_PYTHON"))
    parser.add_argument("--asreview-child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.asreview_child:
        asreview_child(json.loads(options.asreview_child.read_text(encoding="utf-8")))
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    import numpy as np
    import sklearn.utils.extmath  # noqa: F401 - imports are no part of a replay

    from litmine.review.simulation.metrics import interval
    from litmine.review.simulation.replay import simulate
    from litmine.review.simulation.screening import read_screening

    files = options.files or sorted(SETS.glob("*.parquet"))
    if not files:
        sys.exit("no sets: name some files, or put ../shared beside the checkout")
    if not options.asreview_python:
        print("ASReview is left out: ASREVIEW_PYTHON names no interpreter.\n")
    print("| set | system | " + " | ".join(KEYS) + " | CPU ms per label |")
    print("|---|---|" + "---:|" * (len(KEYS) + 1))
    everything: dict[str, list[list[float]]] = {}
    for file in files:
        screening = read_screening(file)
        systems: dict[str, list[dict[str, float]]] = {}
        for policy in options.policy or ["max"]:
            simulation = simulate(screening, policy=policy, seeds=range(options.seeds))
            systems[f"litmine {policy}"] = [
                {**r.figures, "ms": 1000 * r.cpu_seconds / r.labels} for r in simulation.replays
            ]
        if options.asreview_python:
            systems["ASReview ELAS u4"] = asreview_rows(
                options.asreview_python, screening, simulation.replays
            )
        for system, rows in systems.items():
            cells, means = [], []
            for key in (*KEYS, "ms"):
                values = [row[key] for row in rows]
                mean, bounds = float(np.mean(values)), interval(values)
                digits = 1 if key in ("atd", "ms") else 3
                half = f" ± {bounds[1] - mean:.{digits}f}" if bounds and key != "ms" else ""
                cells.append(f"{mean:.{digits}f}{half}")
                means.append(mean)
            everything.setdefault(system, []).append(means)
            print(f"| {screening.name} | {system} | " + " | ".join(cells) + " |", flush=True)
    for system, table in everything.items():
        means = np.mean(table, axis=0)
        texts = [
            f"{m:.{1 if k in ('atd', 'ms') else 3}f}"
            for k, m in zip((*KEYS, "ms"), means, strict=True)
        ]
        print(f"| mean of the sets | {system} | " + " | ".join(texts) + " |")


if __name__ == "__main__":
    main()
