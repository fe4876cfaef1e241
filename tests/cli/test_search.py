"""``litmine search`` and ``litmine saved``: what is printed, and what is said of mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from litmine.cli import app
from litmine.client.found import News, SavedSearch, SearchAnswer, SimilarAnswer
from litmine.core.errors import InputError, NotFound
from litmine.store import Store
from litmine.store.labels import put_labels
from tests.support.rows import IDS, judge, label

Run = Callable[..., str]
ONLY_TITLE = "2401.00001"


@pytest.fixture
def stored(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A database of five judged papers, and one of which only the title is known."""
    monkeypatch.setenv("LITMINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LITMINE_LOG__LEVEL", "error")
    url = sqlite_store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LITMINE_DATABASE_URL", url)
    with sqlite_store.write() as connection:
        judge(connection)
        put_labels(connection, [label(ONLY_TITLE, title="Heron: pruning heads", published=None)])
    return sqlite_store


@pytest.fixture
def litmine(stored: Store) -> Run:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None:
            raise result.exception
        return result.stdout

    return run


def test_json_has_the_fields_of_the_api(litmine):
    told = litmine("search", "--json", "--in", "everything", "-n", "2", "pruning heads")
    answer = SearchAnswer.model_validate(json.loads(told))
    assert answer.items[0].id == ONLY_TITLE
    assert (answer.query, answer.offset) == ("pruning heads", 0)
    told = litmine("search", "--json", "--in", "everything", "--like", IDS[0])
    assert SimilarAnswer.model_validate(json.loads(told)).scope == "everything"


def test_json_of_saved_searches_has_the_fields_of_the_api(litmine):
    made = json.loads(litmine("saved", "add", "heads", "pruning heads", "--json", "--owner", "Ada"))
    number, owner = made["number"], made.pop("owner")
    assert SavedSearch.model_validate(made).feed_url.endswith(".atom")
    (listed,) = json.loads(litmine("saved", "list", "--json", "--owner", "Ada"))
    assert listed == made | {"owner": owner, "new": 0}
    told = json.loads(litmine("saved", "news", str(number), "--json", "--owner", "Ada"))
    assert told["search"].pop("owner") == "Ada"
    assert News.model_validate(told).search.name == "heads"
    assert json.loads(litmine("saved", "digest", "--json")) == []


def test_filters_alone_show_no_scores(litmine):
    told = litmine("search", "--in", "everything", "is:pending")
    assert "score" not in told
    assert "0.00" not in told
    assert "score" in litmine("search", "--in", "everything", "pruning heads")


def test_what_is_behind_the_last_hit_is_said(litmine):
    told = litmine("search", "--in", "everything", "--offset", "50", "is:pending,listed")
    assert told == "1 paper in everything; none stands behind --offset 50.\n"
    assert litmine("search", "stage:system").startswith("Nothing found in library; --in everything")


def test_an_id_that_is_not_stored_is_said_with_its_link(litmine):
    told = litmine("search", "2501.99999")
    assert told == "2501.99999 is not stored here; look at https://arxiv.org/abs/2501.99999\n"
    assert ONLY_TITLE in litmine("search", ONLY_TITLE)


@pytest.mark.parametrize("limit", ["0", "-3"])
def test_no_hits_at_all_cannot_be_asked_for(litmine, tmp_path, limit):
    with pytest.raises(InputError, match=f"1 to 100 hits, not {limit}"):
        litmine("search", f"--limit={limit}", "heads")
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"_id": "1", "text": "heads"}\n', "utf-8")
    with pytest.raises(InputError, match=f"at least 1 hit, not {limit}"):
        litmine("search", "--corpus", str(lines), "--queries", str(lines), f"--limit={limit}")


def test_examples_can_be_links_and_files_can_begin_with_a_mark(litmine, tmp_path):
    link = f"https://arxiv.org/abs/{IDS[0]}v2"
    assert IDS[0] not in litmine("search", "--in", "everything", "--like", link)
    with pytest.raises(NotFound, match="is not in the search index"):
        litmine("search", "--like", "https://arxiv.org/abs/2501.99999")
    file = tmp_path / "example.txt"
    file.write_bytes(b"\xef\xbb\xbfheron")
    marked = litmine("search", "--json", "--like-file", str(file))
    file.write_bytes(b"heron")
    plain = litmine("search", "--json", "--like-file", str(file))
    assert json.loads(marked)["items"] == json.loads(plain)["items"] != []


@pytest.mark.parametrize(
    ("given", "put"),
    [
        (["search", "-training"], "litmine search -- -training"),
        (["search", "lora", "-nothing"], "litmine search lora -- -nothing"),
        (["search", "-cat:cs.CV", "lora"], "litmine search -- -cat:cs.CV lora"),
        (["search", "-edge AI"], "litmine search -- '-edge AI'"),
        (["saved", "add", "mine", "-training"], "litmine saved add mine -- -training"),
    ],
)
def test_a_query_that_begins_with_a_minus_is_shown_how(stored, given, put):
    result = CliRunner().invoke(app, given, prog_name="litmine")
    assert isinstance(result.exception, InputError)
    assert str(result.exception).endswith(f"put -- before them: {put}")


@pytest.mark.parametrize("given", [["--limti", "3", "x"], ["-x"], ["-n", "many", "x"]])
def test_other_misuse_is_told_as_ever(stored, given):
    result = CliRunner().invoke(app, ["search", *given])
    assert result.exit_code == 2
    assert "Usage:" in result.output


def test_what_a_filter_passes_over_is_said_beside_the_hits(litmine, capsys):
    result = CliRunner().invoke(app, ["search", "--in", "everything", "author:example"])
    assert "Of 1 labelled paper only the title is known" in result.stderr
