"""Decisions that a rule took, and what people found when they looked at a sample of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from litmine.store.schema import (
    decisions,
    opinions,
    papers,
    predictions,
    queue,
    rule_decisions,
)

__all__ = [
    "Eligible",
    "RuleDecision",
    "eligible",
    "get_rule_decision",
    "is_confirmed",
    "put_rule_decision",
    "rule_decisions_taken",
    "set_verdict",
]


@dataclass(frozen=True, slots=True)
class Eligible:
    """A paper that a rule may decide, as the model judged it."""

    arxiv_id: str
    revision: int
    assigned: tuple[str, ...]
    technique: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleDecision:
    """One decision of a rule.

    Attributes
    ----------
    sampled : bool
        Whether a person is to look at it all the same.
    verdict : str or None
        ``right`` or ``wrong``, as a person said; None before.
    """

    decision_id: int
    rule: str
    sampled: bool
    verdict: str | None
    reviewer: str | None
    checked_at: datetime | None
    arxiv_id: str
    title: str
    cells: tuple[str, ...]
    decided_at: datetime


def eligible(connection: Connection, least: float, limit: int) -> list[Eligible]:
    """Papers that wait, that the model is sure about, and that nobody has touched.

    Sure: relevance of at least `least`, called relevant at its present text, with cells assigned.
    Untouched: no decision and no opinion was ever recorded, so that what a person took back is
    left to people.
    """
    decided = select(decisions.c.id).where(decisions.c.arxiv_id == queue.c.arxiv_id)
    opined = select(opinions.c.id).where(opinions.c.arxiv_id == queue.c.arxiv_id)
    rows = connection.execute(
        select(queue.c.arxiv_id, queue.c.revision, predictions.c.assigned, predictions.c.technique)
        .join(
            predictions,
            (predictions.c.arxiv_id == queue.c.arxiv_id)
            & (predictions.c.model_id == queue.c.model_id),
        )
        .join(papers, papers.c.arxiv_id == queue.c.arxiv_id)
        .where(
            queue.c.state == "pending",
            queue.c.relevance >= least,
            predictions.c.relevance >= least,
            predictions.c.relevant == 1,
            predictions.c.content_hash == papers.c.content_hash,
            papers.c.withdrawn.is_(False),
            ~decided.exists(),
            ~opined.exists(),
        )
        .order_by(queue.c.arxiv_id)
    )
    found = [
        Eligible(row.arxiv_id, row.revision, tuple(row.assigned), tuple(row.technique))
        for row in rows
        if row.assigned
    ]
    return found[:limit]


def put_rule_decision(connection: Connection, decision_id: int, rule: str, sampled: bool) -> None:
    """Store that a rule took a decision."""
    connection.execute(
        rule_decisions.insert().values(decision_id=decision_id, rule=rule, sampled=sampled)
    )


def set_verdict(
    connection: Connection, decision_id: int, verdict: str, reviewer: str, now: datetime
) -> None:
    """Store what a person found."""
    connection.execute(
        update(rule_decisions)
        .where(rule_decisions.c.decision_id == decision_id)
        .values(verdict=verdict, reviewer=reviewer, checked_at=now)
    )


def is_confirmed(connection: Connection, decision_id: int) -> bool:
    """Whether a person looked at a rule's decision and found it right."""
    found = get_rule_decision(connection, decision_id)
    return found is not None and found.verdict == "right"


def get_rule_decision(connection: Connection, decision_id: int) -> RuleDecision | None:
    """Return one decision of a rule, or None."""
    row = connection.execute(_all().where(rule_decisions.c.decision_id == decision_id)).first()
    return None if row is None else _rule_decision(row)


def rule_decisions_taken(
    connection: Connection, rules: Sequence[str] | None = None
) -> list[RuleDecision]:
    """Every decision that a rule took, oldest first; only of some rules, if named."""
    statement = _all().order_by(rule_decisions.c.decision_id)
    if rules is not None:
        statement = statement.where(rule_decisions.c.rule.in_(rules))
    return [_rule_decision(row) for row in connection.execute(statement)]


def _all() -> Any:
    return (
        select(
            rule_decisions,
            decisions.c.arxiv_id,
            papers.c.title,
            decisions.c.cells,
            decisions.c.decided_at,
        )
        .join(decisions, decisions.c.id == rule_decisions.c.decision_id)
        .join(papers, papers.c.arxiv_id == decisions.c.arxiv_id)
    )


def _rule_decision(row: Row[Any]) -> RuleDecision:
    return RuleDecision(
        decision_id=row.decision_id,
        rule=row.rule,
        sampled=row.sampled,
        verdict=row.verdict,
        reviewer=row.reviewer,
        checked_at=row.checked_at,
        arxiv_id=row.arxiv_id,
        title=row.title,
        cells=tuple(row.cells),
        decided_at=row.decided_at,
    )
