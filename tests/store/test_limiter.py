"""The durable limiter: one request at a time, a gap, and cool-downs that are kept."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from litmine.core.clock import FakeClock, SystemClock
from litmine.core.errors import RateLimited
from litmine.store.limiter import DurableLimiter
from litmine.store.schema import limiters
from tests.support.child import children

YEARS = 10 * 365 * 86400


def limiter(store, clock, **options):
    return DurableLimiter(store, clock, **({"min_gap": 3.0} | options))


def take(gate):
    with gate.slot():
        pass


def busy(gate_store):
    with gate_store.read() as connection:
        row = connection.execute(select(limiters)).one()
    return row.busy_by is not None


def url_of(store):
    return store.engine.url.render_as_string(hide_password=False)


def test_the_first_request_goes_at_once_and_the_gap_counts_from_its_end(store, fake_clock):
    gate = limiter(store, fake_clock)
    assert gate.next_at() is None
    with gate.slot():
        fake_clock.advance(10)  # a slow answer
    assert fake_clock.slept == []
    take(gate)
    assert fake_clock.slept == [3.0]
    fake_clock.advance(2)
    take(gate)
    assert fake_clock.slept == [3.0, 1.0]


def test_the_gap_outlives_the_process(store, fake_clock):
    take(limiter(store, fake_clock))
    take(limiter(store, fake_clock))  # another object, as after a restart
    assert fake_clock.slept == [3.0]


def test_a_request_that_fails_still_starts_the_gap(store, fake_clock):
    gate = limiter(store, fake_clock)

    def fail():
        with gate.slot():
            raise OSError("cut connection")

    with pytest.raises(OSError, match="cut connection"):
        fail()
    assert not busy(store)
    take(gate)
    assert fake_clock.slept == [3.0]


def test_cool_down_doubles_and_is_forgotten_after_a_good_answer(store, fake_clock):
    gate = limiter(store, fake_clock, first_cooldown=30.0, max_wait=1e6)
    waits = []
    for _ in range(4):
        with gate.slot():
            waits.append(gate.throttled(None))
    assert waits == [30.0, 60.0, 120.0, 240.0]
    assert fake_clock.slept == [30.0, 60.0, 120.0]
    with gate.slot():
        gate.ok()
    with gate.slot():
        assert gate.throttled(None) == 30.0


def test_cool_down_is_remembered_by_the_next_process_and_stops_at_six_hours(store, fake_clock):
    for _ in range(12):
        wait = limiter(store, fake_clock, first_cooldown=30.0).throttled(None)
    assert wait == 6 * 3600


@pytest.mark.parametrize(("asked", "expected"), [(5.0, 30.0), (100.0, 100.0), (90000.0, 90000.0)])
def test_retry_after_is_a_floor(store, fake_clock, asked, expected):
    gate = limiter(store, fake_clock, first_cooldown=30.0, max_wait=1e6)
    with gate.slot():
        assert gate.throttled(asked) == expected
    take(gate)
    assert sum(fake_clock.slept) == expected


def test_a_shorter_retry_after_does_not_shorten_a_longer_wait(store, fake_clock):
    gate = limiter(store, fake_clock, first_cooldown=1.0)
    gate.throttled(500.0)
    before = gate.next_at()
    gate.throttled(1.0)
    assert gate.next_at() >= before


def test_a_good_answer_does_not_end_a_cool_down_under_way(store, fake_clock):
    gate = limiter(store, fake_clock)
    gate.throttled(300.0)
    gate.ok()  # of a request that was sent before
    take(gate)
    assert fake_clock.slept == [300.0]


def test_a_cool_down_longer_than_the_run_will_wait(store, fake_clock):
    gate = limiter(store, fake_clock, max_wait=600.0)
    gate.throttled(601.0)
    with pytest.raises(RateLimited, match="wait until 2026-07-01 04:10:01 UTC") as caught:
        take(gate)
    assert caught.value.retry_after == 601.0
    assert fake_clock.slept == []
    assert not busy(store)
    fake_clock.advance(1)
    take(gate)


def test_a_clock_that_was_ahead_does_not_stop_requests(store, fake_clock):
    ahead = FakeClock(fake_clock.now())
    ahead.advance(YEARS)
    take(limiter(store, ahead))
    take(limiter(store, fake_clock))
    assert fake_clock.slept == [3.0]


def test_a_clock_that_was_ahead_keeps_the_cool_down(store, fake_clock):
    ahead = FakeClock(fake_clock.now())
    ahead.advance(YEARS)
    with limiter(store, ahead).slot():
        limiter(store, ahead).throttled(120.0)
    take(limiter(store, fake_clock))
    assert sum(fake_clock.slept) == 120.0


@pytest.mark.parametrize("back", [1.0, 60.0, YEARS])
def test_a_clock_set_back_keeps_the_gap_and_no_more(store, fake_clock, back):
    gate = limiter(store, fake_clock)
    take(gate)
    fake_clock.advance(-back)
    take(gate)
    assert 3.0 <= sum(fake_clock.slept) <= 3.0 + min(back, 1.0)


def test_a_clock_that_jumps_ahead_does_not_wait(store, fake_clock):
    gate = limiter(store, fake_clock)
    gate.throttled(300.0)
    fake_clock.advance(YEARS)
    take(gate)
    assert fake_clock.slept == []


def hold_as_somebody_else(store, clock, seconds):
    """Leave the row as a live process of another machine would."""
    take(limiter(store, clock, min_gap=0.0))
    clock_end = FakeClock(clock.now())
    clock_end.advance(seconds)
    with store.write() as connection:
        connection.execute(
            update(limiters).values(busy_by="elsewhere|k|1|2|x", busy_until=clock_end.now())
        )


def test_a_holder_elsewhere_is_waited_for_and_then_given_up(store, fake_clock):
    hold_as_somebody_else(store, fake_clock, 100.0)
    take(limiter(store, fake_clock, request_timeout=180.0))
    assert sum(fake_clock.slept) == 100.0
    assert set(fake_clock.slept) == {1.0}  # it looks again often: the holder may end early


def test_a_holder_elsewhere_whose_clock_was_ahead_is_given_up_after_the_timeout(store, fake_clock):
    hold_as_somebody_else(store, fake_clock, YEARS)
    take(limiter(store, fake_clock, request_timeout=180.0))
    assert sum(fake_clock.slept) == 180.0


def test_waiting_for_a_holder_ends_with_its_name(store, fake_clock):
    hold_as_somebody_else(store, fake_clock, 100.0)
    with pytest.raises(RateLimited, match="process 1 on elsewhere holds the one connection"):
        take(limiter(store, fake_clock, max_wait=10.0))
    assert sum(fake_clock.slept) == 10.0  # it might have ended early


def test_a_cool_down_too_long_is_not_waited_for_behind_a_holder(store, fake_clock):
    hold_as_somebody_else(store, fake_clock, 100.0)
    limiter(store, fake_clock).throttled(601.0)
    with pytest.raises(RateLimited):
        take(limiter(store, fake_clock, max_wait=600.0))
    assert fake_clock.slept == []


def test_a_holder_that_outlived_its_time_does_not_free_its_successors_slot(store, fake_clock):
    slow, next_one = limiter(store, fake_clock), limiter(store, fake_clock)
    with slow.slot():
        fake_clock.advance(1000)
        entered = next_one.slot()
        entered.__enter__()
    assert busy(store)
    entered.__exit__(None, None, None)
    assert not busy(store)


def test_threads_that_share_a_limiter_take_turns(store):
    gate = limiter(store, SystemClock(), min_gap=0.0)
    second_is_in = threading.Event()

    def second():
        with gate.slot():
            second_is_in.set()

    thread = threading.Thread(target=second)
    with gate.slot():
        thread.start()
        # It never comes in here, however long this waits; were it let in, it would be soon.
        assert not second_is_in.wait(0.3)
    thread.join()
    assert second_is_in.is_set()


def test_names_are_apart(store, fake_clock):
    limiter(store, fake_clock, name="arxiv").throttled(500.0)
    take(limiter(store, fake_clock, name="loopback"))
    assert fake_clock.slept == []


@pytest.mark.drill
def test_processes_never_overlap_and_keep_the_gap(store):
    gap = 0.05
    with children(3, "slots", url_of(store), gap, 6) as started:
        for child in started:
            child.go()
        said = [line for child in started for line in child.lines()]
    held = sorted(tuple(map(float, line.split()[1:])) for line in said)
    assert len(held) == 18
    # One machine, one clock: the gaps are the limiter's, however slow the machine is.
    assert all(after[0] - before[1] >= gap for before, after in pairwise(held))


@pytest.mark.drill
def test_a_process_killed_in_its_request_frees_the_slot_and_leaves_the_gap(store):
    with children(1, "hold", url_of(store), 3.0) as (child,):
        child.go()
        assert child.line() == "holding"
        with store.read() as connection:
            now = FakeClock(connection.execute(select(limiters.c.next_at)).scalar_one())
        with pytest.raises(RateLimited, match=f"process {child.process.pid} on "):
            take(limiter(store, now, max_wait=2.0))
        now.slept.clear()
        child.kill()
        take(limiter(store, now))
        assert now.slept == [3.0]  # when its request ended nobody knows: the gap starts now
