"""The audit trail in words: kinds, people, papers, pages, and what only maintainers see."""

from __future__ import annotations

import pytest

from litmine.core.errors import InputError
from litmine.review.activity import KINDS, activity, actors
from litmine.store.audit import record
from tests.support.rows import NOW
from tests.support.shelf import fill_library


@pytest.fixture
def busy(store, fake_clock):
    desk = fill_library(store, fake_clock)
    desk.undo("2607.00005")
    with store.write() as connection:
        record(connection, NOW, "May", "account-role", "Bo", role="reader")
        record(
            connection,
            NOW,
            "May",
            "model-promote",
            "m-2",
            previous="m-1",
            why="not worse",
            forced="x",
        )
        record(connection, NOW, "rule:auto-approve", "approve", "2606.00002", cells=["a/b"])
        record(connection, NOW, "Ada", "check", "2606.00002", decision=9, verdict="wrong")
        record(connection, NOW, "Ada", "sample", "queue", ids=["a", "b"], pool=40)
    return store


def told(store, **asked):
    return [(one.actor, one.said, one.subject) for one in activity(store, **asked).entries]


def test_everything_but_accounts_newest_first(busy):
    found = told(busy)
    assert found[0] == ("Ada", "drew a random sample of", "queue")
    assert found[3] == ("May", "made the champion:", "m-2")
    assert found[4] == ("Ada", "took back a decision on", "2607.00005")
    assert len(found) == 11
    assert ("May", "account role", "Bo") not in found
    assert ("May", "account role", "Bo") in told(busy, accounts=True)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"kind": "decisions"}, 7),
        ({"kind": "undone"}, 1),
        ({"kind": "rules"}, 2),
        ({"kind": "models"}, 1),
        ({"kind": "double review"}, 0),
        ({"kind": "accounts"}, 0),
        ({"kind": "accounts", "accounts": True}, 1),
        ({"actor": "Bo"}, 1),
        ({"actor": "Bo", "kind": "models"}, 0),
        ({"paper": "https://arxiv.org/abs/2606.00002v1"}, 3),
    ],
)
def test_filters(busy, asked, count):
    assert len(told(busy, **asked)) == count


def test_pages_hold_every_entry_once(busy):
    whole = activity(busy).entries
    seen, before = [], None
    while True:
        page = activity(busy, before=before, limit=3)
        seen += page.entries
        before = page.next
        if before is None:
            break
    assert seen == list(whole)
    assert activity(busy, before=2**70).entries == whole


def test_entries_tell_what_is_worth_reading(busy):
    by_action = {one.action: one for one in activity(busy).entries}
    assert by_action["undo"].note == "decision 5"
    assert by_action["undo"].title == "alpha again"
    assert by_action["model-promote"].note == "before: m-1; not worse; forced: x"
    assert by_action["check"].note == "found wrong"
    assert by_action["sample"].note == "2 papers of 40"
    assert by_action["sample"].title is None
    assert {one.cells for one in activity(busy, paper="2605.00001").entries} == {
        ("inference/memory",)
    }


def test_who_stands_in_the_trail(busy):
    assert actors(busy) == ["Ada", "Bo", "May", "rule:auto-approve"]
    with busy.write() as connection:
        record(connection, NOW, "Rea", "account-login", "Rea")
    assert "Rea" not in actors(busy)
    assert "Rea" in actors(busy, accounts=True)


@pytest.mark.parametrize("asked", [{"kind": "gossip"}, {"paper": "nonsense"}, {"actor": "\x00"}])
def test_what_cannot_be_asked(busy, asked):
    with pytest.raises(InputError):
        activity(busy, **asked)


def test_every_kind_is_an_answer(busy):
    for kind in KINDS:
        activity(busy, kind=kind, accounts=True)
