"""Atom feeds (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

__all__ = ["MEDIA_TYPE", "Entry", "Feed", "atom"]

MEDIA_TYPE = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"

# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; all texts but the content are plain.

    Attributes
    ----------
    id : str
        A URI that never changes.
    links : sequence of tuple
        Relation, media type and address.
    categories : sequence of tuple
        Term and label.
    content : str
        HTML that is safe to show.
    """

    id: str
    title: str
    updated: datetime
    links: Sequence[tuple[str, str, str]]
    published: datetime | None = None
    authors: Sequence[str] = ()
    categories: Sequence[tuple[str, str]] = ()
    summary: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed; `updated` is when anything in it changed last."""

    id: str
    title: str
    updated: datetime
    links: Sequence[tuple[str, str, str]]
    entries: Sequence[Entry]
    subtitle: str = ""
    author: str = "litmine"


def atom(feed: Feed) -> bytes:
    """Write a feed.

    Parameters
    ----------
    feed : Feed
        Its texts may hold anything; what XML cannot hold is left out.

    Returns
    -------
    bytes
        An XML document in UTF-8, the same for the same feed.
    """
    root = etree.Element(f"{{{_NAMESPACE}}}feed", nsmap={None: _NAMESPACE})
    _put(root, "id", feed.id)
    _put(root, "title", feed.title)
    if feed.subtitle:
        _put(root, "subtitle", feed.subtitle)
    _put(root, "updated", _moment(feed.updated))
    _author(root, feed.author)
    _links(root, feed.links)
    _put(root, "generator", "litmine")
    for entry in feed.entries:
        _entry(etree.SubElement(root, f"{{{_NAMESPACE}}}entry"), entry)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def _entry(element: etree._Element, entry: Entry) -> None:
    _put(element, "id", entry.id)
    _put(element, "title", entry.title)
    _put(element, "updated", _moment(entry.updated))
    if entry.published is not None:
        _put(element, "published", _moment(entry.published))
    for name in entry.authors:
        _author(element, name)
    _links(element, entry.links)
    for term, label in entry.categories:
        _put(element, "category", "", term=term, label=label)
    if entry.summary:
        _put(element, "summary", entry.summary, type="text")
    if entry.content:
        _put(element, "content", entry.content, type="html")


def _author(element: etree._Element, name: str) -> None:
    author = etree.SubElement(element, f"{{{_NAMESPACE}}}author")
    # An author without a name is no author.
    _put(author, "name", _NOT_XML.sub("", name).strip() or "unknown")


def _links(element: etree._Element, links: Sequence[tuple[str, str, str]]) -> None:
    for relation, media_type, address in links:
        _put(element, "link", "", rel=relation, type=media_type, href=address)


def _put(element: etree._Element, name: str, text: str, **attributes: str) -> None:
    child = etree.SubElement(element, f"{{{_NAMESPACE}}}{name}")
    for key, value in attributes.items():
        child.set(key, _NOT_XML.sub("", value))
    if text:
        child.text = _NOT_XML.sub("", text)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
