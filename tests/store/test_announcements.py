"""Announced minus stored must end at nothing."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest

from litmine.store.announcements import (
    Announcement,
    announced_counts,
    latest_night,
    missing,
    nights_since,
    put_announcements,
)
from litmine.store.papers import upsert_papers
from litmine.store.schema import announcements
from tests.support.papers import paper
from tests.support.rows import NIGHT, NOW

OTHER = date(2026, 6, 29)
ONE = "2606.00001"


def said(arxiv_id=ONE, kind="new", version=1, night=NIGHT):
    return Announcement(night, arxiv_id, kind, version)


def test_missing_are_absent_or_older(store):
    with store.write() as connection:
        put_announcements(
            connection,
            [
                said("2606.00004", version=None),
                said("2606.00003", "replace", 3),
                said("2606.00002", "replace", 2),
                said(ONE),
                said("2606.00005", "cross", None),
                said("2606.00009", night=OTHER),
            ],
        )
        upsert_papers(
            connection,
            [
                paper(ONE),
                paper("2606.00002", version=2),
                paper("2606.00003", version=2),
                paper("2606.00005", version=None),
            ],
            NOW,
        )
        assert missing(connection, NIGHT) == ["2606.00003", "2606.00004"]
        assert missing(connection, OTHER) == ["2606.00009"]
        assert missing(connection, date(2026, 1, 1)) == []
        upsert_papers(connection, [paper("2606.00003", version=4), paper("2606.00004")], NOW)
        assert missing(connection, NIGHT) == []


def test_storing_twice_changes_nothing(store):
    with store.write() as connection:
        assert put_announcements(connection, [said(), said(), said("2606.00002")]) == 2
        assert put_announcements(connection, [said()]) == 1
        assert announced_counts(connection, NIGHT) == {"new": 2}
        assert latest_night(connection) == NIGHT


FEEDS = [said(kind="cross", version=None), said(kind="new", version=1), said(kind="replace-cross")]


@pytest.mark.parametrize(
    "order", list(permutations(FEEDS)), ids=lambda o: "-".join(one.announce_type for one in o)
)
@pytest.mark.parametrize("together", [True, False])
def test_the_strongest_type_is_kept_in_any_order_of_feeds(store, order, together):
    with store.write() as connection:
        for batch in [order] if together else [[one] for one in order]:
            put_announcements(connection, batch)
        rows = connection.execute(announcements.select()).all()
    assert [tuple(row) for row in rows] == [(NIGHT, ONE, "new", 1)]


def test_empty_store(store):
    with store.read() as connection:
        assert latest_night(connection) is None
        assert announced_counts(connection, NIGHT) == {}
        assert missing(connection, NIGHT) == []


def test_nights_since_a_day_in_order(store):
    with store.write() as connection:
        put_announcements(connection, [said(), said("2606.00002"), said(night=OTHER)])
    with store.read() as connection:
        assert nights_since(connection, OTHER) == [OTHER, NIGHT]
        assert nights_since(connection, NIGHT) == [NIGHT]
