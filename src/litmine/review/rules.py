"""Approval by rule: off unless asked for, and then sampled, so that its errors are known.

A paper that waits is approved as suggested when the model calls it relevant, assigns it cells and
gives it at least the probability that the settings name, and when nobody has said anything about
it yet. The approval is an ordinary decision with the source ``rule``: it stands in the audit log
and can be undone. A share of the papers, chosen by a hash of their ids, is kept for people to
check, and from their verdicts comes the rule's error rate.

A rule's approval is no label to learn from until a person has found it right: a model that learns
from its own opinion only grows surer of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from litmine.core.errors import InputError, NotFound, Stale
from litmine.review.relabel import relabel
from litmine.review.ruling import Reviewer, Ruling, rule, take_back_last
from litmine.review.statistics.chance import binomial_interval
from litmine.store.audit import record
from litmine.store.decisions import Decision, latest_decision, latest_decisions
from litmine.store.queue import lock
from litmine.store.rule_decisions import (
    RuleDecision,
    eligible,
    get_rule_decision,
    put_rule_decision,
    rule_decisions_taken,
    set_verdict,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = [
    "AUTO_APPROVE",
    "RuleAudit",
    "auto_approve",
    "check",
    "due",
    "is_sampled",
    "rule_audit",
]

#: Name of the rule; it decides under this name.
AUTO_APPROVE = "rule:auto-approve"


@dataclass(frozen=True, slots=True)
class RuleAudit:
    """What is known about the rule's errors.

    Attributes
    ----------
    approved, standing : int
        Papers it has approved, and those of them that stand as it approved them.
    sampled, checked, wrong : int
        Papers kept for checking, those of them judged, and those found wrong. A sampled approval
        that somebody took back or overruled without checking it counts as wrong.
    error_rate : float or None
        wrong / checked; None before anything is checked.
    low, high : float
        Interval of the error rate after Clopper and Pearson, at `confidence`.
    """

    approved: int
    standing: int
    sampled: int
    checked: int
    wrong: int
    error_rate: float | None
    low: float
    high: float
    confidence: float


def is_sampled(arxiv_id: str, share: float) -> bool:
    """Tell whether a paper is kept for checking.

    It depends on nothing but the id and the share, so a night that is run again keeps the same
    papers, and with a greater share it keeps the same ones and more.
    """
    digest = hashlib.sha256(f"{AUTO_APPROVE} {arxiv_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def auto_approve(
    connection: Connection, least: float, sample: float, now: datetime, limit: int = 1000
) -> list[str]:
    """Approve what the rule may approve; return the ids.

    Parameters
    ----------
    least : float
        Least probability of relevance; 0 or less approves nothing.
    sample : float
        Share kept for checking.
    limit : int
        Approve so many at most; call again for the rest.
    """
    if least <= 0:
        return []
    who = Reviewer(AUTO_APPROVE, source="rule")
    approved = []
    for paper in eligible(connection, least, limit):
        wanted = Ruling(
            paper.arxiv_id,
            "approve",
            paper.assigned,
            paper.technique,
            comment="",
            suggested_cells=paper.assigned,
            revision=paper.revision,
        )
        try:
            taken = rule(connection, who, wanted, now).decision
        except Stale:  # a reviewer was faster
            continue
        if taken is not None:
            sampled = is_sampled(paper.arxiv_id, sample)
            put_rule_decision(connection, taken.id, AUTO_APPROVE, sampled)
            approved.append(paper.arxiv_id)
    return approved


def due(connection: Connection) -> list[RuleDecision]:
    """Sampled approvals that stand and that nobody has checked, oldest first."""
    taken = [one for one in rule_decisions_taken(connection) if one.sampled and not one.verdict]
    standing = latest_decisions(connection, sorted({one.arxiv_id for one in taken}))
    return [one for one in taken if _stands(one, standing.get(one.arxiv_id))]


def check(
    connection: Connection,
    decision_id: int,
    verdict: str,
    reviewer: str,
    now: datetime,
    *,
    source: str = "cli",
) -> RuleDecision:
    """Record what a person found of a rule's decision; a wrong one is undone.

    The paper of a wrong decision waits again, and no rule touches it any more. That of a right one
    becomes a label.

    Parameters
    ----------
    verdict : {"right", "wrong"}
    source : str
        Through which door: ``cli``, ``web`` or ``api``.

    Raises
    ------
    NotFound
        No rule took that decision.
    InputError
        The verdict is neither, or the decision was checked or overruled already.
    """
    if verdict not in {"right", "wrong"}:
        raise InputError(f"{verdict!r} is not a verdict; say right or wrong")
    one = get_rule_decision(connection, decision_id)
    if one is None:
        raise NotFound(f"no rule took decision {decision_id}")
    lock(connection, one.arxiv_id)
    one = get_rule_decision(connection, decision_id) or one  # somebody may have been faster
    if one.verdict is not None:
        raise InputError(f"{one.reviewer} has found decision {decision_id} {one.verdict} already")
    if not _stands(one, latest_decision(connection, one.arxiv_id)):
        raise InputError(f"decision {decision_id} on {one.arxiv_id} does not stand any more")
    if verdict == "wrong":
        take_back_last(connection, Reviewer(reviewer, source), now, number=decision_id)
    set_verdict(connection, decision_id, verdict, reviewer, now)
    if verdict == "right":
        relabel(connection, one.arxiv_id)
    record(connection, now, reviewer, "check", one.arxiv_id, decision=decision_id, verdict=verdict)
    checked = get_rule_decision(connection, decision_id)
    if checked is None:
        raise NotFound(f"decision {decision_id} is gone")
    return checked


def rule_audit(connection: Connection, confidence: float = 0.95) -> RuleAudit:
    """Sum up the verdicts on the sampled approvals."""
    taken = rule_decisions_taken(connection)
    last = latest_decisions(connection, sorted({one.arxiv_id for one in taken}))
    judged = [
        wrong
        for one in taken
        if one.sampled and (wrong := _found_wrong(one, last.get(one.arxiv_id))) is not None
    ]
    low, high = binomial_interval(sum(judged), len(judged), confidence)
    return RuleAudit(
        approved=len(taken),
        standing=sum(_stands(one, last.get(one.arxiv_id)) for one in taken),
        sampled=sum(one.sampled for one in taken),
        checked=len(judged),
        wrong=sum(judged),
        error_rate=sum(judged) / len(judged) if judged else None,
        low=low,
        high=high,
        confidence=confidence,
    )


def _stands(one: RuleDecision, last: Decision | None) -> bool:
    return last is not None and last.id == one.decision_id


def _found_wrong(one: RuleDecision, last: Decision | None) -> bool | None:
    """Whether people found it wrong; None where nobody has said."""
    if one.verdict is not None:
        return one.verdict == "wrong"
    if _stands(one, last):
        return None
    return last is None or last.action != "approve"
