"""The examples of docs/api.md, run in their order against a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from litmine.search.sync import sync_as_set
from litmine.store.audit import audit_entries
from tests.support.api import running

PAGE = Path(__file__).resolve().parents[3] / "docs" / "api.md"


@pytest.fixture
def dialect():
    """The database plays no part here."""
    return "sqlite"


def test_the_examples_do_what_the_page_says(app, queue_ids, store, web_settings):
    if not shutil.which("curl") or not shutil.which("jq"):
        pytest.skip("curl and jq are not installed")
    sync_as_set(web_settings, store)
    blocks = re.findall(r"^```(bash|python)\n(.*?)^```", PAGE.read_text("utf-8"), re.S | re.M)
    shell = [text for kind, text in blocks if kind == "bash"]
    program = "\n".join(text for kind, text in blocks if kind == "python")
    with running(app) as server:
        environment = os.environ | {"LITMINE": server.url, "TOKEN": server.token("Ada")}

        def run(*command, text):
            return subprocess.run(
                command, input=text, env=environment, capture_output=True, text=True, check=True
            ).stdout.splitlines()

        told = [run("bash", "-euo", "pipefail", text=text) for text in shell]
        printed = run(sys.executable, "-W", "error", "-", text=program)
    me, queue, decided, several, undone, found, similar, saved, events = told
    assert me == ["reviewer"]
    assert [line.split("\t")[0] for line in queue] == queue_ids[:3]
    assert decided == ['"approved"']
    assert several == ["[200,412]"]
    assert undone[0] == queue_ids[1]
    assert [line.split("\t")[1:3] for line in undone[1:]] == [
        ["undo", queue_ids[1]],
        ["reject", queue_ids[1]],
    ]
    assert found
    assert {line.split("\t")[0] for line in found} <= set(queue_ids)
    assert len(similar) == 3
    assert queue_ids[3] not in similar[:2]
    assert saved == ["Caches", "0"]
    assert "event: queue" in events
    assert "approved=1" in printed[0]
    with store.read() as connection:
        by_program = [entry["subject"] for entry in audit_entries(connection, actions=("reject",))]
    assert set(by_program) > {queue_ids[1]}  # the last ones are below 0.2
