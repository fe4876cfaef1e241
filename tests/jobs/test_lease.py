"""A lease is kept for as long as a run lives, and never costs the run its result."""

from __future__ import annotations

from pathlib import Path

import pytest

from litmine.core.clock import FakeClock, SystemClock
from litmine.core.errors import StoreError
from litmine.jobs import lease as job
from litmine.jobs.lease import held_lease
from litmine.store import open_store
from litmine.store.leases import current


def test_it_is_renewed_while_held_and_free_afterwards(tmp_path: Path) -> None:
    import threading

    with open_store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        with held_lease(store, SystemClock(), "job", ttl=0.3):
            with store.read() as connection:
                first = current(connection, "job")
            for _ in range(100):
                threading.Event().wait(0.05)
                with store.read() as connection:
                    later = current(connection, "job")
                assert first is not None
                assert later is not None
                if later[1] > first[1]:
                    break
            assert later[1] > first[1]
        with store.read() as connection:
            assert current(connection, "job") is None


def test_a_lease_that_cannot_be_given_back_does_not_hide_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("database is locked")

    monkeypatch.setattr(job, "release", refuse)
    with open_store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        with held_lease(store, FakeClock(), "job"):
            result = "the report"
        with pytest.raises(KeyError), held_lease(store, FakeClock(), "other"):
            raise KeyError("the run's own error")
    assert result == "the report"
    assert capsys.readouterr().err.count("lease_not_released") == 2
