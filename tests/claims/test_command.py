"""`litmine claims` reads and writes JSON lines; its training writes the same model each time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from litmine.claims import Miner, train
from litmine.claims.train import cross_validate, example, fit, keep, threshold_for
from litmine.cli import app
from litmine.core.claim import Claim

ROW = {
    "id": "2601.00001",
    "title": "Sparrow: fast LLM serving",
    "abstract": "Sparrow achieves up to 2.5x speedup over vLLM on one A100 GPU.",
}


def test_a_file_becomes_claims(tmp_path: Path) -> None:
    night, out = tmp_path / "night.jsonl", tmp_path / "claims.jsonl"
    night.write_text(json.dumps(ROW) + "\n")
    result = CliRunner().invoke(app, ["claims", str(night), "--output", str(out)])
    assert result.exit_code == 0, result.output
    (line,) = out.read_text().splitlines()
    told = json.loads(line)
    assert told["id"] == "2601.00001"
    assert [Claim.from_json(c).text for c in told["claims"]] == ["2.5x"]


def test_standard_input_to_standard_output() -> None:
    result = CliRunner().invoke(app, ["claims", "-"], input=json.dumps(ROW) + "\n")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["claims"][0]["value"] == 2.5


def _papers() -> list[tuple[str, str, list[dict[str, object]]]]:
    papers = []
    for number in range(2, 32):
        told = f"{number}.5x"
        text = f"A model\nIt is {told} faster than others. Accuracy is 9{number % 10}.3%."
        claim = {"metric": "speedup", "value": number + 0.5, "unit": "x", "change": "increase"}
        other = {"metric": "memory", "value": number, "unit": "GB", "change": "absolute"}
        third = {"metric": "cost", "value": number, "unit": "%", "change": "decrease"}
        text += f" It fits in {number} GB. It cuts cost by {number}%."
        papers.append(
            (
                f"2601.{number:05}",
                text,
                [
                    {**claim, "quote": f"{told} faster"},
                    {**other, "quote": f"{number} GB"},
                    {**third, "quote": f"cost by {number}%"},
                ],
            )
        )
    return papers


def test_training_is_reproducible_and_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Thirty papers move a weight less than the floor below which the shipped model drops it.
    monkeypatch.setattr(train, "_LEAST", 0.001)
    monkeypatch.setattr(train, "_STRENGTH", 20.0)
    examples = [example(*paper) for paper in _papers()]
    assert all(sum(label is not None for label in one.labels) == 3 for one in examples)
    for name in ("one", "two"):
        fit(examples).write(tmp_path / name, 0.5, {})
    for file in ("weights.npz", "manifest.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    text = "A model\nIt is 40.5x faster than others. Accuracy is 91.3%. It fits in 40 GB."
    claims = Miner.load(tmp_path / "one").mine(text + " It cuts cost by 40%.")
    assert [c.value for c in claims] == [40.5, 40.0, 40.0]
    assert [c.metric for c in claims] == ["speedup", "peak-memory", "financial-cost"]
    scored = cross_validate(examples)
    threshold = threshold_for(examples, scored, 0.9)
    assert sum(len(keep(s, threshold)) for s in scored) > 60
