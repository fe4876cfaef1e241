"""The whole list in every format, month by month and put together, and the page of downloads.

A month is written anew only when its papers change; the whole is put together of the months.
Approvals go out without the names and words of reviewers: `model.Collection` has taken them off.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from litmine.publish.entry import ListEntry
from litmine.publish.formats.registry import FORMATS
from litmine.publish.site.environment import PageHead, Pages
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.model import Collection

__all__ = ["MONTHLY", "download_files", "month_path"]


@dataclass(frozen=True, slots=True)
class _Download:
    """A format on offer: its name in `publish.formats`, what it is for, how months become one."""

    name: str
    about: str
    join: Callable[..., bytes] | None = None


def _blank_line(*parts: bytes) -> bytes:
    return b"\n".join(parts)


def _blank_line_crlf(*parts: bytes) -> bytes:
    return b"\r\n".join(parts)


def _lines(*parts: bytes) -> bytes:
    return b"".join(parts)


def _one_head(*parts: bytes) -> bytes:
    """Join tables with the head of the first alone; no field of it holds a line break."""
    return b"".join([parts[0], *(part.split(b"\r\n", 1)[1] for part in parts[1:])])


def _one_array(*parts: bytes) -> bytes:
    return b"[\n" + b",\n".join(part[2:-3] for part in parts) + b"\n]\n"


def _one_table(*parts: bytes) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    tables = [parquet.read_table(io.BytesIO(part)) for part in parts]
    buffer = io.BytesIO()
    parquet.write_table(
        pa.concat_tables(tables).combine_chunks(), buffer, compression="zstd", store_schema=True
    )
    return buffer.getvalue()


_OFFERED = (
    _Download("bibtex", "For LaTeX, with BibTeX or biblatex.", _blank_line),
    _Download("ris", "For Zotero, EndNote, Mendeley and most other managers.", _blank_line_crlf),
    _Download("csl", "For Pandoc and citation processors.", _one_array),
    _Download("csv", "A table with every column, for spreadsheets.", _one_head),
    _Download("jsonl", "Every column, one object a line, for programs.", _lines),
    _Download("parquet", "Every column with its type, for pandas, DuckDB and Spark.", _one_table),
    _Download("markdown", "The list as a page, by stage and technique."),
)
#: Formats that each month has a file of, which its page links to: name and ending.
MONTHLY = tuple((FORMATS[one.name].label, FORMATS[one.name].ending) for one in _OFFERED if one.join)


def month_path(month: str, ending: str) -> str:
    """Return where the papers of a month stand in one format."""
    return f"data/months/{month}.{ending}"


def download_files(collection: Collection, pages: Pages) -> Iterator[SiteFile]:
    """Give the files below ``data/`` and the page of downloads."""
    papers = collection.papers
    whole = collection.digest_of(papers)
    months = [(month, tuple(group)) for month, group in groupby(papers, lambda p: p.month)]
    digests = {month: collection.digest_of(group) for month, group in months}
    offered = []
    for one in _OFFERED:
        form = FORMATS[one.name]
        path = f"data/papers.{form.ending}"
        offered.append({"name": form.label, "path": path, "about": one.about})
        if one.join is None or not months:
            yield SiteFile(path, whole, _Make(one.name, papers, collection))
            continue
        parts = []
        for month, group in months:
            part = month_path(month, form.ending)
            parts.append(part)
            yield SiteFile(part, digests[month], _Make(one.name, group, collection))
        yield SiteFile(path, fingerprint(digests.values()), one.join, parts=tuple(parts))
    total = len(papers)
    head = PageHead("downloads.html", "Downloads", f"All {total:,} papers in several formats.")
    yield SiteFile(
        "downloads.html",
        str(total),
        lambda: pages.render("downloads.html", head, total=total, files=offered),
        page=True,
    )


class _Make:
    """Writes papers in one format when it is asked to."""

    __slots__ = ("_collection", "_name", "_papers")

    def __init__(self, name: str, papers: tuple[ListEntry, ...], collection: Collection) -> None:
        self._name, self._papers, self._collection = name, papers, collection

    def __call__(self) -> bytes:
        if self._name == "bibtex":  # the pages of the papers need the same entries
            return "\n".join(map(self._collection.bibtex_of, self._papers)).encode()
        return FORMATS[self._name].write(self._papers, self._collection.taxonomy, False)
