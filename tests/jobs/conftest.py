"""A small world for the nightly run: a stand-in arXiv, light models, a small labelled library."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from litmine.core import resources
from litmine.core.clock import FakeClock
from litmine.core.settings import Settings
from litmine.jobs.nightly import Models
from litmine.standin import StandinServer, load_records
from tests.support.light import HashEncoder, KeywordClassifier, write_small_corpus
from tests.support.world import settings_for


@pytest.fixture
def small_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A resource root with the real taxonomy and sample night and a library of thirty papers."""
    root = write_small_corpus(tmp_path / "resources", resources.corpus_dir())
    monkeypatch.setenv("LITMINE_RESOURCES", str(root))
    return root


@pytest.fixture
def night_file() -> Path:
    """The shipped sample night."""
    return resources.corpus_dir() / "sample_night.jsonl"


@pytest.fixture
def night_records(night_file: Path) -> list[dict[str, Any]]:
    """The shipped sample night, one dictionary a paper."""
    return [json.loads(line) for line in night_file.read_text("utf-8").splitlines()]


@pytest.fixture
def arxiv(night_file: Path) -> Iterator[StandinServer]:
    """A stand-in arXiv that serves the sample night, in pages of twenty."""
    with StandinServer(load_records([night_file]), page_size=20) as server:
        yield server


@pytest.fixture
def world(arxiv: StandinServer, small_corpus: Path, tmp_path: Path) -> Settings:
    """Settings over the stand-in, the small corpus and an empty data folder."""
    return settings_for(arxiv, tmp_path / "data")


@pytest.fixture
def clock() -> FakeClock:
    """A clock at which the sample night has just been announced; waits take no time."""
    from datetime import UTC, datetime

    return FakeClock(datetime(2026, 7, 14, 3, 0, tzinfo=UTC))


@pytest.fixture
def light_models() -> Callable[[Settings], Models]:
    """Fast stand-ins for encoder and classifier."""
    return lambda _settings: Models(HashEncoder(), KeywordClassifier())  # type: ignore[arg-type]
