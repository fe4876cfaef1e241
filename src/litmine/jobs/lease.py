"""Holding the nightly lease for as long as a run lives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from litmine.core.clock import Clock
from litmine.core.errors import LeaseLost, StoreError
from litmine.core.log import get_logger
from litmine.core.process import process_identity
from litmine.store import Store
from litmine.store.leases import Lease, acquire, release, renew

__all__ = ["NIGHTLY", "held_lease"]

NIGHTLY = "nightly"
_TTL = 120.0
_log = get_logger(__name__)


@contextmanager
def held_lease(
    store: Store, clock: Clock, name: str = NIGHTLY, ttl: float = _TTL
) -> Iterator[Lease]:
    """Take the lease, renew it every third of its time in a thread, give it back at the end.

    Losing it is noticed by the run's next transaction (`litmine.store.leases.guard`), not here:
    the thread only keeps the lease alive.

    Raises
    ------
    LeaseHeld
        Another run is under way.
    """
    lease = acquire(store, clock, name, process_identity(), ttl)
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(ttl / 3):
            try:
                renew(store, clock, lease, ttl)
            except LeaseLost:
                _log.error("lease_lost", name=name)
                return
            except StoreError as error:
                # A busy database is tried again at the next beat; two of three may fail.
                _log.warning("lease_not_renewed", name=name, error=str(error))

    thread = threading.Thread(target=beat, name=f"lease-{name}", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        stop.set()
        thread.join()
        try:
            release(store, clock, lease)
        except StoreError as error:
            # What the run has to tell is more important; an unreleased lease ends by itself.
            _log.warning("lease_not_released", name=name, error=str(error))
