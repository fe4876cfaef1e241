"""arXiv's announcement feeds (Atom and RSS): the only source that tells new from replaced.

A feed lists one mailing: new papers, cross-lists, replacements and cross-listed replacements. It
is empty at weekends and on holidays, which is a valid answer, and it ends at 2,000 items, which
a busy Tuesday in several categories reaches: then the feed of each category is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from litmine.core.errors import ConfigError, InputError, LitmineError, MalformedResponse
from litmine.core.paper import Paper, parse_arxiv_id
from litmine.sources.base import ANNOUNCE_TYPES, HarvestRequest, Page, Record, Rejected, refuse
from litmine.sources.http import Answer, HttpTransport
from litmine.sources.text import clean_text, optional_text, parse_moment, split_authors
from litmine.sources.xml import child_text, parse_xml

__all__ = ["FEED_LIMIT", "AnnouncementSource"]

FEED_LIMIT: Final = 2000
"""Items after which arXiv ends a feed."""

_EASTERN: Final = ZoneInfo("America/New_York")
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_ACCEPT: Final = {
    "atom": "application/atom+xml, application/xml;q=0.9, */*;q=0.1",
    "rss": "application/rss+xml, application/xml;q=0.9, */*;q=0.1",
}
# "arXiv:2606.00001v1 Announce Type: new \nAbstract: ...": once, and at the start only.
_PREFIX = re.compile(r"\s*arXiv:\S+\s+Announce Type:\s*(?P<kind>[a-z-]+)\s+Abstract:\s?", re.I)
_CATEGORY = re.compile(r"[A-Za-z][A-Za-z-]*(?:\.[A-Za-z-]+)?")


class _Feed(NamedTuple):
    updated: datetime | None
    records: tuple[Record, ...]
    rejected: tuple[Rejected, ...]
    items: int


class AnnouncementSource:
    """The papers of the current mailing.

    Parameters
    ----------
    base_url : str
        Such as ``https://rss.arxiv.org``; ``/atom/...`` or ``/rss/...`` is put after it.
    transport : HttpTransport
        The polite way out.
    form : {'atom', 'rss'}
        Which feed to read; both tell the same.
    """

    name = "rss"

    def __init__(self, base_url: str, transport: HttpTransport, form: str = "atom") -> None:
        if form not in _ACCEPT:
            raise ConfigError(f"feed form {form!r} is not known; use atom or rss")
        self.base_url = re.sub(r"/(?:rss|atom)/?$", "", base_url.rstrip("/"))
        self.transport = transport
        self.form = form

    def pages(self, request: HarvestRequest, cursor: str | None = None) -> Iterator[Page]:
        """Yield the mailing of ``request.categories``: one page, or more when the feed is cut.

        The pages after a cut feed hold one category each, so papers repeat; a paper's type over
        all of them is the strongest (`litmine.sources.base.strongest`).
        """
        refuse(self.name, request, {"categories", "limit"})
        wanted = request.categories
        if not wanted:
            raise InputError("an announcement feed needs categories, such as cs.LG")
        for category in wanted:
            if not _CATEGORY.fullmatch(category):
                raise InputError(f"{category!r} is not an arXiv category")
        start = 0
        if cursor is not None:
            if not cursor.isascii() or not cursor.isdigit() or int(cursor) > len(wanted):
                raise InputError(f"cursor {cursor[:40]!r} does not belong to this request")
            start = int(cursor)
        left = request.limit
        for i in range(start, len(wanted) + 1):
            feed = "+".join(wanted) if i == 0 else wanted[i - 1]
            found = self._read(feed)
            cut = found.items >= FEED_LIMIT
            ended = (i == 0 and (not cut or len(wanted) == 1)) or i == len(wanted)
            records = found.records
            if left is not None and len(records) >= left:
                records, ended = records[:left], True
            warning = f"the feed {feed} has {found.items} items, where arXiv cuts it"
            yield Page(
                records,
                None if ended else str(i + 1),
                found.updated,
                rejected=found.rejected,
                total=found.items,
                warnings=(warning,) if cut else (),
            )
            if ended:
                return
            left = None if left is None else left - len(records)

    def _read(self, feed: str) -> _Feed:
        return self.transport.fetch(
            f"{self.base_url}/{self.form}/{feed}", self._parse, accept=_ACCEPT[self.form]
        )

    def _parse(self, answer: Answer) -> _Feed:
        import feedparser

        # Strictly first: feedparser would read what it can of a feed that was cut.
        root = parse_xml(answer.content, what="announcement feed")
        if self.form == "atom":
            entries = root.findall(f"{_ATOM}entry") if root.tag == f"{_ATOM}feed" else None
        else:
            entries = root.findall("channel/item") if root.tag == "rss" else None
        if entries is None:
            raise MalformedResponse(
                f"{answer.url[:120]} is not an {self.form} feed; check the feed URL"
            )
        parsed = feedparser.parse(
            BytesIO(answer.content),  # bytes alone might be taken for the name of a file
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        if parsed.bozo or len(parsed.entries) != len(entries):
            raise MalformedResponse(f"{answer.url[:120]} cannot be read as a feed")
        updated = _moment(parsed.feed)
        if updated is None:
            raise MalformedResponse(f"{answer.url[:120]} does not tell its day")
        records: list[Record] = []
        rejected: list[Rejected] = []
        for entry, element in zip(parsed.entries, entries, strict=True):
            try:
                records.append(self._record(entry, element, updated))
            except LitmineError as error:
                rejected.append(Rejected(str(entry.get("id") or "(no id)")[:80], str(error)))
        return _Feed(updated, tuple(records), tuple(rejected), len(entries))

    def _record(self, entry: Any, element: Any, updated: datetime) -> Record:
        # feedparser guesses whether a text is HTML and then changes it ("a &lt; b", "<sep>"); the
        # title and the abstract are therefore taken from the tree, where escaping is no guess.
        atom = self.form == "atom"
        title = clean_text(child_text(element, f"{_ATOM}title" if atom else "title") or "")
        text = child_text(element, f"{_ATOM}summary" if atom else "description") or ""
        prefix = _PREFIX.match(text)
        abstract = clean_text(text[prefix.end() :] if prefix else text)
        name = parse_arxiv_id(str(entry.get("id") or entry.get("link") or ""))
        if not title:
            raise MalformedResponse("entry without a title")
        kind = str(entry.get("arxiv_announce_type") or (prefix["kind"] if prefix else "")).lower()
        if kind not in ANNOUNCE_TYPES:
            raise MalformedResponse(f"announce type {kind[:40]!r} is not known")
        creators = child_text(element, "{http://purl.org/dc/elements/1.1/}creator") or ""
        categories = dict.fromkeys(str(t.get("term") or "") for t in entry.get("tags") or ())
        paper = Paper(
            arxiv_id=name.id,
            title=title,
            abstract=abstract,
            version=name.version,
            authors=split_authors(creators),
            categories=tuple(filter(None, categories)),
            journal_ref=optional_text(entry.get("arxiv_journal_reference")),
            doi=optional_text(entry.get("arxiv_doi")),
            license=optional_text(entry.get("rights")),
        )
        return Record(paper, kind, _eastern_day(_moment(entry) or updated))


def _moment(part: Any) -> datetime | None:
    for key in ("published", "updated"):
        # `in` first: feedparser answers `updated` with `published`, and warns.
        if key in part and (moment := parse_moment(part[key])) is not None:
            return moment
    return None


def _eastern_day(moment: datetime) -> date:
    """Return the mailing day: feeds are dated midnight in New York of the day of the mailing."""
    return moment.astimezone(_EASTERN).date()
