"""arXiv's bulk metadata snapshot: millions of JSON lines, streamed in bounded memory.

Two shapes of line are read: the public snapshot (``id``, ``authors`` and ``categories`` as text,
``versions``, ``authors_parsed``, ``update_date``) and the simpler one of announcement archives and
exports (``arxiv_id``, ``authors`` and ``categories`` as lists, ``day``, ``announce_type``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from litmine.core.errors import InputError
from litmine.core.paper import Paper, PaperVersion, parse_arxiv_id
from litmine.sources.base import (
    ANNOUNCE_TYPES,
    HarvestRequest,
    Page,
    Record,
    Rejected,
    in_categories,
    refuse,
)
from litmine.sources.lines import Line, read_lines
from litmine.sources.text import (
    author_names,
    clean_text,
    is_withdrawal_note,
    optional_text,
    parse_day,
    parse_moment,
    split_authors,
)

__all__ = ["SnapshotSource", "record_from_json"]

_LINES_PER_PAGE = 100_000


class SnapshotSource:
    """Papers from a JSON-lines file.

    Parameters
    ----------
    path : Path
        Plain, ``.gz`` or ``.zst``.
    page_size : int
        Records a page; a page also ends after 100,000 lines, so that a narrow filter still lets
        the caller save how far it is.
    """

    name = "snapshot"

    def __init__(self, path: Path, *, page_size: int = 2000) -> None:
        self.path = path
        self.page_size = max(1, page_size)

    def pages(self, request: HarvestRequest, cursor: str | None = None) -> Iterator[Page]:
        """Yield pages in file order; lines that cannot be read are named by their number.

        ``request.since`` and ``until`` select by the day of the last change (``update_date`` or
        ``day``).
        """
        refuse(self.name, request, {"since", "until", "categories", "ids", "limit"})
        number, offset = self._start(cursor)
        wanted = frozenset(parse_arxiv_id(i).id for i in request.ids)
        hints = tuple(c.encode() for c in request.categories)
        left = request.limit
        records: list[Record] = []
        rejected: list[Rejected] = []
        scanned = 0
        for line in read_lines(self.path, offset=offset, number=number):
            # A page is handed out when the line after it is there, so that the last one ends with
            # cursor None instead of an empty page to follow.
            if scanned and (
                len(records) >= self.page_size
                or len(rejected) >= self.page_size
                or scanned >= _LINES_PER_PAGE
            ):
                yield Page(tuple(records), self._cursor(number, offset), rejected=tuple(rejected))
                records, rejected, scanned = [], [], 0
            number, offset = line.number, line.end
            scanned += 1
            record = self._read(line, request, wanted, hints, rejected)
            if record is None:
                continue
            records.append(record)
            left = None if left is None else left - 1
            if left == 0:
                break
        yield Page(tuple(records), None, rejected=tuple(rejected))

    def _read(
        self,
        line: Line,
        request: HarvestRequest,
        wanted: frozenset[str],
        hints: tuple[bytes, ...],
        rejected: list[Rejected],
    ) -> Record | None:
        content = line.content
        if content is not None:
            content = content.strip()
            if not content or content.startswith(b"#"):
                return None
            # Cheap and safe: a whole object that nowhere holds the name of a wanted category (nor
            # an escape that could hide it) is in none of them.
            whole = content.startswith(b"{") and content.endswith(b"}")
            if hints and whole and b"\\u" not in content and not any(h in content for h in hints):
                return None
        try:
            if content is None:
                raise InputError("the line is too long")
            value = _object(content)
            if value is None:
                return None
            if hints and not in_categories(_words(value.get("categories")), request.categories):
                return None
            record = record_from_json(value)
        except InputError as error:
            rejected.append(Rejected(f"line {line.number}", str(error)))
            return None
        if wanted and record.paper.arxiv_id not in wanted:
            return None
        day = record.paper.datestamp
        if request.since and (day is None or day < request.since):
            return None
        if request.until and (day is None or day > request.until):
            return None
        return record

    def _start(self, cursor: str | None) -> tuple[int, int]:
        try:
            size = self.path.stat().st_size
        except OSError as error:
            raise InputError(f"cannot read {self.path}: {error.strerror}") from error
        if cursor is None:
            return 0, 0
        try:
            number, offset, then = (int(part) for part in cursor.split(":"))
        except ValueError as error:
            raise InputError(f"cursor {cursor[:40]!r} does not belong to a snapshot") from error
        if then != size or min(number, offset) < 0:
            raise InputError(
                f"{self.path.name} has changed since it was read up to line {number}; "
                "start again from its first line"
            )
        return number, offset

    def _cursor(self, number: int, offset: int) -> str:
        return f"{number}:{offset}:{self.path.stat().st_size}"


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON ({str(error)[:80]})") from error
    if not isinstance(value, dict):
        raise InputError("not a JSON object")
    if "arxiv_id" not in value and "id" not in value:
        # A file may tell about itself; a record without an id is still an error.
        if "title" in value or "abstract" in value:
            raise InputError("record without an id")
        return None
    return value


def record_from_json(value: dict[str, Any]) -> Record:
    """Read one record of either shape.

    Raises
    ------
    InputError
        When it has no valid id, no title, or fields of the wrong kind.
    """
    name = parse_arxiv_id(str(value.get("arxiv_id") or value.get("id") or ""))
    title = clean_text(_text(value, "title") or "")
    if not title:
        raise InputError(f"{name.id}: no title")
    versions = _versions(value)
    number = value.get("version")
    if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
        raise InputError(f"{name.id}: version {str(number)[:20]!r} is not a number")
    day = parse_day(_text(value, "day"))
    changed = parse_day(_text(value, "update_date"))
    updated = parse_day(_text(value, "updated"))
    published = parse_day(_text(value, "published"))
    if versions:
        first, last = versions[0].submitted, versions[-1].submitted
        published = first.date() if first else published
        updated = last.date() if last else updated
    comments = optional_text(_text(value, "comments"))
    kind = _text(value, "announce_type")
    if kind is not None and kind not in ANNOUNCE_TYPES:
        raise InputError(f"{name.id}: announce type {kind[:40]!r} is not known")
    paper = Paper(
        arxiv_id=name.id,
        title=title,
        abstract=clean_text(_text(value, "abstract") or ""),
        version=versions[-1].version if versions else number or name.version,
        authors=_authors(value),
        categories=_words(value.get("categories")),
        published=published,
        updated=updated,
        datestamp=day or changed or updated,
        comments=comments,
        journal_ref=optional_text(_text(value, "journal-ref") or _text(value, "journal_ref")),
        doi=optional_text(_text(value, "doi")),
        license=optional_text(_text(value, "license")),
        withdrawn=value.get("withdrawn") is True or is_withdrawal_note(comments),
        versions=versions,
    )
    return Record(paper, kind, day)


def _text(value: dict[str, Any], key: str) -> str | None:
    found = value.get(key)
    if found is None or isinstance(found, str):
        return found
    raise InputError(f"{key} is not text")


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split()
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError("categories are neither text nor a list of texts")
    return tuple(value)


def _authors(value: dict[str, Any]) -> tuple[str, ...]:
    parsed = value.get("authors_parsed")
    try:
        if parsed:
            # [last, first, suffix, affiliation ...]: split by arXiv itself.
            joined = (" ".join(filter(None, (n[1], n[0], *n[2:3]))) for n in parsed)
            return tuple(filter(None, map(clean_text, joined)))
        authors = value.get("authors")
        if isinstance(authors, list):
            return author_names(authors)
        return split_authors(authors) if authors else ()
    except (TypeError, IndexError, KeyError, AttributeError) as error:
        raise InputError("authors are neither text nor a list of names") from error


def _versions(value: dict[str, Any]) -> tuple[PaperVersion, ...]:
    given = value.get("versions")
    if not given:
        return ()
    found: dict[int, PaperVersion] = {}
    try:
        for item in given:
            number = int(item["version"].removeprefix("v"))
            found[number] = PaperVersion(number, parse_moment(item.get("created")))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise InputError("versions are not a list of version and created") from error
    return tuple(found[n] for n in sorted(found))
