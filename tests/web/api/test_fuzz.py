"""Requests made up from the API's description: no fault, and no answer that it does not tell of.

``make fuzz`` sends more of them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from litmine.core.clock import SystemClock
from litmine.core.settings import Settings
from tests.support.api import running, told
from tests.support.web import fill_queue, make_app

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "negative_data_rejection",
    "ignored_auth",
)


@pytest.fixture
def database(request, dialect):
    """SQLite, and PostgreSQL when there is time."""
    if dialect == "postgresql" and EXAMPLES <= 3:
        pytest.skip("only with FUZZ_EXAMPLES: make fuzz")
    return request.getfixturevalue("store")


@pytest.mark.parametrize(
    ("role", "phases"),
    [
        ("reader", "fuzzing"),
        ("reviewer", "fuzzing,stateful"),
        ("maintainer", "examples,coverage,fuzzing"),
    ],
)
def test_every_answer_is_one_that_the_description_tells_of(database, tmp_path, role, phases):
    clock = SystemClock()
    fill_queue(database, clock)
    url = database.engine.url.render_as_string(hide_password=False)
    app = make_app(Settings(data_dir=tmp_path / "data", database_url=url), database, clock)
    with running(app) as server:
        token = server.token("Fay Fuzzer", role)
        ran = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                "run",
                f"{server.url}/api/v1/openapi.json",
                "--header",
                f"Authorization: Bearer {token}",
                f"--phases={phases}",
                f"--max-examples={EXAMPLES}",
                f"--checks={','.join(CHECKS)}",
                "--suppress-health-check=all",
                "--request-timeout=20",
                "--seed=7",
                "--warnings=off",
                "--no-color",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=280 if EXAMPLES <= 3 else None,
            check=False,
        )
        with server.client("Fay Fuzzer", role) as afterwards:
            told(afterwards.get("/api/v1/me"))
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr
    generated = re.search(r"(\d+) generated, (\d+) passed", ran.stdout)
    assert generated, ran.stdout[-2000:]
    assert int(generated[1]) >= 34
