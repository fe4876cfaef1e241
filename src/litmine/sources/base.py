"""What every source of papers is: a reader of pages that can be stopped and taken up again.

The caller commits each page together with its cursor and only then asks for the next one, so that
a harvest killed at any point goes on from the last page that is safely stored::

    for page in source.pages(request, cursor=saved):
        with database.begin():
            store(page.records)
            save(page.cursor)

A source sends one request at a time. Whatever it cannot read is named in ``Page.rejected``;
nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple, Protocol

from litmine.core.errors import InputError
from litmine.core.paper import Paper

__all__ = [
    "ANNOUNCE_TYPES",
    "HarvestRequest",
    "Page",
    "Record",
    "Rejected",
    "Source",
    "in_categories",
    "refuse",
    "strongest",
]

ANNOUNCE_TYPES: Final = ("new", "cross", "replace", "replace-cross")
"""How arXiv announces a paper in a listing, the strongest first."""


class Rejected(NamedTuple):
    """A record that could not be read: which one, and why (one line)."""

    identifier: str
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """One paper as a source gave it.

    Attributes
    ----------
    paper : Paper
        What the source knows of the paper; unknown fields are None or empty.
    announce_type : {'new', 'cross', 'replace', 'replace-cross'} or None
        Only announcement feeds tell.
    announced : date or None
        The mailing day (see `litmine.sources.calendar`), where the source tells.
    """

    paper: Paper
    announce_type: str | None = None
    announced: date | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of records and the place to go on from.

    Attributes
    ----------
    records : tuple of Record
        May be empty: a weekend feed, a window in which nothing changed.
    cursor : str or None
        Opaque; hand it to `Source.pages` to get what follows this page. None at the end.
    server_time : datetime or None
        The source's own clock (UTC) when it answered: the next harvest starts from here.
    deleted : tuple of str
        arXiv ids that the source says are gone.
    rejected : tuple of Rejected
        Records that could not be read.
    total : int or None
        Size of the whole result where the source tells; 0 when it said 'nothing matches'.
    warnings : tuple of str
        Facts an operator should know, such as a feed that was cut at its limit.
    """

    records: tuple[Record, ...]
    cursor: str | None
    server_time: datetime | None = None
    deleted: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    total: int | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HarvestRequest:
    """What to ask a source for; a source refuses (InputError) a field it cannot honour.

    Attributes
    ----------
    since, until : date or None
        Modification days, both included (OAI-PMH). Leave `until` out in a nightly harvest.
    set_spec : str or None
        OAI-PMH set, such as ``cs:cs:LG``.
    categories : tuple of str
        Keep papers listed in any of these (``cs.LG``, or a whole archive: ``cs``).
    ids : tuple of str
        Ask for these papers by arXiv id.
    query : str or None
        Search API query, such as ``cat:cs.CL AND ti:quantization``.
    limit : int or None
        At most this many records; the harvest then ends (cursor None).
    """

    since: date | None = None
    until: date | None = None
    set_spec: str | None = None
    categories: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    query: str | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise InputError(f"the window is empty: since {self.since} is after until {self.until}")
        if self.limit is not None and self.limit < 1:
            raise InputError(f"limit must be at least 1, not {self.limit}")


class Source(Protocol):
    """A place that papers come from."""

    @property
    def name(self) -> str:
        """Short name for logs and the audit: ``oai``, ``rss``, ``search`` or ``snapshot``."""
        ...

    def pages(self, request: HarvestRequest, cursor: str | None = None) -> Iterator[Page]:
        """Yield pages, starting after the page that `cursor` came with.

        Raises
        ------
        InputError
            When the request asks for something this source cannot do.
        TokenExpired
            When `cursor` is no longer valid: start the same request again without it.
        RateLimited, SourceUnavailable, MalformedResponse, SourceError
            When the source keeps failing after a bounded number of attempts.
        """
        ...


def refuse(source: str, request: HarvestRequest, supported: Collection[str]) -> None:
    """Raise InputError when `request` uses a field outside `supported`."""
    asked = {
        "since": request.since,
        "until": request.until,
        "set_spec": request.set_spec,
        "categories": request.categories,
        "ids": request.ids,
        "query": request.query,
        "limit": request.limit,
    }
    wrong = sorted(name for name, value in asked.items() if value and name not in supported)
    if wrong:
        raise InputError(f"the {source} source cannot select by {', '.join(wrong)}")


def in_categories(categories: Collection[str], wanted: Collection[str]) -> bool:
    """Tell whether a paper's `categories` meet `wanted` (``cs`` stands for all of ``cs.*``)."""
    if not wanted:
        return True
    return any(c in wanted or c.partition(".")[0] in wanted for c in categories)


def strongest(first: str | None, second: str | None) -> str | None:
    """Return the stronger of two announcement types: new, cross, replace, replace-cross.

    A paper listed in several feeds has one type in each; new anywhere is new.

    Examples
    --------
    >>> strongest("cross", "new")
    'new'
    """
    known = [t for t in (first, second) if t in ANNOUNCE_TYPES]
    return min(known, key=ANNOUNCE_TYPES.index, default=None)
