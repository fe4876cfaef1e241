"""What a test runs in real processes of its own: ``python child.py TASK URL [ARGUMENT ...]``.

Each child prints ``ready``, waits for a line on its standard input, so that several start together,
and prints what came of it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from litmine.core.clock import SystemClock
from litmine.core.errors import LitmineError
from litmine.core.process import process_identity


def wait_for_the_start() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


def open_it(url: str) -> None:
    from litmine.store import open_store

    wait_for_the_start()
    open_store(url).close()
    print("opened", flush=True)


def lease(url: str, ttl: str) -> None:
    """Try to take a lease; hold it until the next line or death."""
    from litmine.store import open_store
    from litmine.store.leases import acquire

    with open_store(url) as store:
        wait_for_the_start()
        try:
            held = acquire(store, SystemClock(), "nightly", process_identity(), float(ttl))
        except LitmineError as error:
            print(type(error).__name__, flush=True)
        else:
            print(f"token {held.token}", flush=True)
        sys.stdin.readline()


def slots(url: str, gap: str, times: str) -> None:
    """Take the limiter's slot again and again; print when each was held."""
    from litmine.store import open_store
    from litmine.store.limiter import DurableLimiter

    with open_store(url) as store:
        limiter = DurableLimiter(store, SystemClock(), min_gap=float(gap), max_wait=120.0)
        wait_for_the_start()
        for _ in range(int(times)):
            with limiter.slot():
                began = time.time()
                time.sleep(0.01)
                ended = time.time()
            print(f"held {began!r} {ended!r}", flush=True)


def hold(url: str, gap: str) -> None:
    """Take the limiter's slot and keep it until death."""
    from litmine.store import open_store
    from litmine.store.limiter import DurableLimiter

    with open_store(url) as store:
        limiter = DurableLimiter(store, SystemClock(), min_gap=float(gap))
        wait_for_the_start()
        with limiter.slot():
            print("holding", flush=True)
            sys.stdin.readline()


class Child:
    """A running child, seen from the test."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def line(self) -> str:
        """Return the next line that it prints."""
        return self.process.stdout.readline().strip()

    def lines(self) -> list[str]:
        """Return every line until it ends."""
        return self.process.stdout.read().splitlines()

    def go(self) -> None:
        """Give it the line that it waits for."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """Kill it with SIGKILL, so that it cannot clean up, and wait for its end."""
        self.process.kill()
        self.process.wait()


@contextmanager
def children(count: int, task: str, *arguments: object):
    """Start children of one task and wait until all are ready; none outlives the block."""
    command = [sys.executable, "-W", "error", str(Path(__file__)), task, *map(str, arguments)]
    started = [
        Child(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        for _ in range(count)
    ]
    try:
        for child in started:
            assert child.line() == "ready"
        yield started
    finally:
        for child in started:
            child.process.kill()
            child.process.communicate()


if __name__ == "__main__":
    {"open": open_it, "lease": lease, "slots": slots, "hold": hold}[sys.argv[1]](*sys.argv[2:])
