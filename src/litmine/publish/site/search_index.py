"""The files of the site's own search, which needs no server.

The papers lie in two *parts*, in the order in which they were approved: all but the last few
hundred in one that stays as it is from night to night, the last ones in a small one that a night
changes. So a night writes some thirty small files anew, and the bytes are those of a full build.
What the browser fetches for a query: the entry file, for each word the shard of each part, the
facts of all papers (to filter and count by), and of the papers shown, the sheets with their titles.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from hashlib import blake2b

from litmine.core.latex import plain
from litmine.core.taxonomy import Taxonomy
from litmine.index.text import STOPWORDS
from litmine.publish.entry import ListEntry
from litmine.publish.site.files import SiteFile, fingerprint
from litmine.publish.site.search_borders import borders_for
from litmine.publish.site.search_shards import FIRST_DAY, encode_facts, encode_shards
from litmine.publish.site.search_words import LEVELS, words_of

__all__ = ["FOLDER", "VERSION", "files"]

FOLDER = "search"
#: Changes with the layout of the files or with what papers are cut into.
VERSION = 1
#: The small part is put to the other one when it has so many papers.
_SMALL_PART = 512
#: Titles in one sheet: most of those shown lie in different ones.
_SHEET = 8
_AUTHORS_SHOWN = 4


def files(
    entries: Iterable[ListEntry],
    taxonomy: Taxonomy,
    digest_of: Callable[[ListEntry], str] | None = None,
) -> list[SiteFile]:
    """List the files of the search; what they need is worked out when one of them is made.

    Parameters
    ----------
    digest_of : callable, optional
        Fingerprint of everything that is shown of a paper; by default worked out here.
    """
    digest_of = digest_of or _digest
    papers = sorted(entries, key=_order)
    large = len(papers) // _SMALL_PART * _SMALL_PART
    parts = [
        _Part(f"{FOLDER}/{name}", tuple(group), taxonomy, tuple(map(digest_of, group)))
        for name, group in (("a", papers[:large]), ("b", papers[large:]))
        if group
    ]
    entry = _entry(parts, taxonomy)
    made = [SiteFile(f"{FOLDER}/index.json", fingerprint([entry]), lambda: entry)]
    for part in parts:
        made += part.files()
    return made


def _order(entry: ListEntry) -> tuple[datetime, str]:
    decided = entry.approval.decided_at if entry.approval else None
    return decided or datetime.min.replace(tzinfo=UTC), entry.arxiv_id


def _digest(entry: ListEntry) -> str:
    return fingerprint(
        [
            entry.arxiv_id, entry.title, entry.published, *entry.technique, "", *entry.cells, "",
            *entry.keywords, "", *entry.authors, entry.venue, entry.abstract,
        ]
    )  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """Some of the papers, their rows in order."""

    path: str
    papers: tuple[ListEntry, ...]
    taxonomy: Taxonomy
    digests: tuple[str, ...] = field(repr=False)

    @cached_property
    def borders(self) -> tuple[str, ...]:
        return borders_for(len(self.papers))

    @cached_property
    def mark(self) -> bytes:
        """Fingerprint of which paper is in which row, so that files of two nights never mix."""
        return _mark(self.papers, 4)

    @cached_property
    def shards(self) -> list[bytes]:
        words = (words_of(paper, self.taxonomy) for paper in self.papers)
        return encode_shards(words, self.borders, self.mark)

    def files(self) -> list[SiteFile]:
        inputs = fingerprint([VERSION, self.taxonomy.version, *self.digests])
        made = [
            SiteFile(f"{self.path}/w{n}.bin", inputs, partial(self._shard, n))
            for n in range(len(self.borders))
        ]
        made.append(SiteFile(f"{self.path}/facts.bin", inputs, self._facts))
        for number, rows in enumerate(self._sheets):
            sheet = fingerprint([VERSION, *self.digests[rows]])
            path = f"{self.path}/p{number}.json"
            made.append(SiteFile(path, sheet, partial(self._sheet, self.papers[rows])))
        return made

    @property
    def _sheets(self) -> list[slice]:
        return [slice(n, n + _SHEET) for n in range(0, len(self.papers), _SHEET)]

    def _shard(self, number: int) -> bytes:
        return self.shards[number]

    def _facts(self) -> bytes:
        sheets = b"".join(_mark(self.papers[rows], 2) for rows in self._sheets)
        return encode_facts(self.papers, self.taxonomy, self.mark, sheets)

    def _sheet(self, papers: Sequence[ListEntry]) -> bytes:
        cells = {cell: n for n, cell in enumerate(self.taxonomy.cells)}
        return _json(
            {
                "mark": _mark(papers, 2).hex(),
                "papers": [
                    [
                        paper.arxiv_id,
                        paper.plain_title,
                        _authors(paper.authors),
                        paper.venue or "",
                        sorted(cells[cell] for cell in paper.cells if cell in cells),
                    ]
                    for paper in papers
                ],
            }
        )


def _mark(papers: Sequence[ListEntry], size: int) -> bytes:
    """Return a fingerprint, of so many bytes, of which papers these are and in which order."""
    rows = "\n".join(paper.arxiv_id for paper in papers)
    return blake2b(f"{VERSION}\n{rows}".encode(), digest_size=size).digest()


def _entry(parts: Sequence[_Part], taxonomy: Taxonomy) -> bytes:
    """Make the file that the browser fetches first."""
    return _json(
        {
            "version": VERSION,
            "parts": [
                {
                    "path": part.path.removeprefix(f"{FOLDER}/"),
                    "papers": len(part.papers),
                    "mark": part.mark.hex(),
                    "borders": " ".join(part.borders[1:]),
                }
                for part in parts
            ],
            "sheet": _SHEET,
            "levels": LEVELS,
            "first_day": FIRST_DAY.isoformat(),
            "stages": [[one.id, one.name] for one in taxonomy.stages],
            "resources": [[one.id, one.name] for one in taxonomy.resources],
            "techniques": [[one.id, one.name] for one in taxonomy.techniques],
            "stopwords": " ".join(sorted(STOPWORDS)),
        }
    )


def _authors(authors: Sequence[str]) -> str:
    if len(authors) <= _AUTHORS_SHOWN:
        return ", ".join(map(plain, authors))
    return ", ".join(map(plain, authors[: _AUTHORS_SHOWN - 1])) + " et al."


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
