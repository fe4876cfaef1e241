"""SIGKILL anywhere, resume, and the database is the one of a clean run: nothing lost or doubled.

With ``DRILL_MODELS=shipped`` the shipped encoder and classifier run instead of light ones.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from litmine.core import resources
from litmine.standin import StandinServer, load_records
from litmine.store import open_store
from litmine.store.announcements import missing
from litmine.store.digest import content_digest
from litmine.store.papers import count_papers
from tests.support.light import write_small_corpus

pytestmark = pytest.mark.drill

DRIVER = Path(__file__).with_name("driver.py")
NIGHT = "2026-06-30"
#: Kills in all; half of them at chosen commits, half at random moments.
KILLS = 50
SEED = 20260630


@pytest.fixture(scope="module")
def arxiv(night: Path) -> Iterator[StandinServer]:
    with StandinServer(load_records([night]), page_size=60) as server:
        yield server


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("home")
    shipped = os.environ.get("DRILL_MODELS") == "shipped"
    root = (
        resources.resource_root()
        if shipped
        else write_small_corpus(home / "resources", resources.corpus_dir())
    )
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "DRILL_MODELS": "shipped" if shipped else "light",
        "LITMINE_RESOURCES": str(root),
        "LITMINE_LOG__LEVEL": "error",
        "PYTHONWARNINGS": "error",
    }


class Night:
    """Starts runs of one night against one data folder."""

    def __init__(self, folder: Path, server: StandinServer, environment: dict[str, str]) -> None:
        self.folder = folder
        self._server = server
        self._environment = environment

    def start(self, kill_at: int = 0) -> subprocess.Popen[str]:
        server = self._server
        return subprocess.Popen(
            [
                sys.executable,
                str(DRIVER),
                *(str(self.folder), server.oai_url, server.rss_url, server.api_url, NIGHT),
                str(kill_at),
            ],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, kill_at: int = 0) -> tuple[int, str]:
        process = self.start(kill_at)
        out, err = process.communicate(timeout=120)
        if process.returncode not in {0, -signal.SIGKILL}:
            pytest.fail(f"run ended with {process.returncode}: {err}")
        return process.returncode, out

    def digest(self) -> dict[str, str]:
        url = f"sqlite:///{self.folder / 'litmine.db'}"
        with open_store(url) as store, store.read() as connection:
            return content_digest(connection)


@pytest.fixture(scope="module")
def clean(
    tmp_path_factory: pytest.TempPathFactory, arxiv: StandinServer, environment: dict[str, str]
) -> dict[str, Any]:
    """What an undisturbed run leaves, how many commits it makes and how long it takes."""
    night = Night(tmp_path_factory.mktemp("clean"), arxiv, environment)
    began = time.monotonic()
    code, out = night.finish()
    seconds = time.monotonic() - began
    assert code == 0
    commits, changed = map(int, out.split())
    assert changed == 1
    with open_store(f"sqlite:///{night.folder / 'litmine.db'}") as store, store.read() as c:
        from datetime import date

        assert count_papers(c) == 486
        assert missing(c, date.fromisoformat(NIGHT)) == []
    code, out = night.finish()
    assert (code, out.split()[1]) == (0, "0"), "a second run must change nothing"
    return {"digest": night.digest(), "commits": commits, "seconds": seconds}


@pytest.mark.timeout(900)
def test_killed_at_chosen_commits_and_resumed(
    clean: dict[str, Any], arxiv: StandinServer, environment: dict[str, str], tmp_path: Path
) -> None:
    """Die just before a commit drawn at random, run again, until a run comes through."""
    rng = random.Random(SEED)
    kills = sequences = 0
    while kills < KILLS // 2:
        night = Night(tmp_path / f"run{sequences}", arxiv, environment)
        while True:
            # Some draws lie beyond the last commit of what is left: that run lives.
            code, _ = night.finish(kill_at=rng.randint(1, clean["commits"]))
            if code == 0:
                break
            kills += 1
        sequences += 1
        assert night.digest() == clean["digest"], f"sequence {sequences}, seed {SEED}"
    assert sequences >= 2


@pytest.mark.timeout(900)
def test_killed_at_random_moments_and_resumed(
    clean: dict[str, Any], arxiv: StandinServer, environment: dict[str, str], tmp_path: Path
) -> None:
    """SIGKILL from outside at a random moment, whatever the run is doing then."""
    rng = random.Random(SEED + 1)
    kills = sequences = 0
    while kills < KILLS // 2:
        night = Night(tmp_path / f"run{sequences}", arxiv, environment)
        for attempt in range(200):
            process = night.start()
            try:
                # Later attempts get more time, so that every sequence comes to its end.
                limit = clean["seconds"] * (1 + attempt / 10)
                _, err = process.communicate(timeout=rng.uniform(0.2, limit))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
                continue
            assert process.returncode == 0, err
            break
        sequences += 1
        assert night.digest() == clean["digest"], f"sequence {sequences}, seed {SEED + 1}"
