"""How good and how fast the miner of claims is, and its training.

python -m tests.bench.claims                  cross-validation on the earlier training papers
python -m tests.bench.claims --confirm        and the later ones, never trained on
python -m tests.bench.claims --dev            and the dev nights (look rarely)
python -m tests.bench.claims --write          train on all training papers; write models/claims
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from litmine.claims.gold import Mined, family_of, matches
from litmine.claims.grammar import candidates
from litmine.claims.miner import Miner
from litmine.claims.train import (
    Example,
    as_mined,
    cross_validate,
    example,
    fit,
    keep,
    threshold_for,
)
from litmine.core.paper import month_of_id
from litmine.core.resources import models_dir

SHARED = Path(__file__).resolve().parents[3] / "shared"
PRECISION = 0.90
LATER = 0.25  # share of the relevant training papers kept for confirmation, the newest


def labelled(name: str) -> list[dict[str, Any]]:
    """Return the labels of a file."""
    path = SHARED / "labels" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def texts(wanted: set[str]) -> dict[str, str]:
    """Return title, newline, abstract of the papers asked for."""
    import pyarrow.parquet as pq

    table = pq.read_table(
        SHARED / "data" / "papers.parquet", columns=["arxiv_id", "title", "abstract"]
    )
    return {
        row["arxiv_id"]: f"{row['title']}\n{row['abstract']}"
        for batch in table.to_batches()
        for row in batch.to_pylist()
        if row["arxiv_id"] in wanted
    }


def night_texts(nights: set[str], wanted: set[str]) -> dict[str, str]:
    """Return the texts of the papers of some nights."""
    import zstandard

    out: dict[str, str] = {}
    for night in nights:
        path = SHARED / "data" / "nights" / f"{night}.jsonl.zst"
        with zstandard.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if row["arxiv_id"] in wanted:
                    out[row["arxiv_id"]] = f"{row['title']}\n{row['abstract']}"
    return out


def examples(rows: Sequence[dict[str, Any]], text: dict[str, str]) -> list[Example]:
    return [
        example(row["id"], text[row["id"]], row.get("claims") or [])
        for row in rows
        if row["id"] in text
    ]


def split(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Cut labels at the month from which the newest quarter of the relevant papers comes."""
    months = {row["id"]: str(month_of_id(row["id"])) for row in rows}
    relevant = sorted(months[row["id"]] for row in rows if row["relevant"])
    cut = relevant[int(len(relevant) * (1 - LATER))]
    return (
        [row for row in rows if months[row["id"]] < cut],
        [row for row in rows if months[row["id"]] >= cut],
    )


def table(name: str, data: Sequence[Example], kept: Sequence[Sequence[Mined]]) -> dict[str, Any]:
    """Print precision, recall and F1 with intervals (bootstrap over papers)."""
    counts = []
    by: dict[str, list[int]] = {}
    exact = 0
    for one, claims in zip(data, kept, strict=True):
        pairs = matches(one.gold, claims)
        exact += len(matches(one.gold, claims, exact=True))
        counts.append((len(pairs), len(claims), len(one.gold)))
        for place, claim in enumerate(one.gold):
            row = by.setdefault(claim.family, [0, 0, 0])
            row[2] += 1
            row[0] += any(g == place for g, _ in pairs)
        for claim in claims:
            by.setdefault(family_of(claim.metric), [0, 0, 0])[1] += 1
    whole = np.array(counts)
    right, given, gold = whole.sum(0)
    draws = np.random.default_rng(7).integers(0, len(whole), (1000, len(whole)))
    sums = whole[draws].sum(1)
    low, high = np.percentile(
        np.stack(
            [sums[:, 0] / sums[:, 1].clip(1), sums[:, 0] / sums[:, 2].clip(1),
             2 * sums[:, 0] / (sums[:, 1] + sums[:, 2]).clip(1)]
        ), [2.5, 97.5], axis=1,
    )  # fmt: skip
    points = (right / max(given, 1), right / max(gold, 1), 2 * right / max(given + gold, 1))
    print(f"\n{name}: {len(data)} papers, {gold} gold claims, {given} mined")
    for label, point, a, b in zip(("precision", "recall", "F1"), points, low, high, strict=True):
        print(f"  {label:<10} {point:.3f} ({a:.3f}-{b:.3f})")
    print(f"  exact metric: F1 {2 * exact / max(given + gold, 1):.3f}")
    for family, (hit, mined, wanted) in sorted(by.items(), key=lambda pair: -pair[1][2]):
        print(
            f"  {family:<12} precision {hit / max(mined, 1):.2f} recall {hit / max(wanted, 1):.2f}"
            f" (gold {wanted}, mined {mined})"
        )
    return {
        "papers": len(data),
        "precision": round(float(points[0]), 3),
        "recall": round(float(points[1]), 3),
        "f1": round(float(points[2]), 3),
    }


def speed(text: Sequence[str]) -> None:
    """Print abstracts per second of one core: grammar alone, and all of it."""
    for name, work in (("grammar", candidates), ("all", Miner().mine)):
        began = time.process_time()
        for one in text:
            work(one)
        print(f"{name}: {len(text) / (time.process_time() - began):.0f} abstracts/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("--confirm", "--dev", "--write", "--speed"):
        parser.add_argument(flag, action="store_true")
    asked = parser.parse_args()
    rows = labelled("train")
    text = texts({row["id"] for row in rows})
    early_rows, late_rows = split(rows)
    early = examples([row for row in early_rows if row["relevant"]], text)
    scored = cross_validate(early)
    threshold = threshold_for(early, scored, PRECISION)
    print(f"threshold {threshold}")
    measured = {
        "cross-validated": table("cross-validated", early, [keep(s, threshold) for s in scored])
    }
    table("cross-validated, threshold of best F1", early, [keep(s, 0.3) for s in scored])
    if asked.confirm or asked.dev:
        scorer = fit(early).scorer(threshold)
        late = examples([row for row in late_rows if row["relevant"]], text)
        measured["later"] = table(
            "later months", late, [keep(as_mined(one, scorer), threshold) for one in late]
        )
    model = fit(examples([row for row in rows if row["relevant"]], text))
    if asked.dev:
        dev_rows = labelled("dev")
        of_nights = night_texts({row["night"] for row in dev_rows}, {row["id"] for row in dev_rows})
        scorer = model.scorer(threshold)
        for name, chosen in (
            ("dev, relevant", [row for row in dev_rows if row["relevant"]]),
            ("dev, all", dev_rows),
        ):
            data = examples(chosen, of_nights)
            kept = [keep(as_mined(one, scorer), threshold) for one in data]
            measured[name] = table(name, data, kept)
    if asked.write:
        model.write(models_dir() / "claims", threshold, measured)
    if asked.speed:
        speed(list(text.values()))


if __name__ == "__main__":
    main()
