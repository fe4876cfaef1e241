"""As a newcomer does it: the demonstration, then status, review and publish on its database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


class Shell:
    """Runs litmine in processes of its own against one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("LITMINE_")},
            "HOME": str(folder),
            "LITMINE_DATA_DIR": str(folder / "demo"),
            "NO_COLOR": "1",
            "COLUMNS": "120",
        }

    def __call__(
        self, *arguments: str, stdin: str = "", code: int = 0
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "litmine", *arguments],
            capture_output=True,
            text=True,
            input=stdin,
            env=self.env,
            cwd=self.folder,
            timeout=240,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--json").stdout)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell in a folder in which `litmine demo` has just run."""
    shell = Shell(tmp_path_factory.mktemp("newcomer"))
    out = shell("demo", "--folder", "demo").stdout
    assert "84 announced, 0 missing, 0 after repair" in out
    assert "Queue: " in out
    # Whoever follows the hint finds their decisions in the lists that the demonstration wrote.
    assert "Lists and run report: demo/out\nTry:  export LITMINE_DATA_DIR=demo\n" in out
    return shell


def test_demo_queue_is_led_by_efficiency_papers(shell: Shell) -> None:
    items = shell.json("review", "list", "--limit", "10")
    assert len(items) == 10
    for item in items:
        assert item["prediction"]["relevance"] > 0.5
        assert item["prediction"]["assigned"], item["paper"]["title"]
        assert item["prediction"]["neighbours"]
        assert item["prediction"]["model_id"] == item["queue"]["model_id"]
    shown = shell("review", "show", items[0]["paper"]["arxiv_id"]).stdout
    assert items[0]["paper"]["title"].split()[0] in shown
    assert "nearest labelled papers:" in shown


def test_status_after_the_demo(shell: Shell) -> None:
    facts = shell.json("status")
    assert facts["papers"] == 84
    assert facts["backlog"] == {"unencoded": 0, "unjudged": 0}
    assert facts["night"]["announced_minus_stored"] == 0
    assert facts["last_run"]["state"] == "done"
    assert facts["labels"]["gold"] > 6000
    assert "papers      84 stored" in shell("status").stdout


def test_decisions_reach_the_list_and_can_be_undone(shell: Shell) -> None:
    first, second, third = shell.json("review", "list", "--limit", "3")
    ids = [item["paper"]["arxiv_id"] for item in (first, second, third)]
    paper_list = shell.folder / "demo" / "out" / "paper-list.md"
    empty = paper_list.read_text("utf-8")

    assert f"approved: {ids[0]}" in shell("review", "approve", ids[0]).stdout
    shell("review", "approve", ids[1], "--cells", "sys/en, inf/mem", "--technique", "serving")
    shell("review", "reject", ids[2], "-m", "about vision")
    text = paper_list.read_text("utf-8")
    assert len(text.splitlines()) == len(empty.splitlines()) + 2
    assert ids[0] in text
    assert ids[1] in text
    assert ids[2] not in text
    assert ids[2] not in {i["paper"]["arxiv_id"] for i in shell.json("review", "list")}

    shell("review", "undo", ids[1])
    assert ids[1] not in paper_list.read_text("utf-8")
    shell("review", "undo")
    shell("review", "undo")
    assert paper_list.read_text("utf-8") == empty
    assert "there is no decision to undo" in shell("review", "undo", code=2).stderr


def test_walking_through_the_queue_by_keys(shell: Shell) -> None:
    first, second, third, fourth = shell.json("review", "list", "--limit", "4")
    keys = "a\nz\n?\ne\nnonsense\ne\n\nx\nl\nu\nn\nq\n"
    out = shell("review", "--reviewer", "Ada", stdin=keys).stdout
    ids = [item["paper"]["arxiv_id"] for item in (first, second, third, fourth)]
    assert f"approved: {ids[0]}" in out
    assert "'z' is no key here" in out
    assert "Each key is followed by Enter." in out
    assert "not done: " in out
    assert "nonsense" in out, "a wrong cell is told at once"
    assert "not done: no cells given" in out
    assert f"rejected: {ids[1]}" in out
    assert f"took back: later of {ids[2]}" in out
    assert "2 decisions in this sitting" in out
    states = {
        state: {i["paper"]["arxiv_id"] for i in shell.json("review", "list", "--state", state)}
        for state in ("approved", "rejected", "later")
    }
    assert states == {"approved": {ids[0]}, "rejected": {ids[1]}, "later": set()}
    shell("review", "--reviewer", "Ada", "undo")
    shell("review", "--reviewer", "Ada", "undo")


def test_paper_without_suggested_cells_says_which_key(shell: Shell) -> None:
    items = shell.json("review", "list", "--limit", "84")
    doubtful = next(i for i in items if not i["prediction"]["assigned"])
    position = items.index(doubtful)
    out = shell("review", stdin="n\n" * position + "a\nq\n").stdout
    assert "none sure enough (most probable: " in out
    assert "not done: no cell is sure enough to be suggested; press e" in out
    said = shell("review", "approve", doubtful["paper"]["arxiv_id"], code=2).stderr
    assert "an approval needs at least one cell" in said
    many = ("review", "approve", items[0]["paper"]["arxiv_id"], "--technique", "a,b,c")
    assert "technique" in shell(*many, code=2).stderr


def test_status_counts_disputed_papers(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "disputed" not in shell("status").stdout
    monkeypatch.setitem(shell.env, "LITMINE_REVIEW__DOUBLE", "true")
    first = shell.json("review", "list", "--limit", "1")[0]["paper"]["arxiv_id"]
    shell("review", "--reviewer", "Ada", "approve", first)
    shell("review", "--reviewer", "Bo", "reject", first)
    assert " 0 later, 1 disputed, 0 approved" in shell("status").stdout
    shell("review", "--reviewer", "Bo", "undo")
    shell("review", "--reviewer", "Ada", "undo")


def test_demo_again_keeps_decisions(shell: Shell) -> None:
    first = shell.json("review", "list", "--limit", "1")[0]["paper"]["arxiv_id"]
    assert shell.json("review", "later", first)["action"] == "later"
    out = shell("demo", "--folder", "demo").stdout
    assert "holds 1 decision and is kept" in out
    assert "nothing changed" in out
    assert shell.json("status")["queue"]["later"] == 1
    shell("review", "undo")


def test_what_was_ingested_is_judged_without_arxiv(shell: Shell) -> None:
    line = {
        "id": "2608.00001",
        "title": "Serving sparse models on small devices",
        "abstract": "We prune a large language model and serve it with half the memory.",
        "categories": "cs.LG",
    }
    (shell.folder / "one.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    assert "nightly --no-pull" in shell("ingest", "snapshot", "one.jsonl").stdout
    report = shell.json("nightly", "--no-pull")
    assert next(s["stage"] for s in report["stages"]) == "load models"
    assert shell.json("review", "show", "2608.00001")["prediction"]["relevance"] > 0.1


def test_publish_writes_only_what_changed(shell: Shell) -> None:
    assert "nothing changed" in shell("publish").stdout
    out = shell("publish", "--output", "elsewhere").stdout
    assert out.count("wrote") == 6
    assert (shell.folder / "elsewhere" / "paper-list.csv").is_file()


def test_second_night_without_the_stand_in_is_one_line(shell: Shell) -> None:
    closed = "http://127.0.0.1:9"
    before = shell("db", "digest").stdout
    shell.env |= {
        "LITMINE_ARXIV__OAI_URL": f"{closed}/oai",
        "LITMINE_ARXIV__RSS_URL": closed,
        "LITMINE_ARXIV__API_URL": f"{closed}/api/query",
        "LITMINE_ARXIV__MIN_GAP_SECONDS": "0",
        "LITMINE_ARXIV__MAX_ATTEMPTS": "1",
    }
    said = shell("nightly", "--quiet", code=3).stderr
    assert sum(line.startswith("litmine: ") for line in said.splitlines()) == 1
    assert shell("db", "digest").stdout == before
