"""A lease: one holder at a time, fencing, and neither death nor clocks make it stick."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import select

from litmine.core.clock import FakeClock
from litmine.core.errors import LeaseHeld, LeaseLost
from litmine.core.process import process_identity
from litmine.store.harvests import Harvest, get_harvest, put_harvest
from litmine.store.leases import acquire, current, guard, release, renew
from litmine.store.schema import leases
from tests.support.child import children

TTL = 60.0
ME, YOU = "me", "you"


def held_by(store, name="nightly"):
    with store.read() as connection:
        return current(connection, name)


def test_taken_given_back_and_taken_again(store, fake_clock):
    assert held_by(store) is None
    first = acquire(store, fake_clock, "nightly", ME, TTL)
    holder, _ = held_by(store)
    assert holder == ME
    release(store, fake_clock, first)
    assert held_by(store) is None
    second = acquire(store, fake_clock, "nightly", YOU, TTL)
    assert second.token > first.token


def test_held_is_refused_with_who_and_how_long(store, fake_clock):
    acquire(store, fake_clock, "nightly", ME, TTL)
    fake_clock.advance(20)
    with pytest.raises(LeaseHeld, match=r"under way \(me\).* ends by itself in 40 s"):
        acquire(store, fake_clock, "nightly", YOU, TTL)
    with pytest.raises(LeaseHeld):
        acquire(store, fake_clock, "nightly", ME, TTL)  # not even by itself


def test_names_are_apart(store, fake_clock):
    acquire(store, fake_clock, "nightly", ME, TTL)
    acquire(store, fake_clock, "ingest", YOU, TTL)
    assert held_by(store)[0] == ME


def test_ends_by_itself_and_renewing_moves_the_end(store, fake_clock):
    lease = acquire(store, fake_clock, "nightly", ME, TTL)
    fake_clock.advance(TTL - 1)
    renew(store, fake_clock, lease, TTL)
    fake_clock.advance(TTL - 1)
    with pytest.raises(LeaseHeld):
        acquire(store, fake_clock, "nightly", YOU, TTL)
    fake_clock.advance(1)
    assert acquire(store, fake_clock, "nightly", YOU, TTL).token > lease.token


def test_a_fenced_off_holder_cannot_write_renew_or_release(store, fake_clock):
    old = acquire(store, fake_clock, "nightly", ME, TTL)
    fake_clock.advance(TTL)
    new = acquire(store, fake_clock, "nightly", YOU, TTL)

    def write(lease):
        with store.write() as connection:
            put_harvest(connection, Harvest(f"by-{lease.holder}"))
            guard(connection, lease)

    with pytest.raises(LeaseLost, match="nothing more was written"):
        write(old)
    with pytest.raises(LeaseLost):
        renew(store, fake_clock, old, TTL)
    release(store, fake_clock, old)
    assert held_by(store)[0] == YOU
    write(new)
    with store.read() as connection:
        assert connection.execute(select(leases.c.token)).scalar() == new.token
        assert get_harvest(connection, "by-me") == Harvest("by-me")


def test_an_expired_lease_that_nobody_took_is_still_ours(store, fake_clock):
    lease = acquire(store, fake_clock, "nightly", ME, TTL)
    fake_clock.advance(10 * TTL)
    with store.write() as connection:
        guard(connection, lease)
    renew(store, fake_clock, lease, TTL)
    with pytest.raises(LeaseHeld):
        acquire(store, fake_clock, "nightly", YOU, TTL)


def test_guarding_a_lease_that_never_was(store, fake_clock):
    lease = acquire(store, fake_clock, "nightly", ME, TTL)
    other = type(lease)("absent", ME, 1)

    def check():
        with store.write() as connection:
            guard(connection, other)

    with pytest.raises(LeaseLost):
        check()


@pytest.mark.parametrize("back", [1, 30, 3600, 10 * 365 * 86400])
def test_a_clock_set_back_neither_steals_nor_blocks_for_ever(store, fake_clock, back):
    lease = acquire(store, fake_clock, "nightly", ME, TTL)
    behind = FakeClock(fake_clock.now())
    behind.advance(-back)
    with pytest.raises(LeaseHeld):
        acquire(store, behind, "nightly", YOU, TTL)
    renew(store, behind, lease, TTL)  # the living holder is not disturbed
    behind.advance(TTL - 1)
    with pytest.raises(LeaseHeld):
        acquire(store, behind, "nightly", YOU, TTL)
    behind.advance(1)
    acquire(store, behind, "nightly", YOU, TTL)


def test_a_clock_that_was_ahead_when_the_holder_died_costs_one_ttl(store, fake_clock):
    ahead = FakeClock(fake_clock.now())
    ahead.advance(10 * 365 * 86400)
    acquire(store, ahead, "nightly", ME, TTL)
    with pytest.raises(LeaseHeld, match="in 60 s"):
        acquire(store, fake_clock, "nightly", YOU, TTL)
    fake_clock.advance(TTL)
    acquire(store, fake_clock, "nightly", YOU, TTL)


def test_a_clock_that_jumps_ahead_hands_over_and_fences(store, fake_clock):
    old = acquire(store, fake_clock, "nightly", ME, TTL)
    fake_clock.advance(365 * 86400)
    acquire(store, fake_clock, "nightly", YOU, TTL)
    with pytest.raises(LeaseLost):
        renew(store, fake_clock, old, TTL)


def test_of_many_threads_one_gets_it(store, fake_clock):
    gate = threading.Barrier(6)
    got, refused, errors = [], [], []

    def take(number):
        try:
            gate.wait(10)
            got.append(acquire(store, fake_clock, "nightly", f"thread {number}", TTL))
        except LeaseHeld as error:
            refused.append(error)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=take, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert (len(got), len(refused)) == (1, 5)


@pytest.mark.drill
def test_of_many_processes_one_gets_it_and_its_death_frees_it_at_once(store, fake_clock):
    url = store.engine.url.render_as_string(hide_password=False)
    with children(3, "lease", url, 3600) as started:
        for child in started:
            child.go()
        said = {child: child.line() for child in started}
        assert sorted(said.values()) == ["LeaseHeld", "LeaseHeld", "token 1"]
        (holder,) = [child for child in started if said[child] == "token 1"]
        # The holder lives, so its lease is respected long before its end.
        now = FakeClock(held_by(store)[1])
        now.advance(-1800)
        with pytest.raises(LeaseHeld, match=f"process {holder.process.pid} on "):
            acquire(store, now, "nightly", process_identity(), 3600)
        holder.kill()
        assert acquire(store, now, "nightly", process_identity(), 3600).token == 2


@pytest.mark.drill
def test_a_killed_holder_that_nobody_waited_for_is_gone_too(store, fake_clock):
    url = store.engine.url.render_as_string(hide_password=False)
    with children(1, "lease", url, 3600) as (child,):
        child.go()
        assert child.line() == "token 1"
        child.process.kill()
        while not _is_zombie(child.process.pid):
            time.sleep(0.01)
        assert acquire(store, fake_clock, "nightly", process_identity(), 3600).token == 2


def _is_zombie(pid):
    with open(f"/proc/{pid}/stat") as stream:
        return stream.read().rpartition(")")[2].split()[0] == "Z"
