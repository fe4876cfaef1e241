"""Output that nobody takes: a full disk, a reader that went away, a closed stream; no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
# Written by the command line itself, by rich, and as JSON.
COMMANDS = (["--help"], ["config", "show"], ["config", "show", "--json"], ["--version"])


@pytest.fixture(params=["", "1"], ids=["buffered", "unbuffered"])
def env(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    return os.environ | {"LITMINE_DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": request.param}


def litmine(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "litmine.cli", *arguments]


@needs_full
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_is_one_line_and_an_exit_code(command, env):
    with FULL.open("w") as full:
        done = subprocess.run(litmine(*command), stdout=full, stderr=-1, env=env, text=True)
    assert done.returncode == 1
    assert done.stderr == "litmine: cannot write the output: No space left on device\n"


@needs_full
def test_where_nothing_can_be_printed_the_exit_code_tells(env):
    with FULL.open("w") as full:
        assert subprocess.run(litmine("--help"), stdout=full, stderr=full, env=env).returncode == 1
        done = subprocess.run(litmine("serach"), stdout=full, stderr=full, env=env)
    assert done.returncode == 2


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_reader_that_has_seen_enough_is_no_failure(command, env):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = subprocess.run(litmine(*command), stdout=pipe, stderr=-1, env=env, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_failure_stays_one_when_its_reader_is_gone(env):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        done = subprocess.run(litmine("serach"), stdout=pipe, stderr=pipe, env=env)
    assert done.returncode == 2


@pytest.mark.parametrize("stream", [">&-", "2>&-", "<&-"])
def test_streams_may_be_closed_before_it_begins(stream, env):
    line = f'exec "$0" -m litmine.cli config show --json {stream}'
    done = subprocess.run(["/bin/sh", "-c", line, sys.executable], env=env, stdout=-1, stderr=-1)
    assert (done.returncode, done.stderr) == (0, b"")
    assert bool(done.stdout) is (stream != ">&-")
