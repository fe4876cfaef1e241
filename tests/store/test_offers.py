"""What was offered to a list, and the suggestions that held it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from litmine.core.errors import NotFound
from litmine.store import Store
from litmine.store.offers import forget_offers, known_targets, offers_of, put_offers
from litmine.store.suggestions import (
    add_suggestion,
    drop_suggestion,
    newest_suggestion,
    suggestion_of,
    suggestions_of,
    update_suggestion,
)

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
LIST = "example.org/ada/list:README.md"


def test_a_paper_keeps_the_day_on_which_it_was_first_offered(store: Store) -> None:
    with store.write() as connection:
        assert put_offers(connection, LIST, ["2606.00002", "2606.00001"], "offered", NOW) == [
            "2606.00002",
            "2606.00001",
        ]
        assert put_offers(connection, LIST, ["2606.00001"], "removed", LATER) == ["2606.00001"]
        known = offers_of(connection, LIST)
    assert list(known) == ["2606.00001", "2606.00002"]
    taken_out = known["2606.00001"]
    assert (taken_out.state, taken_out.offered_at, taken_out.changed_at) == ("removed", NOW, LATER)
    assert taken_out.left_out
    assert not known["2606.00002"].left_out


def test_the_same_state_again_changes_nothing(store: Store) -> None:
    with store.write() as connection:
        put_offers(connection, LIST, ["2606.00001"], "offered", NOW)
        assert put_offers(connection, LIST, ["2606.00001"], "offered", LATER) == []
        assert offers_of(connection, LIST)["2606.00001"].changed_at == NOW


def test_lists_do_not_know_of_each_other(store: Store) -> None:
    with store.write() as connection:
        put_offers(connection, LIST, ["2606.00001"], "declined", NOW)
        put_offers(connection, "other.md", ["2606.00001"], "offered", NOW)
        assert known_targets(connection) == [LIST, "other.md"]
        assert forget_offers(connection, "other.md", ["2606.00001"]) == []  # it was not left out
        assert forget_offers(connection, LIST, ["2606.00001", "2606.00009"]) == ["2606.00001"]
        assert offers_of(connection, LIST) == {}
        assert list(offers_of(connection, "other.md", {"offered"})) == ["2606.00001"]


def test_an_offer_stays_with_its_suggestion(store: Store) -> None:
    with store.write() as connection:
        held = add_suggestion(connection, LIST, "litmine/readme-1", ("2606.00001",), NOW)
        put_offers(connection, LIST, held.papers, "offered", NOW, held.id)
        put_offers(connection, LIST, held.papers, "declined", LATER)
        assert offers_of(connection, LIST)["2606.00001"].suggestion_id == held.id


def test_a_suggestion_from_intention_to_its_end(store: Store) -> None:
    with store.write() as connection:
        first = add_suggestion(connection, LIST, "litmine/readme-1", ("2606.00001",), NOW)
        assert (first.state, first.head, first.number, first.standing) == (
            "branch",
            None,
            None,
            True,
        )
        opened = update_suggestion(
            connection, first.id, LATER, head="a" * 40, number=7, state="open", papers=("2", "3")
        )
        assert (opened.number, opened.papers, opened.changed_at) == (7, ("2", "3"), LATER)
        same = update_suggestion(connection, first.id, LATER + timedelta(days=1), state="open")
        assert same.changed_at == LATER
        closed = update_suggestion(connection, first.id, LATER, state="closed")
        assert not closed.standing
        second = add_suggestion(connection, LIST, "litmine/readme-2", (), LATER)
        add_suggestion(connection, "other.md", "litmine/other-1", (), LATER)
        assert newest_suggestion(connection, LIST) == second
        assert [s.branch for s in suggestions_of(connection, LIST)] == [
            "litmine/readme-1",
            "litmine/readme-2",
        ]
        assert len(suggestions_of(connection)) == 3
        drop_suggestion(connection, second.id)
        with pytest.raises(NotFound, match="no suggestion number"):
            suggestion_of(connection, second.id)
        assert newest_suggestion(connection, "nobody's.md") is None
