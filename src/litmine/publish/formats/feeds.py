"""Parts of the paper list as Atom feeds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time
from urllib.parse import urlsplit

from markupsafe import Markup

from litmine.core.latex import latex
from litmine.core.plain import clean
from litmine.core.taxonomy import Taxonomy
from litmine.publish.entry import ListEntry, in_order
from litmine.publish.formats.atom import MEDIA_TYPE, Entry, Feed
from litmine.publish.selection import Selection

__all__ = ["NEWEST", "authority_of", "feed_entry", "list_feed", "moved_at"]

NEWEST = 100
"""Papers in a feed that is subscribed to."""

_MINTED = "2026"
_EMPTY = datetime(2026, 1, 1, tzinfo=UTC)
_AUTHORS = 12


def list_feed(
    entries: Iterable[ListEntry],
    taxonomy: Taxonomy,
    *,
    selection: Selection | None = None,
    name: str = "",
    title: str = "Resource-Efficient LLM Papers",
    address: str = "",
    page: str = "",
    page_of: Callable[[ListEntry], str] | None = None,
    authority: str = "litmine",
    limit: int | None = NEWEST,
    entry_of: Callable[[ListEntry], Entry] | None = None,
) -> Feed:
    """Make the feed of a part of the list: what was approved or changed last stands first.

    Parameters
    ----------
    selection : Selection, optional
        The part; everything by default.
    name : str
        What tells this feed from others of the same authority; by default the selection's name.
    address, page : str
        Of the feed itself, and of the page that shows the same; left out where empty.
    page_of : callable, optional
        Address of a paper's own page, beside that on arXiv.
    authority : str
        Who mints the ids (`authority_of`).
    limit : int or None
        At most so many papers.
    entry_of : callable, optional
        Gives what `feed_entry` would, for those who keep entries over many feeds.

    Raises
    ------
    InputError
        If a paper stands in twice.
    """
    part = selection or Selection()
    ordered = in_order(part.of(entries))
    ordered.sort(key=moved_at, reverse=True)  # of equal moments the newer paper stands first
    entry_of = entry_of or (lambda one: feed_entry(one, taxonomy, page_of, authority))
    told = [entry_of(one) for one in ordered[:limit]]
    what = part.title(taxonomy)
    links = [
        ("self", MEDIA_TYPE, address) if address else None,
        ("alternate", "text/html", page) if page else None,
    ]
    called = name or part.name
    return Feed(
        id=f"tag:{authority},{_MINTED}:approved" + (f":{called}" if called else ""),
        title=f"{title}: {what}" if what else title,
        updated=max((one.updated for one in told), default=_EMPTY),
        links=[link for link in links if link is not None],
        entries=told,
    )


def feed_entry(
    entry: ListEntry,
    taxonomy: Taxonomy,
    page_of: Callable[[ListEntry], str] | None = None,
    authority: str = "litmine",
) -> Entry:
    """Make the entry of a paper: the same in every feed of an authority."""
    links = [("alternate", "text/html", entry.url)]
    if page_of is not None:
        links.append(("related", "text/html", page_of(entry)))
    stages = {one.id: one.name for one in taxonomy.stages}
    resources = {one.id: one.name for one in taxonomy.resources}
    techniques = {one.id: one.name for one in taxonomy.techniques}
    cells = {
        cell: f"{stages.get(stage, stage)} / {resources.get(resource, resource)}"
        for cell in entry.cells
        for stage, _, resource in [cell.partition("/")]
    }
    known = {one: techniques.get(one, one) for one in entry.technique}
    subjects = {word: word for one in entry.categories if (word := clean(one))}
    return Entry(
        id=f"tag:{authority},{_MINTED}:paper:{entry.arxiv_id}",
        title=entry.plain_title,
        updated=moved_at(entry),
        published=datetime.combine(entry.day, time(), UTC),
        links=links,
        authors=entry.authors,
        categories=list({**cells, **known, **subjects}.items()),
        content=_content(entry, list(cells.values()), list(known.values())),
    )


def moved_at(entry: ListEntry) -> datetime:
    """When a paper changed for readers: its approval, or a later version on arXiv."""
    moments = [datetime.combine(day, time(), UTC) for day in (entry.updated,) if day]
    if entry.approval is not None:
        moments.append(entry.approval.decided_at.astimezone(UTC).replace(microsecond=0))
    return max(moments, default=datetime.combine(entry.day, time(), UTC))


def authority_of(url: str) -> str:
    """Give who mints the ids of a site's feeds (RFC 4151): its host, else "litmine".

    A site without an address has ids that are the same wherever it is built.
    """
    host = urlsplit(url).hostname or ""
    return host if re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", host) else "litmine"


def _content(entry: ListEntry, cells: Sequence[str], techniques: Sequence[str]) -> str:
    """Write what a feed reader shows, as HTML; everything from outside is escaped."""
    authors = ", ".join(entry.authors[:_AUTHORS])
    more = len(entry.authors) - _AUTHORS
    facts = [
        f"{authors} and {more:,} more" if more > 0 else authors,
        " · ".join(part for part in (entry.venue or "arXiv", f"arXiv:{entry.arxiv_id}")),
        " · ".join([*cells, *techniques]),
    ]
    lines = [Markup("<p>{}</p>").format(latex(fact)) for fact in facts if fact]
    if entry.abstract:
        lines.append(Markup("<p>{}</p>").format(latex(entry.abstract)))
    return str(Markup("").join(lines))
