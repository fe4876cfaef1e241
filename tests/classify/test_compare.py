"""The verdict on a challenger, on predictions made up to be better, alike, worse, too few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from litmine.classify import metrics
from litmine.classify.baselines import Scores
from litmine.classify.compare import GATED, Rules, Truth, compare, conclude, render_report

RULES = Rules(draws=200)
CELLS = 4


def truth(papers: int = 200, share: float = 0.3, seed: int = 1) -> Truth:
    random = np.random.default_rng(seed)
    relevant = random.random(papers) < share
    cells = (random.random((papers, CELLS)) < 0.4) & relevant[:, None]
    names = [("pruning",) if one else () for one in relevant]
    return Truth("invented papers", relevant, cells, names, {"without a text": 3, "none": 0})


def judged(of: Truth, noise: float, wrong: float = 0.0, seed: int = 2) -> Scores:
    """Scores that know the truth up to noise; a share of techniques and cells is wrong."""
    random = np.random.default_rng(seed)
    papers = len(of.relevant)
    cells = np.clip(of.cells * 0.6 + 0.2 + random.normal(0, noise, of.cells.shape), 0, 1)
    flip = random.random(of.cells.shape) < wrong
    technique = ["pruning" if random.random() >= wrong else "serving" for _ in range(papers)]
    relevance = np.clip(of.relevant * 0.6 + 0.2 + random.normal(0, noise, papers), 0, 1)
    return Scores("invented", relevance, cells, (cells > 0.5) ^ flip, technique)


def test_equal_predictions_are_not_worse() -> None:
    of = truth()
    part = compare(judged(of, 0.2), judged(of, 0.2), of, RULES)
    assert part["verdict"] == "not worse"
    assert part["left_out"] == {"without a text": 3}
    for key, _ in GATED:
        row = part["figures"][key]
        assert row["verdict"] == "not worse"
        assert (row["low"], row["difference"], row["high"]) == (0.0, 0.0, 0.0)


def test_a_better_challenger_passes_and_a_worse_one_is_told_where() -> None:
    of = truth()
    good, bad = judged(of, 0.05), judged(of, 0.6, wrong=0.4)
    forwards, backwards = compare(bad, good, of, RULES), compare(good, bad, of, RULES)
    assert forwards["verdict"] == "not worse"
    assert {row["verdict"] for row in forwards["figures"].values()} == {"better"}
    assert backwards["verdict"] == "worse"
    for _, wording in GATED:
        assert f"{wording} is worse" in backwards["why"]


def test_the_values_are_those_of_the_metrics() -> None:
    of = truth()
    one, other = judged(of, 0.3), judged(of, 0.2)
    figures = compare(one, other, of, RULES)["figures"]
    assert figures["average_precision"]["champion"] == pytest.approx(
        metrics.average_precision(of.relevant, one.relevance), abs=1e-4
    )
    assert figures["cell_micro_f1"]["challenger"] == pytest.approx(
        metrics.micro_f1(of.cells, other.assigned), abs=1e-4
    )


def test_the_bootstrap_is_paired() -> None:
    """The same small change on many papers: each interval is wide, that of the difference not."""
    of = truth(400)
    one = judged(of, 0.35)
    shifted = Scores("x", one.relevance * 0.99, one.cells * 0.99, one.assigned, one.technique)
    row = compare(one, shifted, of, RULES)["figures"]["average_precision"]
    assert row["high"] - row["low"] < 0.001


def test_too_few_papers_show_nothing_even_for_a_perfect_challenger() -> None:
    for papers, share in ((30, 0.4), (200, 0.02), (60, 0.95)):
        of = truth(papers, share)
        part = compare(judged(of, 0.9), judged(of, 0.0), of, RULES)
        assert part["verdict"] == "not shown"
        assert part["why"].startswith(f"could not be shown on {papers} papers")
        assert part["figures"] == {}


def test_a_wide_interval_is_not_shown_rather_than_worse() -> None:
    of = truth(45, 0.4)
    part = compare(judged(of, 0.3, seed=3), judged(of, 0.3, seed=4), of, RULES)
    assert part["verdict"] == "not shown"
    assert "may be more than 0.02 worse" in part["why"]
    wide = Rules(draws=200, margin=0.9)
    again = compare(judged(of, 0.3, seed=3), judged(of, 0.3, seed=4), of, wide)
    assert again["verdict"] == "not worse"


def test_every_part_must_pass_and_the_report_says_why() -> None:
    of = truth()
    good = compare(judged(of, 0.2), judged(of, 0.2), of, RULES)
    few = truth(20)
    bad = compare(judged(few, 0.2), judged(few, 0.2), few, RULES)
    assert conclude({"gold": good})["not_worse"]
    both = conclude({"gold": good, "decisions": bad})
    assert not both["not_worse"]
    assert both["why"].startswith("decisions: could not be shown on 20 papers")
    report: dict[str, Any] = {
        "champion": "m-1",
        "challenger": "m-2",
        "made": "2026-07-01",
        "rules": vars(RULES),
        "parts": {"gold": good, "decisions": bad},
        **both,
    }
    text = render_report(report)
    for said in (
        "# m-2 against m-1",
        "Not to be promoted",
        "200 draws, seed 0",
        "lies above -0.02",
        "Left out: 3 papers without a text.",
        "| relevance: average precision |",
        "## Decisions: not shown",
    ):
        assert said in text
