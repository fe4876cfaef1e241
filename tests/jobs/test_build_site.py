"""The companion site from the database."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from litmine.cli import app
from litmine.core.errors import ConfigError
from litmine.core.sections_outward import PublishSettings
from litmine.core.settings import Settings
from litmine.jobs.context import RunContext
from litmine.jobs.publish.build_site import build_site
from litmine.store import Store
from litmine.store.vectors import put_vectors
from tests.support.approvals import approve
from tests.support.papers import paper

PAPERS = [paper(f"2606.{n:05d}") for n in range(1, 13)]


@pytest.fixture
def context(store: Store, tmp_path: Path) -> RunContext:
    publish = PublishSettings(site_url="https://papers.example.org/list")
    return RunContext(Settings(data_dir=tmp_path / "data", publish=publish), store)


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "seen.json"  # of this copy alone
    }


def _vectors(store: Store, papers: list[str]) -> None:
    drawn = np.random.default_rng(3).normal(size=(12, 8))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    with store.write() as connection:
        put_vectors(connection, "enc", papers, [None] * len(papers), drawn[: len(papers)])


def test_a_later_approval_gives_the_bytes_of_a_build_from_nothing(
    context: RunContext, store: Store, tmp_path: Path
) -> None:
    ids = [one.arxiv_id for one in PAPERS]
    approve(store, PAPERS[:9])
    _vectors(store, ids[:9])
    build_site(context, tmp_path / "a")
    approve(store, PAPERS[9:])
    _vectors(store, ids)
    report = build_site(context, tmp_path / "a")
    assert 0 < report.made < report.files
    build_site(context, tmp_path / "b")
    assert _tree(tmp_path / "a") == _tree(tmp_path / "b")
    again = build_site(context, tmp_path / "a")
    assert (again.made, again.written, again.removed) == (0, (), ())


def test_related_papers_stand_on_the_page(
    context: RunContext, store: Store, tmp_path: Path
) -> None:
    approve(store, PAPERS)
    build_site(context, tmp_path / "a")
    page = (tmp_path / "a" / "papers" / "2606.00001.html").read_text()
    assert "Related papers" not in page  # nothing has been encoded yet
    _vectors(store, [one.arxiv_id for one in PAPERS])
    build_site(context, tmp_path / "a")
    page = (tmp_path / "a" / "papers" / "2606.00001.html").read_text()
    assert page.count('class="row"') == 6


def test_a_paper_that_is_taken_back_leaves_the_site(
    context: RunContext, store: Store, tmp_path: Path
) -> None:
    from litmine.store.decisions import decide
    from tests.support.rows import NOW

    approve(store, PAPERS[:2])
    build_site(context, tmp_path / "a")
    with store.write() as connection:
        decide(connection, "2606.00002", "reject", reviewer="Bo", now=NOW, source="web")
    report = build_site(context, tmp_path / "a")
    assert "papers/2606.00002.html" in report.removed
    assert "2606.00002" not in (tmp_path / "a" / "index.html").read_text()


def test_a_folder_that_cannot_be_written_is_told_in_a_line(
    context: RunContext, store: Store, tmp_path: Path
) -> None:
    approve(store, PAPERS[:1])
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").mkdir()
    with pytest.raises(ConfigError, match="cannot be written"):
        build_site(context, tmp_path / "a", replace=True)


def test_the_command_builds_says_what_changed_and_that_an_address_is_missing(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite_store.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LITMINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LITMINE_DATABASE_URL", url)
    monkeypatch.setenv("LITMINE_LOG__LEVEL", "error")
    approve(sqlite_store, PAPERS[:2])
    site = tmp_path / "site"
    first = CliRunner().invoke(app, ["site", "build", "--output", str(site)])
    assert first.exit_code == 0, first.output
    assert "written, 0 removed" in first.stdout
    assert "publish.site_url" in first.stderr
    again = CliRunner().invoke(app, ["site", "build", "-o", str(site), "--json"])
    assert json.loads(again.stdout)["written"] == []
    third = CliRunner().invoke(app, ["site", "build", "-o", str(site)])
    assert "nothing changed" in third.stdout
