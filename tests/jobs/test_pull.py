"""Windows and watermarks: whatever interrupts a harvest, nothing lies outside every window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import MalformedResponse, SourceUnavailable, TokenExpired
from litmine.core.settings import load_settings
from litmine.jobs.context import RunContext
from litmine.jobs.pull import pull_windows
from litmine.sources.base import HarvestRequest, Page, Record
from litmine.store import open_store
from litmine.store.harvests import Harvest, get_harvest, put_harvest
from litmine.store.papers import count_papers
from tests.support.papers import paper

SET = "cs:cs:LG"
KEY = f"oai:{SET}"
TODAY = date(2026, 7, 14)


class Script:
    """A source that plays one list of steps a call; a step is a page, or an error to raise."""

    name = "oai"

    def __init__(self, *calls: list[Page | Exception]) -> None:
        self._calls = list(calls)
        self.asked: list[tuple[date | None, str | None]] = []

    def pages(self, request: HarvestRequest, cursor: str | None = None) -> Iterator[Page]:
        self.asked.append((request.since, cursor))
        for step in self._calls.pop(0):
            if isinstance(step, Exception):
                raise step
            yield step


def page(number: int, cursor: str | None = None, day: date = TODAY) -> Page:
    moment = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    return Page((Record(paper(f"2607.{number:05d}")),), cursor, moment)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 7, 14, 4, tzinfo=UTC))


@pytest.fixture
def context(tmp_path: Path, clock: FakeClock) -> Iterator[RunContext]:
    settings = load_settings().model_copy(update={"data_dir": tmp_path})
    with open_store(settings.database) as store:
        yield RunContext(settings, store, clock)


@pytest.fixture
def harvest(context: RunContext) -> Callable[[], Harvest]:
    def state() -> Harvest:
        with context.store.read() as connection:
            return get_harvest(connection, KEY)

    return state


def mark(context: RunContext, day: date) -> None:
    with context.store.write() as connection:
        put_harvest(connection, Harvest(KEY, watermark=day))


def test_since_after_the_watermark_leaves_it_where_it_is(
    context: RunContext, harvest: Callable[[], Harvest]
) -> None:
    """What changed between the watermark and --since was never read: the next run must read it."""
    mark(context, date(2026, 6, 20))
    pull_windows(context, Script([page(1)]), [SET], since=date(2026, 7, 13))
    assert harvest() == Harvest(KEY, watermark=date(2026, 6, 20))

    source = Script([page(1)])
    pull_windows(context, source, [SET])
    assert source.asked == [(date(2026, 6, 19), None)]
    assert harvest() == Harvest(KEY, watermark=TODAY)


def test_since_on_the_watermark_moves_it(
    context: RunContext, harvest: Callable[[], Harvest]
) -> None:
    mark(context, date(2026, 7, 13))
    pull_windows(context, Script([page(1)]), [SET], since=date(2026, 7, 13))
    assert harvest() == Harvest(KEY, watermark=TODAY)


def test_an_interrupted_since_does_not_stand_in_for_the_regular_window(
    context: RunContext, harvest: Callable[[], Harvest]
) -> None:
    mark(context, date(2026, 6, 20))
    broken = Script([page(1, "next"), SourceUnavailable("gone")])
    counts = pull_windows(context, broken, [SET], since=date(2026, 7, 13))
    assert counts.broken == f"{KEY}: gone"

    source = Script([page(1), page(2)])
    pull_windows(context, source, [SET])
    assert source.asked == [(date(2026, 6, 19), None)]
    assert harvest().watermark == TODAY


def test_since_never_moves_the_watermark_back(
    context: RunContext, harvest: Callable[[], Harvest]
) -> None:
    mark(context, TODAY)
    old = date(2026, 7, 1)
    pull_windows(context, Script([page(1, day=old)]), [SET], since=date(2026, 6, 1))
    assert harvest() == Harvest(KEY, watermark=TODAY)


def test_first_window_that_outlives_its_token_keeps_its_first_day(
    context: RunContext, clock: FakeClock, harvest: Callable[[], Harvest]
) -> None:
    """Tokens die at midnight, when 'three days ago' becomes another day."""

    class PastMidnight(Script):
        def pages(self, request: HarvestRequest, cursor: str | None = None) -> Iterator[Page]:
            for step in super().pages(request, cursor):
                yield step
                if step.cursor:
                    clock.advance(24 * 3600)
                    raise TokenExpired("midnight")

    source = PastMidnight(*[[page(1, "next")]] * 3, [page(2)])
    pull_windows(context, source, [SET])
    assert source.asked == [(date(2026, 7, 11), None)] * 4
    # Taken when the window began: what changed while it was read comes again.
    assert harvest() == Harvest(KEY, watermark=TODAY)


def test_killed_window_goes_on_with_its_next_page(
    context: RunContext, clock: FakeClock, harvest: Callable[[], Harvest]
) -> None:
    broken = Script([page(1, "next"), SourceUnavailable("gone")])
    assert pull_windows(context, broken, [SET]).broken == f"{KEY}: gone"
    clock.advance(24 * 3600)
    source = Script([page(2, day=date(2026, 7, 15))])
    pull_windows(context, source, [SET])
    assert source.asked == [(date(2026, 7, 11), "next")]
    assert harvest() == Harvest(KEY, watermark=TODAY)


def test_nothing_matches_in_the_middle_of_a_list_is_no_end(
    context: RunContext, harvest: Callable[[], Harvest]
) -> None:
    mark(context, date(2026, 7, 10))
    nothing = Page((), None, datetime(2026, 7, 14, 3, tzinfo=UTC), total=0)
    pull_windows(context, Script([page(1, "next"), nothing]), [SET])
    assert harvest() == Harvest(KEY, watermark=date(2026, 7, 10))
    assert any("broke off" in warning for warning in context.warnings)
    with context.store.read() as connection:
        assert count_papers(connection) == 1


def test_a_server_that_lives_in_the_future_does_not_take_the_watermark_along(
    context: RunContext, harvest: Callable[[], Harvest]
) -> None:
    pull_windows(context, Script([page(1, day=date(2062, 1, 1))]), [SET])
    assert harvest().watermark == TODAY


def test_sets_not_begun_keep_the_window_of_an_interrupted_since(
    context: RunContext, clock: FakeClock
) -> None:
    """Ctrl-C in the first set, then a plain run days later: the second set misses nothing."""
    other = "cs:cs:CL"
    broken = Script([page(1, "next"), SourceUnavailable("gone")])
    pull_windows(context, broken, [SET, other], since=date(2026, 6, 1))
    assert broken.asked == [(date(2026, 6, 1), None)]

    clock.advance(5 * 86_400)
    source = Script([page(2)], [page(3)])
    pull_windows(context, source, [SET, other])
    assert source.asked == [(date(2026, 6, 1), "next"), (date(2026, 6, 1), None)]
    with context.store.read() as connection:
        assert count_papers(connection) == 3


def test_nothing_is_written_down_before_the_first_page(
    context: RunContext, harvest: Callable[[], Harvest]
) -> None:
    with pytest.raises(SourceUnavailable):
        pull_windows(context, Script([SourceUnavailable("down")]), [SET], since=TODAY)
    assert harvest() == Harvest(KEY)


def test_a_set_that_fails_by_itself_does_not_hold_up_the_others(
    context: RunContext, harvest: Callable[[], Harvest]
) -> None:
    other = "cs:cs:CL"
    source = Script([page(1, "next"), MalformedResponse("cut")], [page(2)])
    counts = pull_windows(context, source, [SET, other])
    assert counts.broken == f"{KEY}: cut"
    with context.store.read() as connection:
        assert count_papers(connection) == 2
        assert get_harvest(connection, f"oai:{other}").watermark == TODAY
    assert harvest().cursor == "next"


def test_a_failure_before_the_first_page_changes_nothing(context: RunContext) -> None:
    with pytest.raises(MalformedResponse):
        pull_windows(context, Script([MalformedResponse("cut")]), [SET, "cs:cs:CL"])
