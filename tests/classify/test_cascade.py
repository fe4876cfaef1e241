"""The cascade: what words drop is not encoded, and nothing depends on who else is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from litmine.classify.cascade import judge
from litmine.classify.first_stage import FirstStage, fit_first_stage
from litmine.classify.lexical import learn_table, lexical_text
from litmine.classify.library import LabelledLibrary, LabelledPaper
from litmine.classify.model import Classifier
from litmine.classify.train import TrainingSet, train_classifier
from tests.support.light import DIM, ENCODER_ID, HashEncoder

RANDOM = np.random.default_rng(4)
FIELD = ["quantization", "pruning", "cache", "attention", "latency", "memory", "serving", "tokens"]
OTHER = ["galaxy", "protein", "poetry", "traffic", "surgery", "climate", "market", "robot"]


@dataclass(frozen=True)
class Text:
    arxiv_id: str
    title: str
    abstract: str

    @property
    def text(self) -> str:
        return f"{self.title}\n{self.abstract}"


def invent(number: int, relevant: bool) -> Text:
    words = RANDOM.choice(FIELD if relevant else OTHER, 12)
    common = RANDOM.choice(["model", "method", "results", "large", "data"], 8)
    return Text(f"2606.{number:05d}", " ".join(words[:3]), " ".join([*words[3:], *common]) + ".")


@pytest.fixture(scope="module")
def trained() -> tuple[Classifier, LabelledLibrary]:
    flags = [number % 3 == 0 for number in range(1500)]
    papers = [invent(number, flag) for number, flag in enumerate(flags)]
    labels: list[dict[str, Any]] = [
        {
            "id": p.arxiv_id,
            "relevant": int(flag),
            "cells": ["inference/memory"] if flag else [],
            "technique": ["quantization"] if flag else [],
            "night": f"2026-06-{1 + number % 5:02d}",
        }
        for number, (p, flag) in enumerate(zip(papers, flags, strict=True))
    ]
    vectors = HashEncoder().encode([p.text for p in papers])
    data = TrainingSet(labels, [p.title for p in papers], [p.abstract for p in papers], vectors)
    known = [
        LabelledPaper(
            id=label["id"],
            title=p.title,
            date=None,
            relevant=bool(label["relevant"]),
            cells=tuple(label["cells"]),
            technique=tuple(label["technique"]),
        )
        for label, p in zip(labels[:200], papers, strict=False)
    ]
    classifier = train_classifier(data, ENCODER_ID).classifier
    return classifier, LabelledLibrary(known, vectors[:200], ENCODER_ID)


def test_what_words_drop_is_not_encoded(trained: tuple[Classifier, LabelledLibrary]) -> None:
    classifier, library = trained
    papers = [invent(9000 + n, n % 4 == 0) for n in range(40)]
    encoder = HashEncoder()
    done: list[int] = []
    said = judge(papers, encoder, classifier, library, progress=done.append)
    kinds = [p.decided_by for p in said]
    assert encoder.calls == kinds.count("full") < 40
    assert sum(done) == 40
    assert all(k == "full" for k, n in zip(kinds, range(40), strict=True) if n % 4 == 0)
    for p in said:
        if p.decided_by == "first-stage":
            assert (p.relevant, p.assigned, p.technique, p.evidence) == (False, (), (), None)
            assert sum(p.cells.values()) == pytest.approx(p.relevance, abs=1e-4)


def test_without_the_cascade_everything_is_encoded(
    trained: tuple[Classifier, LabelledLibrary],
) -> None:
    classifier, library = trained
    papers = [invent(9100 + n, n % 4 == 0) for n in range(20)]
    encoder = HashEncoder()
    full = judge(papers, encoder, classifier, library, cascade=False)
    assert encoder.calls == 20
    both = judge(papers, HashEncoder(), classifier, library)
    kept = {p.arxiv_id: p for p in both if p.decided_by == "full"}
    assert kept
    assert all(p == kept[p.arxiv_id] for p in full if p.arxiv_id in kept)


def test_a_prediction_does_not_depend_on_company(
    trained: tuple[Classifier, LabelledLibrary],
) -> None:
    classifier, library = trained
    papers = [invent(9200 + n, n % 2 == 0) for n in range(12)]
    together = judge(papers, HashEncoder(), classifier, library)
    alone = [judge([p], HashEncoder(), classifier, library)[0] for p in reversed(papers)]
    assert together == alone[::-1]


def test_verdicts_and_cell_sets_follow_the_promises(
    trained: tuple[Classifier, LabelledLibrary],
) -> None:
    classifier, library = trained
    assert set(classifier.promises) == {"relevant", "irrelevant", "possible", "first_stage"}
    assert all(p.kept for p in classifier.promises.values())
    papers = [invent(9300 + n, n % 2 == 0) for n in range(30)]
    for p in judge(papers, HashEncoder(), classifier, library, cascade=False):
        assert set(p.assigned) <= set(p.possible)
        assert p.relevant is (
            False
            if p.relevance < classifier.promises["irrelevant"].threshold
            else True
            if p.relevance >= classifier.promises["relevant"].threshold
            else None
        )
        assert (p.evidence is not None) == (p.relevance >= 0.02)


def test_first_stage_survives_its_file_form() -> None:
    texts = [lexical_text(p.title, p.abstract) for p in (invent(n, n % 2 == 0) for n in range(600))]
    table = learn_table(texts, min_df=2)
    relevant = np.arange(600) % 2 == 0
    night = np.ones(600, dtype=bool)
    stage, promise = fit_first_stage(
        table, table.matrix(texts), relevant, night, np.arange(600) % 5
    )
    again = FirstStage.from_arrays(stage.arrays())
    assert again is not None
    assert promise.kept
    assert (again.scores(table, texts) == stage.scores(table, texts)).all()
    assert FirstStage.from_arrays({}) is None
    chance = stage.probability(stage.scores(table, texts))
    assert chance[relevant].min() > chance[~relevant].max()


def test_hash_vectors_are_what_the_fixture_expects() -> None:
    assert HashEncoder().encode(["a"]).shape == (1, DIM)
