"""The paper list and the draft list as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import Any

from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import DraftEntry, ListEntry, in_order
from litmine.publish.markdown import keywords
from litmine.publish.sections import place

__all__ = [
    "guard",
    "render_csv",
    "render_draft_csv",
    "render_draft_json",
    "render_json",
    "unguard",
]

# What spreadsheets take for the start of a formula, full-width forms included.
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠]")


def guard(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Text that begins with apostrophes and then such a character gets one more, so that `unguard`
    gives every text back.

    Examples
    --------
    >>> guard("=1+1")
    "'=1+1"
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """Undo `guard`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def render_csv(entries: Iterable[ListEntry], taxonomy: Taxonomy) -> str:
    """Render the approved papers as CSV (RFC 4180, newline ends), newest first.

    Several values in a field are joined by "; ". Fields that could run as a formula are guarded
    by an apostrophe: read them back through `unguard`.
    """
    return _csv([_record(entry, taxonomy) for entry in in_order(entries)], _FIELDS)


def render_json(entries: Iterable[ListEntry], taxonomy: Taxonomy) -> str:
    """Render the approved papers as a JSON object with one paper a line, newest first."""
    return _json("approved", [_record(entry, taxonomy) for entry in in_order(entries)])


def render_draft_csv(drafts: Iterable[DraftEntry], taxonomy: Taxonomy) -> str:
    """Render the suggestions as CSV, most relevant first; `status` says draft on every row."""
    fields = ("status", "relevance", *_FIELDS, "probabilities")
    rows = []
    for draft in in_order(drafts):
        record = _draft_record(draft, taxonomy)
        record["probabilities"] = [f"{c}={p}" for c, p in record["probabilities"].items()]
        rows.append({"status": "draft", **record})
    return _csv(rows, fields)


def render_draft_json(drafts: Iterable[DraftEntry], taxonomy: Taxonomy) -> str:
    """Render the suggestions as a JSON object with one paper a line, most relevant first."""
    return _json("draft", [_draft_record(draft, taxonomy) for draft in in_order(drafts)])


_FIELDS = (
    "arxiv_id",
    "published",
    "title",
    "section",
    "cells",
    "technique",
    "keywords",
    "venue",
    "url",
)


def _record(entry: ListEntry, taxonomy: Taxonomy) -> dict[str, Any]:
    return {
        "arxiv_id": entry.arxiv_id,
        # A day where it is known, else the month that the id tells.
        "published": entry.published.isoformat() if entry.published else entry.month,
        "title": entry.title,
        "section": " > ".join(place(entry, taxonomy).headings),
        "cells": list(entry.cells),
        "technique": list(entry.technique),
        "keywords": list(keywords(entry, taxonomy)),
        "venue": entry.venue or "arXiv",
        "url": entry.url,
    }


def _draft_record(draft: DraftEntry, taxonomy: Taxonomy) -> dict[str, Any]:
    return {
        "relevance": round(draft.relevance, 4),
        **_record(draft.entry, taxonomy),
        "probabilities": {c: round(p, 4) for c, p in sorted(draft.probabilities.items())},
    }


def _csv(rows: list[dict[str, Any]], fields: Iterable[str]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = list(fields)
    writer.writerow(names)
    for row in rows:
        values = (row[name] for name in names)
        writer.writerow([guard("; ".join(v) if isinstance(v, list) else str(v)) for v in values])
    return buffer.getvalue()


def _json(status: str, rows: list[dict[str, Any]]) -> str:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    body = f"\n{lines}\n" if rows else ""
    return f'{{"format": 1, "status": {json.dumps(status)}, "papers": [{body}]}}\n'
