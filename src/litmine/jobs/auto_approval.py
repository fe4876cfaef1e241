"""The night's approvals by rule, in short transactions that hold up no reviewer."""

from __future__ import annotations

from litmine.jobs.context import RunContext
from litmine.review.rules import auto_approve

__all__ = ["approve_by_rule"]

_AT_A_TIME = 20


def approve_by_rule(context: RunContext) -> int:
    """Approve what the settings let a rule approve; return how many papers that were."""
    review = context.settings.review
    approved = 0
    while review.auto_approve_from > 0:
        with context.write() as connection:
            taken = auto_approve(
                connection,
                review.auto_approve_from,
                review.auto_sample,
                context.clock.now(),
                _AT_A_TIME,
            )
        approved += len(taken)
        if not taken:
            break
    return approved
