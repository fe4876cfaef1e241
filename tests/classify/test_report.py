"""Parts of the evaluation report, on invented papers and answers worked out by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from litmine.classify import metrics, report_plots
from litmine.classify.baselines import Scores
from litmine.classify.library_build import PaperText
from litmine.classify.report_agreement import AGREEMENT, against_adjudicated, agreement_range
from litmine.classify.report_data import Papers, VectorCache, dates_of
from litmine.classify.report_error_list import render_causes, render_errors
from litmine.classify.report_errors import Mistake, count_causes, find_mistakes, stage_confusion
from litmine.classify.report_work import reject_option, work_by_night, work_curves
from litmine.core.errors import ConfigError
from litmine.core.taxonomy import load_taxonomy

CELLS = load_taxonomy().cells


def _scores(name: str, relevance: np.ndarray) -> Scores:
    cells = np.zeros((len(relevance), len(CELLS)))
    return Scores(name, relevance, cells, cells > 0.5, ["pruning"] * len(relevance))


def _cells(*rows: tuple[str, ...]) -> np.ndarray:
    return np.array([[cell in row for cell in CELLS] for row in rows])


def test_nights_are_measured_alone_and_then_averaged() -> None:
    nights = np.array(["a"] * 10 + ["b"] * 10)
    relevant = np.zeros(20, bool)
    relevant[[0, 10, 11]] = True
    good = np.tile(np.linspace(1, 0, 10), 2)
    bad = np.tile(np.linspace(0, 1, 10), 2)
    found = work_by_night([_scores("x", good), _scores("y", bad)], relevant, nights, draws=30)
    assert found["nights"]["a"]["relevant"] == 1
    assert found["nights"]["a"]["systems"]["x"]["wss_95"] == pytest.approx(0.95 - 0.1)
    assert found["nights"]["b"]["systems"]["x"]["wss_95"] == pytest.approx(0.95 - 0.2)
    assert found["mean"]["x"]["wss_95"]["value"] == pytest.approx(0.8)
    assert found["mean"]["x"]["recall_at_10"]["value"] == pytest.approx((1 + 0.5) / 2)
    # In one list, the first places of both nights tie: four papers hold the three.
    assert found["pooled"]["x"]["wss_95"]["value"] == pytest.approx(0.95 - 4 / 20)
    gap = found["differences"]["x - y"]["wss_95"]
    mean_of_bad = found["mean"]["y"]["wss_95"]["value"]
    assert gap["value"] == pytest.approx(0.8 - mean_of_bad)
    assert gap["low"] <= gap["value"] <= gap["high"]


def test_work_curves_end_at_all_papers_and_pass_the_tables_figures() -> None:
    random = np.random.default_rng(0)
    relevant = random.random(200) < 0.2
    scores = _scores("x", random.random(200))
    grid, mean, pooled, nights = work_curves(scores, relevant, np.array(["a", "b"] * 100))
    assert (mean[0], mean[-1], pooled[-1]) == (0, 1, 1)
    place = int(np.flatnonzero(np.isclose(grid, 0.2))[0])
    assert pooled[place] == metrics.recall_at_share(relevant, scores.relevance, 0.2)
    assert mean == pytest.approx(np.mean(nights, axis=0))


def test_reject_option_counts_the_models_own_verdicts() -> None:
    relevant = np.array([True, True, False, False, False])
    scores = _scores("x", np.array([0.9, 0.4, 0.6, 0.1, 0.2]))
    found = reject_option(scores, relevant, [True, None, None, False, True])
    assert found["model"]["coverage"] == pytest.approx(0.6)
    assert (found["model"]["decided"], found["model"]["wrong"]) == (3, 1)
    assert found["model"]["relevant_unsure"] == 1
    assert found["at"]["1.00"] == {"risk": 0.4, "relevant_missed": 0.5}
    assert reject_option(scores, relevant, None)["model"] is None


def test_every_gold_stage_counts_once_in_its_row() -> None:
    truth = _cells(
        ("inference/memory",),
        ("inference/memory", "system/memory"),
        ("finetuning/cost",),
        ("pretraining/cost",),
        (),
    )
    said = _cells(
        ("inference/memory", "system/cost"),
        ("architecture/memory", "finetuning/memory"),
        ("system/memory",),
        (),
        ("system/energy",),
    )
    rows, columns, counts = stage_confusion(truth, said, CELLS)
    table = {(r, c): counts[i, j] for i, r in enumerate(rows) for j, c in enumerate(columns)}
    assert table["inference", "inference"] == 1
    assert table["no stage missed", "system"] == 1
    assert table["inference", "architecture"] == table["inference", "finetuning"] == 0.5
    assert table["system", "architecture"] == 0.5
    assert table["finetuning", "system"] == 1
    assert table["pretraining", "none"] == 1
    assert table["not relevant", "system"] == 1
    by_row = dict(zip(rows, counts.sum(axis=1), strict=True))
    assert [by_row[s] for s in ("inference", "system", "finetuning", "pretraining")] == [2, 1, 1, 1]


def _mistakes() -> list[Mistake]:
    gold = [
        {"relevant": 1, "cells": ["inference/memory"], "technique": ["pruning"]},
        {"relevant": 0},
        {"relevant": 1, "cells": ["inference/memory"], "technique": ["kv-cache"]},
        {"relevant": 1, "cells": ["inference/memory", "system/network"], "technique": ["pruning"]},
        {"relevant": 1, "cells": ["inference/memory"], "technique": ["pruning"]},
        {"relevant": 0},
        {"relevant": 1, "cells": ["inference/memory"], "technique": ["pruning"]},
    ]
    said = _cells(
        (), ("system/cost",), ("system/memory",), ("inference/memory",),
        ("inference/computation", "inference/memory"), (), ("inference/memory",),
    )  # fmt: skip
    relevance = np.array([0.4, 0.95, 0.8, 0.9, 0.7, 0.1, 0.99])
    scores = Scores("x", relevance, said * 0.9, said, ["pruning"] * 7)
    texts = [PaperText(f"Title {i}", "An invented abstract.", None) for i in range(7)]
    papers = Papers([f"2501.0000{i}" for i in range(7)], texts)
    known = {"system/network": 12, "inference/memory": 400}
    return find_mistakes(papers, ["2026-06-30"] * 7, gold, scores, CELLS, known)


def test_mistakes_have_kind_and_cause() -> None:
    found = {(m.kind, m.arxiv_id[-1]): (m.cause, m.detail) for m in _mistakes()}
    assert found == {
        ("missed", "0"): ("borderline relevance", "pruning"),
        ("false-alarm", "1"): ("confident mistake", "pruning"),
        ("cells", "2"): ("stage confusion", "inference taken for system"),
        ("technique", "2"): ("technique confusion", "kv-cache taken for pruning"),
        ("cells", "3"): ("rare cell", "system/network"),
        ("cells", "4"): ("resource added", "computation"),
    }
    assert count_causes(_mistakes())["technique"] == [
        ("technique confusion", 1, "kv-cache taken for pruning")
    ]


def test_strangers_text_cannot_act_in_the_error_list() -> None:
    mistake = _mistakes()[0]
    evil = (
        "# Big\n\n<script>x</script> [a](http://b.example) `c` | d \u202e ![e](f) $x$ www.g.example"
    )
    changed = Mistake(**{**vars(mistake), "title": evil, "abstract": evil, "arxiv_id": "a](b)"})
    text = render_errors([changed], 0.5, texts=True)
    assert "<script" not in text
    assert not re.search(r"(?<!\\)\]\(", text), "a link that is none of ours"
    assert "\n# Big" not in text
    assert "\u202e" not in text
    assert not [line for line in text.splitlines() if line.startswith(("> #", "> <"))]
    assert "://b" not in text
    assert "arxiv.org/abs/a" not in text
    assert "| d" not in render_causes([changed]).replace("\\|", "")


def test_abstracts_stay_out_on_request() -> None:
    mistakes = _mistakes()
    assert "An invented abstract." in render_errors(mistakes, 0.5, texts=True)
    without = render_errors(mistakes, 0.5, texts=False)
    assert "An invented abstract." not in without
    assert "Title 0" in without
    assert all("abstract" not in m.as_json() for m in mistakes)


def test_annotators_against_adjudicated_labels_worked_out_by_hand() -> None:
    first, second = against_adjudicated()
    assert first == pytest.approx(2 * 97 / (101 + 97))
    assert second == pytest.approx(2 * 95 / (95 + 97))
    assert agreement_range("relevance_f1") == (0.957, 0.981)
    assert agreement_range("average_precision") is None


@pytest.mark.shared
def test_agreement_is_what_its_source_says(shared_data: Path) -> None:
    source = (shared_data / "labels" / "AGREEMENT.md").read_text()
    rows = [line.split("|") for line in source.splitlines() if line.startswith("| dev night")]
    for row, constants in zip(rows, AGREEMENT, strict=True):
        assert int(row[2]) == constants.papers
        assert [int(n) for n in row[3].split("/")] == [
            constants.first, constants.second, constants.both,
        ]  # fmt: skip
        assert [float(row[i]) for i in (4, 5, 6, 7, 10)] == [
            constants.kappa, constants.relevance_f1, constants.cell_f1, constants.cell_f1_both,
            constants.technique,
        ]  # fmt: skip


class _Quiet:
    def start(self, stage: str, total: int | None = None) -> None: ...
    def advance(self, count: int = 1) -> None: ...
    def finish(self, summary: str) -> None: ...


class _Counting:
    """An encoder that says how often it was asked."""

    dim = 3

    def __init__(self, encoder_id: str = "st:some/thing") -> None:
        self.encoder_id = encoder_id
        self.asked = 0

    def encode(self, texts, *, batch_size=32, progress=None):  # type: ignore[no-untyped-def]
        self.asked += len(texts)
        return np.array([[len(t), 1, 0.5] for t in texts], np.float32)


def test_vectors_are_made_once_per_encoder_and_text(tmp_path: Path) -> None:
    encoder = _Counting()
    first = VectorCache(tmp_path, _Quiet()).of(encoder, ["a", "bb"], "papers")
    again = VectorCache(tmp_path, _Quiet()).of(encoder, ["ccc", "bb", "a"], "papers")
    assert encoder.asked == 3
    assert again.tolist() == [[3, 1, 0.5], *first.tolist()[::-1]]
    other = _Counting("st:some-thing")  # the same file name, another encoder
    VectorCache(tmp_path, _Quiet()).of(other, ["a"], "papers")
    assert other.asked == 1
    assert VectorCache(None, _Quiet()).of(encoder, [], "papers").shape == (0, 3)


def test_dates_come_from_the_papers_or_from_the_id(tmp_path: Path) -> None:
    frame = {"arxiv_id": ["2501.00001", "2501.00002"], "published": ["2025-01-03", None]}
    pd.DataFrame(frame).to_parquet(tmp_path / "papers.parquet")
    ids = ["2501.00001", "2501.00002", "cs.CL/9912001", "odd"]
    dates, undated = dates_of(ids, [tmp_path / "papers.parquet", tmp_path / "x.jsonl"])
    assert dates == ["2025-01-03", "2025-01-15", "1999-12-15", "1991-01-01"]
    assert undated == 3


def test_plots_say_the_same_twice_and_are_small() -> None:
    random = np.random.default_rng(0)
    relevant = random.random(300) < 0.2
    scores = _scores("x", np.clip(relevant * 0.3 + random.random(300) * 0.7, 0, 1))
    first = report_plots.relevance_curve_plot([scores], relevant)
    assert first.startswith(b"<?xml")
    assert first == report_plots.relevance_curve_plot([scores], relevant)
    assert len(first) < 60_000
    picture = report_plots.relevance_curve_plot([scores], relevant, kind="png")
    assert picture.startswith(b"\x89PNG")


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'litmine\[train\]'"):
        report_plots.require_matplotlib()


def test_mistakes_are_json() -> None:
    assert json.loads(json.dumps([m.as_json() for m in _mistakes()]))[0]["kind"] == "missed"
