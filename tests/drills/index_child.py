"""Processes of the search-index drills: ``python index_child.py TASK FOLDER [URL]``."""

from __future__ import annotations

import sys
from pathlib import Path

from litmine.index.generation import SearchIndex
from litmine.search.sync import sync
from litmine.store import open_store
from tests.support.indexing import assert_consistent, contents
from tests.support.rows import ENCODER, MODEL


def sync_once(folder: str, url: str) -> None:
    """Sync when told to; the test kills it before, meanwhile or after."""
    with open_store(url, migrate=False) as store:
        print("ready", flush=True)
        sys.stdin.readline()
        sync(store, Path(folder), ENCODER, model_id=MODEL, wait=20)
        print("synced", flush=True)


def read(folder: str) -> None:
    """Look at every generation until standard input ends; tell how many there were."""
    import select

    index = SearchIndex.open(Path(folder), "encoder-1")
    print("ready", flush=True)
    seen: set[int] = set()
    while True:
        now = index.current()
        assert index.trouble is None, index.trouble
        if now.number not in seen:
            editions = {int(mark.split(".")[1]) for mark in contents(now).values()}
            assert editions == {now.number}, (now.number, editions)
            assert_consistent(now)
            seen.add(now.number)
        if select.select([sys.stdin], [], [], 0.0005)[0]:
            break
    print(len(seen), flush=True)


if __name__ == "__main__":
    {"sync": sync_once, "read": read}[sys.argv[1]](*sys.argv[2:])
