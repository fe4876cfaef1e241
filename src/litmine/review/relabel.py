"""What a decision teaches: the label that it makes, and takes away again when it is undone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from litmine.store.decisions import latest_decision
from litmine.store.labels import StoredLabel, delete_label, put_labels
from litmine.store.papers import get_papers
from litmine.store.rule_decisions import is_confirmed

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["relabel"]


def relabel(connection: Connection, arxiv_id: str) -> None:
    """Make a paper's label follow the decision that stands.

    Without one the paper has no label from review, and no more has it by the decision of a rule
    that no person has found right.
    """
    standing = latest_decision(connection, arxiv_id)
    unchecked = (
        standing is not None
        and standing.source == "rule"
        and not is_confirmed(connection, standing.id)
    )
    if standing is None or standing.action == "later" or unchecked:
        delete_label(connection, arxiv_id, "review")
        return
    paper = get_papers(connection, [arxiv_id])[arxiv_id]
    label = StoredLabel(
        arxiv_id=arxiv_id,
        source="review",
        title=paper.title,
        published=paper.published,
        relevant=1,
        cells=standing.cells,
        technique=standing.technique,
    )
    if standing.action == "reject":
        label = replace(label, relevant=0, cells=(), technique=())
    put_labels(connection, [label])
