"""What the stand-in serves: records read from JSON lines, with the history they lack made up."""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from litmine.core.errors import InputError
from litmine.core.paper import parse_arxiv_id

__all__ = ["StandinRecord", "load_records", "record_from_line"]

_LICENSE = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"


@dataclass(frozen=True, slots=True)
class StandinRecord:
    """One paper as the stand-in knows it.

    Attributes
    ----------
    versions : tuple of (int, datetime)
        Every version with its submission time (UTC), ascending.
    datestamp : date
        The day of the last modification, by which OAI-PMH selects.
    day : date
        The mailing day whose feed lists the paper.
    listings : dict
        Announcement type by feed (category), where the input tells.
    """

    arxiv_id: str
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    versions: tuple[tuple[int, datetime], ...]
    datestamp: date
    day: date
    announce_type: str = "new"
    listings: dict[str, str] = field(default_factory=dict)
    comments: str | None = None
    journal_ref: str | None = None
    doi: str | None = None
    report_no: str | None = None
    license: str = _LICENSE
    withdrawn: bool = False
    deleted: bool = False

    @property
    def version(self) -> int:
        """The latest version."""
        return self.versions[-1][0]

    @property
    def submitter(self) -> str:
        """Whoever submitted: the first author."""
        return self.authors[0] if self.authors else "Unknown"

    def moved(self, day: date) -> StandinRecord:
        """Return the record as it looks after its metadata changed on `day`."""
        return replace(self, datestamp=day)


def record_from_line(line: dict[str, Any]) -> StandinRecord:
    """Read one line: the nights format (arxiv_id, lists) or arXiv's snapshot format (id, strings).

    Where only the number of versions is known, their dates are made up: version 1 on the day of
    publication, the last on the day of the update, the others spaced between.

    Raises
    ------
    InputError
        When there is no id, title or usable date.
    """
    identifier = parse_arxiv_id(str(line.get("arxiv_id") or line.get("id") or "")).id
    if not isinstance(line.get("title"), str) or not isinstance(line.get("abstract"), str):
        raise InputError(f"{identifier}: a record needs a title and an abstract")
    announced = _day(line.get("day"))
    updated = _day(line.get("update_date") or line.get("updated"))
    datestamp = announced or updated or _day(line.get("published")) or _month(identifier)
    versions = _versions(line, datestamp)
    kind = line.get("announce_type") or ("new" if versions[-1][0] == 1 else "replace")
    return StandinRecord(
        arxiv_id=identifier,
        title=line["title"],
        abstract=line["abstract"],
        authors=_authors(line),
        categories=_words(line.get("categories")),
        versions=versions,
        datestamp=datestamp,
        day=announced or datestamp,
        announce_type=kind,
        listings=dict(line.get("listings") or {}),
        comments=line.get("comments"),
        journal_ref=line.get("journal-ref") or line.get("journal_ref"),
        doi=line.get("doi"),
        report_no=line.get("report-no"),
        license=line.get("license") or _LICENSE,
        withdrawn=bool(line.get("withdrawn")),
        deleted=bool(line.get("deleted")),
    )


def load_records(paths: Iterable[Path]) -> list[StandinRecord]:
    """Read JSON-lines files (plain, ``.gz`` or ``.zst``).

    A paper that occurs several times (announced again on a later night) keeps its latest state.

    Raises
    ------
    InputError
        When a file cannot be read; the message names the file and line.
    """
    found: dict[str, StandinRecord] = {}
    for path in paths:
        try:
            for number, line in enumerate(_lines(path), 1):
                if not line.strip() or line.startswith("#"):
                    continue
                try:
                    value = json.loads(line)
                    if not isinstance(value, dict):
                        raise InputError("not a JSON object")
                    if "arxiv_id" not in value and "id" not in value:
                        continue  # a note about the file itself
                    record = record_from_line(value)
                except (ValueError, TypeError, AttributeError, InputError) as error:
                    raise InputError(f"{path.name}, line {number}: {error}") from error
                old = found.get(record.arxiv_id)
                if old is None or record.datestamp >= old.datestamp:
                    found[record.arxiv_id] = record
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    return list(found.values())


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as raw:
        stream: Any = raw
        if path.suffix == ".gz":
            stream = gzip.open(raw)  # noqa: SIM115 - closed with the text wrapper
        elif path.suffix in {".zst", ".zstd"}:
            import zstandard

            stream = zstandard.ZstdDecompressor().stream_reader(raw)
        with io.TextIOWrapper(stream, encoding="utf-8", newline="\n") as text:
            yield from text


def _words(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value.split()) if isinstance(value, str) else tuple(map(str, value))


def _authors(line: dict[str, Any]) -> tuple[str, ...]:
    parsed = line.get("authors_parsed")
    if parsed:
        return tuple(" ".join(p for p in (n[1], n[0], *n[2:3]) if p) for n in parsed)
    value = line.get("authors") or ()
    if isinstance(value, str):
        value = re.split(r";\s*" if ";" in value else r",\s*|\s+and\s+", value)
    return tuple(name for name in value if name)


def _day(value: Any) -> date | None:
    return date.fromisoformat(str(value)[:10]) if value else None


def _month(identifier: str) -> date:
    digits = identifier.rpartition("/")[2]
    year, month = int(digits[:2]), int(digits[2:4])
    return date(1900 + year if year >= 91 else 2000 + year, month, 1)


def _versions(line: dict[str, Any], last: date) -> tuple[tuple[int, datetime], ...]:
    given = line.get("versions")
    if given:
        return tuple(
            (
                int(str(v["version"]).lstrip("v")),
                parsedate_to_datetime(v["created"]).astimezone(UTC),
            )
            for v in given
        )
    count = int(line.get("version") or 1)
    first = min(_day(line.get("published")) or last, last)
    step = (last - first) / max(1, count - 1)
    noon = time(12, 0, tzinfo=UTC)
    return tuple(
        (n, datetime.combine(first + timedelta(days=(step * (n - 1)).days), noon))
        for n in range(1, count + 1)
    )
