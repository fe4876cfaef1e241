"""The section of a digest that tells what is new in saved searches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from litmine.core.files import atomic_write
from litmine.core.plain import escape_markdown
from litmine.index.generation import SearchIndex
from litmine.jobs.context import RunContext
from litmine.jobs.folder import writing_into
from litmine.search.saved import News, SavedSearch, SavedSearches
from litmine.search.searcher import Searcher
from litmine.search.sync import index_folder
from litmine.store.saved_searches import digested_searches
from litmine.store.schema import papers

if TYPE_CHECKING:
    from litmine.encode import Encoder

__all__ = ["DIGEST_FILE", "digest_markdown", "write_digest"]

DIGEST_FILE = "saved-searches.md"
_SPAN = timedelta(days=1)


def write_digest(context: RunContext, encoder: Encoder) -> Path | None:
    """Write the night's section into the outputs; return the file if its content changed.

    It tells what came in the day before the newest paper was stored, so that a run that is
    repeated writes the same. Nothing is written while nobody wants a digest.

    Parameters
    ----------
    encoder : Encoder
        The one that papers are searched with.

    Raises
    ------
    ConfigError
        The folder cannot be written.
    """
    with context.store.read() as connection:
        wanted = bool(digested_searches(connection))
        newest = connection.execute(select(func.max(papers.c.stored_at))).scalar()
    if not wanted or newest is None:
        return None
    index = SearchIndex.open(index_folder(context.settings), encoder.encoder_id)
    saved = SavedSearches(context.store, Searcher(context.store, index, encoder), context.clock)
    text = digest_markdown(saved.digest(newest - _SPAN))
    folder = context.settings.outputs
    path = folder / DIGEST_FILE
    with writing_into(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return None
        atomic_write(path, text)
    return path


def digest_markdown(told: Iterable[tuple[SavedSearch, Sequence[News]]]) -> str:
    """Render the news of saved searches as Markdown, one heading an owner.

    Titles and names come from strangers and are escaped.

    Parameters
    ----------
    told : iterable
        As `SavedSearches.digest` gives it: by owner and name.
    """
    lines = ["## New in saved searches", ""]
    owner = None
    for saved, news in told:
        if saved.owner != owner:
            owner = saved.owner
            lines += [f"### {escape_markdown(owner)}", ""]
        lines += [f"**{escape_markdown(saved.name)}** ({len(news)} new)", ""]
        for item in news:
            cells = ", ".join(item.hit.cells)
            lines.append(
                f"- [{escape_markdown(item.hit.title)}]({item.hit.url})"
                + (f" ({cells})" if cells else "")
            )
        lines.append("")
    if owner is None:
        lines += ["Nothing.", ""]
    return "\n".join(lines)
