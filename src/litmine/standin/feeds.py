"""The stand-in's announcement feeds: RSS 2.0 and Atom, at most 2,000 items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree

from litmine.standin.markup import add, to_bytes
from litmine.standin.records import StandinRecord

__all__ = ["LIMIT", "answer", "listed"]

LIMIT = 2000
ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
ARXIV = "http://arxiv.org/schemas/atom"
_STRENGTH = ("new", "cross", "replace", "replace-cross")
_EASTERN = ZoneInfo("America/New_York")


def listed(
    records: Sequence[StandinRecord], feed: str, day: date
) -> list[tuple[StandinRecord, str]]:
    """Return the records of `day` in `feed` (``cs.LG+cs.CL``) with their announcement types.

    New papers come first, then cross-lists, then replacements, as in arXiv's feeds.
    """
    wanted = [part for part in feed.split("+") if part]
    found = []
    for record in records:
        if record.day != day or record.deleted:
            continue
        kind = _type_in(record, wanted)
        if kind is not None:
            found.append((record, kind))
    found.sort(key=lambda pair: _STRENGTH.index(pair[1]))
    return found


def _type_in(record: StandinRecord, wanted: Sequence[str]) -> str | None:
    def within(category: str) -> bool:
        return any(category == w or category.startswith(f"{w}.") for w in wanted)

    types = [kind for feed, kind in record.listings.items() if within(feed)]
    if types:
        return min(types, key=_STRENGTH.index)
    if not any(within(c) for c in record.categories):
        return None
    replaced = record.announce_type.startswith("replace")
    if record.categories and within(record.categories[0]):
        return "replace" if replaced else "new"
    return "replace-cross" if replaced else "cross"


def answer(
    records: Sequence[StandinRecord],
    feed: str,
    *,
    atom: bool,
    day: date,
    base_url: str,
    empty: bool = False,
) -> bytes:
    """Write the feed of `day`; without records on that day it is a valid feed without items."""
    items = [] if empty else listed(records, feed, day)[:LIMIT]
    midnight = datetime.combine(day, time(), _EASTERN)
    link = f"{base_url}/{feed}"
    title = f"{feed.replace('+', ', ')} updates on arXiv.org"
    if atom:
        return _atom(items, link, title, midnight)
    return _rss(items, link, title, midnight)


def _atom(
    items: list[tuple[StandinRecord, str]], link: str, title: str, midnight: datetime
) -> bytes:
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM, "dc": DC, "arxiv": ARXIV})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", "en-us")
    add(root, f"{{{ATOM}}}id", link)
    add(root, f"{{{ATOM}}}title", title)
    add(root, f"{{{ATOM}}}updated", midnight.isoformat())
    add(root, f"{{{ATOM}}}link", href=link, rel="self", type="application/atom+xml")
    add(root, f"{{{ATOM}}}subtitle", title.replace("arXiv.org", "the arXiv.org e-print archive."))
    for record, kind in items:
        entry = add(root, f"{{{ATOM}}}entry")
        add(entry, f"{{{ATOM}}}id", f"oai:arXiv.org:{record.arxiv_id}v{record.version}")
        add(entry, f"{{{ATOM}}}title", record.title)
        add(entry, f"{{{ATOM}}}updated", midnight.isoformat())
        href = f"https://arxiv.org/abs/{record.arxiv_id}"
        add(entry, f"{{{ATOM}}}link", href=href, rel="alternate", type="text/html")
        add(entry, f"{{{ATOM}}}summary", _description(record, kind))
        for category in record.categories:
            add(entry, f"{{{ATOM}}}category", term=category)
        add(entry, f"{{{ATOM}}}published", midnight.isoformat())
        _extensions(entry, record, kind)
    return to_bytes(root)


def _rss(
    items: list[tuple[StandinRecord, str]], link: str, title: str, midnight: datetime
) -> bytes:
    root = etree.Element("rss", nsmap={"arxiv": ARXIV, "dc": DC, "atom": ATOM}, version="2.0")
    channel = add(root, "channel")
    stamp = format_datetime(midnight)
    add(channel, "title", title)
    add(channel, "link", link)
    add(channel, "description", title.replace("arXiv.org", "the arXiv.org e-print archive."))
    add(channel, f"{{{ATOM}}}link", href=link, rel="self", type="application/rss+xml")
    add(channel, "docs", "http://www.rssboard.org/rss-specification")
    add(channel, "language", "en-us")
    add(channel, "lastBuildDate", stamp)
    add(channel, "managingEditor", "rss-help@arxiv.org")
    add(channel, "pubDate", stamp)
    days = add(channel, "skipDays")
    add(days, "day", "Saturday")
    add(days, "day", "Sunday")
    for record, kind in items:
        item = add(channel, "item")
        add(item, "title", record.title)
        add(item, "link", f"https://arxiv.org/abs/{record.arxiv_id}")
        add(item, "description", _description(record, kind))
        guid = f"oai:arXiv.org:{record.arxiv_id}v{record.version}"
        add(item, "guid", guid, isPermaLink="false")
        for category in record.categories:
            add(item, "category", category)
        add(item, "pubDate", stamp)
        _extensions(item, record, kind)
    return to_bytes(root)


def _description(record: StandinRecord, kind: str) -> str:
    name = f"{record.arxiv_id}v{record.version}"
    return f"arXiv:{name} Announce Type: {kind} \nAbstract: {record.abstract}"


def _extensions(entry: Any, record: StandinRecord, kind: str) -> None:
    add(entry, f"{{{ARXIV}}}announce_type", kind)
    add(entry, f"{{{DC}}}rights", record.license)
    if record.journal_ref:
        add(entry, f"{{{ARXIV}}}journal_reference", record.journal_ref)
    if record.doi:
        add(entry, f"{{{ARXIV}}}DOI", record.doi)
    add(entry, f"{{{DC}}}creator", ", ".join(record.authors))
