"""Who holds something, and whether that process is certainly gone.

A run killed with SIGKILL cannot give back its lease. Whoever comes next on the same machine can
see that the process is gone and need not wait for the lease to end. Anything uncertain (another
machine, another container, another operating system) counts as alive.
"""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path
from uuid import uuid4

__all__ = ["describe", "is_gone", "process_identity"]

_UNKNOWN = "-"


@cache
def _this_kernel() -> str:
    # Boot id and PID namespace: only under the same pair does a PID mean the same thing.
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return _UNKNOWN


def _start_time(pid: int) -> str | None:
    """Return the start time of a live process, None when it ended, "-" when nobody tells."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _UNKNOWN if _answers(pid) else None
    return None if fields[0] in {"Z", "X"} else fields[19]


def _answers(pid: int) -> bool:
    # /proc may be mounted so that it hides the processes of other users (hidepid).
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def process_identity() -> str:
    """Return ``host|kernel|pid|start time|random`` for this process.

    PIDs are used again; the start time (clock ticks since boot) tells the two apart.
    """
    pid = os.getpid()
    started = _start_time(pid) or _UNKNOWN
    return f"{socket.gethostname()}|{_this_kernel()}|{pid}|{started}|{uuid4().hex[:8]}"


def describe(identity: str) -> str:
    """Host and process number, for people."""
    parts = identity.split("|")
    return f"process {parts[2]} on {parts[0]}" if len(parts) == 5 else identity


def is_gone(identity: str) -> bool:
    """Tell whether the process behind `identity` has certainly ended."""
    parts = identity.split("|")
    if len(parts) != 5 or _UNKNOWN in parts or parts[1] != _this_kernel():
        return False
    if not parts[2].isdecimal():
        return False
    started = _start_time(int(parts[2]))
    return started not in {parts[3], _UNKNOWN}
