"""The night's last step for readers: the search index learns what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from litmine.core.errors import LeaseHeld, StoreError
from litmine.jobs.context import RunContext
from litmine.jobs.judge import encode_pending
from litmine.jobs.saved_digest import write_digest
from litmine.jobs.seed import seed_search_vectors

if TYPE_CHECKING:
    from litmine.encode import Encoder

__all__ = ["update_search_index"]


def update_search_index(
    context: RunContext, encoder: Encoder, model_id: str, earlier: Sequence[str]
) -> tuple[int, dict[str, Any], str]:
    """Bring the search index into step; return papers changed, counts and a line for people.

    The index is a cache, and the searcher says when it is behind: that it cannot be written is
    told as a warning and does not fail a night whose papers are safe.

    Parameters
    ----------
    encoder : Encoder
        The one that papers are searched with; papers without a vector of it are encoded first.
    """
    from litmine.search.sync import index_folder, sync

    seed_search_vectors(context, encoder.encoder_id)
    encoded = encode_pending(context, encoder)
    try:
        report = sync(
            context.store,
            index_folder(context.settings),
            encoder.encoder_id,
            model_id=model_id,
            earlier=earlier,
            dim=encoder.dim,
            progress=context.progress,
        )
    except (LeaseHeld, StoreError) as error:
        context.warnings.append(f"the search index is behind: {error}")
        return encoded, {"encoded": encoded, "problem": str(error)}, f"not written: {error}"
    counts = {
        "encoded": encoded,
        "added": report.added,
        "changed": report.changed,
        "judged": report.judged,
        "removed": report.removed,
    }
    summary = report.summary
    if (digest := write_digest(context, encoder)) is not None:
        summary += f"; {digest.name} tells what is new in saved searches"
    return encoded, counts, summary
