"""The stand-in's OAI-PMH interface, true to arXiv's formats and habits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from lxml import etree

from litmine.standin.markup import add, lines_of, to_bytes, xml_safe
from litmine.standin.records import StandinRecord

__all__ = ["OaiError", "answer"]

OAI = "http://www.openarchives.org/OAI/2.0/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_PREFIX = "oai:arXiv.org:"
_FORMATS = {
    "oai_dc": ("http://www.openarchives.org/OAI/2.0/oai_dc.xsd", f"{OAI}oai_dc/"),
    "arXiv": ("http://arxiv.org/OAI/arXiv.xsd", "http://arxiv.org/OAI/arXiv/"),
    "arXivRaw": ("http://arxiv.org/OAI/arXivRaw.xsd", "http://arxiv.org/OAI/arXivRaw/"),
}
_PHYSICS = {
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
_ALLOWED = {
    "Identify": set(),
    "ListMetadataFormats": {"identifier"},
    "ListSets": {"resumptionToken"},
    "ListIdentifiers": {"from", "until", "set", "metadataPrefix", "resumptionToken"},
    "ListRecords": {"from", "until", "set", "metadataPrefix", "resumptionToken"},
    "GetRecord": {"identifier", "metadataPrefix"},
}  # fmt: skip


class OaiError(Exception):
    """A protocol error: an OAI-PMH code and a sentence."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def answer(
    records: Sequence[StandinRecord],
    arguments: Sequence[tuple[str, str]],
    *,
    base_url: str,
    now: datetime,
    page_size: int,
    empty: bool = False,
    expire: bool = False,
) -> tuple[bytes, list[StandinRecord]]:
    """Answer one request.

    Parameters
    ----------
    records : sequence of StandinRecord
        In modification order.
    arguments : sequence of (str, str)
        The query.
    now : datetime
        The server's clock, UTC.
    page_size : int
        Records a page.
    empty, expire : bool
        Faults: leave the records out; refuse any token.

    Returns
    -------
    content : bytes
    served : list of StandinRecord
        The records on this page.
    """
    root = etree.Element(f"{{{OAI}}}OAI-PMH", nsmap={None: OAI, "xsi": XSI})
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI} {OAI}OAI-PMH.xsd")
    add(root, f"{{{OAI}}}responseDate", now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    echo = add(root, f"{{{OAI}}}request", base_url)
    served: list[StandinRecord] = []
    try:
        query = _checked(arguments)
        for name, value in query.items():
            echo.set(name, xml_safe(value))
        verb = query["verb"]
        if verb in {"ListRecords", "ListIdentifiers"}:
            served = _list(root, records, query, now, page_size, empty=empty, expire=expire)
        elif verb == "GetRecord":
            served = _get(root, records, query)
        elif verb == "Identify":
            _identify(root, records, base_url)
        elif verb == "ListSets":
            _sets(root, records)
        else:
            body = add(root, f"{{{OAI}}}{verb}")
            for prefix, (schema, namespace) in _FORMATS.items():
                entry = add(body, f"{{{OAI}}}metadataFormat")
                add(entry, f"{{{OAI}}}metadataPrefix", prefix)
                add(entry, f"{{{OAI}}}schema", schema)
                add(entry, f"{{{OAI}}}metadataNamespace", namespace)
    except OaiError as error:
        add(root, f"{{{OAI}}}error", str(error), code=error.code)
    return to_bytes(root), served


def _checked(arguments: Sequence[tuple[str, str]]) -> dict[str, str]:
    query = dict(arguments)
    if len(query) != len(arguments):
        raise OaiError("badArgument", "an argument is repeated")
    verb = query.get("verb", "")
    if verb not in _ALLOWED:
        raise OaiError("badVerb", f"verb {verb!r} is not known")
    wrong = set(query) - _ALLOWED[verb] - {"verb"}
    if wrong:
        raise OaiError("badArgument", f"{verb} does not take {', '.join(sorted(wrong))}")
    if "resumptionToken" in query and len(query) > 2:
        raise OaiError("badArgument", "resumptionToken is exclusive")
    needs = "metadataPrefix" in _ALLOWED[verb] and "resumptionToken" not in query
    if needs and "metadataPrefix" not in query:
        raise OaiError("badArgument", "metadataPrefix is missing")
    if needs and query["metadataPrefix"] not in _FORMATS:
        raise OaiError("cannotDisseminateFormat", f"no format {query['metadataPrefix']!r}")
    return query


def set_specs(record: StandinRecord) -> list[str]:
    """Return the sets of a record: ``cs:cs:LG`` for cs.LG, ``physics:hep-th`` for hep-th."""
    return list(_specs_of(record.categories))


@cache
def _specs_of(categories: tuple[str, ...]) -> tuple[str, ...]:
    specs = set()
    for category in categories:
        archive, _, subject = category.partition(".")
        group = "physics" if archive in _PHYSICS else archive
        if subject:
            specs.add(f"{group}:{archive}:{subject}")
        else:
            specs.add(archive if group == archive else f"{group}:{archive}")
    return tuple(sorted(specs))


def _list(
    root: Any,
    records: Sequence[StandinRecord],
    query: dict[str, str],
    now: datetime,
    page_size: int,
    *,
    empty: bool,
    expire: bool,
) -> list[StandinRecord]:
    verb, skip = query["verb"], 0
    given = dict(query)
    if "resumptionToken" in query:
        given = dict(parse_qsl(query["resumptionToken"]))
        stale = given.get("day") != now.date().isoformat() or given.get("verb") != verb
        if expire or stale or not given.get("skip", "").isdigit():
            raise OaiError("badResumptionToken", "the resumption token is invalid or has expired")
        skip = int(given["skip"])
    since, until = _day(given.get("from")), _day(given.get("until"))
    wanted = given.get("set")
    if since and until and since > until:
        raise OaiError("badArgument", "from is later than until")
    matching = [
        r
        for r in records
        if (since is None or r.datestamp >= since)
        and (until is None or r.datestamp <= until)
        and (wanted is None or any(s == wanted or s.startswith(f"{wanted}:") for s in set_specs(r)))
    ]
    if not matching:
        raise OaiError("noRecordsMatch", "no records match this request")
    page = matching[skip : skip + page_size]
    body = add(root, f"{{{OAI}}}{verb}")
    prefix = given.get("metadataPrefix", "oai_dc")
    for record in [] if empty else page:
        if verb == "ListIdentifiers":
            _header(body, record)
        else:
            _record(body, record, prefix)
    following = skip + page_size
    if following < len(matching):
        kept = {k: given[k] for k in ("from", "until", "set") if k in given}
        token = {"verb": verb, "metadataPrefix": prefix}
        token |= kept | {"skip": str(following), "day": now.date().isoformat()}
        midnight = f"{now.date().isoformat()}T23:59:59Z"
        add(body, f"{{{OAI}}}resumptionToken", urlencode(token), expirationDate=midnight)
    elif "resumptionToken" in query:
        add(body, f"{{{OAI}}}resumptionToken")
    return page


def _get(root: Any, records: Sequence[StandinRecord], query: dict[str, str]) -> list[StandinRecord]:
    identifier = query.get("identifier", "")
    for record in records:
        if identifier == f"{_PREFIX}{record.arxiv_id}":
            _record(add(root, f"{{{OAI}}}GetRecord"), record, query["metadataPrefix"])
            return [record]
    raise OaiError("idDoesNotExist", f"no record {identifier!r}")


def _identify(root: Any, records: Sequence[StandinRecord], base_url: str) -> None:
    body = add(root, f"{{{OAI}}}Identify")
    earliest = min((r.datestamp for r in records), default=date(2005, 9, 16))
    for name, value in (
        ("repositoryName", "arXiv (stand-in)"),
        ("baseURL", base_url),
        ("protocolVersion", "2.0"),
        ("adminEmail", "nobody@localhost"),
        ("earliestDatestamp", earliest.isoformat()),
        ("deletedRecord", "persistent"),
        ("granularity", "YYYY-MM-DD"),
    ):
        add(body, f"{{{OAI}}}{name}", value)


def _sets(root: Any, records: Sequence[StandinRecord]) -> None:
    body = add(root, f"{{{OAI}}}ListSets")
    specs: set[str] = set()
    for record in records:
        for spec in set_specs(record):
            parts = spec.split(":")
            specs.update(":".join(parts[: i + 1]) for i in range(len(parts)))
    for spec in sorted(specs):
        entry = add(body, f"{{{OAI}}}set")
        add(entry, f"{{{OAI}}}setSpec", spec)
        add(entry, f"{{{OAI}}}setName", spec.replace(":", " "))


def _header(parent: Any, record: StandinRecord) -> None:
    header = add(parent, f"{{{OAI}}}header")
    if record.deleted:
        header.set("status", "deleted")
    add(header, f"{{{OAI}}}identifier", f"{_PREFIX}{record.arxiv_id}")
    add(header, f"{{{OAI}}}datestamp", record.datestamp.isoformat())
    for spec in set_specs(record):
        add(header, f"{{{OAI}}}setSpec", spec)


def _record(parent: Any, record: StandinRecord, prefix: str) -> None:
    entry = add(parent, f"{{{OAI}}}record")
    _header(entry, record)
    if record.deleted:
        return
    metadata = add(entry, f"{{{OAI}}}metadata")
    {"arXivRaw": _raw, "arXiv": _arxiv, "oai_dc": _dublin_core}[prefix](metadata, record)


def _open(metadata: Any, name: str, namespace: str, schema: str) -> tuple[Any, str]:
    body = etree.SubElement(metadata, f"{{{namespace}}}{name}", nsmap={None: namespace})
    body.set(f"{{{XSI}}}schemaLocation", f"{namespace} {schema}")
    return body, f"{{{namespace}}}"


def _raw(metadata: Any, record: StandinRecord) -> None:
    schema, namespace = _FORMATS["arXivRaw"]
    body, ns = _open(metadata, "arXivRaw", namespace, schema)
    add(body, f"{ns}id", record.arxiv_id)
    add(body, f"{ns}submitter", record.submitter)
    for number, moment in record.versions:
        gone = record.withdrawn and number == record.version
        version = add(body, f"{ns}version", version=f"v{number}")
        stamp = format_datetime(moment.astimezone(UTC), usegmt=True)
        add(version, f"{ns}date", stamp)
        add(version, f"{ns}size", "0kb" if gone else f"{100 + len(record.abstract)}kb")
        add(version, f"{ns}source_type", "I" if gone else "D")
    add(body, f"{ns}title", lines_of(record.title))
    add(body, f"{ns}authors", lines_of(", ".join(record.authors)))
    add(body, f"{ns}categories", " ".join(record.categories))
    _optional(body, ns, record)
    add(body, f"{ns}license", record.license)
    add(body, f"{ns}abstract", f"  {lines_of(record.abstract, indent='')}\n")


def _arxiv(metadata: Any, record: StandinRecord) -> None:
    schema, namespace = _FORMATS["arXiv"]
    body, ns = _open(metadata, "arXiv", namespace, schema)
    add(body, f"{ns}id", record.arxiv_id)
    add(body, f"{ns}created", record.versions[0][1].date().isoformat())
    if record.version > 1:
        add(body, f"{ns}updated", record.versions[-1][1].date().isoformat())
    authors = add(body, f"{ns}authors")
    for name in record.authors:
        bare, bracket, affiliation = name.partition(" (")
        forenames, _, keyname = bare.rpartition(" ")
        author = add(authors, f"{ns}author")
        add(author, f"{ns}keyname", keyname)
        if forenames:
            add(author, f"{ns}forenames", forenames)
        if bracket:
            add(author, f"{ns}affiliation", affiliation.removesuffix(")"))
    add(body, f"{ns}title", lines_of(record.title))
    add(body, f"{ns}categories", " ".join(record.categories))
    _optional(body, ns, record)
    add(body, f"{ns}license", record.license)
    add(body, f"{ns}abstract", f"  {lines_of(record.abstract, indent='')}\n")


def _optional(body: Any, ns: str, record: StandinRecord) -> None:
    comments = record.comments
    if record.withdrawn and not comments:
        comments = "This paper has been withdrawn by the author"
    for name, value in (
        ("comments", comments),
        ("report-no", record.report_no),
        ("journal-ref", record.journal_ref),
        ("doi", record.doi),
    ):
        if value:
            add(body, f"{ns}{name}", value)


def _dublin_core(metadata: Any, record: StandinRecord) -> None:
    schema, namespace = _FORMATS["oai_dc"]
    dc = "http://purl.org/dc/elements/1.1/"
    body = etree.SubElement(metadata, f"{{{namespace}}}dc", nsmap={"oai_dc": namespace, "dc": dc})
    body.set(f"{{{XSI}}}schemaLocation", f"{namespace} {schema}")
    add(body, f"{{{dc}}}title", lines_of(record.title))
    for name in record.authors:
        forenames, _, keyname = name.rpartition(" ")
        add(body, f"{{{dc}}}creator", f"{keyname}, {forenames}" if forenames else keyname)
    for category in record.categories:
        add(body, f"{{{dc}}}subject", category)
    add(body, f"{{{dc}}}description", f"  {lines_of(record.abstract, indent='')}\n")
    for _, moment in record.versions:
        add(body, f"{{{dc}}}date", moment.date().isoformat())
    add(body, f"{{{dc}}}type", "text")
    add(body, f"{{{dc}}}identifier", f"http://arxiv.org/abs/{record.arxiv_id}")


def _day(value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise OaiError("badArgument", f"{value!r} is not a day (YYYY-MM-DD)") from error
