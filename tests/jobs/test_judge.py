"""Encoding and judging: a prediction belongs to the text whose vector it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from litmine.classify.library import LabelledLibrary
from litmine.core.clock import FakeClock
from litmine.core.settings import load_settings
from litmine.jobs.context import RunContext
from litmine.jobs.judge import classify_pending, encode_pending
from litmine.store import open_store
from litmine.store.papers import get_papers, papers_without_prediction, upsert_papers
from litmine.store.predictions import get_predictions
from tests.support.light import DIM, ENCODER_ID, HashEncoder, KeywordClassifier
from tests.support.papers import paper

NOW = datetime(2026, 7, 14, 4, tzinfo=UTC)
IDS = [f"2607.{number:05d}" for number in range(1, 101)]  # more than one slice


@pytest.fixture
def context(tmp_path: Path) -> Iterator[RunContext]:
    settings = load_settings().model_copy(update={"data_dir": tmp_path})
    with open_store(settings.database) as store:
        yield RunContext(settings, store, FakeClock(NOW))


def encode_and_classify(context: RunContext, classifier: KeywordClassifier) -> int:
    library = LabelledLibrary([], np.zeros((0, DIM), np.float32), ENCODER_ID)
    encode_pending(context, HashEncoder())
    return classify_pending(context, classifier, library)  # type: ignore[arg-type]


def test_a_paper_without_an_abstract_is_judged_by_its_title(context: RunContext) -> None:
    with context.write() as connection:
        upsert_papers(connection, [paper(IDS[0], title="Efficiency", abstract="")], NOW)
    assert encode_and_classify(context, KeywordClassifier()) == 1
    with context.store.read() as connection:
        assert get_predictions(connection, "keyword-1", IDS)[IDS[0]].relevance == 0.9


def test_a_text_that_changes_meanwhile_waits_for_its_own_vector(context: RunContext) -> None:
    """`litmine ingest` needs no lease: it may bring a new version while a night is under way."""
    last = IDS[-1]

    class Meanwhile(KeywordClassifier):
        def predict(self, papers: Any, vectors: Any, library: Any) -> Any:
            if last not in {p.arxiv_id for p in papers}:
                with context.store.write() as connection:
                    old = get_papers(connection, [last])[last]
                    upsert_papers(connection, [replace(old, version=2, abstract="New.")], NOW)
            return super().predict(papers, vectors, library)

    with context.write() as connection:
        upsert_papers(connection, [paper(i) for i in IDS], NOW)
    assert encode_and_classify(context, Meanwhile()) == len(IDS) - 1
    with context.store.read() as connection:
        assert last not in get_predictions(connection, "keyword-1", IDS)
    assert encode_and_classify(context, KeywordClassifier()) == 1
    with context.store.read() as connection:
        assert papers_without_prediction(connection, ENCODER_ID) == []


def test_another_champion_judges_new_papers_and_new_texts_only(context: RunContext) -> None:
    old, changed, new = IDS[:3]
    with context.write() as connection:
        upsert_papers(connection, [paper(old), paper(changed)], NOW)
    assert encode_and_classify(context, KeywordClassifier()) == 2
    with context.write() as connection:
        upsert_papers(connection, [paper(changed, version=2, abstract="New."), paper(new)], NOW)
    assert encode_and_classify(context, KeywordClassifier("keyword-2")) == 2
    assert encode_and_classify(context, KeywordClassifier("keyword-2")) == 0
    with context.store.read() as connection:
        assert set(get_predictions(connection, "keyword-1", IDS)) == {old, changed}
        assert set(get_predictions(connection, "keyword-2", IDS)) == {changed, new}
