"""Memory that was freed goes back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

CODE = """
from litmine.core.memory import release_memory

def own():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("RssAnon"))

large = [bytes([1]) * 100_000 for _ in range(1_000)]
last = bytes([2]) * 100_000  # what lies behind it cannot be taken off the end
full = own()
del large
release_memory()
print(full - own())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked")
def test_what_was_freed_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True)
    assert int(done.stdout) > 80
