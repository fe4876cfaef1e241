"""The order of the queue is ready at once and follows decisions by and by."""

from __future__ import annotations

import time

import pytest

from litmine.core.errors import InputError
from litmine.review import ReviewDesk
from litmine.review.ordering.live import order_queue
from litmine.store.queue import enqueue
from litmine.web.order import QueueOrder
from tests.support.rows import MODEL, NOW, judge

IDS = tuple(f"2606.0000{n}" for n in range(1, 6))


@pytest.fixture
def queued(sqlite_store):
    with sqlite_store.write() as connection:
        for n, arxiv_id in enumerate(IDS):
            judge(connection, (arxiv_id,), 0.9 - n / 10)
        enqueue(connection, MODEL, 0.1, NOW)
    return sqlite_store


def eventually(look, wanted):
    deadline = time.monotonic() + 30
    while look() != wanted and time.monotonic() < deadline:
        time.sleep(0.01)
    return look()


@pytest.mark.parametrize("policy", ["max", "uncertainty", "mixed"])
def test_the_order_is_the_policys(queued, fake_clock, policy):
    order = QueueOrder(queued, fake_clock)
    wanted = [(one.arxiv_id, one.why) for one in order_queue(queued, policy, now=fake_clock.now())]
    assert list(order.of(policy)) == wanted
    assert {arxiv_id for arxiv_id, _ in wanted} == set(IDS)


def test_it_follows_decisions_without_making_anybody_wait(queued, fake_clock):
    order = QueueOrder(queued, fake_clock, pause=0)
    before = order.of("max")
    ReviewDesk(queued, "Ada", fake_clock).reject(IDS[0])
    assert order.of("max") == before  # what stands is served while the new one is made
    ids = eventually(lambda: [i for i, _ in order.of("max")], list(IDS[1:]))
    assert ids == list(IDS[1:])


def test_papers_that_come_into_an_empty_queue_are_there_at_once(sqlite_store, fake_clock):
    order = QueueOrder(sqlite_store, fake_clock)
    assert list(order.of("max")) == []
    with sqlite_store.write() as connection:
        judge(connection, IDS[:1], 0.9)
        enqueue(connection, MODEL, 0.1, NOW)
    assert [i for i, _ in order.of("max")] == [IDS[0]]


def test_a_policy_that_nobody_knows(queued, fake_clock):
    with pytest.raises(InputError):
        QueueOrder(queued, fake_clock).of("alphabetical")
