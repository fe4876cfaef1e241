"""Forks processes that suggest, for the drill: ``python suggest_driver.py``.

Reads a database, a clone and GitHub's address a line, starts a process that suggests, prints its
number, and when it ended, how. Everything is imported once: a run costs what a run costs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import github  # noqa: F401

from litmine.core.errors import LitmineError
from litmine.core.settings import load_settings
from litmine.jobs.context import RunContext
from litmine.jobs.publish.suggest import Wish, suggest
from litmine.store import open_store


def main() -> None:
    for line in sys.stdin:
        database, clone, api = line.split()
        child = os.fork()
        if not child:
            os.environ["LITMINE_PUBLISH__GITHUB_API"] = api
            settings = load_settings()
            with open_store(f"sqlite:///{database}", migrate=False) as store:
                try:
                    done = suggest(RunContext(settings, store), Wish(Path(clone))).done
                except LitmineError as error:
                    done = f"{type(error).__name__}: {error}"
            sys.stdout.write(f"said {done}\n")
            sys.stdout.flush()
            os._exit(0)
        sys.stdout.write(f"process {child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"ended {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
