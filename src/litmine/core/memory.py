"""Giving memory back to the system."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["release_memory"]


def release_memory() -> None:
    """Return to the system what was freed and is kept for later.

    The C library keeps freed memory, since most programs want it again. A process that has made
    something large out of something larger, once and for all, never does, and would be told to
    hold all of it. Only glibc can be asked; elsewhere nothing happens.
    """
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
