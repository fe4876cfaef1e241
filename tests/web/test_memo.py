"""A figure is computed once for each state of the trail, and nobody waits who need not."""

from __future__ import annotations

import threading

from litmine.store.audit import record
from litmine.web.memo import Memo
from tests.support.rows import NOW


def act(store):
    with store.write() as connection:
        record(connection, NOW, "Ada", "approve", "2606.00001")


def test_computed_again_only_after_something_was_done(sqlite_store):
    numbers = iter(range(10))
    memo = Memo(lambda _: next(numbers))
    assert [memo.of(sqlite_store) for _ in range(3)] == [0, 0, 0]
    act(sqlite_store)
    assert [memo.of(sqlite_store) for _ in range(3)] == [1, 1, 1]


def test_while_one_computes_others_get_the_figure_before(sqlite_store):
    begun, go_on, told = threading.Event(), threading.Event(), []

    def compute(_):
        if told:
            begun.set()
            assert go_on.wait(30)
        return len(told)

    memo = Memo(compute)
    told.append(memo.of(sqlite_store))
    act(sqlite_store)
    thread = threading.Thread(target=lambda: told.append(memo.of(sqlite_store)))
    thread.start()
    assert begun.wait(30)
    assert memo.of(sqlite_store) == 0
    go_on.set()
    thread.join(30)
    assert told == [0, 1]
    assert memo.of(sqlite_store) == 1
