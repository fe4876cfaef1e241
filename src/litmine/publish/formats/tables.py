"""The paper list and the draft list as CSV and JSON; the table of all columns, CSV and lines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import DraftEntry, ListEntry, in_order
from litmine.publish.formats.markdown import keywords
from litmine.publish.formats.records import COLUMNS, records
from litmine.publish.sections import place

__all__ = [
    "guard",
    "render_csv",
    "render_draft_csv",
    "render_draft_json",
    "render_json",
    "render_json_lines",
    "render_table",
    "unguard",
]

# Some readers end a line here, though JSON does not.
_BREAKS = re.compile("[\x85\u2028\u2029]")

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


def render_table(
    entries: Iterable[ListEntry], taxonomy: Taxonomy, *, abstracts: bool = False
) -> str:
    """Render every column (`litmine.publish.formats.records`) as CSV (RFC 4180, CR LF).

    Newest first. Lists are joined by "; ", a semicolon inside of them becomes a comma. Fields that
    could run as a formula are guarded as in `render_csv`.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    names = [one.name for one in COLUMNS if abstracts or one.name != "abstract"]
    writer.writerow(names)
    for row in records(entries, taxonomy, abstracts=abstracts):
        writer.writerow([guard(_cell(row[name])) for name in names])
    return buffer.getvalue()


def render_json_lines(
    entries: Iterable[ListEntry], taxonomy: Taxonomy, *, abstracts: bool = False
) -> str:
    """Render every column as JSON Lines: an object a line, newest first, null where unknown."""
    rows = records(entries, taxonomy, abstracts=abstracts)
    if not abstracts:
        rows = [{name: value for name, value in row.items() if name != "abstract"} for row in rows]
    lines = (json.dumps(row, ensure_ascii=False, default=_moment) for row in rows)
    return "".join(f"{_BREAKS.sub(_escaped, line)}\n" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(one.replace(";", ",") for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}={number}" for name, number in value.items())
    return _moment(value) if isinstance(value, date) else str(value)


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a table")


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
