"""What a night does to the reviewers' queue: new papers in, withdrawn ones out, like to like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from litmine.jobs.auto_approval import approve_by_rule
from litmine.jobs.context import RunContext
from litmine.jobs.duplicates import group_duplicates
from litmine.store.queue import drop_withdrawn, enqueue, queue_counts, withdrawn_approvals

__all__ = ["QueueFilled", "fill_queue"]


@dataclass(frozen=True, slots=True)
class QueueFilled:
    """What changed.

    Attributes
    ----------
    counts : dict of str to int
        Papers added, rescored, withdrawn, grouped as near-duplicates, and approved by rule.
    queue : dict of str to int
        Papers in each state afterwards.
    """

    counts: dict[str, int]
    queue: dict[str, int]

    @property
    def changed(self) -> int:
        """Changes in all."""
        return sum(self.counts.values())

    def summary(self) -> str:
        """One line for a report."""
        said = [f"{self.counts['added']} added", f"{self.queue['pending']} await review"]
        for name, words in (
            ("withdrawn", "withdrawn at arXiv and taken out"),
            ("duplicates", "grouped with what they nearly repeat"),
            ("approved_by_rule", "approved by rule"),
        ):
            if self.counts[name]:
                said.append(f"{self.counts[name]} {words}")
        return ", ".join(said)


def fill_queue(
    context: RunContext, model_id: str, encoder_id: str, earlier: Sequence[str]
) -> QueueFilled:
    """Bring the queue up to date with what was predicted.

    Parameters
    ----------
    model_id : str
        The champion.
    encoder_id : str
        The encoder whose vectors tell near-duplicates.
    earlier : sequence of str
        Former champions, see `litmine.store.queue.enqueue`.
    """
    with context.write() as connection:
        gone = drop_withdrawn(connection)
        added, rescored = enqueue(
            connection,
            model_id,
            context.settings.queue.min_relevance,
            context.clock.now(),
            earlier,
        )
    counts = {
        "added": added,
        "rescored": rescored,
        "withdrawn": len(gone),
        "duplicates": group_duplicates(context, encoder_id),
        "approved_by_rule": approve_by_rule(context),
    }
    with context.store.read() as connection:
        queue = queue_counts(connection)
        approved = withdrawn_approvals(connection)
    context.warnings += [
        f"{i} stands in the paper list but was withdrawn at arXiv: litmine review reject {i}"
        for i in approved
    ]
    return QueueFilled(counts, queue)
