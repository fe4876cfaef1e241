"""What rules approved and people still have to check, and what they found so far."""

from __future__ import annotations

from dataclasses import dataclass

from litmine.core.clock import Clock, SystemClock
from litmine.review.rules import RuleAudit, check, due, rule_audit
from litmine.store import Store
from litmine.store.rule_decisions import RuleDecision

__all__ = ["RuleInbox", "check_rule", "rule_inbox"]


@dataclass(frozen=True, slots=True)
class RuleInbox:
    """The sampled approvals that wait for a person.

    Attributes
    ----------
    audit : RuleAudit
        Approvals by rule, verdicts on the sampled ones, and the error rate from them.
    due : tuple of RuleDecision
        Oldest first.
    """

    audit: RuleAudit
    due: tuple[RuleDecision, ...]


def rule_inbox(store: Store) -> RuleInbox:
    """Return what waits for a check."""
    with store.read() as connection:
        return RuleInbox(rule_audit(connection), tuple(due(connection)))


def check_rule(
    store: Store,
    number: int,
    verdict: str,
    reviewer: str,
    *,
    source: str,
    clock: Clock | None = None,
) -> RuleDecision:
    """Record that a rule's decision was right, or wrong, which undoes it.

    Raises
    ------
    NotFound
        No rule took that decision.
    InputError
        The verdict is neither, or the decision was checked or overruled already.
    """
    now = (clock or SystemClock()).now()
    with store.write() as connection:
        return check(connection, number, verdict, reviewer, now, source=source)
