"""A small library, and an assistant that asks for it."""

from __future__ import annotations

from datetime import date

import pytest

from litmine.store.announcements import Announcement, put_announcements
from litmine.store.labels import put_labels
from tests.support.rows import label
from tests.support.searching import Letters, hit
from tests.support.shelf import fill_library, put_papers

NIGHT = date(2026, 7, 1)


@pytest.fixture
def dialect():
    """The database plays no part here."""
    return "sqlite"


@pytest.fixture
def shelf(store, fake_clock):
    """A library of six, two papers that wait, a labelled one, and a night that announced some."""
    desk = fill_library(store, fake_clock)
    put_papers(
        store,
        fake_clock,
        {"2607.00010": {"title": "Waiting caches"}, "2607.00011": {"title": "Refused caches"}},
    )
    desk.reject("2607.00011", "off topic")
    with store.write() as connection:
        put_labels(connection, [label("2401.00001", title="Labelled pruning")])
        put_announcements(
            connection,
            [
                Announcement(date(2026, 6, 30), "2606.00003", "new", 1),
                Announcement(NIGHT, "2607.00004", "new", 1),
                Announcement(NIGHT, "2607.00010", "cross", 1),
                Announcement(NIGHT, "2607.00011", "new", 1),
                Announcement(NIGHT, "2606.00002", "replace", 2),
            ],
        )
    return desk


@pytest.fixture
def letters():
    """Four papers to be found."""
    return Letters(
        [
            hit("2605.00001", "Alpha caches"),
            hit("2607.00005", "alpha again", techniques=("kv-cache", "quantization")),
            hit(
                "2401.00001",
                "Labelled alpha",
                state=None,
                source="label",
                snippet=None,
                abstract="",
                relevance=None,
            ),
            hit("2606.00003", "Gamma layers", techniques=("pruning",), authors=("A B",) * 9),
        ]
    )
