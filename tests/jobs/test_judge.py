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
from litmine.jobs.judge import classify_pending, encode_pending, screen_pending
from litmine.store import open_store
from litmine.store.papers import (
    get_papers,
    papers_without_prediction,
    papers_without_vector,
    upsert_papers,
)
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


def crowded(context: RunContext, least: int) -> RunContext:
    models = context.settings.models.model_copy(update={"cascade_from": least})
    settings = context.settings.model_copy(update={"models": models})
    return RunContext(settings, context.store, context.clock)


def fill(context: RunContext) -> None:
    with context.write() as connection:
        upsert_papers(
            connection,
            [
                paper(i, title="On stars" if number % 2 else "Efficient models", abstract="Text.")
                for number, i in enumerate(IDS)
            ],
            NOW,
        )


def test_a_backlog_goes_through_the_first_stage_and_what_it_drops_is_not_encoded(
    context: RunContext,
) -> None:
    classifier = KeywordClassifier()
    classifier.first_stage = "words"
    context = crowded(context, len(IDS))
    fill(context)
    assert screen_pending(context, classifier) == 50
    assert screen_pending(context, classifier) == 0, "the other half is too few for another pass"
    assert encode_and_classify(context, classifier) == 50
    with context.store.read() as connection:
        said = get_predictions(connection, "keyword-1", IDS)
        assert papers_without_vector(connection, ENCODER_ID) == []
        assert papers_without_prediction(connection) == []
    assert {p.decided_by for i, p in said.items() if IDS.index(i) % 2} == {"first-stage"}
    assert {p.decided_by for i, p in said.items() if not IDS.index(i) % 2} == {"full"}


def test_a_dropped_paper_whose_text_changes_is_judged_anew(context: RunContext) -> None:
    classifier = KeywordClassifier()
    classifier.first_stage = "words"
    context = crowded(context, 1)
    fill(context)
    screen_pending(context, classifier)
    with context.write() as connection:
        old = get_papers(connection, [IDS[1]])[IDS[1]]
        upsert_papers(connection, [replace(old, version=2, title="Efficient models")], NOW)
    assert screen_pending(context, classifier) == 0
    encode_and_classify(context, classifier)
    with context.store.read() as connection:
        assert get_predictions(connection, "keyword-1", IDS)[IDS[1]].decided_by == "full"


def test_a_night_is_read_in_full(context: RunContext) -> None:
    classifier = KeywordClassifier()
    classifier.first_stage = "words"
    fill(context)
    assert screen_pending(context, classifier) == 0


def test_evidence_is_kept_where_the_encoder_is_at_hand(context: RunContext) -> None:
    fill(context)
    library = LabelledLibrary([], np.zeros((0, DIM), np.float32), ENCODER_ID)
    encode_pending(context, HashEncoder())
    classify_pending(context, KeywordClassifier(), library, HashEncoder())  # type: ignore[arg-type]
    with context.store.read() as connection:
        said = get_predictions(connection, "keyword-1", IDS)
    assert all(p.evidence == {"method": "keyword"} for p in said.values())
    assert all(p.relevant == -1 for p in said.values()), "no promise, no verdict"
