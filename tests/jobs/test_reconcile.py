"""Announced minus stored: earlier nights, refusals, a feed that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import Incomplete, InputError, SourceUnavailable
from litmine.core.settings import Settings, load_settings
from litmine.jobs.context import RunContext
from litmine.jobs.nightly import run_nightly
from litmine.jobs.reconcile import reconcile
from litmine.sources.base import HarvestRequest, Page, Record
from litmine.standin import StandinServer, load_records
from litmine.store import open_store
from litmine.store.announcements import Announcement, put_announcements
from litmine.store.papers import get_papers
from tests.support.papers import paper
from tests.support.world import NIGHT, settings_for

YESTERDAY = date(2026, 7, 13)


class Feed:
    """An announcement feed that tells what it was given."""

    name = "rss"

    def __init__(self, *records: Record) -> None:
        self._page = Page(records, None)

    def pages(self, request: HarvestRequest, cursor: str | None = None) -> Iterator[Page]:
        yield self._page


class ById:
    """Answers every id with a paper, or with an error."""

    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.name = name
        self._error = error
        self.asked: list[str] = []

    def pages(self, request: HarvestRequest, cursor: str | None = None) -> Iterator[Page]:
        self.asked += request.ids
        if self._error is not None:
            raise self._error
        yield Page(tuple(Record(paper(i)) for i in request.ids), None)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[RunContext]:
    settings = load_settings().model_copy(update={"data_dir": tmp_path})
    with open_store(settings.database) as store:
        yield RunContext(settings, store, FakeClock())


@pytest.mark.parametrize("tonight", [(), (Record(paper("2607.00002"), "new", NIGHT),)])
def test_an_earlier_night_left_incomplete_is_repaired(
    context: RunContext, tonight: tuple[Record, ...]
) -> None:
    """A run that died between feed and repair leaves announcements whose papers nobody stored."""
    with context.write() as connection:
        put_announcements(connection, [Announcement(YESTERDAY, "2607.00001", "new", 1)])

    outcome = reconcile(context, Feed(*tonight), ById("oai"), ById("search"))

    assert outcome.nights == ([NIGHT] if tonight else [])
    assert sum(outcome.announced.values()) == len(tonight)
    assert outcome.missing_before == outcome.repaired_by_id == 1 + len(tonight)
    assert outcome.missing_after == 0
    with context.store.read() as connection:
        assert "2607.00001" in get_papers(connection, ["2607.00001"])


def test_a_night_long_past_is_left_alone_unless_the_feed_tells_of_it(context: RunContext) -> None:
    old = date(2026, 5, 5)
    with context.write() as connection:
        put_announcements(connection, [Announcement(old, "2605.00001", "new", 1)])
        put_announcements(connection, [Announcement(NIGHT, "2605.00001", "replace", 1)])
    told = Record(paper("2605.00002"), "new", old)
    oai = ById("oai")
    assert reconcile(context, Feed(told), oai, ById("search")).missing_after == 0
    assert oai.asked == ["2605.00001", "2605.00002"]


def test_ids_that_the_search_api_refuses_are_taken_from_the_feed(context: RunContext) -> None:
    feed = Feed(Record(paper("2607.00001"), "new", NIGHT))
    refusal = InputError("the search API refused the query: incorrect id format")

    outcome = reconcile(
        context, feed, ById("oai", SourceUnavailable("down")), ById("search", refusal)
    )

    assert (outcome.repaired_from_feed, outcome.missing_after) == (1, 0)
    assert any("refused the query" in warning for warning in context.warnings)


def test_a_night_without_its_feed_is_done_but_not_complete(
    world: Settings, clock: FakeClock, light_models: Any, night_file: Path
) -> None:
    """The papers are stored and queued; that none is missing stays to be shown."""
    with StandinServer(load_records([night_file]), faults=["500:every=1,target=rss"]) as server:
        settings = settings_for(server, world.data_dir)
        report = run_nightly(settings, since=NIGHT, clock=clock, models=light_models)
    assert report.exit_code == Incomplete.exit_code
    assert report.problem is not None
    assert "feed could not be read" in report.problem
    assert report.queue["pending"] > 0
    assert report.counts("publish")["changed"] > 0

    again = run_nightly(world, since=NIGHT, clock=clock, models=light_models)
    assert (again.state, again.counts("reconcile")["missing_before"]) == ("done", 0)
