"""The paper list and the draft list as Markdown.

One paper is one table row. The skeleton of headings and empty tables never changes and carries
no counts, so approving a paper adds one line and changes no other.

Titles come from strangers. Everything that Markdown or HTML could act on is escaped, each cell
is one line, and the only link of a row is the paper's own.
"""

from __future__ import annotations

from collections.abc import Iterable

from litmine.core.plain import escape_markdown, unlinked
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import DraftEntry, ListEntry, in_order
from litmine.publish.sections import Section, place, sections

__all__ = ["render_draft_markdown", "render_markdown"]

_HEADER = "| Date | Keywords | Paper | Venue |\n|:---:|:---:|:---|:---:|\n"
_TITLE = "# Resource-Efficient LLM Papers\n\n"
_ABOUT = (
    "Papers on making large language models use less computation, memory, energy, money or\n"
    "network, by the stage at which the saving takes effect. Each was approved by a reviewer, or\n"
    "by a rule that the reviewers set and check, and stands once, newest first.\n"
)
_DRAFT = (
    "# DRAFT: suggestions awaiting review\n\n"
    "**Not part of the paper list.** Nobody has reviewed these papers yet: relevance and cells\n"
    "are what the classifier suggests, with its calibrated probabilities.\n\n"
    "| Relevance | Cells | Date | Keywords | Paper | Venue |\n"
    "|---:|:---|:---:|:---:|:---|:---:|\n"
)


def render_markdown(entries: Iterable[ListEntry], taxonomy: Taxonomy) -> str:
    """Render the approved papers.

    The same entries in any order give the same text; one more entry gives one more line.

    Parameters
    ----------
    entries : iterable of ListEntry
        Each arXiv id once.
    taxonomy : Taxonomy
        Orders the sections and names the techniques.

    Raises
    ------
    InputError
        If a paper stands in twice.
    """
    rows: dict[Section, list[str]] = {section: [] for section in sections(taxonomy)}
    for entry in in_order(entries):
        rows[place(entry, taxonomy)].append(_row(entry, taxonomy))
    parts = [_TITLE, _ABOUT]
    above: tuple[str, ...] = ()
    for section, lines in rows.items():
        for depth, heading in enumerate(section.headings):
            if above[: depth + 1] != section.headings[: depth + 1]:
                parts.append(f"\n{'#' * (depth + 2)} {heading}\n")
        above = section.headings
        parts.extend(["\n", _HEADER, *lines])
    return "".join(parts)


def render_draft_markdown(drafts: Iterable[DraftEntry], taxonomy: Taxonomy) -> str:
    """Render the suggestions awaiting review, most relevant first, plainly marked as a draft."""
    lines = []
    for draft in in_order(drafts):
        cells = ", ".join(
            f"{cell} {draft.probabilities[cell]:.2f}" if cell in draft.probabilities else cell
            for cell in draft.entry.cells
        )
        lines.append(f"| {draft.relevance:.2f} | {unlinked(cells)} {_row(draft.entry, taxonomy)}")
    return _DRAFT + "".join(lines)


def keywords(entry: ListEntry, taxonomy: Taxonomy) -> tuple[str, ...]:
    """The reviewer's keywords, else the names of the techniques."""
    if entry.keywords:
        return entry.keywords
    names = {technique.id: technique.name for technique in taxonomy.techniques}
    return tuple(names.get(technique, technique) for technique in entry.technique)


def _row(entry: ListEntry, taxonomy: Taxonomy) -> str:
    words = unlinked(", ".join(keywords(entry, taxonomy)))
    venue = unlinked(entry.venue or "arXiv")
    title = escape_markdown(entry.plain_title)
    return f"| {entry.month} | {words} | [{title}]({entry.url}) | {venue} |\n"
