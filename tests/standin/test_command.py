"""The command: it serves until Ctrl-C, and says where."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request

import typer
from typer.testing import CliRunner

from litmine.cli.standin import command


def app():
    made = typer.Typer(rich_markup_mode=None, add_completion=False)
    made.command()(command)
    return made


def test_help_teaches():
    shown = CliRunner().invoke(app(), ["--help"]).output
    text = "".join(shown.split())  # however it is wrapped
    for word in ("OAI-PMH", "429", "Retry-After", "_control", "Example"):
        assert word in text


def test_a_wrong_fault_is_named(archive):
    result = CliRunner().invoke(app(), [str(archive), "--fault", "boom", "--port", "0"])
    assert result.exit_code != 0
    assert "no fault 'boom'" in str(result.exception)


def test_serves_until_it_is_interrupted(archive):
    script = (
        "import typer; from litmine.cli.standin import command; "
        "app = typer.Typer(); app.command()(command); app()"
    )
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", script, str(archive), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A suite started in the background of a shell ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        shown = [process.stdout.readline() for _ in range(6)]
        assert "5 papers, today 2026-06-30" in shown[0]
        url = re.search(r"OAI_URL=(\S+)", "".join(shown))[1]
        request = urllib.request.Request(
            f"{url}?verb=Identify", headers={"User-Agent": "test", "Accept": "*/*"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert b"<protocolVersion>2.0<" in answer.read().replace(b"ns0:", b"")
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert "Stopped after 1 requests." in rest
    assert "Traceback" not in errors
    assert process.returncode == 0
