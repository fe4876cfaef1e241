"""The night's last step for readers: the search index learns what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litmine.core.errors import LeaseHeld, StoreError
from litmine.jobs.context import RunContext

__all__ = ["update_search_index"]


def update_search_index(
    context: RunContext, encoder_id: str, model_id: str, earlier: Sequence[str]
) -> tuple[int, dict[str, Any], str]:
    """Bring the search index into step; return papers changed, counts and a line for people.

    The index is a cache, and the searcher says when it is behind: that it cannot be written is
    told as a warning and does not fail a night whose papers are safe.
    """
    from litmine.search.sync import index_folder, sync

    folder = index_folder(context.settings)
    try:
        report = sync(
            context.store,
            folder,
            encoder_id,
            model_id=model_id,
            earlier=earlier,
            progress=context.progress,
        )
    except (LeaseHeld, StoreError) as error:
        context.warnings.append(f"the search index is behind: {error}")
        return 0, {"problem": str(error)}, f"not written: {error}"
    counts = {
        "added": report.added,
        "changed": report.changed,
        "judged": report.judged,
        "removed": report.removed,
    }
    return sum(counts.values()), counts, report.summary
