"""The drift watch: figures and alarms of every announced night that a model has judged.

A night is computed once. It is computed again when the set of its judged papers changed (a late
repair), or that of a night it was compared with, so that the table does not depend on the order in
which papers came; all of it is one transaction. Texts judged anew, another queue threshold or a
decision taken back later do not reopen a night: `litmine drift --recompute` does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from litmine.classify.drift import (
    LEAST_DECISIONS,
    LEAST_PAPERS,
    REFERENCE_NIGHTS,
    Night,
    judge_night,
    usable_reference,
)
from litmine.core.taxonomy import load_taxonomy
from litmine.jobs.context import RunContext
from litmine.store.announcements import latest_night
from litmine.store.drift import (
    StoredDrift,
    announced_night_before,
    decisions_between,
    drop_drift,
    get_drift,
    judged_nights,
    judged_papers,
    put_drift,
)
from litmine.store.vectors import get_vectors

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["WatchOutcome", "load_night", "watch_drift"]

# Reconciliation repairs the nights of a month; before those, eight weeks to compare with.
_LOOK_BACK = timedelta(days=31 + 61)


@dataclass(frozen=True, slots=True)
class WatchOutcome:
    """What a call computed.

    Attributes
    ----------
    nights : tuple of date
        Nights whose figures are new or changed.
    alarms : tuple of str
        Alarms of those nights.
    """

    nights: tuple[date, ...]
    alarms: tuple[str, ...]

    def summary(self) -> str:
        """One line for a report."""
        if not self.nights:
            return "nothing to do"
        first, last = self.nights[0], self.nights[-1]
        said = f"{first}" if first == last else f"{len(self.nights)} nights, {first} to {last}"
        raised = sorted({alarm[:10] for alarm in self.alarms})
        if not raised:
            return f"{said}: no alarm"
        return f"{said}: {len(self.alarms)} alarms, of {', '.join(raised)}"


def watch_drift(
    context: RunContext, model_id: str, encoder_id: str, *, recompute: bool = False
) -> WatchOutcome:
    """Compute the nights of a model that are not computed yet.

    Parameters
    ----------
    recompute : bool
        Compute all nights there are from what is stored now.
    """
    first = None
    with context.store.read() as connection:
        if not recompute:
            newest = latest_night(connection)
            if newest is None:
                return WatchOutcome((), ())
            first = newest - _LOOK_BACK
        judged = judged_nights(connection, model_id, first)
        stored = {row.night: row for row in get_drift(connection, model_id, first=first)}
        watch = _Watch(connection, context, model_id, encoder_id, judged)
        rows = watch.rows({} if recompute else stored)
    gone = sorted(set(stored) - set(judged))
    changed = []
    with context.write() as connection:
        for night in gone:
            drop_drift(connection, model_id, night)
        for row in rows:
            if put_drift(connection, row, context.clock.now()):
                changed.append(row)
    nights = tuple(sorted([row.night for row in changed] + gone))
    return WatchOutcome(nights, tuple(alarm for row in changed for alarm in row.alarms))


class _Watch:
    """One pass over a model's nights, oldest first; papers of a night are read once."""

    def __init__(
        self,
        connection: Connection,
        context: RunContext,
        model_id: str,
        encoder_id: str,
        judged: dict[date, list[str]],
    ) -> None:
        self._connection = connection
        self._context = context
        self._model_id = model_id
        self._encoder_id = encoder_id
        self._judged = judged
        self._nights: dict[date, Night] = {}

    def rows(self, stored: dict[date, StoredDrift]) -> list[StoredDrift]:
        """Rows that are missing from `stored` or no longer true."""
        days = list(self._judged)
        computed: list[StoredDrift] = []
        known: list[StoredDrift] = []
        reopened: set[date] = set(stored) - set(days)
        for position, day in enumerate(days):
            window = days[max(0, position - REFERENCE_NIGHTS) : position]
            old = stored.get(day)
            if old is None or old.figures.get("papers_set") != _set_number(self._judged[day]):
                reopened.add(day)
            elif not reopened.isdisjoint(_span(window, day)):
                pass
            else:
                known.append(old)
                continue
            self._context.progress.advance()
            row = self._row(day, known)
            known.append(row)
            computed.append(row)
        return computed

    def _row(self, day: date, earlier: Sequence[StoredDrift]) -> StoredDrift:
        tonight = self._night(day)
        # A backlog goes through the first stage, a night alone does not: like with like.
        screened = bool(tonight.first_stage.any())
        usable = [
            row
            for row in earlier
            if row.papers >= LEAST_PAPERS and bool(row.figures["first_stage"]) == screened
        ]
        reference = usable_reference([(r.night, bool(r.figures["out_of_control"])) for r in usable])
        with_decisions = [r for r in earlier if r.figures["decisions"] >= LEAST_DECISIONS]
        decided = usable_reference(
            [(r.night, bool(r.figures["decisions_out_of_control"])) for r in with_decisions]
        )
        result = judge_night(
            tonight,
            [self._night(night) for night in reference],
            [self._night(night) for night in decided],
            self._context.settings.queue.min_relevance,
        )
        figures = {**result.figures, "papers_set": _set_number(self._judged[day])}
        return StoredDrift(day, self._model_id, len(tonight), figures, result.alarms)

    def _night(self, day: date) -> Night:
        if day not in self._nights:
            self._nights[day] = load_night(
                self._connection, self._model_id, self._encoder_id, day, self._judged[day]
            )
        return self._nights[day]


def load_night(
    connection: Connection, model_id: str, encoder_id: str, day: date, ids: list[str]
) -> Night:
    """Read what a model said of the papers `ids` of a night, and what was decided before it.

    A paper that the first stage dropped may or may not have a vector; its vector is not read, so
    that the figures do not depend on it.
    """
    papers = judged_papers(connection, model_id, ids)
    cells = load_taxonomy().cells
    full = [p.arxiv_id for p in papers if not p.first_stage]
    _, vectors = get_vectors(connection, encoder_id, full)
    before = announced_night_before(connection, day) or day - timedelta(days=1)
    decisions = decisions_between(connection, model_id, before, day)
    return Night(
        day=day,
        relevance=np.array([p.relevance for p in papers], dtype=np.float64),
        assigned=np.array([p.assigned for p in papers], dtype=bool),
        first_stage=np.array([p.first_stage for p in papers], dtype=bool),
        cells=np.array([[p.cells.get(c, 0.0) for c in cells] for p in papers], dtype=np.float64),
        nearest=np.array(
            [np.nan if p.nearest is None else p.nearest for p in papers], dtype=np.float64
        ),
        vectors=vectors,
        decided=np.array([p for p, _ in decisions], dtype=np.float64),
        approved=np.array([yes for _, yes in decisions], dtype=bool),
    )


def _span(window: Sequence[date], day: date) -> list[date]:
    """Every calendar day from the oldest compared night up to `day`."""
    start = window[0] if window else day
    return [start + timedelta(days=n) for n in range((day - start).days)]


def _set_number(ids: Sequence[str]) -> int:
    """Stand-in for a set of papers among the figures: 48 bits, which JSON keeps exactly."""
    return int(hashlib.sha256("\n".join(ids).encode()).hexdigest()[:12], 16)
