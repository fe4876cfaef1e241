"""``litmine export``."""

from __future__ import annotations

import bibtexparser
import pytest
import rispy
from pyarrow import parquet
from typer.testing import CliRunner

from litmine.cli import app
from litmine.core.errors import InputError, NotFound
from litmine.core.settings import load_settings
from litmine.search.saved import SavedSearches
from litmine.search.searcher import Searcher
from tests.support.shelf import PAPERS, fill_library


@pytest.fixture
def stored(sqlite_store, tmp_path, monkeypatch, fake_clock):
    url = sqlite_store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LITMINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LITMINE_DATABASE_URL", url)
    monkeypatch.setenv("LITMINE_LOG__LEVEL", "error")
    fill_library(sqlite_store, fake_clock)
    return sqlite_store


def litmine(*arguments):
    result = CliRunner().invoke(app, ["export", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout_bytes


def test_to_standard_output_and_to_a_file(stored, tmp_path):
    shown = litmine()
    assert litmine("--output", tmp_path / "new" / "a.bib") == b""
    assert (tmp_path / "new" / "a.bib").read_bytes() == shown == litmine("-o", "-")
    assert len(bibtexparser.parse_string(shown.decode()).entries) == len(PAPERS)


def test_the_ending_chooses_the_format_and_the_option_overrules_it(stored, tmp_path):
    litmine("-o", tmp_path / "a.parquet", "--stage", "inf")
    assert parquet.read_table(tmp_path / "a.parquet").num_rows == 4
    litmine("-o", tmp_path / "a.txt", "--format", "ris", "--cell", "sys/net")
    (one,) = rispy.loads((tmp_path / "a.txt").read_text("utf-8"))
    assert one["accession_number"] == "arXiv:cs/0606006 [cs.CL]"


def test_parts(stored):
    assert litmine("-f", "jsonl", "--technique", "kv-cache").count(b"\n") == 2
    assert (
        litmine("-f", "jsonl", "--since", "2026-06-30", "--until", "2026-07-01").count(b"\n") == 3
    )
    assert b'"abstract": "' in litmine("-f", "jsonl", "--abstracts")
    assert b'"abstract"' not in litmine("-f", "jsonl")


def test_a_saved_search(stored, fake_clock):
    loaded = load_settings()
    saved = SavedSearches(stored, Searcher.open(loaded, stored), fake_clock)
    saved.save("Ada", "Caches", "technique:kv-cache")
    found = litmine("--saved", "Caches", "--owner", "Ada", "-f", "jsonl").decode()
    assert sorted(line[14:24] for line in found.splitlines()) == ["2605.00001", "2607.00005"]
    with pytest.raises(NotFound, match="no saved search 'Caches'"):
        litmine("--saved", "Caches", "--owner", "Bo")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "docx"], "no format"),
        (["-o", "x.docx"], "no format"),
        (["--stage", "nowhere"], "no stage"),
        (["--since", "yesterday"], "not a day"),
        (["--since", "2026-02-01", "--until", "2026-01-01"], "swap them"),
    ],
)
def test_wrong_input_is_one_line_and_no_file(stored, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=said):
        litmine(*arguments)
    assert not list(tmp_path.glob("x.*"))
