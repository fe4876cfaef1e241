"""The search index under SIGKILL, under readers of other processes and on a full disk."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from sqlalchemy import delete

from litmine.core.errors import StoreError
from litmine.index.generation import SearchIndex
from litmine.index.manifest import encoder_folder, segments_folder
from litmine.index.writer import IndexWriter
from litmine.search.stored import read_fingerprints
from litmine.search.sync import sync
from litmine.store import Store, open_store
from litmine.store.papers import upsert_papers
from litmine.store.schema import papers
from litmine.store.vectors import put_vectors
from tests.support import indexing
from tests.support.papers import paper
from tests.support.rows import ENCODER, MODEL, NOW

pytestmark = pytest.mark.drill

CHILD = Path(__file__).with_name("index_child.py")
ROOT = Path(__file__).resolve().parents[2]
PAPERS = 400
KILLS = 25
SEED = 20260630


@contextmanager
def child(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A process that said that it is ready; it does not outlive the block."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", str(CHILD), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "LITMINE_LOG__LEVEL": "error"},
    )
    try:
        assert out(process).readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def out(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def edit(store: Store, edition: int) -> None:
    """Change every second paper, add some, delete some."""
    changed = [
        paper(f"2606.{n:05}", title=f"Edition {edition} of paper {n}", version=edition + 1)
        for n in range(edition % 2, PAPERS + 10 * edition, 2)
    ]
    ids = [one.arxiv_id for one in changed]
    rng = np.random.default_rng(edition)
    matrix = rng.normal(size=(len(ids), 16))
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    with store.write() as connection:
        upsert_papers(connection, changed, NOW)
        put_vectors(connection, ENCODER, ids, [one.content_hash for one in changed], matrix)
        connection.execute(delete(papers).where(papers.c.arxiv_id.in_(ids[:5])))


def expected(store: Store) -> dict[str, str]:
    """What the index should hold."""
    with store.read() as connection:
        found = read_fingerprints(connection, ENCODER, [MODEL])
    return {
        name.decode(): text.decode()
        for name, text in zip(found.names.tolist(), found.texts.tolist(), strict=True)
    }


def test_sigkill_at_any_moment_leaves_the_old_index_or_the_new_one(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    path, folder = tmp_path / "litmine.db", tmp_path / "index"
    path.write_bytes(migrated_sqlite.read_bytes())
    url = f"sqlite:///{path}"
    dice = random.Random(SEED)
    longest, killed_meanwhile, old_ones = 0.5, 0, 0
    with open_store(url, migrate=False) as store:
        edit(store, 0)
        sync(store, folder, ENCODER, model_id=MODEL)
        # One reader lives through all of it.
        index = SearchIndex.open(folder, ENCODER)
        before = expected(store)
        for edition in range(1, KILLS + 1):
            edit(store, edition)
            after = expected(store)
            assert after != before
            with child("sync", folder, url) as process:
                began = time.monotonic()
                go(process)
                if edition == 1:  # this one may live, and tells how long one takes
                    assert out(process).readline() == "synced\n"
                    longest = time.monotonic() - began
                else:
                    time.sleep(dice.uniform(0, 1.1 * longest))
                process.send_signal(signal.SIGKILL)
                said = out(process).read()
            killed_meanwhile += edition > 1 and said == ""
            for reader in (index, SearchIndex.open(folder, ENCODER)):
                now = reader.current()
                assert reader.trouble is None
                held = indexing.contents(now)
                assert held in (before, after)
            old_ones += held == before
            before = held
        sync(store, folder, ENCODER, model_id=MODEL)
        assert indexing.contents(index.current()) == expected(store)
    # The moments were such that there was something to see.
    assert killed_meanwhile >= KILLS // 3
    assert old_ones >= 3
    _no_rubbish(folder, index)


def _no_rubbish(folder: Path, index: SearchIndex) -> None:
    manifest = index.current().manifest
    assert manifest is not None
    own = encoder_folder(folder, ENCODER)
    assert {path.name for path in own.iterdir()} == {"manifest.json", "segments"}
    named = {name for part in manifest.parts for name in (part.name, part.state)}
    assert {path.name for path in segments_folder(own).iterdir()} == named
    assert manifest.damaged_parts(own) == {}


def test_readers_of_other_processes_meet_whole_generations_only(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    writer = IndexWriter(folder, indexing.ENCODER, dim=indexing.DIM)

    def swap(edition: int) -> None:
        rows = [(indexing.document(n, edition), indexing.vector(n)) for n in range(6)]
        assert writer.apply(rows).number == edition

    swap(1)
    with child("read", folder) as one, child("read", folder) as two:
        for edition in range(2, 52):
            swap(edition)
        counts = []
        for process in (one, two):
            go(process)
            counts.append(int(out(process).readline() or -1))
    assert min(counts) >= 2, counts


def test_a_disk_that_fills_up_anywhere_leaves_the_old_index(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: every write beyond it fails."""
    folder = tmp_path / "index"
    writer = IndexWriter(folder, indexing.ENCODER, dim=indexing.DIM)
    old = [(indexing.document(n), indexing.vector(n)) for n in range(40)]
    new = [(indexing.document(n, 1), indexing.vector(n)) for n in range(400)]
    writer.apply(old)
    reader = SearchIndex.open(folder, indexing.ENCODER)
    before = indexing.contents(reader.current())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (0, 100, 1_000, 4_000, 8_000, 16_000, 24_000, 32_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            with pytest.raises(StoreError, match="the one before stays in use; free some space"):
                writer.apply(new)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert indexing.contents(reader.current()) == before
        assert indexing.contents(SearchIndex.open(folder, indexing.ENCODER).current()) == before
    writer.apply(new)
    assert len(indexing.contents(reader.current())) == 400
    _no_rubbish_of(folder)


def _no_rubbish_of(folder: Path) -> None:
    left = [path for path in folder.rglob("*") if "part" in path.name or "spool" in path.name]
    assert left == []
