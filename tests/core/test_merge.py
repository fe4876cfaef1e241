"""Merging accounts of a paper is a join: no order of arrival can change its result."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litmine.core.merge import merge_papers
from litmine.core.paper import PaperVersion
from tests.support.papers import accounts, paper


@given(accounts())
def test_idempotent(one):
    assert merge_papers(one, one) == one


@given(accounts(), accounts())
def test_commutative(one, other):
    assert merge_papers(one, other) == merge_papers(other, one)


@given(accounts(), accounts(), accounts())
def test_associative_in_every_field(a, b, c):
    assert merge_papers(merge_papers(a, b), c) == merge_papers(a, merge_papers(b, c))


@given(st.lists(accounts(), min_size=3, max_size=4))
def test_any_order_and_any_repetition_give_the_same(told):
    expected = reduce(merge_papers, told)
    for order in permutations(told):
        assert reduce(merge_papers, order) == expected
    assert reduce(merge_papers, [*told, *told]) == expected


@given(accounts(), accounts())
def test_title_and_abstract_come_from_one_account(one, other):
    merged = merge_papers(one, other)
    assert (merged.title, merged.abstract) in {
        (one.title, one.abstract),
        (other.title, other.abstract),
    }


def test_later_version_wins_whatever_its_datestamp():
    older = paper(version=1, title="Old", datestamp=date(2026, 6, 30))
    newer = paper(version=2, title="New", datestamp=None)
    assert merge_papers(older, newer).title == "New"


def test_later_datestamp_wins_within_a_version():
    older = paper(title="Old", comments="5 pages", datestamp=date(2026, 6, 1))
    newer = paper(title="New", comments=None, datestamp=date(2026, 6, 2))
    merged = merge_papers(older, newer)
    assert merged.title == "New"
    assert merged.comments is None  # taken off by the authors, not forgotten by the source


def test_withdrawal_follows_the_version():
    withdrawn = paper(version=2, withdrawn=True)
    assert merge_papers(paper(version=1), withdrawn).withdrawn
    assert not merge_papers(withdrawn, paper(version=3)).withdrawn


def test_accounts_of_one_age_complete_each_other():
    feed = paper(datestamp=None, license="by", doi=None, authors=())
    search = paper(datestamp=None, license=None, doi="10.1/x")
    merged = merge_papers(feed, search)
    assert (merged.license, merged.doi, merged.authors) == ("by", "10.1/x", search.authors)


def test_history_is_gathered_from_both():
    early, late = (datetime(2026, 6, day, tzinfo=UTC) for day in (1, 2))
    one = paper(
        published=date(2026, 6, 1),
        updated=date(2026, 6, 1),
        versions=(PaperVersion(1, late), PaperVersion(2, None)),
    )
    two = paper(
        version=3,
        published=None,
        updated=date(2026, 6, 9),
        versions=(PaperVersion(1, early), PaperVersion(2, late), PaperVersion(3, None)),
    )
    merged = merge_papers(two, one)
    assert merged.versions == (
        PaperVersion(1, early),
        PaperVersion(2, late),
        PaperVersion(3, None),
    )
    assert (merged.published, merged.updated) == (date(2026, 6, 1), date(2026, 6, 9))


def test_different_papers_are_refused():
    with pytest.raises(ValueError, match="different papers"):
        merge_papers(paper(), replace(paper(), arxiv_id="2606.00002"))
