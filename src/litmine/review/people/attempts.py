"""How often a login may be tried: freely at first, then after waits that double.

An attempt is counted before its password is looked at, in a transaction of its own. A hundred
attempts at once are therefore a hundred attempts, not one, and what a restart interrupts stays
counted.
"""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import datetime, timedelta

from litmine.core.errors import TooManyAttempts
from litmine.store import Store
from litmine.store.attempts import (
    Failures,
    blocked_until,
    failures_for_update,
    forget_failures,
    set_failures,
)
from litmine.store.audit import record

__all__ = ["Attempt", "count_attempt", "forgive_attempt"]

#: Failures without a wait, and the longest wait in seconds. Behind one address there may be a
#: whole institute; one name has one owner.
_NAME = (5, 15 * 60)
_ADDRESS = (20, 60 * 60)
#: A key that nobody failed under for so long starts again from nothing.
_MEMORY = timedelta(hours=24)

#: Keys of the name and of the address, and the waits that this attempt set.
Attempt = tuple[tuple[str, datetime | None], ...]


def count_attempt(store: Store, now: datetime, name: str, address: str) -> Attempt:
    """Count an attempt as failed until `forgive_attempt` says otherwise.

    Parameters
    ----------
    name : str
        As folded for comparison. Only its hash is kept: people type passwords into the wrong field.
    address : str
        Of the client; an IPv6 address counts as its /64 network, which one subscriber has.

    Raises
    ------
    TooManyAttempts
        It is too early for another attempt; this one is neither counted nor looked at.
    """
    keys = (
        (f"name:{hashlib.sha256(name.encode()).hexdigest()}", _NAME),
        (f"address:{_network(address)}", _ADDRESS),
    )
    # Who must wait is told so without a write: a flood neither takes the lock of those who work
    # nor leaves a row for every name it makes up.
    with store.read() as connection:
        _refuse_until(blocked_until(connection, [key for key, _ in keys]), now)
    with store.write() as connection:
        forget_failures(connection, now - _MEMORY)
        found = [failures_for_update(connection, key, now) for key, _ in keys]
        _refuse_until(max((u for one in found if (u := one.blocked_until)), default=None), now)
        attempt = []
        for one, (key, (free, longest)) in zip(found, keys, strict=True):
            until = _blocked_until(one, free, longest, now)
            set_failures(connection, key, one.failures + 1, until, now)
            attempt.append((key, until))
            if one.failures == free:
                record(connection, now, "litmine", "account-slowed", key, failures=free)
    return tuple(attempt)


def forgive_attempt(store: Store, now: datetime, attempt: Attempt) -> None:
    """Take an attempt back that succeeded: the name starts afresh, the address loses this one.

    Only this one: whoever has an account cannot wash off guesses at other people's passwords.
    """
    (name, _), (address, until) = attempt
    with store.write() as connection:
        set_failures(connection, name, 0, None, now)
        found = failures_for_update(connection, address, now)
        kept = found.blocked_until if found.blocked_until != until else None
        set_failures(connection, address, max(found.failures - 1, 0), kept, now)


def _refuse_until(moment: datetime | None, now: datetime) -> None:
    wait = 0.0 if moment is None else (moment - now).total_seconds()
    if wait > 0:
        raise TooManyAttempts(
            f"too many attempts; try again in {_in_words(wait)}", retry_after=wait
        )


def _blocked_until(found: Failures, free: int, longest: int, now: datetime) -> datetime | None:
    over = found.failures + 1 - free
    if over < 0:
        return None
    return now + timedelta(seconds=min(2.0 ** min(over, 30), longest))


def _network(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100] or "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _in_words(seconds: float) -> str:
    if seconds < 90:
        return f"{int(seconds) + 1} s"
    return f"{round(seconds / 60)} minutes"
