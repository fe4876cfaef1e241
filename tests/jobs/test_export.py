"""From a database to files."""

from __future__ import annotations

import json

import pytest

from litmine.core.errors import NotFound
from litmine.jobs.publish.export import exported, found_by, saved_search, selected
from litmine.publish.formats.registry import FORMATS, format_of
from litmine.publish.selection import Selection
from litmine.search.saved import SavedSearches
from litmine.store.labels import StoredLabel, put_labels
from tests.support.fake_search import FakeSearcher
from tests.support.shelf import PAPERS, fill_library


@pytest.fixture
def filled(store, fake_clock):
    desk = fill_library(store, fake_clock)
    desk.reject("2605.00001")
    return store


def ids(entries):
    return sorted(one.arxiv_id for one in entries)


def test_what_is_approved_is_exported(filled):
    assert ids(selected(filled)) == sorted(set(PAPERS) - {"2605.00001"})
    assert ids(selected(filled, Selection(cell="inf/mem"))) == ["2606.00003", "2607.00005"]
    assert ids(selected(filled, only={"2606.00003", "2605.00001", "9999.99999"})) == ["2606.00003"]
    assert selected(filled, only=()) == []


def test_labelled_papers_come_when_they_are_asked_for(filled, fake_clock):
    cells, technique = ("inference/memory",), ("pruning",)
    label = StoredLabel("2401.00009", "gold", "A labelled one", None, 1, cells, (), technique)
    with filled.write() as connection:
        put_labels(connection, [label])
    assert "2401.00009" not in ids(selected(filled))
    (line,) = [
        json.loads(line)
        for line in exported(filled, FORMATS["jsonl"], library=True).decode().splitlines()
        if "2401.00009" in line
    ]
    assert (line["source"], line["reviewer"], line["authors"]) == ("label", None, [])


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_of_a_real_store_is_always_the_same(filled, form):
    first = exported(filled, format_of(form))
    assert first == exported(filled, format_of(form))
    assert exported(filled, format_of(form), only=()) != first


def test_all_that_a_search_finds_is_meant_not_only_the_first_page(filled, monkeypatch):
    searcher = FakeSearcher(filled)
    everything = found_by(searcher, "stage:inference", "library")
    monkeypatch.setattr("litmine.jobs.publish.export._PAGE", 1)
    searcher.asked.clear()
    assert found_by(searcher, "stage:inference", "library") == everything
    assert len(searcher.asked) >= len(everything) > 1


def test_a_saved_search_is_found_by_name_or_number(filled, fake_clock):
    saved = SavedSearches(filled, FakeSearcher(filled), fake_clock)
    one = saved.save("Ada", "Caches", "cache")
    assert saved_search(saved.of("Ada"), "Caches").id == one.id
    assert saved_search(saved.of("Ada"), str(one.id)).id == one.id
    saved.save("Ada", "Another", "cache")
    misleading = saved.save("Ada", str(one.id), "cache")
    assert saved_search(saved.of("Ada"), str(one.id)).id == one.id != misleading.id
    with pytest.raises(NotFound, match=r"no saved search 'caches'; there is .*Caches"):
        saved_search(saved.of("Ada"), "caches")
    with pytest.raises(NotFound, match="litmine saved add keeps one"):
        saved_search(saved.of("Bo"), "Caches")
