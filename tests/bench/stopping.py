"""How often the stopping estimate is wrong, and how much reading it saves.

nice .venv/bin/python tests/bench/stopping.py [--seeds 20] [--json FILE]

Four public screening sets and twelve whole labelled nights are read from beginning to end; after
every ten papers the estimate is asked whether to stop. The reader of the sets is a plain active
learner (TF-IDF and logistic regression, most probable first); the nights are read in the order of a
fixed TF-IDF model trained on earlier papers. Needs ../shared/data.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zstandard
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from litmine.review.statistics.chance import poisson_binomial_interval
from litmine.review.statistics.recall import draw_needed, random_draw_test, ranked_windows_test

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
CONFIDENCE = 0.95
TARGETS = (0.8, 0.9, 0.95)
STEP = 10
FIRST_LOOK = 1 - 0.8 * (1 - CONFIDENCE)  # the first sample may spend four fifths of the error
DRAWS = 200

Labels = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Reading:
    """One pass over a set: relevant or not, in the order of reading."""

    name: str
    outcomes: Labels


def vectorise(texts: list[str]) -> Any:
    """TF-IDF of words and pairs of words."""
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2).fit_transform(texts)


def learner_order(features: Any, labels: Labels, seed: int, uncertain: int = 0) -> list[int]:
    """Order in which an active learner that starts from one paper of each kind reads.

    Parameters
    ----------
    uncertain : int
        Of every ten papers so many are those nearest to the boundary, the others the most probable.
    """
    rng = np.random.default_rng(seed)
    read = [int(rng.choice(np.flatnonzero(labels))), int(rng.choice(np.flatnonzero(~labels)))]
    waiting = np.ones(len(labels), bool)
    waiting[read] = False
    while waiting.any():
        model = LogisticRegression(C=10, class_weight="balanced", solver="liblinear")
        model.fit(features[read], labels[read])
        rest = np.flatnonzero(waiting)
        scores = model.decision_function(features[rest])
        best = rest[np.argsort(-scores, kind="stable")].tolist()
        unsure = rest[np.argsort(np.abs(scores), kind="stable")].tolist()
        chosen = [*unsure[:uncertain], *best[: STEP - uncertain]]
        chosen = list(dict.fromkeys(chosen))
        waiting[chosen] = False
        read += chosen
    return read


def screening(seeds: int, uncertain: int = 0) -> Iterator[Reading]:
    """Every screening set, once a seed."""
    for path in sorted((DATA / "screening").glob("*.parquet")):
        table = pd.read_parquet(path)
        labels = table["label_included"].to_numpy().astype(bool)
        texts = (table["title"].fillna("") + "\n" + table["abstract"].fillna("")).tolist()
        features = vectorise(texts)
        for seed in range(seeds):
            yield Reading(path.stem, labels[learner_order(features, labels, seed, uncertain)])


@dataclass(frozen=True)
class Nights:
    """Papers of the labelled nights, scored by models that saw none of the night."""

    readings: list[Reading]
    probabilities: list[np.ndarray[Any, np.dtype[np.float64]]]


def nights() -> Nights:
    """Read twelve labelled nights in the order of a model calibrated on the other nights.

    The model is trained on labelled papers from before the nights.
    """
    days: dict[str, list[str]] = json.loads((ROOT / "corpus/labelled_nights.json").read_text())
    label = labels_of_corpus()
    text: dict[str, str] = {}
    for day in days:
        raw = zstandard.ZstdDecompressor().stream_reader(
            (DATA / "nights" / f"{day}.jsonl.zst").open("rb")
        )
        for line in raw.read().decode().splitlines():
            record = json.loads(line)
            text[record["arxiv_id"]] = record["title"] + "\n" + record["abstract"]
    held = {i for ids in days.values() for i in ids}
    papers = pd.read_parquet(DATA / "papers.parquet", columns=["arxiv_id", "title", "abstract"])
    papers = papers[papers["arxiv_id"].isin(set(label) - held)]
    known = dict(zip(papers["arxiv_id"], papers["title"] + "\n" + papers["abstract"], strict=True))
    earlier = sorted(i for i in known if i < "2606")
    vectoriser = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=3)
    model = LogisticRegression(C=10, class_weight="balanced", solver="liblinear")
    model.fit(vectoriser.fit_transform([known[i] for i in earlier]), [label[i] for i in earlier])
    listed = {day: [i for i in ids if i in label and i in text] for day, ids in days.items()}
    scores = {
        day: model.decision_function(vectoriser.transform([text[i] for i in ids]))
        for day, ids in listed.items()
    }
    truth = {day: np.array([label[i] for i in ids], bool) for day, ids in listed.items()}
    readings, probabilities = [], []
    for day in listed:
        others = [other for other in listed if other != day]
        platt = LogisticRegression(C=1e6).fit(
            np.concatenate([scores[d] for d in others])[:, None],
            np.concatenate([truth[d] for d in others]),
        )
        order = np.argsort(-scores[day], kind="stable")
        readings.append(Reading(day, truth[day][order]))
        probabilities.append(platt.predict_proba(scores[day][order][:, None])[:, 1])
    return Nights(readings, probabilities)


def labels_of_corpus() -> dict[str, int]:
    """Relevance of every labelled paper of the corpus."""
    found: dict[str, int] = {}
    for name in ("library.jsonl", "labels.jsonl"):
        for line in (ROOT / "corpus" / name).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if record.get("relevant") in (0, 1) and record.get("split") != "dev":
                found[record["id"]] = record["relevant"]
    return found


@dataclass(frozen=True)
class Stop:
    """Where a rule ended the reading: recall there, share of papers read, whether it was early."""

    recall: float
    read: float
    stopped: bool


def ranked_stop(outcomes: Labels, target: float) -> Stop:
    """Read in order until the ranked windows allow to stop; a look every ten papers."""
    size, total = len(outcomes), int(outcomes.sum())
    for read in range(STEP, size, STEP):
        seen = outcomes[:read].tolist()
        if ranked_windows_test(seen, size - read, 0, target, CONFIDENCE).p_value < 1 - CONFIDENCE:
            return Stop(sum(seen) / total, read / size, True)
    return Stop(1.0, 1.0, False)


def sampled_stop(
    outcomes: Labels, target: float, start: float, rng: np.random.Generator, half: bool
) -> Stop:
    """Read a share in order, then one random sample; read everything if it does not allow to stop.

    Parameters
    ----------
    start : float
        Share of the papers read in order.
    half : bool
        Draw half of what is left; otherwise one and a half times the least draw that would do.
    """
    size, total = len(outcomes), int(outcomes.sum())
    begun = int(start * size)
    found, rest = int(outcomes[:begun].sum()), outcomes[begun:]
    wanted = len(rest) // 2
    if not half:
        wanted = min(len(rest), int(1.5 * draw_needed(found, len(rest), target, FIRST_LOOK)))
    hits = int(rng.permutation(rest)[:wanted].sum())
    test = random_draw_test(
        wanted, hits, len(rest), len(rest) - wanted, found + hits, hits, target, FIRST_LOOK
    )
    if test.p_value < 1 - FIRST_LOOK:
        return Stop((found + hits) / total, (begun + wanted) / size, True)
    return Stop(1.0, 1.0, False)


def row(name: str, target: float, stops: list[Stop]) -> dict[str, Any]:
    """One line of the table."""
    missed = [stop.recall < target - 1e-12 for stop in stops]
    return {
        "what": name,
        "target": target,
        "passes": len(stops),
        "error_rate": sum(missed) / len(stops),
        "stopped": sum(stop.stopped for stop in stops) / len(stops),
        "recall_mean": float(np.mean([stop.recall for stop in stops])),
        "recall_least": min(stop.recall for stop in stops),
        "work_saved": float(np.mean([1 - stop.read for stop in stops])),
    }


def ranked_rows(
    groups: dict[str, list[Reading]], others: dict[str, list[Reading]]
) -> list[dict[str, Any]]:
    """Ranked windows: the readings by likelihood, then in orders that strain the assumption."""
    rows = []
    rng = np.random.default_rng(0)
    for target in TARGETS:
        for name, readings in {**groups, **others}.items():
            stops = [ranked_stop(r.outcomes, target) for r in readings]
            rows.append(row(f"ranked, {name}", target, stops))
        everything = [r for readings in groups.values() for r in readings]
        for name, order in (("random order", rng.permutation), ("worst order", np.sort)):
            stops = [ranked_stop(order(r.outcomes), target) for r in everything]
            rows.append(row(f"ranked, {name}", target, stops))
    return rows


def sampled_rows(groups: dict[str, list[Reading]]) -> list[dict[str, Any]]:
    """Random samples, drawn too early and drawn when the ranked windows would stop."""
    rows = []
    rng = np.random.default_rng(1)
    for target in TARGETS:
        for start in (0.1, 0.25, 0.5):
            stops = [
                sampled_stop(r.outcomes, target, start, rng, half=True)
                for readings in groups.values()
                for r in readings
                for _ in range(DRAWS // 10)
            ]
            rows.append(row(f"sample of half the rest after {start:.0%}", target, stops))
        for name, readings in groups.items():
            stops = []
            for r in readings:
                start = ranked_stop(r.outcomes, target).read
                stops += [
                    sampled_stop(r.outcomes, target, start, rng, half=False)
                    for _ in range(DRAWS // 10)
                ]
            rows.append(row(f"ranked, then sample, {name}", target, stops))
    return rows


def expectation_rows(found: Nights) -> list[dict[str, Any]]:
    """Sum of the probabilities of the unread against the truth."""
    rows = []
    for start in (0.0, 0.1, 0.25, 0.5, 0.75):
        inside = expected = actual = 0.0
        error = []
        for reading, probability in zip(found.readings, found.probabilities, strict=True):
            begun = int(start * len(probability))
            rest, truth = probability[begun:], int(reading.outcomes[begun:].sum())
            low, high = poisson_binomial_interval(rest.tolist(), CONFIDENCE)
            inside += low <= truth <= high
            expected += float(rest.sum())
            actual += truth
            error.append(abs(float(rest.sum()) - truth))
        rows.append(
            {
                "read": start,
                "nights": len(found.readings),
                "expected": expected / len(found.readings),
                "actual": actual / len(found.readings),
                "mean_error": float(np.mean(error)),
                "inside": inside / len(found.readings),
            }
        )
    return rows


def main() -> None:
    """Print the tables of docs/review-statistics.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    groups: dict[str, list[Reading]] = {}
    for reading in screening(arguments.seeds):
        groups.setdefault(reading.name, []).append(reading)
    found = nights()
    groups["nights"] = found.readings
    others = {
        "two of ten uncertain": list(screening(arguments.seeds // 2, 2)),
        "all uncertain": list(screening(arguments.seeds // 2, STEP)),
    }
    tables = {
        "ranked": ranked_rows(groups, others),
        "sampled": sampled_rows(groups),
        "expectation": expectation_rows(found),
    }
    if arguments.json:
        arguments.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    for name, readings in groups.items():
        sizes = {(len(r.outcomes), int(r.outcomes.sum())) for r in readings}
        print(f"{name}: {len(readings)} passes; papers, relevant: {sorted(sizes)}")
    print("| rule | target | passes | wrong stops | stopped | recall mean / least | work saved |")
    print("|---|---|---|---|---|---|---|")
    for r in tables["ranked"] + tables["sampled"]:
        print(
            f"| {r['what']} | {r['target']:.2f} | {r['passes']} | {r['error_rate']:.1%} | "
            f"{r['stopped']:.0%} | {r['recall_mean']:.3f} / {r['recall_least']:.3f} | "
            f"{r['work_saved']:.0%} |"
        )
    print("| read | nights | expected unread relevant | true | mean error | inside the interval |")
    print("|---|---|---|---|---|---|")
    for r in tables["expectation"]:
        print(
            f"| {r['read']:.0%} | {r['nights']} | {r['expected']:.1f} | {r['actual']:.1f} | "
            f"{r['mean_error']:.1f} | {r['inside']:.0%} |"
        )


if __name__ == "__main__":
    main()
