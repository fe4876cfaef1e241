"""What the site is made of: the same bytes however it was built, and no page made in vain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import ListEntry
from litmine.publish.formats.registry import FORMATS
from litmine.publish.site import lists, periods
from litmine.publish.site.model import Collection, SiteSettings
from tests.support.site import ADDRESS, invented, listed, made

PAPERS = invented(40)


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make lists long at a few papers, so that a small site has every kind of page."""
    monkeypatch.setattr(periods, "FULL", 6)
    monkeypatch.setattr(periods, "SHORT", 12)
    monkeypatch.setattr(lists, "FULL", 6)


def _changed(paper: ListEntry, change: str) -> ListEntry:
    approval = paper.approval
    match change:
        case "title":
            return replace(paper, title=paper.title + " once more")
        case "cells":
            return replace(paper, cells=("system/energy", "architecture/cost"))
        case "technique":
            return replace(paper, technique=("survey", "kernel"))
        case "day":
            return replace(paper, published=paper.day - timedelta(days=400))
        case "venue":
            return replace(paper, venue="ACL 2025")
        case "approved" if approval:
            later = replace(approval, decided_at=datetime(2026, 8, 1, tzinfo=UTC))
            return replace(paper, approval=later)
        case "score" if approval:
            return replace(paper, approval=replace(approval, relevance=0.5))
    return replace(paper, abstract="Another abstract.", authors=("Somebody Else",))


_CHANGES = st.sampled_from(["title", "cells", "technique", "day", "venue", "approved", "score", ""])
_NUMBERS = st.integers(0, len(PAPERS) - 1)


@settings(max_examples=12, deadline=None)
@given(
    st.sets(_NUMBERS, max_size=3),
    st.dictionaries(_NUMBERS, _CHANGES, max_size=2),
    st.integers(0, 3),
    st.booleans(),
)
def test_a_file_with_the_same_inputs_has_the_same_bytes(
    gone: set[int], changed: dict[int, str], more: int, neighbours: bool
) -> None:
    after = [
        _changed(paper, changed[n]) if n in changed else paper
        for n, paper in enumerate(PAPERS)
        if n not in gone
    ]
    after += invented(more, first=len(PAPERS))
    ids = [paper.arxiv_id for paper in PAPERS]
    related = {one: tuple(ids[n - 3 : n]) for n, one in enumerate(ids) if n >= 3}
    before = {file.path: file for file in listed(PAPERS, related)}
    first = made(PAPERS, related)
    later = related if not neighbours else {one: near[::-1] for one, near in related.items()}
    second = made(after, later)
    for file in listed(after, later):
        if file.path in before and before[file.path].inputs == file.inputs:
            assert first[file.path] == second[file.path], file.path


def test_order_of_entries_does_not_matter() -> None:
    assert made(PAPERS) == made(PAPERS[::-1])


def test_one_more_paper_leaves_other_papers_alone() -> None:
    before = {file.path: file.inputs for file in listed(PAPERS)}
    after = {file.path: file.inputs for file in listed([*PAPERS, *invented(1, first=40)])}
    papers = {path for path in after if path.startswith("papers/")}
    assert len([path for path in papers if before.get(path) != after[path]]) == 1


def test_pages_of_a_past_year_stay_when_papers_of_this_year_come() -> None:
    more = [replace(paper, published=date(2026, 7, 15)) for paper in invented(3, first=40)]
    before = {file.path: file.inputs for file in listed(PAPERS)}
    after = {file.path: file.inputs for file in listed([*PAPERS, *more])}
    old = [p for p in before if p.startswith("archive/2024") or p.endswith("/2024.html")]
    assert old
    for path in old:
        assert before[path] == after[path], path


def test_a_permalink_of_a_paper_is_its_identifier() -> None:
    old = replace(PAPERS[0], arxiv_id="hep-th/9901001")
    files = made([old, PAPERS[1]])
    assert "papers/hep-th/9901001.html" in files
    assert b'href="../../static/site.css' in files["papers/hep-th/9901001.html"]
    assert f"papers/{PAPERS[1].arxiv_id}.html" in files


@pytest.mark.parametrize("name", ["bibtex", "ris", "csl", "csv", "jsonl", "markdown"])
def test_a_download_is_what_the_format_itself_writes(name: str) -> None:
    collection = Collection.of(PAPERS, load_taxonomy())
    form = FORMATS[name]
    whole = form.write(collection.papers, load_taxonomy(), False)
    assert made(PAPERS)[f"data/papers.{form.ending}"] == whole


def test_the_parquet_file_has_every_paper_in_order() -> None:
    import io

    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(made(PAPERS)["data/papers.parquet"]))
    collection = Collection.of(PAPERS, load_taxonomy())
    assert table["arxiv_id"].to_pylist() == [paper.arxiv_id for paper in collection.papers]
    assert set(table["reviewer"].to_pylist()) <= {None, ""}


def test_an_empty_list_is_a_site_too() -> None:
    files = made([])
    assert b"No paper is approved yet" in files["index.html"]
    assert "papers.html" not in files


def test_reviewers_are_named_nowhere() -> None:
    for path, data in made(PAPERS).items():
        assert b"Hopper" not in data, path
        assert b"a word of the reviewer" not in data, path


def test_without_an_address_nothing_claims_one() -> None:
    files = made(PAPERS, settings=SiteSettings())
    assert "sitemap.xml" not in files
    pages = [data for path, data in files.items() if path.endswith(".html")]
    assert not any(b"canonical" in data or b"og:url" in data for data in pages)
    assert ADDRESS.encode() not in b"".join(files.values())


def test_every_day_of_a_crowded_month_has_its_page() -> None:
    crowd = [replace(paper, published=date(2026, 7, 1 + n % 3)) for n, paper in enumerate(PAPERS)]
    crowd = [replace(p, arxiv_id=f"2607.{n:05d}") for n, p in enumerate(crowd)]
    files = made(crowd)
    assert {"archive/2026-07-01.html", "archive/2026-07-02.html"} <= set(files)
    for paper in crowd:
        link = f"papers/{paper.arxiv_id}.html".encode()
        homes = [path for path, data in files.items() if path.startswith("archive/2026-07-")
                 and link in data]  # fmt: skip
        assert homes, paper.arxiv_id


def test_a_day_with_more_papers_than_a_page_holds_is_cut_by_running_number() -> None:
    crowd = [
        replace(paper, arxiv_id=f"2607.{n * 5:05d}", published=date(2026, 7, 2))
        for n, paper in enumerate(PAPERS)
    ]
    cut = {period.path: period for period in periods.periods("archive", crowd, always=True)}
    pieces = [path for path in cut if path.startswith("archive/2026-07-02-")]
    assert len(pieces) > 1
    assert sum(len(cut[path].papers) for path in pieces) == len(crowd)
    more = [*crowd, replace(PAPERS[0], arxiv_id="2607.00001", published=date(2026, 7, 2))]
    later = {period.path: period for period in periods.periods("archive", more, always=True)}
    for path in pieces[:-1]:  # a paper with another number moves none of the others
        assert later[path].papers == cut[path].papers
