"""Half of the work in a second process, where the system can split a process in two."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["second_process"]


@contextmanager
def second_process(work: Callable[[], Any], *, worth: bool = True) -> Iterator[Callable[[], Any]]:
    """Do some work in a second process while the block goes on.

    Parameters
    ----------
    work : callable
        Returns what JSON can hold. It sees everything as it is now, and what it changes in memory
        is lost. It may be done a second time.
    worth : bool
        Whether a second process is wanted at all.

    Yields
    ------
    callable
        Waits for what `work` returned. Where there is no second process, or it ended without an
        answer, the work is done here and now, so that its errors come up as they would have.
    """
    child, answer = _split(work) if worth and _can_split() else (0, -1)
    if not child:
        yield work
        return

    def wait() -> Any:
        with os.fdopen(os.dup(answer), "rb") as stream:
            text = stream.read()
        try:
            return json.loads(text)
        except ValueError:
            return work()

    try:
        yield wait
    finally:
        os.close(answer)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)  # it has answered, or nobody waits for it any more
        os.waitpid(child, 0)


def _can_split() -> bool:
    # Another thread might hold a lock at this moment, which nobody would ever free in the copy.
    return sys.platform == "linux" and (os.cpu_count() or 1) > 1 and threading.active_count() == 1


def _split(work: Callable[[], Any]) -> tuple[int, int]:
    """Return the second process's id and the pipe that its answer comes through."""
    answer, told = os.pipe()
    try:
        with warnings.catch_warnings():
            # Python counts the idle threads of NumPy, which take no part in the work.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
    except OSError:  # no room for another process
        os.close(answer)
        os.close(told)
        return 0, -1
    if child:
        os.close(told)
        return child, answer
    # From here on in the second process, which must not come back to what called it.
    code = 1
    try:
        os.close(answer)
        with os.fdopen(told, "wb") as stream:
            stream.write(json.dumps(work()).encode())
        code = 0
    finally:
        os._exit(code)  # an exception is told by the silence
