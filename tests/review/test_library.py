"""The library: what a filter lets through, the order, the pages, and the matrix of its cells."""

from __future__ import annotations

import pytest

from litmine.core.errors import InputError
from litmine.core.taxonomy import load_taxonomy
from litmine.review.library import HEAT_LEVELS, LibraryQuery, browse, matrix, reviewers
from tests.support.shelf import HOSTILE, PAPERS, fill_library

NEWEST = ["2607.00005", "2607.00004", "2606.00003", "2606.00002", "2605.00001", "cs/0606006"]


@pytest.fixture
def desk(store, fake_clock):
    return fill_library(store, fake_clock)


def ids(store, **asked):
    return [one.paper.arxiv_id for one in browse(store, LibraryQuery(**asked)).papers]


def test_an_empty_library_is_no_error(store):
    assert browse(store, LibraryQuery()).papers == ()
    assert browse(store, LibraryQuery(text="any")).total == 0
    counted = matrix(store, LibraryQuery())
    assert counted.papers == 0
    assert {one.heat for one in counted.cells.values()} == {0}
    assert {one.share for one in counted.stages.values()} == {0.0}


def test_papers_stand_by_day_or_by_title_whatever_its_case(store, desk):
    assert ids(store) == NEWEST
    titles = sorted((PAPERS[i]["title"].lower(), i) for i in PAPERS)
    assert ids(store, sort="title") == [i for _, i in titles]


@pytest.mark.parametrize("asked", [{}, {"sort": "title"}, {"stage": "inference"}, {"text": "a"}])
def test_pages_hold_every_paper_once_and_in_order(store, desk, asked):
    query = LibraryQuery(**asked)
    whole = browse(store, query)
    assert whole.next is None
    for limit in (1, 2, 5):
        seen, after = [], None
        while True:
            page = browse(store, query, after=after, limit=limit)
            assert page.total == whole.total == len(whole.papers)
            seen += page.papers
            after = page.next
            if after is None:
                break
        assert seen == list(whole.papers)


def test_a_page_that_starts_nowhere_is_refused(store, desk):
    with pytest.raises(InputError, match="another list"):
        browse(store, LibraryQuery(), after=("Alpha caches", "2605.00001"))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"stage": "finetuning"}, ["2606.00002"]),
        ({"resource": "memory"}, ["2607.00005", "2606.00003", "2606.00002", "2605.00001"]),
        ({"cell": "inf/mem"}, ["2607.00005", "2606.00003", "2605.00001"]),
        ({"stage": "inf", "resource": "cost"}, ["2607.00004"]),
        ({"technique": "kv-cache"}, ["2607.00005", "2605.00001"]),
        ({"technique": "quantization"}, ["2607.00005"]),
        ({"reviewer": "Bo"}, ["2606.00002"]),
        ({"reviewer": "B"}, []),
        ({"month": "2026-06"}, ["2606.00003", "2606.00002"]),
        ({"month": "2026-12"}, []),
        ({"text": "ALPHA"}, ["2607.00005", "2605.00001"]),
        ({"text": "alpha again"}, ["2607.00005"]),
        ({"text": "fewer bits"}, NEWEST),
        ({"text": "100% sparse_layers"}, ["2606.00003"]),
        ({"text": "%"}, ["2606.00003"]),
        ({"text": "_l"}, ["2606.00003"]),
        ({"text": "\\"}, []),
        ({"text": "Zoë"}, ["2607.00004"]),
        ({"text": "Eve</b>"}, ["cs/0606006"]),
        ({"text": "alpha", "stage": "inference", "month": "2026-07"}, ["2607.00005"]),
    ],
)
def test_filters(store, desk, asked, found):
    assert ids(store, **asked) == found
    assert browse(store, LibraryQuery(**asked)).total == len(found)
    assert matrix(store, LibraryQuery(**asked)).papers == len(found)


@pytest.mark.parametrize(
    "asked",
    [
        {"stage": "nowhere"},
        {"cell": "inference"},
        {"technique": "magic"},
        {"month": "2026-13"},
        {"month": "10000-01"},
        {"month": "yesterday"},
        {"sort": "random"},
        {"text": "a b c d e f g h i"},
        {"text": "nul\x00"},
        {"reviewer": "nul\x00"},
    ],
)
def test_what_cannot_be_asked(asked):
    with pytest.raises(InputError):
        LibraryQuery(**asked)


def test_a_new_decision_shows_at_once_and_the_old_one_comes_back(store, desk):
    desk.approve("2605.00001", ["sys/comp"], ["serving"])
    shown = browse(store, LibraryQuery(cell="sys/comp")).papers
    assert [(one.paper.arxiv_id, one.decision.technique) for one in shown] == [
        ("2605.00001", ("serving",))
    ]
    assert "2605.00001" not in ids(store, cell="inf/mem")
    desk.undo("2605.00001")
    assert "2605.00001" in ids(store, cell="inf/mem")
    desk.reject("2605.00001")
    assert "2605.00001" not in ids(store)
    assert matrix(store, LibraryQuery()).papers == 5
    desk.undo("2605.00001")
    desk.undo("2605.00001")
    assert "2605.00001" not in ids(store)


def test_the_matrix_counts_cells_and_papers_once_in_a_total(store, desk):
    counted = matrix(store, LibraryQuery())
    taxonomy = load_taxonomy()
    assert tuple(counted.cells) == taxonomy.cells
    in_cells = {name: one.papers for name, one in counted.cells.items() if one.papers}
    assert in_cells == {
        "inference/memory": 3,
        "inference/computation": 1,
        "inference/cost": 1,
        "finetuning/memory": 1,
        "finetuning/computation": 1,
        "system/energy": 1,
        "system/network": 1,
    }
    assert counted.papers == 6
    assert counted.stages["inference"].papers == 4
    assert counted.resources["memory"].papers == 4
    assert counted.cells["inference/memory"].heat == HEAT_LEVELS
    assert counted.cells["inference/cost"].heat == 6  # ceil(9 * sqrt(1/3))
    assert counted.cells["architecture/cost"].heat == 0
    assert counted.cells["inference/memory"].share == pytest.approx(0.5)


def test_who_approved(store, desk):
    assert reviewers(store) == ["Ada", "Bo"]


def test_a_query_knows_what_it_was_given():
    query = LibraryQuery(stage="inf", resource="mem", text="  two   words ", sort="title")
    assert query.given == {
        "stage": "inference",
        "resource": "memory",
        "cell": "inference/memory",
        "text": "two words",
        "sort": "title",
    }
    assert "sort" not in query.filters
    assert LibraryQuery().given == {}


def test_a_hostile_title_is_only_text(store, desk):
    assert browse(store, LibraryQuery(text="<script>")).papers[0].paper.title == HOSTILE
