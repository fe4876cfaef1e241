"""What operators run into: folders that are not ours, dead runs, Ctrl-C, unwritable places."""

from __future__ import annotations

import getpass
import json
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from litmine import cli
from litmine.cli import app
from litmine.core.clock import SystemClock
from litmine.core.process import process_identity
from litmine.store import Store, open_store
from litmine.store.harvests import Harvest, put_harvest
from litmine.store.leases import acquire
from litmine.store.runs import start_run

runner = CliRunner()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A database in the data folder that the commands use."""
    monkeypatch.setenv("LITMINE_DATA_DIR", str(tmp_path))
    return open_store(f"sqlite:///{tmp_path / 'litmine.db'}")


@pytest.mark.parametrize("option", ["--fresh", "--keep"])
def test_demo_leaves_a_folder_alone_that_is_not_its_own(option: str, store: Store) -> None:
    database = Path(store.engine.url.database or "")
    notes = database.parent / "notes.txt"
    notes.write_text("mine", "utf-8")
    store.close()
    before = database.read_bytes()
    result = runner.invoke(app, ["demo", option, "--folder", str(database.parent)])
    assert result.exit_code != 0
    assert "not the demonstration's" in str(result.exception)
    assert notes.read_text("utf-8") == "mine"
    assert database.read_bytes() == before


def gone_process() -> str:
    host, kernel, _, _, nonce = process_identity().split("|")
    return f"{host}|{kernel}|{2**22 + 7}|1|{nonce}"  # beyond the largest process number of Linux


@pytest.mark.parametrize("alive", [True, False])
def test_status_tells_a_run_under_way_from_one_that_was_killed(alive: bool, store: Store) -> None:
    clock = SystemClock()
    with store, store.write() as connection:
        start_run(connection, "r1", "nightly", "here", clock.now())
    acquire(store, clock, "nightly", process_identity() if alive else gone_process(), 600)
    store.close()
    facts = json.loads(runner.invoke(app, ["status", "--json"]).stdout)
    assert bool(facts["running"]) is alive
    assert facts["last_run"]["state"] == ("running" if alive else "interrupted")


def test_status_names_sets_without_a_watermark(store: Store) -> None:
    with store, store.write() as connection:
        put_harvest(connection, Harvest("oai:cs:cs:LG", watermark=date(2026, 7, 14)))
        put_harvest(connection, Harvest("oai:cs:cs:PF"))
    said = runner.invoke(app, ["status"]).stdout
    assert "None" not in said
    assert "watermark   2026-07-14\n" in said
    assert "oai:cs:cs:PF: nothing read yet" in said


def test_reviewer_without_a_name_on_this_machine_gets_a_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", nameless)
    result = runner.invoke(app, ["review", "list"])
    assert "no database" in str(result.exception), "it got past the reviewer's name"


def test_ctrl_c_says_that_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: Store
) -> None:
    from litmine.cli import status

    def interrupted(_settings: object) -> None:
        raise KeyboardInterrupt

    store.close()
    monkeypatch.setattr(status, "gather", interrupted)
    monkeypatch.setattr(sys, "argv", ["litmine", "status"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert "what was committed is safe" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: Store
) -> None:
    from litmine.cli import status

    def refused(_settings: object) -> None:
        raise PermissionError(13, "Permission denied", "/srv/lists/out.jsonl")

    store.close()
    monkeypatch.setattr(status, "gather", refused)
    monkeypatch.setattr(sys, "argv", ["litmine", "status"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "litmine: /srv/lists/out.jsonl: Permission denied\n"
