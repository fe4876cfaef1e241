"""Reading a source page by page, each page committed with the place to go on from.

The watermark moves when the last page of a window is stored, in the same transaction, and only
when the window held something: a source that wrongly answers 'nothing' must not move it. Nor does
a window that began after the watermark (``--since`` yesterday, weeks after the last run), or what
was modified between the two would never be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from litmine.core.errors import RateLimited, SourceError, SourceUnavailable, TokenExpired
from litmine.core.log import get_logger
from litmine.jobs.context import RunContext
from litmine.sources.base import HarvestRequest, Page, Source
from litmine.store.harvests import Harvest, get_harvest, put_harvest
from litmine.store.papers import UpsertResult, upsert_papers

__all__ = ["PullCounts", "pull_once", "pull_windows"]

_log = get_logger(__name__)
_RESTARTS = 3
_EXAMPLES = 5


@dataclass(slots=True)
class PullCounts:
    """What a pull brought."""

    received: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    pages: int = 0
    restarts: int = 0
    broken: str | None = None

    def add(self, page: Page, stored: UpsertResult) -> None:
        """Count one stored page."""
        self.pages += 1
        self.received += len(page.records)
        self.rejected += len(page.rejected)
        self.new += len(stored.new)
        self.changed += len(stored.changed)
        self.unchanged += stored.unchanged


def pull_windows(
    context: RunContext, source: Source, set_specs: Sequence[str], since: date | None = None
) -> PullCounts:
    """Read everything of some OAI-PMH sets that changed since their watermarks.

    The windows of all sets are written down together with the first page that arrives. A run that
    ends between two sets leaves them behind: the next one reads the same windows, even when
    `since` is not repeated or days have passed.

    Parameters
    ----------
    since : date, optional
        Start here instead; a window under way that began later is started again.

    Returns
    -------
    PullCounts
        With `broken` set when a set could not be read to its end: what was committed stays, and
        the next call goes on from there.

    Raises
    ------
    SourceError
        The source failed before anything came.
    """
    keys = [f"{source.name}:{set_spec}" for set_spec in set_specs]
    with context.store.read() as connection:
        plan = {key: _next_window(context, get_harvest(connection, key), since) for key in keys}
    counts = PullCounts()
    for key, set_spec in zip(keys, set_specs, strict=True):
        try:
            _pull_window(context, source, set_spec, plan.pop(key), plan, counts)
        except SourceError as error:
            if not counts.pages:
                raise
            # What came is worth judging tonight; the window stays open for the next run.
            _log.warning("set_not_read", source=key, error=str(error))
            counts.broken = counts.broken or f"{key}: {error}"
            if isinstance(error, SourceUnavailable | RateLimited):
                break  # the other sets live on the same server
    return counts


def _pull_window(
    context: RunContext,
    source: Source,
    set_spec: str,
    harvest: Harvest,
    plan: dict[str, Harvest],
    counts: PullCounts,
) -> None:
    for attempt in range(_RESTARTS + 1):
        try:
            _read_window(context, source, set_spec, harvest, plan, counts)
            return
        except TokenExpired:
            # Tokens die at midnight UTC: what is stored stays, the window starts again.
            if attempt == _RESTARTS:
                raise
            counts.restarts += 1
            _log.warning(
                "window_restarted", source=harvest.source, window_from=str(harvest.window_from)
            )
            with context.write() as connection:
                # The same window, not one that begins where a new one would begin by now.
                under_way = get_harvest(connection, harvest.source)
                harvest = replace(under_way if under_way.open else harvest, cursor=None)
                put_harvest(connection, harvest)


def pull_once(context: RunContext, source: Source, request: HarvestRequest) -> PullCounts:
    """Read a source that has no watermark (search, snapshot) and store what it gives."""
    counts = PullCounts()
    for page in source.pages(request):
        _store_page(context, source.name, page, counts)
    return counts


def _store_page(
    context: RunContext, key: str, page: Page, counts: PullCounts, *harvests: Harvest
) -> None:
    """Commit a page together with the windows as they stand after it, then tell of it."""
    with context.write() as connection:
        stored = upsert_papers(connection, [r.paper for r in page.records], context.clock.now())
        for harvest in harvests:
            put_harvest(connection, harvest)
    counts.add(page, stored)
    note_page(context, key, page)
    context.progress.advance(len(page.records))


def note_page(context: RunContext, key: str, page: Page) -> None:
    """Put what an operator should know of a page into the log and the report."""
    for rejected in page.rejected[:_EXAMPLES]:
        context.warnings.append(f"{key}: {rejected.identifier} was not read: {rejected.reason}")
    if len(page.rejected) > _EXAMPLES:
        context.warnings.append(f"{key}: {len(page.rejected) - _EXAMPLES} more were not read")
    for arxiv_id in page.deleted:
        context.warnings.append(f"{key}: {arxiv_id} is marked deleted at the source; kept here")
    context.warnings.extend(f"{key}: {warning}" for warning in page.warnings)


def _next_window(context: RunContext, harvest: Harvest, since: date | None) -> Harvest:
    settings = context.settings.arxiv
    started = harvest.window_from if harvest.open else None
    if since is not None:
        start = since
    elif harvest.watermark is not None:
        start = harvest.watermark - timedelta(days=settings.overlap_days)
    else:
        start = started or context.clock.now().date() - timedelta(days=settings.first_lookback_days)
    if started is not None and started <= start:
        return harvest
    return Harvest(harvest.source, watermark=harvest.watermark, window_from=start)


def _read_window(
    context: RunContext,
    source: Source,
    set_spec: str,
    harvest: Harvest,
    plan: dict[str, Harvest],
    counts: PullCounts,
) -> None:
    request = HarvestRequest(since=harvest.window_from, set_spec=set_spec)
    received = 0
    for page in source.pages(request, cursor=harvest.cursor):
        if harvest.window_watermark is None:
            # The source's own date, taken when the window began: later changes come next time.
            # A source that lives in the future would have us skip all until then.
            today = context.clock.now()
            began = min(page.server_time or today, today)
            harvest = replace(harvest, window_watermark=began.date())
        received += len(page.records)
        if page.cursor is None:
            if page.total == 0 and harvest.cursor is not None:
                # The page before promised more. What follows is read with the next window.
                context.warnings.append(
                    f"{harvest.source}: the harvest broke off after {received} records; "
                    "the watermark stays, run again to read the rest"
                )
            empty = page.total == 0 or (received == 0 and harvest.cursor is None)
            harvest = _close(harvest, moved=not empty)
        else:
            harvest = replace(harvest, cursor=page.cursor)
        _store_page(context, harvest.source, page, counts, *plan.values(), harvest)
    if harvest.open:
        raise SourceError(
            f"{harvest.source}: the harvest ended before its last page; run again to go on"
        )


def _close(harvest: Harvest, *, moved: bool) -> Harvest:
    watermark = harvest.watermark
    gap = (
        watermark is not None
        and harvest.window_from is not None
        and harvest.window_from > watermark
    )
    if moved and not gap and harvest.window_watermark is not None:
        watermark = max(filter(None, (watermark, harvest.window_watermark)))
    return Harvest(harvest.source, watermark=watermark)
