"""The paper list follows the reviewers while the application runs."""

from __future__ import annotations

import time

from litmine.core.clock import SystemClock
from litmine.core.settings import Settings
from litmine.jobs.publish.outputs import write_lists
from litmine.review import ReviewDesk
from litmine.store.queue import enqueue
from litmine.web.lists import ListKeeper
from tests.support.rows import MODEL, NOW, judge

ONE = "2606.00001"


def queued(store):
    with store.write() as connection:
        judge(connection, (ONE,), 0.5)
        enqueue(connection, MODEL, 0.1, NOW)


def written(settings):
    """Wait for the paper list and read it."""
    path = settings.outputs / "paper-list.md"
    deadline = time.monotonic() + 30
    while not path.is_file() and time.monotonic() < deadline:
        time.sleep(0.02)
    return path.read_text()


def test_lists_are_written_once_the_reviewers_pause(sqlite_store, tmp_path):
    queued(sqlite_store)
    settings = Settings(data_dir=tmp_path)
    keeper = ListKeeper(settings, sqlite_store, SystemClock(), pause=0.02)
    keeper.start()
    try:
        ReviewDesk(sqlite_store, "Ada").approve(ONE)
        assert ONE in written(settings)
    finally:
        keeper.stop()


def test_a_decision_just_before_the_end_is_written_too(sqlite_store, tmp_path):
    queued(sqlite_store)
    settings = Settings(data_dir=tmp_path)
    keeper = ListKeeper(settings, sqlite_store, SystemClock(), pause=3600)
    keeper.start()
    ReviewDesk(sqlite_store, "Ada").approve(ONE)
    keeper.stop()
    assert ONE in (settings.outputs / "paper-list.md").read_text()


def test_what_a_kill_left_unwritten_is_written_at_the_next_start(sqlite_store, tmp_path):
    queued(sqlite_store)
    settings = Settings(data_dir=tmp_path)
    settings.outputs.mkdir(parents=True)
    ReviewDesk(sqlite_store, "Ada").approve(ONE)
    keeper = ListKeeper(settings, sqlite_store, SystemClock(), pause=3600)
    keeper.start()
    keeper.stop()
    assert ONE in (settings.outputs / "paper-list.md").read_text()


def test_a_failure_is_told_and_the_next_look_tries_again(sqlite_store, tmp_path, monkeypatch):
    queued(sqlite_store)
    settings = Settings(data_dir=tmp_path)
    failures = iter([RuntimeError("a fault of ours")])

    def write(context):
        for failure in failures:
            raise failure
        return write_lists(context)

    monkeypatch.setattr("litmine.web.lists.write_lists", write)
    keeper = ListKeeper(settings, sqlite_store, SystemClock(), pause=0.02)
    keeper.start()
    try:
        ReviewDesk(sqlite_store, "Ada").approve(ONE)
        assert ONE in written(settings)
    finally:
        keeper.stop()


def test_nothing_is_written_when_nothing_was_decided(sqlite_store, tmp_path):
    queued(sqlite_store)
    settings = Settings(data_dir=tmp_path)
    keeper = ListKeeper(settings, sqlite_store, SystemClock(), pause=3600)
    keeper.start()
    keeper.stop()
    assert not settings.outputs.exists()
