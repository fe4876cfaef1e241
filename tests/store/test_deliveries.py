"""The outbox's rows: frozen once, one process at a time, and what a crash leaves behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from litmine.store.deliveries import (
    begin_attempt,
    deliveries_of,
    digests_like,
    finish_attempt,
    forget_old_bodies,
    freeze,
    last_sent,
    mark_interrupted,
    mark_sending,
    recent_deliveries,
    replace_waiting,
    troubled_since,
)
from tests.support.rows import NOW

ADA, BO = "ada@example.org", "bo@example.org"
ONE, TWO = "night:2026-06-30", "night:2026-07-01"


def lay(store, digest=ONE, target=ADA, at=NOW, number=1, **body):
    with store.write() as connection:
        return freeze(
            connection,
            digest,
            "mail",
            target,
            message_id=f"{digest}-{target}",
            body={"number": number, **body},
            covers_to=at,
            now=at,
        )


def row(store, digest=ONE, target=ADA):
    with store.read() as connection:
        return next(one for one in deliveries_of(connection, [digest]) if one.target == target)


def end(store, state, digest=ONE, target=ADA, problem=None, at=NOW):
    """Bring a delivery to a state, by the way that every attempt goes."""
    with store.write() as connection:
        item = next(one for one in deliveries_of(connection, [digest]) if one.target == target)
        assert begin_attempt(connection, item, at)
        if state in {"sending", "sent"}:
            assert mark_sending(connection, item, at)
        if state != "sending":
            assert finish_attempt(connection, item, state, problem, at)


def test_what_is_laid_down_stays_as_it_was(store):
    assert lay(store, text="first")
    assert not lay(store, text="second", at=NOW + timedelta(days=1))
    item = row(store)
    assert (item.body, item.state, item.attempts, item.created_at) == (
        {"number": 1, "text": "first"},
        "waiting",
        0,
        NOW,
    )


def test_of_two_processes_with_the_same_row_one_sends(store):
    lay(store)
    item = row(store)
    with store.write() as connection:
        assert begin_attempt(connection, item, NOW)
        assert not begin_attempt(connection, item, NOW)
    # The first one was paused; another looked again and took over.
    late = row(store)
    with store.write() as connection:
        assert begin_attempt(connection, late, NOW)
        assert not mark_sending(connection, item, NOW)
        assert mark_sending(connection, late, NOW)
        assert not mark_sending(connection, late, NOW)
        assert not finish_attempt(connection, item, "waiting", "mine", NOW)
        assert finish_attempt(connection, late, "sent", None, NOW)
        assert not finish_attempt(connection, late, "failed", "too late", NOW)
    assert (row(store).state, row(store).attempts) == ("sent", 2)


def test_what_was_being_sent_when_its_process_ended_is_unsure_and_nothing_else(store):
    for number, state in enumerate(("sending", "sent", "waiting", "failed")):
        lay(store, target=f"{number}@example.org")
        end(store, state, target=f"{number}@example.org")
    with store.write() as connection:
        assert mark_interrupted(connection, NOW) == 1
        assert mark_interrupted(connection, NOW) == 0
    states = [row(store, target=f"{n}@example.org").state for n in range(4)]
    assert states == ["unsure", "sent", "waiting", "failed"]
    with store.write() as connection:
        item = row(store, target="0@example.org")
        assert not begin_attempt(connection, item, NOW)


@pytest.mark.parametrize("state", ["sent", "unsure", "failed"])
def test_what_has_ended_is_not_begun_again(store, state):
    lay(store)
    end(store, state)
    with store.write() as connection:
        assert not begin_attempt(connection, row(store), NOW)


def test_the_last_confirmed_one_is_that_of_the_recipient(store):
    lay(store)
    lay(store, target=BO)
    end(store, "sent")
    end(store, "unsure", target=BO)
    with store.read() as connection:
        assert last_sent(connection, "mail", ADA).digest == ONE
        assert last_sent(connection, "mail", BO) is None
        assert last_sent(connection, "mail").target == ADA
        assert last_sent(connection, "webhook") is None
        assert [one.state for one in troubled_since(connection, "mail", BO, NOW)] == ["unsure"]
        assert troubled_since(connection, "mail", ADA, NOW) == []


def test_a_clock_that_ran_ahead_once_does_not_keep_its_digest_the_last_one(store):
    lay(store, number=1, at=NOW + timedelta(days=900))
    end(store, "sent", at=NOW + timedelta(days=900))
    lay(store, TWO, number=2)
    end(store, "sent", TWO)
    with store.read() as connection:
        assert last_sent(connection, "mail", ADA).digest == TWO


def test_a_later_digest_takes_the_place_of_what_still_waits(store):
    for digest in (ONE, TWO):
        for target in (ADA, BO):
            lay(store, digest, target)
    end(store, "waiting", ONE, problem="greylisted")
    with store.write() as connection:
        assert replace_waiting(connection, [("mail", ADA)], TWO, NOW) == 1
    assert row(store).state == "failed"
    assert row(store).problem == f"greylisted; its span is told by {TWO}"
    assert row(store, target=BO).state == "waiting"
    assert row(store, TWO).state == "waiting"


def test_names_by_their_beginning_in_the_order_they_were_made(store):
    for number, name in enumerate((f"{ONE}+2", ONE, TWO)):
        lay(store, name, at=NOW + timedelta(hours=-number))
    with store.read() as connection:
        assert digests_like(connection, ONE) == [ONE, f"{ONE}+2"]
        assert digests_like(connection, "night:2026-06-3%") == []
        assert [one.digest for one in recent_deliveries(connection, 2)] == [f"{ONE}+2", ONE]


def test_old_texts_are_forgotten_but_not_what_the_next_digest_needs(store):
    for number, digest in enumerate(("night:2026-01-01", "night:2026-01-02")):
        lay(store, digest, number=number, at=NOW - timedelta(days=180 - number))
        end(store, "sent", digest, at=NOW - timedelta(days=180 - number))
    lay(store, "night:2026-01-03", BO, at=NOW - timedelta(days=170))
    lay(store, ONE, BO)
    with store.write() as connection:
        forget_old_bodies(connection, NOW)
    assert row(store, "night:2026-01-01").body == {}
    assert row(store, "night:2026-01-02").body == {"number": 1}
    assert row(store, "night:2026-01-03", BO).body == {"number": 1}, "it still waits"
    assert row(store, ONE, BO).body == {"number": 1}
