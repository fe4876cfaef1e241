"""The search box: ids and links, words, and the order of what is found."""

from __future__ import annotations

import pytest

from litmine.core.errors import InputError
from litmine.review.lookup import MOST_CHARACTERS, look_up
from litmine.store.papers import upsert_papers
from tests.support.papers import paper
from tests.support.rows import NOW
from tests.support.shelf import fill_library


@pytest.fixture
def filled(store, fake_clock):
    desk = fill_library(store, fake_clock)
    desk.reject("2607.00005")  # "alpha again"
    desk.undo("2606.00002")
    with store.write() as connection:
        upsert_papers(connection, [paper("2608.00007", title="ALPHA unseen")], NOW)
    return store


@pytest.mark.parametrize(
    "text",
    ["2605.00001", "2605.00001v3", "arXiv:2605.00001", " https://arxiv.org/pdf/2605.00001v1.pdf "],
)
def test_an_id_or_link_goes_to_its_paper(filled, text):
    found = look_up(filled, text)
    assert (found.paper_id, found.stored, found.hits) == ("2605.00001", True, ())


def test_an_id_that_is_not_stored_is_said_to_be_so(filled):
    found = look_up(filled, "2401.99999")
    assert (found.paper_id, found.stored) == ("2401.99999", False)


def test_approved_papers_come_first_then_waiting_ones_then_the_rest(filled):
    found = look_up(filled, "frugal OR")
    assert found.hits == ()
    found = look_up(filled, "alpha")
    assert [(one.arxiv_id, one.state) for one in found.hits] == [
        ("2605.00001", "approved"),
        ("2607.00005", "rejected"),
        ("2608.00007", None),
    ]
    everything = [one.state for one in look_up(filled, "model cache").hits]
    assert everything == ["approved"] * 4 + ["pending", "rejected", None]


def test_every_word_counts_and_marks_are_only_marks(filled):
    assert [one.arxiv_id for one in look_up(filled, "alpha unseen").hits] == ["2608.00007"]
    assert [one.arxiv_id for one in look_up(filled, "100%").hits] == ["2606.00003"]
    assert look_up(filled, "1_0%").hits == ()
    assert [one.arxiv_id for one in look_up(filled, "Zoë").hits] == ["2607.00004"]


def test_the_limit_says_that_there_is_more(filled):
    found = look_up(filled, "frugal cache", limit=3)
    assert found.hits == ()
    found = look_up(filled, "cache", limit=3)
    assert (len(found.hits), found.more) == (3, True)
    assert not look_up(filled, "cache", limit=7).more


def test_nothing_finds_nothing(filled):
    assert look_up(filled, " \x00 ").hits == ()
    assert look_up(filled, "").text == ""


@pytest.mark.parametrize("text", ["x" * (MOST_CHARACTERS + 1), "a b c d e f g h i"])
def test_too_much_is_refused(filled, text):
    with pytest.raises(InputError, match="at most"):
        look_up(filled, text)
