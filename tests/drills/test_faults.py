"""A real night under every fault of the stand-in: all 486 papers stored once, none lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from litmine.core import resources
from litmine.core.clock import FakeClock
from litmine.core.settings import Settings
from litmine.jobs.nightly import Models, run_nightly
from litmine.jobs.report import RunReport
from litmine.standin import StandinServer, load_records
from litmine.store import open_store
from litmine.store.announcements import missing
from litmine.store.digest import content_digest
from litmine.store.papers import count_papers
from tests.support.light import HashEncoder, KeywordClassifier, write_small_corpus
from tests.support.world import settings_for

pytestmark = pytest.mark.drill

DAY = date(2026, 6, 30)
FAULTS = {
    "429 with Retry-After": "429:every=3,after=2",
    "429 with an HTTP date": "429:every=3,after=date:2",
    "429 without Retry-After": "429:every=2",
    "406": "406:every=3",
    "503": "503:every=3",
    "500": "500:every=3",
    "slow": "slow:every=3,wait=0.1",
    "cut connection": "cut:every=3",
    "truncated XML": "truncate:every=3",
    "empty page": "empty:every=4,target=oai",
    "record moved mid-harvest": "moved:every=2,target=oai",
    "expired token": "expired:on=3+12+20,target=oai",
    "anything, now and then": "503:p=0.2,seed=1",
}


@pytest.fixture(autouse=True)
def _small_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_small_corpus(tmp_path / "resources", resources.corpus_dir())
    monkeypatch.setenv("LITMINE_RESOURCES", str(root))


def run_once(settings: Settings) -> RunReport:
    # A clock of its own: waits cost no time, and Retry-After is still honoured to the second.
    return run_nightly(
        settings,
        since=DAY,
        clock=FakeClock(datetime(2026, 6, 30, 6, tzinfo=UTC)),
        models=lambda _s: Models(HashEncoder(), KeywordClassifier()),  # type: ignore[arg-type]
    )


def digest_of(settings: Settings) -> dict[str, str]:
    with open_store(settings.database) as store, store.read() as connection:
        assert count_papers(connection) == 486
        assert missing(connection, DAY) == []
        return content_digest(connection)


@pytest.fixture(scope="module")
def clean(night: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("clean")
    patch = pytest.MonkeyPatch()
    patch.setenv(
        "LITMINE_RESOURCES",
        str(write_small_corpus(folder / "resources", resources.corpus_dir())),
    )
    with patch.context(), StandinServer(load_records([night]), page_size=60) as server:
        settings = settings_for(server, folder / "data")
        assert run_once(settings).state == "done"
        yield digest_of(settings)
    patch.undo()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_none_lost_under(fault: str, clean: dict[str, str], night: Path, tmp_path: Path) -> None:
    with StandinServer(load_records([night]), page_size=60, faults=[fault]) as server:
        settings = settings_for(server, tmp_path / "data")
        reports = [run_once(settings)]
        # A fault may end a run with a clear error; running again goes on from there.
        while reports[-1].state != "done" and len(reports) < 15:
            assert reports[-1].problem
            reports.append(run_once(settings))
        struck = sum(bool(entry.faults) for entry in server.log)
    assert struck, "the fault never struck"
    assert reports[-1].state == "done", [r.problem for r in reports]
    assert digest_of(settings) == clean
