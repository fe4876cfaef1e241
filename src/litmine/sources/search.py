"""arXiv's search API through the ``arxiv`` package: ad-hoc queries and repair by id.

The package (4.0) builds the query and reads the entries. Left to itself it sets no timeout,
retries every failure alike, ignores ``Retry-After`` and reads a cut page as a shorter one, so its
session sends through `HttpTransport`, which has one policy for all of that, and every answer is
parsed strictly before the package sees it.

The API gives at most 2,000 entries a slice and 30,000 in all, and sometimes an empty page long
before the total is reached: such a page is asked for again a few times, then the harvest ends
there and says so (`Page.rejected`). Reconciliation must never rest on this source alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from litmine.core.errors import InputError, LitmineError, MalformedResponse, SourceError
from litmine.core.paper import Paper, PaperVersion, parse_arxiv_id
from litmine.sources.base import HarvestRequest, Page, Record, Rejected, refuse
from litmine.sources.http import Answer, HttpTransport
from litmine.sources.text import author_names, clean_text, is_withdrawal_note, optional_text
from litmine.sources.xml import child_text, parse_xml, text_of

__all__ = ["SearchSource"]

SLICE_LIMIT: Final = 2000
RESULT_LIMIT: Final = 30_000
_EMPTY_ATTEMPTS: Final = 3
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_OPENSEARCH: Final = "{http://a9.com/-/spec/opensearch/1.1/}"
_ACCEPT: Final = "application/atom+xml, application/xml;q=0.9, */*;q=0.1"


class _Slice(NamedTuple):
    entries: tuple[str, ...]
    total: int


class SearchSource:
    """Papers found by a query, or by id.

    Parameters
    ----------
    api_url : str
        Such as ``https://export.arxiv.org/api/query``.
    transport : HttpTransport
        The polite way out.
    page_size : int
        Entries a slice for queries, at most 2,000; smaller slices fail less often.
    id_batch : int
        Ids a request.
    """

    name = "search"

    def __init__(
        self, api_url: str, transport: HttpTransport, *, page_size: int = 500, id_batch: int = 100
    ) -> None:
        if not 1 <= page_size <= SLICE_LIMIT or not 1 <= id_batch <= 400:
            raise InputError(f"a slice has 1 to {SLICE_LIMIT} entries, a batch 1 to 400 ids")
        self.api_url = api_url
        self.transport = transport
        self.page_size = page_size
        self.id_batch = id_batch

    def pages(self, request: HarvestRequest, cursor: str | None = None) -> Iterator[Page]:
        """Yield slices of ``request.query``, or batches of ``request.ids``.

        Ids that the API does not answer are named in ``Page.rejected``. ``request.categories``
        alone is a query for them, newest first.
        """
        refuse(self.name, request, {"query", "ids", "categories", "limit"})
        if request.ids and (request.query or request.categories):
            raise InputError("search for ids or for a query, not for both")
        if request.ids:
            yield from self._by_id(request, cursor)
            return
        query = request.query or ""
        if request.categories:
            cats = " OR ".join(f"cat:{c}" if "." in c else f"cat:{c}.*" for c in request.categories)
            query = f"({query}) AND ({cats})" if query else cats
        if not query.strip():
            raise InputError("the search source needs a query, categories or ids")
        yield from self._by_query(query, request.limit, cursor)

    def _by_id(self, request: HarvestRequest, cursor: str | None) -> Iterator[Page]:
        ids = tuple(dict.fromkeys(parse_arxiv_id(i).id for i in request.ids))[: request.limit]
        if _offset(cursor) > len(ids):
            raise InputError(f"cursor {cursor} does not belong to this request")
        for start in range(_offset(cursor), len(ids), self.id_batch):
            batch = ids[start : start + self.id_batch]
            found, rejected, _ = self._slice(
                {"query": "", "id_list": list(batch)}, 0, len(batch), newest_first=False
            )
            unasked = [r for r in found if r.paper.arxiv_id not in batch]
            if unasked:
                raise MalformedResponse(
                    f"the search API answered {unasked[0].paper.arxiv_id}, which was not asked for"
                )
            named = {r.paper.arxiv_id for r in found} | {_bare(r.identifier) for r in rejected}
            missing = (Rejected(i, "the search API did not answer it") for i in batch)
            rejected += [m for m in missing if m.identifier not in named]
            following = start + self.id_batch
            yield Page(
                tuple(found),
                str(following) if following < len(ids) else None,
                rejected=tuple(rejected),
                total=len(ids),
            )

    def _by_query(self, query: str, limit: int | None, cursor: str | None) -> Iterator[Page]:
        start = _offset(cursor)
        if start >= RESULT_LIMIT:
            raise InputError(f"the search API gives no more than {RESULT_LIMIT} results of a query")
        end = min(RESULT_LIMIT, start + limit if limit else RESULT_LIMIT)
        while start < end:  # every page moves `start` forward, or is the last
            size = min(self.page_size, end - start)
            for _ in range(_EMPTY_ATTEMPTS):
                found, rejected, answer = self._slice({"query": query}, start, size)
                if answer.entries or start >= answer.total:
                    break
            got = len(answer.entries)
            warnings: tuple[str, ...] = ()
            if not got and start < answer.total:
                where = f"results {start + 1} to {answer.total}"
                rejected.append(Rejected(where, "the search API sends an empty page there"))
            start += got
            if start < answer.total and start >= RESULT_LIMIT:
                warnings = (f"{answer.total} results; the API gives no more than {RESULT_LIMIT}",)
            more = got > 0 and start < min(answer.total, end)
            yield Page(
                tuple(found),
                str(start) if more else None,
                rejected=tuple(rejected),
                total=answer.total,
                warnings=warnings,
            )
            if not more:
                return

    def _slice(
        self, search: dict[str, Any], start: int, size: int, *, newest_first: bool = True
    ) -> tuple[list[Record], list[Rejected], _Slice]:
        """Ask for one slice; the session sees to it that the package sends one request only."""
        import arxiv  # type: ignore[import-untyped]

        session = _PoliteSession(self.transport)
        client = arxiv.Client(page_size=size, delay_seconds=0.0, num_retries=0)
        client._session = session
        client.query_url_format = f"{self.api_url}?{{}}"
        wanted = arxiv.Search(
            max_results=start + size,
            sort_by=arxiv.SortCriterion.SubmittedDate
            if newest_first
            else arxiv.SortCriterion.Relevance,
            **search,
        )
        results: list[Any] = []
        with suppress(_SliceDone):
            for result in client.results(wanted, offset=start):
                results.append(result)  # what came before _SliceDone stays
        if session.slice is None:
            raise MalformedResponse("the arxiv package sent no request")  # pragma: no cover
        records: list[Record] = []
        rejected: list[Rejected] = []
        for result in results:
            try:
                records.append(_record(result))
            except LitmineError as error:
                rejected.append(Rejected(str(result.entry_id)[:80], str(error)))
        read = {str(result.entry_id) for result in results}
        rejected += [
            Rejected(entry[:80] or "(no id)", "entry without the fields every paper has")
            for entry in session.slice.entries
            if entry not in read
        ]
        return records, rejected, session.slice


class _SliceDone(Exception):
    """The package wants the next slice; that is for us to decide."""


class _Reply(NamedTuple):
    status_code: int
    content: bytes


class _PoliteSession:
    """What the arxiv package takes for its requests session: one slice through our transport."""

    def __init__(self, transport: HttpTransport) -> None:
        self._transport = transport
        self.slice: _Slice | None = None

    def get(self, url: str, headers: Any = None) -> _Reply:
        """Send the request; the package's own headers give way to the transport's."""
        if self.slice is not None:
            raise _SliceDone
        self.slice, content = self._transport.fetch(
            url, _read_strictly, accept=_ACCEPT, also=(400,)
        )
        return _Reply(200, content)


def _read_strictly(answer: Answer) -> tuple[_Slice, bytes]:
    """Check a whole answer; entries that would break the package are listed, but taken out."""
    try:
        root = parse_xml(answer.content, what="search answer")
    except MalformedResponse:
        if answer.status == 400:
            raise SourceError("the search API refused the query (HTTP 400)") from None
        raise
    if root.tag != f"{_ATOM}feed":
        raise MalformedResponse(f"{answer.url[:120]} is not an Atom feed; check the API URL")
    entries = root.findall(f"{_ATOM}entry")
    names = tuple(child_text(entry, f"{_ATOM}id") or "" for entry in entries)
    for entry, name in zip(entries, names, strict=True):
        _flatten(entry)
        if "/api/errors" in name:
            reason = clean_text(child_text(entry, f"{_ATOM}summary") or "")[:160]
            raise InputError(f"the search API refused the query: {reason}")
        dates = (child_text(entry, f"{_ATOM}{tag}") for tag in ("published", "updated"))
        if not name or not all(_is_moment(text) for text in dates):
            root.remove(entry)
    total = (child_text(root, f"{_OPENSEARCH}totalResults") or "").strip()
    if answer.status != 200 or not (total.isascii() and total.isdigit()):
        raise MalformedResponse("the search API did not tell how many results there are")
    from lxml import etree

    return _Slice(names, int(total[:9])), bytes(etree.tostring(root, encoding="UTF-8"))


def _flatten(entry: Any) -> None:
    """Put text that has markup in it into one piece: the package reads the first piece only."""
    for child in entry:
        if len(child) and child.tag != f"{_ATOM}author":
            text = text_of(child)
            for below in list(child):
                child.remove(below)
            child.text = text


def _is_moment(text: str | None) -> bool:
    try:
        datetime.fromisoformat((text or "").strip().replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


def _record(result: Any) -> Record:
    name = parse_arxiv_id(str(result.entry_id))
    title = clean_text(result.title)
    if not title:
        raise MalformedResponse("entry without a title")
    first, last = result.published, result.updated
    versions: dict[int, PaperVersion] = {}
    if name.version is not None:
        versions[1] = PaperVersion(1, first)
        versions[name.version] = PaperVersion(name.version, last if name.version > 1 else first)
    comments = optional_text(result.comment)
    categories = dict.fromkeys((result.primary_category, *result.categories))
    paper = Paper(
        arxiv_id=name.id,
        title=title,
        abstract=clean_text(result.summary),
        version=name.version,
        authors=author_names(author.name for author in result.authors),
        categories=tuple(filter(None, categories)),
        published=first.date(),
        updated=last.date(),
        comments=comments,
        journal_ref=optional_text(result.journal_ref),
        doi=optional_text(result.doi),
        withdrawn=is_withdrawal_note(comments),
        versions=tuple(versions.values()),
    )
    return Record(paper)


def _bare(entry: str) -> str:
    try:
        return parse_arxiv_id(entry).id
    except InputError:
        return entry


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 9):
        raise InputError(f"cursor {cursor[:40]!r} does not belong to this request")
    return int(cursor)
