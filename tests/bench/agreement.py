"""How far the labels of corpus/ agree with gold labels of the same papers.

.venv/bin/python tests/bench/agreement.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sklearn.metrics import cohen_kappa_score, f1_score

ROOT = Path(__file__).resolve().parents[2]
GOLD = ROOT.parent / "shared" / "labels" / "train.jsonl"


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Label records by id."""
    return {r["id"]: r for r in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def main() -> None:
    """Print one line per way in which papers were drawn for a second opinion."""
    gold, second = read(GOLD), read(ROOT / "corpus" / "second_opinions.jsonl")
    for drawn in sorted({r["drawn"] for r in second.values()}):
        ids = [i for i, r in second.items() if r["drawn"] == drawn]
        ours = [second[i]["relevant"] for i in ids]
        theirs = [gold[i]["relevant"] for i in ids]
        both = [i for i in ids if second[i]["relevant"] and gold[i]["relevant"]]
        pairs = [(set(second[i]["cells"]), set(gold[i]["cells"])) for i in both]
        shared = sum(len(a & b) for a, b in pairs)
        cells = 2 * shared / sum(len(a) + len(b) for a, b in pairs)
        technique = [set(second[i]["technique"]) & set(gold[i]["technique"]) for i in both]
        print(
            f"{drawn}: {len(ids)} papers, relevant {sum(ours)} / {sum(theirs)} / {len(both)} both; "
            f"kappa {cohen_kappa_score(ours, theirs):.3f}, F1 {f1_score(theirs, ours):.3f}; "
            f"both relevant: cells F1 {cells:.3f}, "
            f"technique shared {sum(map(bool, technique)) / len(both):.3f}"
        )


if __name__ == "__main__":
    main()
