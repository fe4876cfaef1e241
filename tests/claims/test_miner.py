"""The miner finds plain claims, leaves quality alone, and never fails on any text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.claims import Miner, mine
from litmine.claims.gold import family_of, metric_of
from litmine.claims.miner import MOST, gain
from litmine.claims.scorer import specific
from litmine.core.claim import Claim
from litmine.core.errors import ArtefactMismatch, ModelError
from litmine.core.paper import Paper
from litmine.core.resources import models_dir
from litmine.core.taxonomy import load_taxonomy
from tests.claims.test_grammar import ANY

TITLE = "Sparrow: Fast Inference for Large Language Models\n"


@pytest.fixture(scope="module")
def miner() -> Miner:
    return Miner()


def test_a_plain_claim(miner: Miner) -> None:
    text = TITLE + "Sparrow achieves up to 2.5x speedup over vLLM on one A100 GPU."
    (claim,) = miner.mine(text)
    assert (claim.metric, claim.value, claim.unit, claim.change) == (
        "speedup",
        2.5,
        "x",
        "increase",
    )
    assert text[claim.start : claim.end] == claim.text == "2.5x"
    assert claim.comparator is not None
    assert claim.comparator.text == "vLLM"
    assert [(c.kind, c.text) for c in claim.conditions] == [("hardware", "on one A100 GPU")]
    assert claim.direction_is_gain is True


def test_a_paper_is_its_text(miner: Miner) -> None:
    paper = Paper("2601.00001", "Wren: Fast Decoding", "Wren gives a 3x speedup over vLLM.")
    assert miner.mine(paper) == miner.mine(paper.text) == mine(paper)


def test_accuracy_is_no_claim(miner: Miner) -> None:
    assert miner.mine(TITLE + "It improves accuracy by 4.2% on three benchmarks.") == ()


def test_text_without_numbers(miner: Miner) -> None:
    assert miner.mine(TITLE + "We describe a method.") == ()
    assert miner.mine("") == ()


@given(ANY)
def test_no_text_makes_it_fail(text: str) -> None:
    claims = Miner(threshold=0.0).mine(text) if text.count("\n") > 3 else mine(text)
    assert len(claims) <= MOST
    for claim in claims:
        assert text[claim.start : claim.end] == claim.text
        assert claim.sentence_start <= claim.start < claim.end <= claim.sentence_end
        assert Claim.from_json(json.loads(json.dumps(claim.to_json()))) == claim


@given(st.text(max_size=200))
def test_all_of_unicode(text: str) -> None:
    mine(text + " 3x")


def test_metrics_are_those_of_the_taxonomy(miner: Miner) -> None:
    metrics = {m.id: m for m in load_taxonomy().metrics}
    for family in set(miner.scorer.families) - {"none", "other"}:
        name = specific(family, ())
        assert family_of(name) == metrics[name].family == family
    for name, metric in metrics.items():
        if metric.codebook_metric:
            assert metric_of(metric.codebook_metric) == name
            assert family_of(name) == metric.family


@pytest.mark.parametrize(
    ("metric", "change", "less"),
    [
        ("latency", "decrease", True),
        ("latency", "increase", False),
        ("throughput", "increase", True),
        ("speedup", "decrease", False),
        ("peak-memory", "absolute", None),
        ("other", "decrease", None),
    ],
)
def test_which_change_is_a_gain(metric: str, change: str, less: bool | None) -> None:
    assert gain(metric, change) is less


def test_a_changed_model_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "claims"
    shutil.copytree(models_dir() / "claims", folder)
    with (folder / "weights.npz").open("ab") as stream:
        stream.write(b"!")
    with pytest.raises(ArtefactMismatch, match="manifest"):
        Miner.load(folder)


def test_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model of claims"):
        Miner.load(tmp_path)
