"""Mistakes as Markdown; titles and abstracts are strangers' text and are escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from litmine.classify.report_errors import KINDS, Mistake, count_causes
from litmine.core.plain import escape_markdown, unlinked

__all__ = ["render_causes", "render_errors"]

_ID = re.compile(r"^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})$")


def render_errors(mistakes: Sequence[Mistake], cut: float, *, texts: bool) -> str:
    """Every mistake by kind and cause, surest first; abstracts only with `texts`."""
    lines = [
        "# Errors",
        "",
        f"A paper counts as taken for relevant from p = {cut:.2f} on. Wrong cells and techniques",
        "are those of relevant papers taken for relevant. "
        + ("Abstracts are their authors'." if texts else "Abstracts were left out on request."),
        "",
    ]
    for kind, heading in KINDS:
        own = [m for m in mistakes if m.kind == kind]
        lines += [f"## {heading} ({len(own)})", ""]
        for cause, count, _ in count_causes(own)[kind]:
            lines += [f"### {cause} ({count})", ""]
            for mistake in (m for m in own if m.cause == cause):
                lines += _mistake(mistake, texts=texts)
    return "\n".join(lines)


def _mistake(m: Mistake, *, texts: bool) -> list[str]:
    shown = escape_markdown(m.arxiv_id)
    if _ID.match(m.arxiv_id):
        shown = f"[{shown}](https://arxiv.org/abs/{m.arxiv_id})"
    verdict = f", verdict {m.verdict}" if m.verdict else ""
    lines = [
        f"**{shown}** {unlinked(m.title)}",
        "",
        f"- {unlinked(m.detail)}; night {unlinked(m.night)}",
        f"- said: p {m.probability:.3f}{verdict}; {_labels(m.said_cells, (m.said_technique,))}",
        f"- gold: {_labels(m.gold_cells, m.gold_technique) if m.gold_cells else 'not relevant'}",
        "",
    ]
    if texts:
        lines += [f"> Abstract: {unlinked(m.abstract)}", ""]
    return lines


def _labels(cells: Iterable[str], technique: Iterable[str]) -> str:
    return unlinked(f"{', '.join(cells) or 'no cell'}; {', '.join(technique) or 'no technique'}")


def render_causes(mistakes: Sequence[Mistake]) -> str:
    """The section of the report that counts mistakes by kind and cause."""
    lines = [
        "## Errors by likely cause",
        "",
        "Every one with what was said and what is right: [errors.md](errors.md).",
        "",
        "| kind | cause | papers | commonest |",
        "|:---|:---|---:|:---|",
    ]
    headings = dict(KINDS)
    for kind, causes in count_causes(mistakes).items():
        for cause, count, details in causes:
            lines.append(f"| {headings[kind]} | {cause} | {count} | {unlinked(details)} |")
    return "\n".join([*lines, ""])
