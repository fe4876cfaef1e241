"""Predictions are kept per paper and model."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from litmine.store.papers import upsert_papers
from litmine.store.predictions import get_predictions, put_predictions
from tests.support.papers import paper
from tests.support.rows import MODEL, NOW, judge, prediction

ONE, TWO = "2606.00001", "2606.00002"


def get(store, model=MODEL, ids=(ONE, TWO)):
    with store.read() as connection:
        return get_predictions(connection, model, ids)


def test_round_trip(store):
    with store.write() as connection:
        judge(connection, (ONE, TWO), 1 / 3)
    assert get(store) == {i: prediction(i, 1 / 3) for i in (ONE, TWO)}
    assert get(store, ids=["absent"]) == {}


def test_replaced_for_one_model_and_kept_for_another(store):
    with store.write() as connection:
        judge(connection, (ONE,))
        put_predictions(connection, [prediction(ONE, 0.2, model_id="model-2")])
        put_predictions(connection, [prediction(ONE, 0.5, assigned=(), technique=())])
    assert get(store)[ONE] == prediction(ONE, 0.5, assigned=(), technique=())
    assert get(store, "model-2")[ONE].relevance == 0.2


def test_a_prediction_needs_its_paper(store):
    def put():
        with store.write() as connection:
            upsert_papers(connection, [paper(ONE)], NOW)
            put_predictions(connection, [prediction(TWO)])

    with pytest.raises(IntegrityError):
        put()
    assert get(store) == {}
