"""Clocks: aware UTC, and one that tests turn by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from litmine.core.clock import FakeClock, SystemClock
from litmine.core.gate import NullGate


def test_system_clock_is_aware_and_does_not_wait_for_nothing():
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0)
    clock.sleep(-5)
    assert before.tzinfo is UTC
    assert clock.now() >= before


def test_fake_clock_moves_only_when_told():
    start = datetime(2026, 7, 1, 6, 0, tzinfo=timezone(timedelta(hours=2)))
    clock = FakeClock(start)
    assert clock.now() == start
    assert clock.now().utcoffset() == timedelta(0)
    clock.sleep(2.5)
    clock.sleep(-1)
    clock.advance(-60)
    assert clock.slept == [2.5]
    assert clock.now() == start + timedelta(seconds=2.5 - 60)


def test_null_gate_never_waits():
    gate = NullGate()
    with gate.slot():
        gate.ok()
    assert gate.throttled(None) == 0.0
    assert gate.throttled(4.0) == 4.0
