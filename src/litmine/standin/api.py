"""The stand-in's search API: ``search_query`` and ``id_list``, answered as Atom."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from litmine.core.errors import InputError
from litmine.core.paper import parse_arxiv_id
from litmine.standin.markup import add, lines_of, to_bytes
from litmine.standin.records import StandinRecord

__all__ = ["BadQuery", "answer"]

ATOM = "http://www.w3.org/2005/Atom"
ARXIV = "http://arxiv.org/schemas/atom"
OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
SLICE = 2000
_TERM = re.compile(r'\s*(?:(AND|OR|ANDNOT)\s+)?(?:([a-z]+):)?(?:"([^"]*)"|(\S+))')


class BadQuery(Exception):
    """A request that arXiv answers with 400."""


def answer(
    records: Sequence[StandinRecord],
    query: Mapping[str, str],
    *,
    base_url: str,
    now: datetime,
    empty: bool = False,
) -> bytes:
    """Answer a query with one slice of its results.

    Raises
    ------
    BadQuery
        For ids or numbers that cannot be read.
    """
    start, size = _number(query, "start", 0), _number(query, "max_results", 10)
    if start + size > 30_000:
        raise BadQuery("start + max_results must not exceed 30000")
    found = [r for r in records if not r.deleted]
    if query.get("id_list"):
        found = _by_id(found, query["id_list"])
    if query.get("search_query"):
        found = [r for r in found if _matches(r, query["search_query"])]
    elif not query.get("id_list"):
        found = []
    if query.get("sortBy") in {"submittedDate", "lastUpdatedDate"}:
        at = 0 if query["sortBy"] == "submittedDate" else -1
        found.sort(key=lambda r: r.versions[at][1], reverse=query.get("sortOrder") != "ascending")
    page = [] if empty else found[start : start + min(size, SLICE)]
    root = _feed(query, base_url, now)
    add(root, f"{{{OPENSEARCH}}}totalResults", str(len(found)))
    add(root, f"{{{OPENSEARCH}}}startIndex", str(start))
    add(root, f"{{{OPENSEARCH}}}itemsPerPage", str(size))
    for record in page:
        _entry(root, record)
    return to_bytes(root)


def error_feed(message: str, *, base_url: str, now: datetime) -> bytes:
    """Write the feed with a single 'Error' entry that arXiv sends with a 400."""
    root = _feed({}, base_url, now)
    add(root, f"{{{OPENSEARCH}}}totalResults", "1")
    add(root, f"{{{OPENSEARCH}}}startIndex", "0")
    add(root, f"{{{OPENSEARCH}}}itemsPerPage", "1")
    entry = add(root, f"{{{ATOM}}}entry")
    add(entry, f"{{{ATOM}}}id", "http://arxiv.org/api/errors#" + message.replace(" ", "_"))
    add(entry, f"{{{ATOM}}}title", "Error")
    add(entry, f"{{{ATOM}}}summary", message)
    add(entry, f"{{{ATOM}}}updated", _stamp(now))
    add(add(entry, f"{{{ATOM}}}author"), f"{{{ATOM}}}name", "arXiv api core")
    return to_bytes(root)


def _feed(query: Mapping[str, str], base_url: str, now: datetime) -> Any:
    names = {None: ATOM, "opensearch": OPENSEARCH, "arxiv": ARXIV}
    root = etree.Element(f"{{{ATOM}}}feed", nsmap=names)
    add(root, f"{{{ATOM}}}id", base_url)
    shown = "&".join(f"{k}={v}" for k, v in query.items())
    add(root, f"{{{ATOM}}}title", f"arXiv Query: {shown}")
    add(root, f"{{{ATOM}}}updated", _stamp(now))
    return root


def _entry(root: Any, record: StandinRecord) -> None:
    entry = add(root, f"{{{ATOM}}}entry")
    name = f"{record.arxiv_id}v{record.version}"
    add(entry, f"{{{ATOM}}}id", f"http://arxiv.org/abs/{name}")
    add(entry, f"{{{ATOM}}}updated", _stamp(record.versions[-1][1]))
    add(entry, f"{{{ATOM}}}published", _stamp(record.versions[0][1]))
    add(entry, f"{{{ATOM}}}title", lines_of(record.title))
    add(entry, f"{{{ATOM}}}summary", f"  {lines_of(record.abstract, indent='')}\n")
    for author in record.authors:
        add(add(entry, f"{{{ATOM}}}author"), f"{{{ATOM}}}name", author)
    comments = record.comments
    if record.withdrawn and not comments:
        comments = "This paper has been withdrawn by the author"
    for tag, text in (
        ("comment", comments),
        ("journal_ref", record.journal_ref),
        ("doi", record.doi),
    ):
        if text:
            add(entry, f"{{{ARXIV}}}{tag}", text)
    href = f"http://arxiv.org/abs/{name}"
    add(entry, f"{{{ATOM}}}link", href=href, rel="alternate", type="text/html")
    pdf = f"http://arxiv.org/pdf/{name}"
    add(entry, f"{{{ATOM}}}link", href=pdf, rel="related", type="application/pdf", title="pdf")
    if record.categories:
        add(entry, f"{{{ARXIV}}}primary_category", term=record.categories[0])
    for category in record.categories:
        add(entry, f"{{{ATOM}}}category", term=category, scheme=ARXIV)


def _by_id(records: list[StandinRecord], id_list: str) -> list[StandinRecord]:
    known = {r.arxiv_id: r for r in records}
    found: dict[str, StandinRecord] = {}
    for text in filter(None, (part.strip() for part in id_list.split(","))):
        try:
            identifier = parse_arxiv_id(text).id
        except InputError as error:
            raise BadQuery(f"incorrect id format for {text}") from error
        if identifier in known:
            found[identifier] = known[identifier]
    return list(found.values())


def _matches(record: StandinRecord, query: str) -> bool:
    """Evaluate terms from left to right: a AND b OR c is (a AND b) OR c."""
    result: bool | None = None
    for operator, field, quoted, word in _TERM.findall(query.replace("(", " ").replace(")", " ")):
        hit = _term(record, field or "all", (quoted or word).lower())
        if result is None:
            result = hit
        elif operator == "OR":
            result = result or hit
        elif operator == "ANDNOT":
            result = result and not hit
        else:
            result = result and hit
    return bool(result)


def _term(record: StandinRecord, field: str, value: str) -> bool:
    if field == "cat":
        if value.endswith("*"):
            return any(c.lower().startswith(value[:-1]) for c in record.categories)
        return any(c.lower() == value for c in record.categories)
    if field == "id":
        return record.arxiv_id == value
    texts = {
        "ti": record.title,
        "abs": record.abstract,
        "au": " ".join(record.authors),
        "co": record.comments or "",
        "jr": record.journal_ref or "",
    }
    haystack = " ".join(texts.values()) if field == "all" else texts.get(field, "")
    return value.replace("_", " ") in haystack.lower()


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, "")
    if value and not (value.isascii() and value.isdigit()):
        raise BadQuery(f"{name} must be an integer")
    return int(value) if value else default


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
