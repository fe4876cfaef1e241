"""The paper list and the draft list as files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from litmine.core.files import atomic_write
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import DraftEntry, ListEntry
from litmine.publish.formats.markdown import render_draft_markdown, render_markdown
from litmine.publish.formats.tables import (
    render_csv,
    render_draft_csv,
    render_draft_json,
    render_json,
)

__all__ = [
    "DraftEntry",
    "ListEntry",
    "render_csv",
    "render_json",
    "render_markdown",
    "write_outputs",
]


def write_outputs(
    directory: Path,
    approved: Iterable[ListEntry],
    drafts: Iterable[DraftEntry],
    taxonomy: Taxonomy,
) -> list[Path]:
    """Write ``paper-list`` and ``draft-list`` as .md, .csv and .json.

    Everything is rendered before the first file is touched. Each file appears whole or not at
    all, and one whose bytes would not change is left alone, time stamp included.

    Parameters
    ----------
    directory : Path
        Made if missing.
    approved : iterable of ListEntry
    drafts : iterable of DraftEntry
        A paper that is approved already is left out of the draft list.
    taxonomy : Taxonomy

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        If a paper stands in a list twice.
    """
    papers = list(approved)
    done = {paper.arxiv_id for paper in papers}
    waiting = [draft for draft in drafts if draft.entry.arxiv_id not in done]
    contents = {
        "paper-list.md": render_markdown(papers, taxonomy),
        "paper-list.csv": render_csv(papers, taxonomy),
        "paper-list.json": render_json(papers, taxonomy),
        "draft-list.md": render_draft_markdown(waiting, taxonomy),
        "draft-list.csv": render_draft_csv(waiting, taxonomy),
        "draft-list.json": render_draft_json(waiting, taxonomy),
    }
    changed = []
    for name, text in contents.items():
        path = directory / name
        data = text.encode()
        if not path.is_file() or path.read_bytes() != data:
            atomic_write(path, data)
            changed.append(path)
    return changed
