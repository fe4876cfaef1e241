"""From database rows to the paper list and the draft list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from litmine.core.taxonomy import load_taxonomy
from litmine.jobs.approved import approved_entries
from litmine.jobs.context import RunContext
from litmine.jobs.folder import writing_into
from litmine.publish.entries import DraftEntry, ListEntry, write_outputs
from litmine.store.papers import get_papers
from litmine.store.predictions import get_predictions
from litmine.store.queue import in_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["draft_entries", "write_lists"]


def draft_entries(connection: Connection) -> list[DraftEntry]:
    """Everything that waits for a reviewer, with what the model suggests."""
    items = in_state(connection, ("pending", "later", "disputed"))
    papers = get_papers(connection, [item.arxiv_id for item in items])
    drafts = []
    models = {item.model_id for item in items}
    suggestions = {
        model: get_predictions(
            connection, model, [i.arxiv_id for i in items if i.model_id == model]
        )
        for model in models
    }
    for item in items:
        prediction = suggestions[item.model_id][item.arxiv_id]
        drafts.append(
            DraftEntry(
                entry=ListEntry.from_paper(
                    papers[item.arxiv_id], prediction.assigned, prediction.technique
                ),
                relevance=prediction.relevance,
                probabilities={c: prediction.cells[c] for c in prediction.assigned},
            )
        )
    return drafts


def write_lists(context: RunContext, directory: Path | None = None) -> list[Path]:
    """Write paper list and draft list; return the files whose content changed.

    Raises
    ------
    ConfigError
        The folder cannot be written.
    """
    folder = directory or context.settings.outputs
    with context.store.read() as connection:
        approved = approved_entries(connection)
        drafts = draft_entries(connection)
    with writing_into(folder):
        return write_outputs(folder, approved, drafts, load_taxonomy())
