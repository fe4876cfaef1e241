"""The stand-in must not share code with the adapters it is there to check."""

from __future__ import annotations

import subprocess
import sys


def test_the_standin_knows_nothing_of_the_sources():
    script = (
        "import sys, litmine.standin; "
        "print([m for m in sys.modules if m.startswith(('litmine.sources', 'feedparser'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
