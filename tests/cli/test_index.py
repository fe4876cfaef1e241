"""``litmine index``: how the index stands, and bringing it into step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete
from typer.testing import CliRunner

from litmine.cli import app
from litmine.core.errors import LeaseHeld, StoreError
from litmine.index.generation import SearchIndex
from litmine.index.writer import IndexWriter
from litmine.store import Store
from litmine.store.schema import papers
from tests.support.rows import IDS, judge

Run = Callable[..., str]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("LITMINE_DATA_DIR", str(folder))
    monkeypatch.setenv("LITMINE_LOG__LEVEL", "error")
    return folder


@pytest.fixture
def stored(sqlite_store: Store, data: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A database of five judged papers."""
    url = sqlite_store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LITMINE_DATABASE_URL", url)
    with sqlite_store.write() as connection:
        judge(connection)
    return sqlite_store


@pytest.fixture
def litmine() -> Run:
    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["index", *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stdout

    return run


def test_from_no_index_to_one_in_step(litmine: Run, stored: Store, data: Path) -> None:
    assert litmine("status").startswith("no index yet in ")
    assert json.loads(litmine("status", "--json"))["behind"] is True
    assert litmine("sync").startswith("5 added; 5 papers can be found\ngeneration 1, ")
    shown = litmine("status").splitlines()
    assert shown[0].startswith("generation 1 in ")
    assert ": 5 papers, 0 with a vector of litmine-" in "".join(shown)
    assert not any("has changed since" in line for line in shown)
    with stored.write() as connection:
        connection.execute(delete(papers).where(papers.c.arxiv_id == IDS[0]))
    assert litmine("status").endswith("the database has changed since: run litmine index sync\n")
    report = json.loads(litmine("sync", "--json"))
    assert (report["removed"], report["papers"], report["complete"]) == (1, 4, True)
    assert litmine("sync").startswith("nothing to do; 4 papers can be found")
    facts = json.loads(litmine("status", "--json"))
    assert (facts["generation"], facts["papers"], facts["behind"]) == (2, 4, False)
    assert [(one["papers"], one["removed"]) for one in facts["segments"]] == [(4, 1)]


def test_rebuild(litmine: Run, stored: Store) -> None:
    litmine("sync")
    assert litmine("rebuild").startswith("made anew: it was asked for\n5 added; 5 papers")
    assert json.loads(litmine("rebuild", "--json"))["generation"] == 3


def test_a_damaged_file_is_found_and_put_right(litmine: Run, stored: Store, data: Path) -> None:
    litmine("sync")
    assert "every file has its checksum" in litmine("status", "--check")
    (postings,) = (data / "cache" / "search").rglob("postings.bin")
    raw = bytearray(postings.read_bytes())
    raw[100] ^= 1
    postings.write_bytes(raw)
    assert "damaged: " not in litmine("status")  # its size is right
    shown = litmine("status", "--check", code=1)
    assert "damaged: " in shown
    assert "postings/postings.bin has another content; run litmine index sync" in shown
    assert json.loads(litmine("status", "--check", "--json", code=1))["damaged"]
    assert litmine("sync").startswith("made anew: ")
    assert "every file has its checksum" in litmine("status", "--check")


def test_an_index_that_cannot_be_opened_is_told(litmine: Run, stored: Store, data: Path) -> None:
    litmine("sync")
    (manifest,) = (data / "cache" / "search").rglob("manifest.json")
    manifest.write_text("{")
    shown = litmine("status", code=1)
    assert shown.startswith("the index cannot be used: the manifest cannot be read")
    litmine("sync")
    assert "5 papers" in litmine("status")


def test_a_sync_under_way_is_told(litmine: Run, stored: Store, data: Path) -> None:
    litmine("sync")
    folder = data / "cache" / "search"
    with (
        IndexWriter(folder, "encoder-1", dim=4),
        pytest.raises(LeaseHeld, match="the search index is being written by process"),
    ):
        litmine("sync", "--wait", "0")


def test_the_index_of_another_encoder_is_told(litmine: Run, stored: Store, data: Path) -> None:
    folder = data / "cache" / "search"
    IndexWriter(folder, "encoder-0", dim=4).apply()
    assert SearchIndex.open(folder, "encoder-1").current().encoder_id == "encoder-0"
    assert "searches go by words alone meanwhile" in litmine("status").replace("\n", " ")
    assert "stays in use until most papers have vectors" in litmine("sync")


def test_without_a_database_there_is_nothing_to_bring_into_step(litmine: Run, data: Path) -> None:
    with pytest.raises(StoreError, match="no database"):
        litmine("sync")
    facts = json.loads(litmine("status", "--json"))
    assert facts["behind"] is None
