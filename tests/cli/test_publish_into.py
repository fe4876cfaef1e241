"""litmine publish --into at the terminal and in CI."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from litmine.cli import app
from litmine.core.errors import Incomplete, InputError, LitmineError
from litmine.store import open_store
from tests.support.approvals import approve
from tests.support.papers import paper

ONE, TWO = "2606.00001", "2606.00002"
TEXT = (
    "# List\n\n## LLM Inference\n\n| Date | Paper |\n|--|--|\n| 2020 | [Old](https://a.example) |\n"
)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with open_store(f"sqlite:///{tmp_path / 'litmine.db'}") as store:
        papers = [paper(ONE, title="First \x1b[31m part"), paper(TWO)]
        approve(store, papers, [["inference/memory"]] * 2, [["pruning"]] * 2)
    monkeypatch.setenv("LITMINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LITMINE_LOG__LEVEL", "error")
    monkeypatch.chdir(tmp_path)
    path = Path("README.md")
    path.write_text(TEXT)
    return path


def run(*arguments: str) -> tuple[str, str, LitmineError | None]:
    """Standard output, standard error, and the error that would end the command."""
    result = CliRunner().invoke(app, ["publish", *arguments])
    error = result.exception
    assert error is None or isinstance(error, LitmineError), result.exception
    return result.stdout, result.stderr, error


def test_check_in_ci(kept: Path) -> None:
    said, _, error = run("--into", str(kept), "--check")
    assert isinstance(error, Incomplete)
    assert error.exit_code == 7
    assert str(error) == "README.md: 2 approved papers missing, 0 problems, 0 conflicts"
    assert said.splitlines() == [
        "README.md: lacks 2 papers, 0 stand there",
        f"  {TWO}  Frugal decoding, part {TWO}  (List > LLM Inference)",
        f"  {ONE}  First [31m part  (List > LLM Inference)",
    ]
    assert kept.read_text() == TEXT
    run("--into", str(kept))
    said, _, error = run("--into", str(kept), "--check")
    assert error is None
    assert said == "README.md: lacks nothing, 2 papers stand there\n"
    kept.write_text(kept.read_text().replace("|--|--|\n", ""))
    said, _, error = run("--into", str(kept), "--check")
    assert isinstance(error, Incomplete)
    assert "  line 5: the header of a table has no line of dashes" in said


def test_conflicts_fail_only_when_asked_to(kept: Path) -> None:
    run("--into", str(kept))
    row = kept.read_text().splitlines()[6]
    kept.write_text(kept.read_text() + row + "\n")
    said, _, error = run("--into", str(kept), "--check")
    assert error is None
    assert "for a person to decide, nothing was changed about it:\n  line 7, 10: " in said
    _, _, error = run("--into", str(kept), "--check", "--strict")
    assert isinstance(error, Incomplete)


def test_the_difference_goes_to_standard_output_alone(kept: Path) -> None:
    said, aside, error = run("--into", str(kept), "--dry-run")
    assert error is None
    assert said.startswith("--- README.md\n+++ README.md\n@@ -4,4 +4,6 @@\n")
    assert [line for line in said.splitlines() if line.startswith("+|")] == [
        f"+| 2026 | [Frugal decoding, part {TWO}](https://arxiv.org/abs/{TWO}) |",
        f"+| 2026 | [First \\[31m part](https://arxiv.org/abs/{ONE}) |",
    ]
    assert aside.startswith("README.md: lacks 2 papers")
    assert kept.read_text() == TEXT


def test_merging_tells_where_each_paper_stands_now(kept: Path) -> None:
    said, _, _ = run("--into", str(kept))
    lines = kept.read_text().splitlines()
    assert said.splitlines()[0] == "README.md: added 2 papers, 0 stood there"
    assert TWO in lines[6]
    assert ONE in lines[7]
    assert said.splitlines()[1].startswith(f"  line 7: {TWO}  ")
    kept.write_text("\n".join([*lines[:6], *lines[7:]]) + "\n")
    said, _, _ = run("--into", str(kept))
    assert f"left out (--again ID puts one back): {TWO}" in said
    said, _, _ = run("--into", str(kept), "--again", TWO)
    assert said.startswith("README.md: added 1 paper, 1 stood there")


def test_json_tells_everything(kept: Path) -> None:
    kept.write_text(TEXT + f"| 2025 | [First 31m part](https://arxiv.org/abs/{ONE}) |\n")
    facts = json.loads(run("--into", str(kept), "--json")[0])
    assert facts["written"] is facts["changed"] is True
    assert [one["arxiv_id"] for one in facts["added"]] == [TWO]
    lines = kept.read_text().splitlines()
    assert TWO in lines[facts["added"][0]["line"] - 1]
    (present,) = facts["present"]
    assert ONE in lines[present["line"] - 1]
    assert present["by"] == "arXiv id"
    (conflict,) = facts["conflicts"]
    assert conflict["kind"] == "date"
    assert ONE in lines[conflict["lines"][0] - 1]
    assert (facts["problems"], facts["taken_out"]) == ([], [])
    checked = CliRunner().invoke(app, ["publish", "--into", str(kept), "--check", "--json"])
    assert json.loads(checked.stdout)["added"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--into", "README.md", "--output", "x"),
        ("--check",),
        ("--into", "README.md", "--strict"),
        ("--into", "README.md", "--base", "main"),
        ("--dry-run",),
        ("--git", ".", "--check"),
        ("--into", "nothing.md"),
    ],
)
def test_options_that_do_not_go_together(kept: Path, arguments: tuple[str, ...]) -> None:
    _, _, error = run(*arguments)
    assert isinstance(error, InputError)
    assert kept.read_text() == TEXT
