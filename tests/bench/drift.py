"""How often does the drift watch alarm on ordinary nights, and what does it catch?

The 37 nights of ../shared are judged by the shipped models and watched in their order, and in
random orders, which give more nights to count. Then, from the 16th night on, one night at a time
is spoilt: papers of other fields, shifted scores, broken vectors, empty abstracts, a partial pull;
counted is how often an alarm names it. The encoder takes minutes; --cache keeps its vectors.

    .venv/bin/python tests/bench/drift.py --cache out/drift-vectors.npz
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import zstandard
from numpy.typing import NDArray

from litmine.classify.drift import LEAST_REFERENCE, Night, NightFigures, judge_night
from litmine.classify.drift import usable_reference as usable
from litmine.classify.library import LabelledLibrary
from litmine.classify.model import Classifier
from litmine.core.paper import normalise_space
from litmine.encode import Encoder, load_encoder

SHARED = Path(__file__).resolve().parents[3] / "shared"
CORE = {"cs.CL", "cs.LG", "cs.DC", "cs.AR", "cs.PF"}
THRESHOLD = 0.02
FIRST_SPOILT = 15
FOREIGN = 250
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Text:
    """A paper as the classifier wants it."""

    arxiv_id: str
    title: str
    abstract: str

    @property
    def text(self) -> str:
        return f"{self.title}\n{self.abstract}"


def text(row: dict[str, Any]) -> Text:
    return Text(
        row["arxiv_id"], normalise_space(row["title"]), normalise_space(row["abstract"] or "")
    )


def night_rows() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every new and cross-listed paper with its night."""
    for path in sorted((SHARED / "data" / "nights").glob("*.jsonl.zst")):
        with path.open("rb") as raw:
            stream = zstandard.ZstdDecompressor().stream_reader(raw)
            for line in io.TextIOWrapper(stream, encoding="utf-8"):
                row = json.loads(line)
                if row["announce_type"] in ("new", "cross"):
                    yield path.name[:10], row


def foreign_texts() -> dict[str, list[Text]]:
    """Papers of the nights from vision alone, and physics papers of any time."""
    vision = [
        text(row)
        for _, row in night_rows()
        if row["primary_category"] == "cs.CV" and not CORE & set(row["categories"])
    ]
    columns = ["arxiv_id", "title", "abstract", "categories"]
    table = pq.read_table(SHARED / "data" / "papers.parquet", columns=columns).to_pylist()
    physics = [
        text(row)
        for row in table
        if row["abstract"] and (row["categories"] or "").startswith(("quant-ph", "astro-ph"))
    ]
    rng = np.random.default_rng(1)
    return {
        "physics": [physics[i] for i in rng.permutation(len(physics))[:FOREIGN]],
        "vision": [vision[i] for i in rng.permutation(len(vision))[:FOREIGN]],
    }


class Lab:
    """Models, and vectors that are encoded once."""

    def __init__(self, cache: Path | None) -> None:
        self.encoder: Encoder = load_encoder()
        self.classifier = Classifier.load()
        self.library = LabelledLibrary.from_corpus(encoder_id=self.encoder.encoder_id)
        self.cells = self.classifier.outputs.labels_of("cell")
        self._cache = cache
        self._known: dict[str, NDArray[np.float16]] = {}
        if cache is not None and cache.exists():
            with np.load(cache, allow_pickle=False) as stored:
                if str(stored["encoder_id"]) == self.encoder.encoder_id:
                    self._known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def vectors(self, texts: list[Text]) -> NDArray[np.float32]:
        # A paper without its abstract is another text.
        keys = [t.arxiv_id + ("" if t.abstract else " title") for t in texts]
        new = [i for i, key in enumerate(keys) if key not in self._known]
        for start in range(0, len(new), 512):
            part = new[start : start + 512]
            encoded = self.encoder.encode([texts[i].text for i in part]).astype(np.float16)
            self._known |= {keys[i]: v for i, v in zip(part, encoded, strict=True)}
            self._save()
        return np.stack([self._known[key] for key in keys]).astype(np.float32)

    def _save(self) -> None:
        if self._cache is None:
            return
        np.savez(
            self._cache,
            encoder_id=np.array(self.encoder.encoder_id),
            keys=np.array(list(self._known)),
            vectors=np.stack(list(self._known.values())),
        )

    def night(self, day: date, texts: list[Text], vectors: NDArray[np.float32]) -> Night:
        said = self.classifier.predict(texts, vectors, self.library)
        near = [max((n.similarity for n in p.neighbours), default=np.nan) for p in said]
        return Night(
            day=day,
            relevance=np.array([p.relevance for p in said]),
            assigned=np.array([bool(p.assigned) for p in said]),
            first_stage=np.zeros(len(said), bool),
            cells=np.array([[p.cells[c] for c in self.cells] for p in said]),
            nearest=np.array(near),
            vectors=vectors,
        )

    def shifted(self, one: Night, by: float) -> Night:
        """All log odds moved."""
        cells = moved(one.cells, by)
        return replace(
            one,
            relevance=moved(one.relevance, by),
            cells=cells,
            assigned=(cells >= self.classifier.thresholds).any(axis=1),
        )


def moved(p: Floats, by: float) -> Floats:
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    result: Floats = 1 / (1 + np.exp(-(np.log(clipped / (1 - clipped)) + by)))
    return result


def rows_of(one: Night, rows: NDArray[np.int64]) -> Night:
    names = ("relevance", "assigned", "first_stage", "cells", "nearest", "vectors")
    return replace(one, **{name: getattr(one, name)[rows] for name in names})


def joined(one: Night, other: Night) -> Night:
    names = ("relevance", "assigned", "first_stage", "cells", "nearest", "vectors")
    return replace(one, **{n: np.concatenate([getattr(one, n), getattr(other, n)]) for n in names})


def watched(nights: list[Night]) -> list[NightFigures]:
    """The nights in their order, each with those before it that were in control."""
    seen: list[tuple[date, bool]] = []
    results = []
    for i, one in enumerate(nights):
        chosen = set(usable(seen))
        reference = [n for n in nights[:i] if n.day in chosen]
        results.append(judge_night(one, reference, [], THRESHOLD))
        seen.append((one.day, bool(results[-1].figures["out_of_control"])))
    return results


def false_alarms(nights: list[Night], orders: int) -> None:
    results = watched(nights)[LEAST_REFERENCE:]
    alarms = [alarm for r in results for alarm in r.alarms]
    print(f"ordinary nights in their order: {len(alarms)} alarms on {len(results)} nights", *alarms)
    rng = np.random.default_rng(0)
    count = total = 0
    for _ in range(orders):
        mixed = [nights[i] for i in rng.permutation(len(nights))]
        for i in range(LEAST_REFERENCE, len(mixed)):
            total += 1
            count += bool(judge_night(mixed[i], mixed[:i], [], THRESHOLD).alarms)
    print(f"in {orders} random orders: alarms on {count} of {total} nights")


def spoilers(
    lab: Lab, texts: dict[date, list[Text]], rng: np.random.Generator
) -> dict[str, Callable[[Night], Night]]:
    """Ways to spoil a night, by name."""
    found: dict[str, Callable[[Night], Night]] = {}
    for name, rows in foreign_texts().items():
        strange = lab.night(date.min, rows, lab.vectors(rows))
        for share in (0.1, 0.2, 0.4):

            def mixed(one: Night, strange: Night = strange, share: float = share) -> Night:
                n = len(one)
                k = round(share * n)
                keep, add = rng.permutation(n)[k:], rng.permutation(len(strange))[:k]
                return joined(rows_of(one, keep), rows_of(strange, add))

            found[f"{share:.0%} {name}"] = mixed
    for by in (-1.0, -0.5, 0.5, 1.0):
        found[f"log odds {by:+}"] = lambda one, by=by: lab.shifted(one, by)  # type: ignore[misc]

    def revectored(change: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> Any:
        return lambda one: lab.night(one.day, texts[one.day], change(one.vectors))

    def noisy(v: NDArray[np.float32]) -> NDArray[np.float32]:
        mixed = v + rng.normal(size=v.shape) * 0.5 / np.sqrt(v.shape[1])
        scaled = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
        return scaled.astype(np.float32)

    found["components of vectors shuffled"] = revectored(
        lambda v: v[:, rng.permutation(v.shape[1])]
    )
    found["vectors with noise of half their length"] = revectored(noisy)
    found["one vector for all papers"] = revectored(lambda v: np.repeat(v[:1], len(v), axis=0))
    found["vectors swapped among papers"] = revectored(lambda v: v[rng.permutation(len(v))])

    def bare(one: Night) -> Night:
        k = round(0.2 * len(one))
        rows = rng.permutation(len(one))
        titles = [replace(texts[one.day][i], abstract="") for i in rows[:k]]
        return joined(rows_of(one, rows[k:]), lab.night(one.day, titles, lab.vectors(titles)))

    found["20% without abstract"] = bare
    found["two thirds not pulled"] = lambda one: rows_of(one, rng.permutation(len(one))[::3])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="npz file for vectors")
    parser.add_argument("--orders", type=int, default=20)
    options = parser.parse_args()
    lab = Lab(options.cache)
    texts: dict[date, list[Text]] = {}
    for day, row in night_rows():
        if CORE & set(row["categories"]):
            texts.setdefault(date.fromisoformat(day), []).append(text(row))
    nights = [lab.night(day, rows, lab.vectors(rows)) for day, rows in texts.items()]
    print(f"{len(nights)} nights, {sum(map(len, nights))} papers")
    false_alarms(nights, options.orders)
    for name, spoil in spoilers(lab, texts, np.random.default_rng(0)).items():
        caught = [
            bool(judge_night(spoil(nights[i]), nights[:i], [], THRESHOLD).alarms)
            for i in range(FIRST_SPOILT, len(nights))
        ]
        print(f"{name}: {sum(caught)} of {len(caught)}")


if __name__ == "__main__":
    main()
