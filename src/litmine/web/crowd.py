"""Searches take turns on threads of their own, so that a crowd of them holds up nobody else.

A search is work for a processor. Forty at once, as many as the framework has threads, would each
take forty times as long, wrest the interpreter from one another all the time, and leave no thread
to a reviewer who decides. So there are as many at a time as there are processors; whoever waits
for a turn waits without a thread.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

__all__ = ["AT_ONCE", "in_turn"]

_P = ParamSpec("_P")
_R = TypeVar("_R")

#: Searches under way at the same time.
AT_ONCE = max(2, len(os.sched_getaffinity(0)))

_turns: RunVar[CapacityLimiter] = RunVar("litmine_search_turns")  # one for each event loop


def in_turn(endpoint: Callable[_P, _R]) -> Callable[_P, Awaitable[_R]]:
    """Have an endpoint that searches wait for its turn (a decorator, below that of the route)."""

    @wraps(endpoint)
    async def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            turns = _turns.get()
        except LookupError:
            turns = CapacityLimiter(AT_ONCE)
            _turns.set(turns)
        return await to_thread.run_sync(partial(endpoint, *args, **kwargs), limiter=turns)

    return run
