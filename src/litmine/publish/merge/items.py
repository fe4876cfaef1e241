"""New items of a list written the way the others are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from litmine.core.plain import escape_markdown, unlinked
from litmine.publish.entry import ListEntry
from litmine.publish.merge.columns import cell_style
from litmine.publish.merge.dates import DateStyle, style_of
from litmine.publish.merge.document import Container, Document
from litmine.publish.merge.order import Mark, mark_text

__all__ = ["ListWriter"]


class ListWriter:
    """Writes the items of one list: date in front, title and link, venue or date behind.

    What most items have is written, in the form in which the first of those has it.
    """

    def __init__(
        self,
        document: Document,
        container: Container,
        *,
        anew: bool = False,
    ) -> None:
        self._anew = anew
        lines = [
            (number, document.lines[row.first].text)
            for number, row in enumerate(container.rows)
            if row.text and ("://" in row.text or row.keys.ids)
        ]
        marked = [m for _, text in lines if (m := _MARKER.match(text))]
        self._marker = marked[0] if marked else None
        bodies = [match["body"] for match in marked]
        self._lead = _lead(bodies)
        rest = [_LEAD.sub("", body, count=1) for body in bodies]
        self._frame = cell_style(rest, linked_elsewhere=False)
        self._tail = _tail(rest)
        self._venues = [
            m[1] for body in rest for m in re.finditer(r"[,(*]\s*([A-Z][\w' -]+)", body)
        ]

    def line(self, entry: ListEntry, above: str = "") -> str:
        """Write one paper as one item; `above` is the item above it, for its number."""
        title = self._frame.write(escape_markdown(entry.plain_title), entry.url)
        venue = unlinked(entry.venue or "arXiv")
        year = "" if re.search(r"(?:19|20)\d\d", venue) else f" {entry.day.year}"
        lead, tail = "", ""
        if self._lead is not None:
            style, gap, named = self._lead
            day = style.write(entry.day, exact=entry.published is not None)
            if named:
                day = f"{style.before}{venue}{year}{style.after}"
            lead = day + gap
        if self._tail is not None:
            before, after, kind, style = self._tail
            day = replace(style, before="", after="").write(
                entry.day, exact=entry.published is not None
            )
            tail = before + {"date": day, "venue": venue + year}[kind] + after
        return f"{self._mark(above)}{lead}{title}{tail}"

    def mark(self, entry: ListEntry) -> Mark:
        """Give what the item of a paper will be ordered by."""
        return mark_text(self.line(entry), (entry.arxiv_id,))

    def _mark(self, above: str) -> str:
        if self._marker is None:
            return "- "
        number = re.match(r"(\d+)(.*)", self._marker["mark"])
        mark = self._marker["mark"]
        if number:
            before = re.match(r"[ \t>]*(\d{1,8})[.)]", above)
            first = "1" if self._anew else number[1]
            mark = f"{int(before[1]) + 1 if before else first}{number[2]}"
        box = "[ ] " if self._marker["box"] else ""
        indent = "" if self._anew else self._marker["indent"]
        return f"{indent}{mark}{self._marker['gap']}{box}"


_MARKER = re.compile(
    r"(?P<indent>[ \t>]*)(?P<mark>[-*+]|\d{1,8}[.)])(?P<gap>[ \t]+)"
    r"(?P<box>\[[ xX]\][ \t]+)?(?P<body>.*)$"
)
_DATE = r"(?:19|20)\d\d(?:[-/.]\d\d?){0,2}"
_LEAD = re.compile(
    r"(?P<before>[*_`(\[]*)"
    r"(?P<inner>(?:[A-Z][\w&' -]{0,24}?[ '’,-]{0,2})?"
    rf"(?:{_DATE}|['’]\d\d|\d\d?[-/.](?:19|20)\d\d|[A-Z][a-z]{{2,8}}\.? (?:19|20)\d\d))"
    r"(?P<after>[*_`)\]]*)(?P<gap>[ :,|–-]{1,3})(?=\S)"
)


def _lead(bodies: Sequence[str]) -> tuple[DateStyle, str, bool] | None:
    found = [match for body in bodies if (match := _LEAD.match(body))]
    if not found or 2 * len(found) < len(bodies):
        return None
    first = found[0]
    style = style_of([match["inner"] for match in found]) or DateStyle()
    named = bool(re.match(r"[A-Z]", first["inner"])) and style.form in {"Y", "'y"}
    return replace(style, before=first["before"], after=first["after"]), first["gap"], named


_TAIL = re.compile(
    r".*\)(?:\*\*)?\]?(?P<before>(?:[ ,.–-]{1,3}|<br ?/?>)[(\[*_`]*)"
    r"(?P<inner>[^()\[\]*_`]*?(?:(?:19|20)\d\d(?:[-/.]\d\d?){0,2}|['’]\d\d))(?P<after>[)\]*_`.]*)\s*$"
)


def _tail(bodies: Sequence[str]) -> tuple[str, str, str, DateStyle] | None:
    found = [match for body in bodies if (match := _TAIL.match(body))]
    if not found or 2 * len(found) < len(bodies):
        return None
    first = found[0]
    kind = "venue" if re.match(r"[A-Za-z]", first["inner"]) else "date"
    style = style_of([match["inner"] for match in found]) or DateStyle("Y")
    return first["before"], first["after"], kind, style
