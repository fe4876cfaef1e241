"""The doors: help, errors in one line, exit codes, JSON, lazy imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from litmine.cli import COMMANDS, app
from litmine.core.settings import Settings
from tests.support.commands import PAGE, render

runner = CliRunner()

HEAVY = ("torch", "sklearn", "pandas", "faiss", "onnxruntime", "numpy", "lxml", "httpx", "alembic")


def litmine(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    import os

    return subprocess.run(
        [sys.executable, "-m", "litmine", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        timeout=120,
        check=False,
    )


def test_help_lists_every_command() -> None:
    result = litmine("--help")
    assert result.returncode == 0
    for name, _, _ in COMMANDS:
        assert f"\n  {name} " in result.stdout


def test_commands_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text("utf-8") == render(), "run: make docs"


@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["--version"]])
def test_quick_commands_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    program = (
        "import sys, json\n"
        "from litmine.cli import app\n"
        f"sys.argv = ['litmine', *{arguments!r}]\n"
        "try:\n    app()\nexcept SystemExit:\n    pass\n"
        f"sys.stderr.write(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))\n"
    )
    first = litmine("db", "upgrade", LITMINE_DATA_DIR=str(tmp_path))
    assert first.returncode == 0, first.stderr
    import os

    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "LITMINE_DATA_DIR": str(tmp_path)},
        check=True,
        timeout=60,
    )
    assert json.loads(result.stderr.splitlines()[-1]) == []


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["nightly", "--since", "yesterday"], 2, "YYYY-MM-DD"),
        (["nightly", "--since", "2999-01-01"], 2, "lies in the future"),
        (["nigthly"], 2, "did you mean nightly?"),
        (["review", "approve", "not-an-id"], 4, "no database"),
        (["status", "--nonsense"], 2, "No such option"),
        (["ingest", "snapshot", "missing.jsonl"], 2, "missing.jsonl"),
        (["ingest", "ids", "hello"], 2, "is not an arXiv id"),
        (["classify", "missing.jsonl", "--output", "out.jsonl"], 2, "missing.jsonl"),
    ],
)
def test_wrong_input_is_one_clear_line(
    arguments: list[str], code: int, says: str, tmp_path: Path
) -> None:
    result = litmine(*arguments, LITMINE_DATA_DIR=str(tmp_path))
    assert result.returncode == code, result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_misspelt_setting_is_refused_with_a_hint() -> None:
    result = litmine("status", LITMINE_ARXIV__CONTCT="a@example.org")
    assert result.returncode == 2
    assert "LITMINE_ARXIV__CONTACT" in result.stderr


def test_status_before_the_first_run_says_what_to_do(tmp_path: Path) -> None:
    result = litmine("status", LITMINE_DATA_DIR=str(tmp_path))
    assert result.returncode == 0
    assert "litmine nightly" in result.stdout
    facts = json.loads(litmine("status", "--json", LITMINE_DATA_DIR=str(tmp_path)).stdout)
    assert facts["exists"] is False
    assert not (tmp_path / "litmine.db").exists()


def test_config_show_tells_origins_and_hides_passwords(tmp_path: Path) -> None:
    config = tmp_path / "litmine.toml"
    config.write_text("[arxiv]\ncontact = 'file@example.org'\n[queue]\nneighbours = 7\n", "utf-8")
    result = litmine(
        "config",
        "show",
        "--json",
        LITMINE_CONFIG=str(config),
        LITMINE_ARXIV__CONTACT="env@example.org",
        LITMINE_DATABASE_URL="postgresql+psycopg://ada:hunter2@localhost/litmine",
    )
    assert result.returncode == 0, result.stderr
    rows = {row["key"]: row for row in json.loads(result.stdout)}
    assert rows["arxiv.contact"]["value"] == "env@example.org"
    assert rows["arxiv.contact"]["origin"] == "environment LITMINE_ARXIV__CONTACT"
    assert rows["queue.neighbours"]["origin"] == f"file {config}"
    assert rows["arxiv.min_gap_seconds"]["origin"] == "default"
    assert set(rows) >= {"data_dir", "log.level", "schedule.delay_minutes"}
    assert "hunter2" not in result.stdout + result.stderr


def test_unreachable_arxiv_ends_with_code_3_and_one_line(tmp_path: Path) -> None:
    closed = "http://127.0.0.1:9"  # the discard port: nobody listens
    result = litmine(
        "nightly",
        "--quiet",
        LITMINE_DATA_DIR=str(tmp_path),
        LITMINE_ARXIV__OAI_URL=f"{closed}/oai",
        LITMINE_ARXIV__RSS_URL=closed,
        LITMINE_ARXIV__API_URL=f"{closed}/api/query",
        LITMINE_ARXIV__MIN_GAP_SECONDS="0",
        LITMINE_ARXIV__MAX_ATTEMPTS="2",
    )
    assert result.returncode == 3, result.stderr
    said = [line for line in result.stderr.splitlines() if line.startswith("litmine: ")]
    assert len(said) == 1
    assert "Traceback" not in result.stderr
    status = json.loads(litmine("status", "--json", LITMINE_DATA_DIR=str(tmp_path)).stdout)
    assert status["papers"] == 0
    assert status["watermarks"] == {}
    assert status["last_run"]["state"] == "failed"


def test_schedule_lists_planned_runs_on_announcement_nights() -> None:
    result = runner.invoke(app, ["schedule", "--list", "6", "--json"])
    assert result.exit_code == 0
    from datetime import datetime
    from zoneinfo import ZoneInfo

    planned = [datetime.fromisoformat(m) for m in json.loads(result.stdout)]
    assert planned == sorted(set(planned))
    for moment in planned:
        local = moment.astimezone(ZoneInfo("America/New_York"))
        assert (local.hour, local.minute) == (1, 30)
        assert local.weekday() not in {5, 6}


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_scheduler_as_a_service_that_did_well(name: str, tmp_path: Path) -> None:
    import os
    import signal

    closed = "http://127.0.0.1:9"
    process = subprocess.Popen(
        [sys.executable, "-m", "litmine", "schedule"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "LITMINE_DATA_DIR": str(tmp_path),
            "LITMINE_ARXIV__OAI_URL": f"{closed}/oai",
            "LITMINE_ARXIV__RSS_URL": closed,
            "LITMINE_ARXIV__API_URL": f"{closed}/api/query",
            "LITMINE_ARXIV__MAX_ATTEMPTS": "1",
        },
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "event=scheduled" in line:
                break
        process.send_signal(signal.Signals[name])
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert out == ""


def test_settings_show_up_in_the_example_file() -> None:
    """jobs/litmine.toml must stay a valid configuration."""
    import tomllib

    example = Path(__file__).resolve().parents[2] / "jobs" / "litmine.toml"
    Settings(**tomllib.loads(example.read_text("utf-8")))
