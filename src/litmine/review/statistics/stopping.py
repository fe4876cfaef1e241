"""How many relevant papers are probably still unread, and whether a reviewer may stop.

Two questions, two answers. What to expect: the sum of the calibrated probabilities of the unread
papers. What can be relied upon: a test of "recall is below the target" on what was found so far,
after Callaghan and Müller-Hansen (2020), see `litmine.review.statistics.recall`.

The backlog is made of the arrivals that are not read to the end: papers that entered the queue in
one night count as one arrival, and those of which nothing waits any more are left out, so that the
finds of a whole year do not hide that tonight was not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor, fsum
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from litmine.core.errors import InputError
from litmine.review.reading import reading
from litmine.review.statistics.chance import poisson_binomial_interval
from litmine.review.statistics.random_sample import (
    UNDECIDED,
    Sample,
    latest_sample,
    look_confidence,
)
from litmine.review.statistics.recall import (
    RecallTest,
    draw_needed,
    random_draw_test,
    ranked_windows_test,
)
from litmine.store import Store
from litmine.store.schema import decisions, queue
from litmine.store.sql import batched

__all__ = ["StoppingEstimate", "estimate", "sample_size"]

Method = Literal["nothing unread", "ranked windows", "random sample"]

_CERTAIN = (
    "Recall cannot be below {target:.0%}: it would reach that even if every unread paper were "
    "relevant."
)


@dataclass(frozen=True, slots=True)
class StoppingEstimate:
    """What is known about the unread part of the backlog.

    Attributes
    ----------
    read, found, unread : int
        Papers of the backlog that were decided, those of them approved, and those undecided.
    expected_unread_relevant : float
        Sum of the probabilities of the unread papers.
    interval : tuple of int
        Central interval of the number of relevant unread papers, at `confidence`, if the
        probabilities are right and papers independent.
    expected_read_relevant : float
        The same sum over the papers read, to be held against `found`.
    most_unread_relevant : int
        Upper confidence bound, one-sided, by the test.
    recall_bound : float
        Lower confidence bound of recall, one-sided, by the test.
    p_value : float
        Of the hypothesis that recall is below `target`.
    may_stop : bool
        Whether `p_value` is under 1 - `confidence`; with several looks at samples, under the share
        that this look has of it.
    guaranteed : bool
        Whether the error rate holds whatever the model does (a random sample) or rests on an
        assumption about the order of reading (ranked windows).
    guarantee : str
        One sentence that says what was tested and what it rests on.
    method : str
        "random sample", "ranked windows" or "nothing unread".
    sample_size, sample_read : int
        Papers of the latest random sample, and how many are decided; 0 where none was drawn.
    """

    read: int
    found: int
    unread: int
    expected_unread_relevant: float
    interval: tuple[int, int]
    expected_read_relevant: float
    most_unread_relevant: int
    recall_bound: float
    p_value: float
    target: float
    confidence: float
    may_stop: bool
    guaranteed: bool
    guarantee: str
    method: Method
    sample_size: int
    sample_read: int

    def summary(self) -> str:
        """One line for a person."""
        if not self.unread:
            return "nothing waits"
        low, high = self.interval
        expected = (
            f"about {self.expected_unread_relevant:.0f} relevant among {self.unread} waiting "
            f"({self.confidence:.0%}: {low} to {high})"
        )
        if not self.read:
            return f"{expected}; none read yet"
        sure = "" if self.guaranteed else "if reading went by likelihood, "
        advice = "may stop" if self.may_stop else "read on"
        return (
            f"{expected}; {sure}recall is {floor(100 * self.recall_bound)}% or more: {advice} "
            f"(target {self.target:.0%})"
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    arxiv_id: str
    state: str
    relevance: float
    enqueued_at: datetime

    @property
    def undecided(self) -> bool:
        return self.state in UNDECIDED

    @property
    def relevant(self) -> bool:
        return self.state == "approved"


@dataclass(frozen=True, slots=True)
class _Backlog:
    """Papers of the unfinished arrivals; `first` has when each was first decided, oldest first."""

    entries: dict[str, _Entry]
    first: dict[str, datetime]

    @property
    def unread(self) -> list[_Entry]:
        return [entry for entry in self.entries.values() if entry.undecided]

    @property
    def found(self) -> int:
        return sum(entry.relevant for entry in self.entries.values())


def estimate(
    source: Store | Connection, target_recall: float = 0.95, confidence: float = 0.95
) -> StoppingEstimate:
    """Estimate what is unread in the backlog and test whether recall may be below the target.

    A random sample (`litmine.review.statistics.random_sample`) is used once all of it is decided
    and as long as every undecided paper belongs to its pool; otherwise the ranked windows are.

    Parameters
    ----------
    target_recall, confidence : float
        Between 0 and 1, both exclusive.

    Raises
    ------
    InputError
        The target or the confidence is out of range.
    """
    for name, value in (("target recall", target_recall), ("confidence", confidence)):
        if not 0 < value < 1:
            raise InputError(f"the {name} must lie between 0 and 1, not {value:g}")
    with reading(source) as connection:
        backlog = _read_backlog(connection)
        sample = latest_sample(connection) if backlog.unread else None
        drawn = _Drawn.read(connection, sample, backlog) if sample else None
    return _conclude(backlog, drawn, target_recall, confidence)


def sample_size(
    source: Store | Connection, target_recall: float = 0.95, confidence: float = 0.95
) -> int:
    """Return how large a random sample to draw now, at most all that waits.

    It is the least first sample that would allow to stop if nothing in it were relevant, and half
    as many again, since something may be.
    """
    with reading(source) as connection:
        backlog = _read_backlog(connection)
    waiting = len(backlog.unread)
    least = draw_needed(backlog.found, waiting, target_recall, look_confidence(confidence, look=1))
    return min(waiting, least + (least + 1) // 2)


def _read_backlog(connection: Connection) -> _Backlog:
    unfinished = select(queue.c.enqueued_at).where(queue.c.state.in_(UNDECIDED)).distinct()
    inside = queue.c.enqueued_at.in_(unfinished)
    rows = connection.execute(
        select(queue.c.arxiv_id, queue.c.state, queue.c.relevance, queue.c.enqueued_at)
        .where(inside)
        .order_by(queue.c.arxiv_id)
    )
    entries = {row.arxiv_id: _Entry(*row) for row in rows}
    return _Backlog(entries, _first_decisions(connection, inside))


def _first_decisions(connection: Connection, inside: Any) -> dict[str, datetime]:
    """When each decided paper was first approved or rejected, undone decisions not counted."""
    taken_back = decisions.alias()
    undone = select(taken_back.c.id).where(taken_back.c.undoes == decisions.c.id).exists()
    number = func.min(decisions.c.id).label("number")
    firsts = (
        select(number)
        .join(queue, queue.c.arxiv_id == decisions.c.arxiv_id)
        .where(
            inside,
            queue.c.state.in_(("approved", "rejected")),
            decisions.c.action.in_(("approve", "reject")),
            ~undone,
        )
        .group_by(decisions.c.arxiv_id)
    )
    rows = connection.execute(
        select(decisions.c.arxiv_id, decisions.c.decided_at)
        .where(decisions.c.id.in_(firsts))
        .order_by(decisions.c.id)
    )
    return {row.arxiv_id: row.decided_at for row in rows}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A random sample and how far it was read."""

    sample: Sample
    states: tuple[str, ...]
    covers: bool

    @classmethod
    def read(cls, connection: Connection, sample: Sample, backlog: _Backlog) -> _Drawn:
        # A paper that left the queue (withdrawn at arXiv) leaves the pool too; what is left of the
        # draw is a random draw from what is left of the pool.
        states: list[str] = []
        for part in batched(sample.ids):
            statement = select(queue.c.state).where(queue.c.arxiv_id.in_(part))
            states += connection.execute(statement).scalars()
        unread = [entry.arxiv_id for entry in backlog.unread]
        outside = sum(entry.enqueued_at > sample.drawn_at for entry in backlog.unread)
        for part in batched(unread):
            # Undecided now, but decided when the sample was drawn: taken back since.
            outside += connection.execute(
                select(func.count())
                .select_from(decisions)
                .where(
                    decisions.c.arxiv_id.in_(part),
                    decisions.c.action.in_(("approve", "reject")),
                    decisions.c.decided_at <= sample.drawn_at,
                )
            ).scalar_one()
        return cls(sample, tuple(states), outside == 0)

    @property
    def decided(self) -> int:
        return sum(state not in UNDECIDED for state in self.states)

    @property
    def usable(self) -> bool:
        return self.covers and bool(self.states) and self.decided == len(self.states)

    def confidence(self, overall: float) -> float:
        """Confidence that this look must reach."""
        return look_confidence(overall, self.sample.look)

    def test(self, backlog: _Backlog, target: float, confidence: float) -> RecallTest:
        in_pool = sum(
            entry.relevant and backlog.first[entry.arxiv_id] >= self.sample.drawn_at
            for entry in backlog.entries.values()
            if entry.arxiv_id in backlog.first
        )
        return random_draw_test(
            drawn=len(self.states),
            relevant=self.states.count("approved"),
            pool=self.sample.pool,
            unread=len(backlog.unread),
            found=backlog.found,
            found_in_pool=in_pool,
            target=target,
            confidence=self.confidence(confidence),
        )


def _conclude(
    backlog: _Backlog, drawn: _Drawn | None, target: float, confidence: float
) -> StoppingEstimate:
    unread = backlog.unread
    chances = [entry.relevance for entry in unread]
    needed = confidence
    method: Method
    if not unread:
        test, method = RecallTest(0.0, backlog.found, 0), "nothing unread"
        sentence = "Nothing waits: every paper that reached the queue is decided."
    elif drawn is not None and drawn.usable:
        test, method = drawn.test(backlog, target, confidence), "random sample"
        needed = drawn.confidence(confidence)
        sentence = _say_sample(drawn, test, target, needed, confidence)
    else:
        outcomes, before = _since_last_arrival(backlog, unread)
        test = ranked_windows_test(outcomes, len(unread), before, target, confidence)
        method = "ranked windows"
        sentence = _say_ranked(test, target, len(outcomes))
    found = backlog.found
    return StoppingEstimate(
        read=len(backlog.entries) - len(unread),
        found=found,
        unread=len(unread),
        expected_unread_relevant=fsum(chances),
        interval=poisson_binomial_interval(chances, confidence),
        expected_read_relevant=fsum(
            entry.relevance for entry in backlog.entries.values() if not entry.undecided
        ),
        most_unread_relevant=test.most_total - found,
        recall_bound=found / test.most_total if test.most_total else 1.0,
        p_value=test.p_value,
        target=target,
        confidence=confidence,
        may_stop=test.p_value < 1 - needed,
        guaranteed=method != "ranked windows",
        guarantee=sentence,
        method=method,
        sample_size=len(drawn.states) if drawn else 0,
        sample_read=drawn.decided if drawn else 0,
    )


def _since_last_arrival(backlog: _Backlog, unread: Sequence[_Entry]) -> tuple[list[bool], int]:
    """Outcomes of papers read while all of the unread ones waited; finds before that."""
    arrival = max(entry.enqueued_at for entry in unread)
    outcomes, before = [], 0
    for arxiv_id, decided_at in backlog.first.items():
        if decided_at >= arrival:
            outcomes.append(backlog.entries[arxiv_id].relevant)
        else:
            before += backlog.entries[arxiv_id].relevant
    return outcomes, before


def _say_ranked(test: RecallTest, target: float, read: int) -> str:
    if test.p_value == 0:
        return _CERTAIN.format(target=target)
    if not read:
        return (
            "Nothing was read since the last arrival, so nothing is known yet about what recall "
            f"would be: read on, or draw a random sample, to test for {target:.0%}."
        )
    return (
        f"If recall were below {target:.0%}, so few finds among the papers read last would have a "
        f"chance of at most {_percent(test.p_value)} (hypergeometric test of Callaghan and "
        f"Müller-Hansen, least p of {test.windows} windows over the {read} papers read since the "
        "last arrival), provided that papers read were at least as likely relevant as those left "
        "unread; as they were read in the model's order and not at random, this is a rule and not "
        "a guaranteed error rate: read a random sample for that."
    )


def _say_sample(
    drawn: _Drawn, test: RecallTest, target: float, needed: float, confidence: float
) -> str:
    if test.p_value == 0:
        return _CERTAIN.format(target=target)
    return (
        f"If recall were below {target:.0%}, a random sample of {len(drawn.states)} of the "
        f"{drawn.sample.pool} papers waiting on {drawn.sample.drawn_at:%Y-%m-%d} would show so few "
        f"relevant ones with a chance of at most {_percent(test.p_value)} (hypergeometric test of "
        f"Callaghan and Müller-Hansen, look {drawn.sample.look}, which must come under "
        f"{_percent(1 - needed)}); stopping by this rule leaves recall below the target in at most "
        f"{_percent(1 - confidence)} of backlogs, whatever the model's order."
    )


def _percent(share: float) -> str:
    return "0.1%" if 0 < share < 0.001 else f"{100 * share:.3g}%"
