"""litmine digest: show, send, test, status; what it keeps to itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litmine.cli import app
from litmine.core.errors import Incomplete, InputError, LitmineError
from litmine.core.settings import load_settings
from litmine.store import open_store
from litmine.store.papers import upsert_papers
from litmine.store.predictions import put_predictions
from litmine.store.queue import enqueue
from tests.support.hook import SECRET, Hook
from tests.support.papers import paper
from tests.support.rows import MODEL, prediction
from tests.support.smtp import PASSWORD, Mailbox, smtp_server

ADA = "ada@example.org"


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def data(tmp_path: Path, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder with a paper that waits, and a mailbox."""
    folder = tmp_path / "data"
    monkeypatch.setenv("LITMINE_DATA_DIR", str(folder))
    now = datetime.now(UTC)
    with open_store(load_settings().database) as store, store.write() as connection:
        one = paper("2606.00001", title="Frugal \x1b[31mcaches: $O(n^2)$")
        upsert_papers(connection, [one], now)
        put_predictions(connection, [prediction(one.arxiv_id, content_hash=one.content_hash)])
        enqueue(connection, MODEL, 0.1, now)
    with smtp_server(box) as port:
        for name, value in {
            "MAIL__HOST": "127.0.0.1",
            "MAIL__PORT": str(port),
            "MAIL__SECURITY": "none",
            "MAIL__SENDER": "litmine@example.org",
            "MAIL__RECIPIENTS": ADA,
            "MAIL__PASSWORD": PASSWORD,
            "LOG__LEVEL": "error",
        }.items():
            monkeypatch.setenv(f"LITMINE_{name}", value)
        yield folder


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["digest", *arguments])


def error(*arguments: str) -> LitmineError:
    found = call(*arguments).exception
    assert isinstance(found, LitmineError)
    return found


def test_show_sends_and_stores_nothing(data: Path, box: Mailbox, tmp_path: Path) -> None:
    shown = call("show")
    assert shown.exit_code == 0
    assert "1 new to review" in shown.stdout
    assert "Frugal [31mcaches: O(n²)" in shown.stdout
    page = tmp_path / "digest.html"
    assert call("show", "--html", str(page)).exit_code == 0
    assert "<sup>2</sup>" in page.read_text("utf-8")
    told = json.loads(call("show", "--json").stdout)
    assert told["data"]["queued"]["total"] == 1
    assert call("send", "--dry-run").stdout.startswith(f"mail {ADA}: litmine, ")
    assert box.taken == []
    assert json.loads(call("status", "--json").stdout)["deliveries"] == []


def test_send_and_send_again(data: Path, box: Mailbox) -> None:
    assert "sent to 1 of 1" in call("send").stdout
    assert "was sent before" in call("send").stdout
    assert "stays sent" in call("send", "--dry-run").stdout
    assert len(box.taken) == 1
    assert call("send", "--again").exit_code == 0
    assert len(box.taken) == 2
    told = json.loads(call("send", "--json").stdout)
    assert [row["state"] for row in told["deliveries"]] == ["sent"]
    night = told["night"]
    assert box.taken[1].text == call("show", "--night", night).stdout.partition("\n\n")[2]
    assert call("status").stdout.count(f"sent     mail {ADA}") == 2
    assert call("send", "--night", night, "--again").exit_code == 0
    assert box.taken[2].text == box.taken[1].text


def test_what_is_not_sent_ends_with_its_reason(data: Path, box: Mailbox) -> None:
    box.refuse[ADA] = ["450 greylisted", "550 no such user"]
    waiting = error("send")
    assert isinstance(waiting, Incomplete)
    assert f"mail to {ADA}: waiting: the recipient was refused: 450 greylisted" in str(waiting)
    assert "greylisted" in call("status").stdout
    assert "failed: the recipient was refused: 550 no such user" in str(error("send"))
    assert "failed" in str(error("send"))
    assert box.taken == []


def test_a_test_message(data: Path, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with Hook() as hook:
        monkeypatch.setenv("LITMINE_WEBHOOK__URL", hook.url)
        monkeypatch.setenv("LITMINE_WEBHOOK__SECRET", SECRET)
        said = call("test")
    assert said.exit_code == 0
    assert f"mail     {ADA}: taken" in said.stdout
    assert "in-the-address" not in said.stdout
    assert box.taken[0].message["Subject"] == "litmine: a test"
    assert hook.received[0].json["type"] == "litmine.test"
    monkeypatch.setenv("LITMINE_MAIL__RECIPIENTS", f"{ADA},bo@example.org")
    monkeypatch.delenv("LITMINE_WEBHOOK__URL")
    box.refuse["bo@example.org"] = ["550 no such user"]
    assert "mail to bo@example.org: the recipient was refused" in str(error("test"))
    assert json.loads(call("status", "--json").stdout)["deliveries"] == []


def test_nobody_is_set(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "SENDER", "RECIPIENTS", "PASSWORD", "PORT", "SECURITY"):
        monkeypatch.delenv(f"LITMINE_MAIL__{name}")
    assert "nobody yet" in call("status").stdout
    assert call("show").exit_code == 0
    for command in (["send"], ["test"]):
        told = error(*command)
        assert isinstance(told, InputError)
        assert "mail.host" in str(told)


def test_bad_input(data: Path) -> None:
    assert "is not a day" in str(error("show", "--night", "yesterday"))
    assert "no digest was made" in str(error("show", "--night", "2020-01-01"))
    assert "no digest was made" in str(error("send", "--night", "2020-01-01"))
    assert "no digest was made" in str(error("send", "--dry-run", "--night", "2020-01-01"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MAIL__RECIPIENTS", "ada@example.org\nBcc: m@example.org", "not an e-mail address"),
        ("MAIL__RECIPIENTS", "Ada <ada@example.org>", "not an e-mail address"),
        ("MAIL__SENDER", "", "sender"),
        ("MAIL__HOST", "mail.example.org", "only for a server on this machine"),
        ("WEBHOOK__URL", "http://hooks.example.org/x", "must be https"),
        ("WEBHOOK__URL", "https://hooks.example.org/x", "secret"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"LITMINE_{name}", value)
    assert said in str(error("status"))


def test_secrets_stay_secret(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITMINE_WEBHOOK__SECRET", SECRET)
    monkeypatch.setenv("LITMINE_WEBHOOK__URL", "https://hooks.example.org/x")
    for arguments in (["config", "show"], ["config", "show", "--json"], ["digest", "status"]):
        shown = CliRunner().invoke(app, arguments)
        assert shown.exit_code == 0
        assert SECRET not in shown.stdout
        assert SECRET[6:20] not in shown.stdout
        assert PASSWORD not in shown.stdout


def test_two_processes_at_once_send_one_mail(data: Path, box: Mailbox) -> None:
    # The first is held up inside its mail until the second has come and gone.
    begun, go = threading.Event(), threading.Event()

    def hold(step: str) -> None:
        if step == "DATA":
            begun.set()
            go.wait(20)

    box.on = hold
    command = [sys.executable, "-m", "litmine", "digest", "send"]
    first = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.PIPE, text=True)
    try:
        assert begun.wait(20)
        second = subprocess.run(command, capture_output=True, text=True, timeout=60)
    finally:
        go.set()
    said, _ = first.communicate(timeout=60)
    assert first.returncode == 0, said
    assert second.returncode == 6
    assert "another run is under way" in second.stderr
    assert len(box.taken) == 1
