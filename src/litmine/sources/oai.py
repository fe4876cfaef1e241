"""arXiv's OAI-PMH interface: the primary, incremental source.

What the protocol does, and what follows from it here:

* ``from``/``until`` select by *datestamp*, the day a record last changed, not by submission.
* A list comes in pages; the resumption token of a page is our cursor. Tokens expire at midnight
  UTC: `TokenExpired`, and the caller restarts the window.
* ``noRecordsMatch`` is an answer, not an error: an empty last page with ``total == 0``. A
  ``ListRecords`` without a record, on the other hand, breaks the protocol and is tried again, so
  that a failing server is never taken for a quiet night.
* ``responseDate`` is the server's clock (``Page.server_time``): the next harvest starts there,
  minus an overlap.

oaipmh-scythe (0.16) reads the headers here, but its client is not used: it recovers from broken
XML by returning the part that arrived, so a cut page would pass for a short one; it understands
``Retry-After`` on 503 and as an integer only; and it cannot put its requests behind our gate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, TypeVar

from oaipmh_scythe.models import Header

from litmine.core.errors import (
    ConfigError,
    InputError,
    LitmineError,
    MalformedResponse,
    SourceError,
    TokenExpired,
)
from litmine.core.paper import parse_arxiv_id
from litmine.sources.base import HarvestRequest, Page, Record, Rejected, in_categories, refuse
from litmine.sources.http import Answer, HttpTransport
from litmine.sources.oaiformats import FORMATS
from litmine.sources.text import parse_day, parse_moment
from litmine.sources.xml import child_text, parse_xml

__all__ = ["OaiPmhSource", "oai_set"]

T = TypeVar("T")
_PHYSICS: Final = frozenset(
    {
        "astro-ph",
        "cond-mat",
        "gr-qc",
        "hep-ex",
        "hep-lat",
        "hep-ph",
        "hep-th",
        "math-ph",
        "nlin",
        "nucl-ex",
        "nucl-th",
        "physics",
        "quant-ph",
    }
)
_OAI: Final = "{http://www.openarchives.org/OAI/2.0/}"
_ACCEPT: Final = "text/xml, application/xml;q=0.9, */*;q=0.1"
# arXiv answers protocol errors with 200, other repositories with a 4xx and the same body.
_WITH_BODY: Final = (400, 404, 422)


class OaiPmhSource:
    """Papers from an OAI-PMH repository in arXiv's own formats.

    Parameters
    ----------
    base_url : str
        Such as ``https://oaipmh.arxiv.org/oai``.
    transport : HttpTransport
        The polite way out.
    metadata_prefix : {'arXivRaw', 'arXiv'}
        ``arXivRaw`` (default) tells every version and withdrawals; ``arXiv`` has structured
        author names.
    """

    name = "oai"

    def __init__(
        self, base_url: str, transport: HttpTransport, metadata_prefix: str = "arXivRaw"
    ) -> None:
        if metadata_prefix not in FORMATS:
            raise ConfigError(
                f"metadata prefix {metadata_prefix!r} is not known; use {' or '.join(FORMATS)}"
            )
        self.base_url = base_url
        self.transport = transport
        self.metadata_prefix = metadata_prefix

    def pages(self, request: HarvestRequest, cursor: str | None = None) -> Iterator[Page]:
        """Yield the pages of a ListRecords harvest, or one page per id in ``request.ids``.

        ``request.categories`` is a filter on this side: the whole set is still transferred.
        """
        refuse(
            self.name,
            request,
            {"since", "until", "set_spec", "categories", "ids", "limit"},
        )
        if request.ids:
            yield from self._by_id(request, cursor)
            return
        left = request.limit
        token = cursor
        used: set[str | None] = set()
        while token not in used:
            used.add(token)
            page = self._list(request, token)
            if left is not None and len(page.records) >= left:
                page = Page(
                    page.records[:left], None, page.server_time, page.deleted, page.rejected
                )
            yield page
            if page.cursor is None:
                return
            left = None if left is None else left - len(page.records)
            token = page.cursor
        raise MalformedResponse(
            "the OAI-PMH server gives the same resumption token again; harvest stopped"
        )

    def identify(self) -> dict[str, str]:
        """Ask the repository who it is: name, granularity, earliest datestamp and so on."""

        def parse(answer: Answer) -> dict[str, str]:
            root, _ = self._envelope(answer, "Identify")
            found = root.find(f"{_OAI}Identify")
            if found is None:
                raise MalformedResponse("the OAI-PMH server did not say who it is")
            return {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in found}

        return self._ask({"verb": "Identify"}, parse)

    def _list(self, request: HarvestRequest, token: str | None) -> Page:
        params = {"verb": "ListRecords"}
        if token is not None:
            # The token is exclusive: any further argument is a protocol error.
            params["resumptionToken"] = token
        else:
            params["metadataPrefix"] = self.metadata_prefix
            if request.since:
                params["from"] = request.since.isoformat()
            if request.until:
                params["until"] = request.until.isoformat()
            if request.set_spec:
                params["set"] = request.set_spec
        return self._ask(params, lambda answer: self._page(answer, "ListRecords", request))

    def _by_id(self, request: HarvestRequest, cursor: str | None) -> Iterator[Page]:
        start = _position(cursor, len(request.ids))
        ids = request.ids[: request.limit] if request.limit else request.ids
        for i in range(start, len(ids)):
            identifier = parse_arxiv_id(ids[i]).id
            params = {
                "verb": "GetRecord",
                "identifier": f"oai:arXiv.org:{identifier}",
                "metadataPrefix": self.metadata_prefix,
            }
            page = self._ask(params, self._one(request, identifier))
            following = str(i + 1) if i + 1 < len(ids) else None
            yield Page(page.records, following, page.server_time, page.deleted, page.rejected)

    def _ask(self, params: dict[str, str], parse: Callable[[Answer], T]) -> T:
        return self.transport.fetch(
            self.base_url, parse, params=params, accept=_ACCEPT, also=_WITH_BODY
        )

    def _one(self, request: HarvestRequest, wanted: str) -> Callable[[Answer], Page]:
        return lambda answer: self._page(answer, "GetRecord", request, wanted)

    def _envelope(self, answer: Answer, verb: str) -> tuple[Any, datetime | None]:
        try:
            root = parse_xml(answer.content, what=f"OAI-PMH answer to {verb}")
        except MalformedResponse:
            if answer.status != 200:
                raise SourceError(f"the OAI-PMH server refused: HTTP {answer.status}") from None
            raise
        if root.tag != f"{_OAI}OAI-PMH":
            raise MalformedResponse(
                f"the answer to {verb} is not OAI-PMH (root element {str(root.tag)[:60]!r}); "
                "check the OAI-PMH base URL"
            )
        return root, parse_moment(child_text(root, f"{_OAI}responseDate"))

    def _page(
        self, answer: Answer, verb: str, request: HarvestRequest, wanted: str | None = None
    ) -> Page:
        root, server_time = self._envelope(answer, verb)
        error = root.find(f"{_OAI}error")
        if error is not None:
            code, text = error.get("code", ""), " ".join((error.text or "").split())[:160]
            if code == "noRecordsMatch":
                return Page((), None, server_time, total=0)
            if code == "idDoesNotExist" and wanted is not None:
                return Page((), None, server_time, rejected=(Rejected(wanted, "no such id"),))
            if code == "badResumptionToken":
                raise TokenExpired(
                    f"the resumption token is no longer valid ({text}); restart the window"
                )
            raise SourceError(f"the OAI-PMH server refused: {code or 'error'}: {text}")
        body = root.find(f"{_OAI}{verb}")
        elements = [] if body is None else body.findall(f"{_OAI}record")
        if answer.status != 200 or not elements:
            raise MalformedResponse(
                f"the OAI-PMH server answered {verb} without records and without saying why"
            )
        records: list[Record] = []
        deleted: list[str] = []
        rejected: list[Rejected] = []
        for element in elements:
            identifier = ""
            try:
                identifier, gone = self._header(element)
                if gone:
                    deleted.append(parse_arxiv_id(identifier).id)
                    continue
                record = self._record(element)
                if wanted is not None and record.paper.arxiv_id != wanted:
                    raise MalformedResponse(f"asked for {wanted}, got {record.paper.arxiv_id}")
            except LitmineError as problem:
                rejected.append(Rejected(identifier or "(no identifier)", str(problem)))
                continue
            if in_categories(record.paper.categories, request.categories):
                records.append(record)
        token = (child_text(body, f"{_OAI}resumptionToken") or "").strip() or None
        return Page(tuple(records), token, server_time, tuple(deleted), tuple(rejected))

    def _header(self, element: Any) -> tuple[str, bool]:
        found = element.find(f"{_OAI}header")
        if found is None:
            raise MalformedResponse("record without a header")
        header = Header(found)
        if not header.identifier:
            raise MalformedResponse("record header without an identifier")
        return header.identifier.strip(), header.deleted

    def _record(self, element: Any) -> Record:
        datestamp = parse_day(child_text(element.find(f"{_OAI}header"), f"{_OAI}datestamp"))
        metadata = element.find(f"{_OAI}metadata")
        for read in FORMATS.values():
            found = None if metadata is None else metadata.find(read.root)
            if found is not None:
                return Record(read.paper(found, datestamp))
        raise MalformedResponse("record without arXiv metadata")


def _position(cursor: str | None, length: int) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit()) or int(cursor) > length:
        raise InputError(f"cursor {cursor[:40]!r} does not belong to this request")
    return int(cursor)


def oai_set(category: str) -> str:
    """Return a category's OAI-PMH set: ``cs:cs:LG`` for cs.LG, ``physics:hep-th`` for hep-th."""
    archive, dot, subject = category.partition(".")
    group = "physics" if archive in _PHYSICS else archive
    if dot:
        return f"{group}:{archive}:{subject}"
    return archive if group == archive else f"{group}:{archive}"
