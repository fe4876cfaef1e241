"""Announced minus stored must be nothing: the nightly check that no paper was missed.

The announcement feed is the only place that tells what a night brought. Whatever it names and the
database lacks (or has in an older version) is asked for by id: a few papers through OAI-PMH, which
gives whole records one by one, many through the search API, which takes a hundred ids at a time.
Should both fail, the feed's own record is stored, which has everything but the version history.

A run may die between reading the feed and repairing, and the next one meets another night's feed.
So the nights of the last month are compared again, whatever the feed speaks of.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

from litmine.core.errors import InputError, SourceError
from litmine.core.log import get_logger
from litmine.core.paper import Paper
from litmine.jobs.context import RunContext
from litmine.jobs.pull import note_page
from litmine.sources.base import HarvestRequest, Source
from litmine.sources.calendar import latest_night
from litmine.store.announcements import (
    Announcement,
    announced_counts,
    missing,
    nights_since,
    put_announcements,
)
from litmine.store.announcements import latest_night as newest_stored
from litmine.store.papers import upsert_papers

__all__ = ["Reconciliation", "reconcile"]

_log = get_logger(__name__)
_EXAMPLES = 20
# Up to so many papers are worth a request each (three seconds) for the whole record.
_ONE_BY_ONE = 20
# The feeds turn over at midnight Eastern (an hour later in winter time, to be safe) and then
# stay for a day.
_FEED_TURNS_OVER = timedelta(hours=5)
_FEED_LASTS = timedelta(hours=24)
_LOOK_BACK = timedelta(days=31)


@dataclass(slots=True)
class Reconciliation:
    """Outcome of the comparison: the feed's nights, and earlier ones that were left incomplete.

    Attributes
    ----------
    announced : dict
        Papers by announcement type, over `nights`.
    missing_before, missing_after : int
        Announced minus stored, before and after repair, earlier nights included.
    repaired_by_id, repaired_from_feed : int
        How the difference was made good.
    skipped : str
        Why nothing could be compared; empty when it was.
    """

    nights: list[date] = field(default_factory=list)
    announced: dict[str, int] = field(default_factory=dict)
    missing_before: int = 0
    repaired_by_id: int = 0
    repaired_from_feed: int = 0
    missing_after: int = 0
    examples: list[str] = field(default_factory=list)
    skipped: str = ""

    def as_counts(self) -> dict[str, Any]:
        """Return plain values for the report."""
        return {**asdict(self), "nights": [night.isoformat() for night in self.nights]}


def reconcile(
    context: RunContext, feed: Source, one_by_one: Source, by_id: Source
) -> Reconciliation:
    """Compare the announcement feed with the database and repair the difference.

    Parameters
    ----------
    feed : Source
        The announcement feed.
    one_by_one : Source
        A source of whole records by id, one a request (OAI-PMH); asked for a few papers.
    by_id : Source
        A source that takes many ids a request (the search API).

    Raises
    ------
    SourceError
        The feed could not be read; nothing was compared.
    """
    outcome = Reconciliation()
    papers: dict[str, Paper] = {}
    for page in feed.pages(HarvestRequest(categories=context.settings.arxiv.categories)):
        note_page(context, feed.name, page)
        announcements = []
        for record in page.records:
            papers[record.paper.arxiv_id] = record.paper
            night = record.announced or (page.server_time or context.clock.now()).date()
            announcements.append(
                Announcement(
                    night,
                    record.paper.arxiv_id,
                    record.announce_type or "new",
                    record.paper.version,
                )
            )
            if night not in outcome.nights:
                outcome.nights.append(night)
        with context.write() as connection:
            put_announcements(connection, announcements)
        context.progress.advance(len(page.records))
    outcome.nights.sort()
    if not outcome.nights:
        _warn_if_unexpected(context)
    with context.store.read() as connection:
        for night in outcome.nights:
            for kind, count in announced_counts(connection, night).items():
                outcome.announced[kind] = outcome.announced.get(kind, 0) + count
    nights = _nights(context, outcome.nights)
    lacking = _missing(context, nights)
    outcome.missing_before = len(lacking)
    outcome.examples = lacking[:_EXAMPLES]
    for source in (one_by_one, by_id):
        if lacking and (source is by_id or len(lacking) <= _ONE_BY_ONE):
            outcome.repaired_by_id += _repair_by_id(context, source, lacking)
            lacking = _missing(context, nights)
    if lacking:
        with context.write() as connection:
            upsert_papers(
                connection, [papers[i] for i in lacking if i in papers], context.clock.now()
            )
        left = _missing(context, nights)
        outcome.repaired_from_feed = len(lacking) - len(left)
        lacking = left
    outcome.missing_after = len(lacking)
    return outcome


def _warn_if_unexpected(context: RunContext) -> None:
    """An empty feed is normal at weekends and on holidays; on an announcement night it is not."""
    now = context.clock.now()
    night = latest_night(now)
    since = now - night.announced_at
    if night.verified and _FEED_TURNS_OVER <= since < _FEED_LASTS:
        context.warnings.append(
            f"the announcement feed is empty although arXiv announced for {night.day}: "
            "nothing could be compared, run again within the day"
        )


def _nights(context: RunContext, told: list[date]) -> list[date]:
    """Every night that is worth a look: those of the feed, and those of the last month."""
    with context.store.read() as connection:
        newest = newest_stored(connection)
        recent = [] if newest is None else nights_since(connection, newest - _LOOK_BACK)
    return sorted({*told, *recent})


def _missing(context: RunContext, nights: list[date]) -> list[str]:
    with context.store.read() as connection:
        found = {i for night in nights for i in missing(connection, night)}
    return sorted(found)


def _repair_by_id(context: RunContext, by_id: Source, lacking: list[str]) -> int:
    repaired = 0
    try:
        for page in by_id.pages(HarvestRequest(ids=tuple(lacking))):
            note_page(context, by_id.name, page)
            with context.write() as connection:
                stored = upsert_papers(
                    connection, [r.paper for r in page.records], context.clock.now()
                )
            repaired += len(stored.new) + len(stored.changed)
    except (SourceError, InputError) as error:  # InputError: the API refused an id
        # Not fatal: there are other ways, the feed's own records at last. The operator is told.
        _log.warning("repair_by_id_failed", error=str(error), papers=len(lacking))
        context.warnings.append(f"repair by id through {by_id.name} failed: {error}")
    return repaired
