"""Papers of the queue by the nights that announced them, and the label of one paper."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from litmine.store.announcements import Announcement, put_announcements
from litmine.store.decisions import decide
from litmine.store.labels import label_of, put_labels
from litmine.store.newest import newcomers
from litmine.store.papers import upsert_papers
from litmine.store.queue import enqueue
from tests.support.papers import paper
from tests.support.rows import MODEL, NIGHT, NOW, judge, label

IDS = tuple(f"2606.{n:05d}" for n in range(1, 8))
BEFORE = NIGHT - timedelta(days=1)


@pytest.fixture
def announced(store):
    """Seven papers: new, cross-listed, replaced, refused, withdrawn, of the night before, twice."""
    with store.write() as connection:
        judge(connection, IDS[:3], 0.5)
        judge(connection, IDS[3:], 0.9)
        enqueue(connection, MODEL, 0.1, NOW)
        decide(connection, IDS[3], "reject", reviewer="Ada", now=NOW)
        withdrawn = paper(IDS[4], version=2, withdrawn=True)
        upsert_papers(connection, [withdrawn], NOW)
        put_announcements(
            connection,
            [
                Announcement(NIGHT, IDS[0], "new", 1),
                Announcement(NIGHT, IDS[1], "cross", 1),
                Announcement(NIGHT, IDS[2], "replace", 2),
                Announcement(NIGHT, IDS[3], "new", 1),
                Announcement(NIGHT, IDS[4], "new", 1),
                Announcement(BEFORE, IDS[5], "new", 1),
                Announcement(BEFORE, IDS[6], "new", 1),
                Announcement(NIGHT, IDS[6], "cross", 1),
                Announcement(NIGHT, "2606.99999", "new", 1),
            ],
        )
    return store


def test_newcomers_most_probable_first(announced):
    with announced.read() as connection:
        found = newcomers(connection, NIGHT)
        assert [one.arxiv_id for one in found] == [IDS[6], IDS[0], IDS[1]]
        assert {one.night for one in found} == {NIGHT}
        assert (found[0].state, found[0].relevance, found[0].model_id) == ("pending", 0.9, MODEL)
        earlier = {one.arxiv_id: one.night for one in newcomers(connection, BEFORE)}
        assert earlier == {IDS[6]: NIGHT, IDS[5]: BEFORE, IDS[0]: NIGHT, IDS[1]: NIGHT}
        assert newcomers(connection, date(2026, 7, 9)) == []


def test_the_label_of_a_paper_is_the_most_trusted(store):
    with store.write() as connection:
        put_labels(connection, [label("cs/1", "list"), label("cs/1", "gold", cells=())])
        assert label_of(connection, "cs/1").source == "gold"
        put_labels(connection, [label("cs/1", "review", relevant=0)])
        assert label_of(connection, "cs/1").source == "review"
        assert label_of(connection, "cs/2") is None
