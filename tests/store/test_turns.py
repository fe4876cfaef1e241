"""Writers wait for one another: in order within a process, and not long between two."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from litmine.core.errors import StoreError
from litmine.store import open_store
from litmine.store.schema import meta
from litmine.store.turns import Turns


def test_turns_are_given_in_the_order_of_asking() -> None:
    turns = Turns()
    assert turns.take(1.0)
    served: list[int] = []
    waiting = []
    for number in range(8):
        asked = len(turns)

        def work(mine: int = number) -> None:
            assert turns.take(30.0)
            served.append(mine)
            turns.give()

        thread = threading.Thread(target=work)
        thread.start()
        while len(turns) == asked:  # until it stands in the queue
            pass
        waiting.append(thread)
    turns.give()
    for thread in waiting:
        thread.join(30)
    assert served == list(range(8))


def test_who_waits_in_vain_leaves_the_queue() -> None:
    turns = Turns()
    assert turns.take(1.0)
    assert not turns.take(0.01)
    assert len(turns) == 0
    turns.give()
    assert turns.take(1.0)


def test_writers_of_one_process_lose_nothing(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'a.db'}") as store:

        def count(times: int = 25) -> None:
            for _ in range(times):
                with store.write() as connection:
                    row = connection.execute(meta.select().where(meta.c.key == "n")).first()
                    connection.execute(meta.delete().where(meta.c.key == "n"))
                    value = str(int(row.value) + 1 if row else 1)
                    connection.execute(meta.insert().values(key="n", value=value))

        threads = [threading.Thread(target=count) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        with store.read() as connection:
            assert connection.execute(meta.select().where(meta.c.key == "n")).one().value == "200"


def test_a_failed_write_gives_its_turn_back(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError), store.write():
                1 / 0  # noqa: B018
        with store.write() as connection:
            connection.execute(meta.insert().values(key="n", value="1"))


def test_a_lock_that_is_never_given_back_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from litmine.store import engine

    path = tmp_path / "a.db"
    with open_store(f"sqlite:///{path}") as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(engine, "_BUSY_SECONDS", 0.05)
        with pytest.raises(StoreError, match="another program holds it"), store.write():
            pytest.fail("two wrote at once")
        with store.read() as connection:
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 50
        other.execute("ROLLBACK")
        other.close()
        with store.write() as connection:
            connection.execute(meta.insert().values(key="n", value="1"))
