"""The labelled night of 2026-06-30 with full metadata, as arXiv announced it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import zstandard

NIGHT = "2026-06-30"


def night_lines(shared: Path) -> list[str]:
    """The 486 papers of the labelled night with full metadata, as they were announced."""
    labelled = {
        row["id"]
        for row in map(
            json.loads, (shared / "labels" / "dev.jsonl").read_text("utf-8").splitlines()
        )
        if row["night"] == NIGHT
    }
    with (shared / "data" / "nights" / f"{NIGHT}.jsonl.zst").open("rb") as raw:
        reader = zstandard.ZstdDecompressor().stream_reader(raw)
        lines = io.TextIOWrapper(reader, encoding="utf-8").read().splitlines()
    return [line for line in lines if json.loads(line)["arxiv_id"] in labelled]


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    lines = night_lines(shared_data)
    assert len(lines) == 486
    path = tmp_path_factory.mktemp("night") / f"{NIGHT}.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
