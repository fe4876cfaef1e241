"""OAI-PMH: windows, sets, tokens, deletions, withdrawals and records that cannot be read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import ConfigError, MalformedResponse, SourceError, TokenExpired
from litmine.core.gate import NullGate
from litmine.sources.base import HarvestRequest
from litmine.sources.http import Answer, HttpTransport
from litmine.sources.oai import OaiPmhSource
from litmine.standin import StandinServer


class Canned:
    """A transport that answers from a list of bodies."""

    def __init__(self, *bodies, status=200):
        self.bodies, self.status, self.asked = list(bodies), status, []

    def fetch(self, url, parse, *, params=None, accept, also=()):
        self.asked.append(dict(params))
        body = self.bodies.pop(0)
        return parse(Answer(self.status, url, {}, body.encode()))


def envelope(inside):
    return (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>2026-06-30T05:00:00Z</responseDate>{inside}</OAI-PMH>"
    )


def raw(identifier="2606.00001", inside="", header="", versions=None):
    versions = (
        versions
        if versions is not None
        else ('<version version="v1"><date>Wed, 24 Jun 2026 12:00:00 GMT</date></version>')
    )
    return (
        f"<record><header{header}><identifier>oai:arXiv.org:{identifier}</identifier>"
        "<datestamp>2026-06-30</datestamp></header><metadata>"
        '<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">'
        f"<id>{identifier}</id>{versions}{inside or '<title>An invented title</title>'}"
        "<authors>Ada Author</authors><categories>cs.CL</categories></arXivRaw></metadata></record>"
    )


def listing(*records):
    return envelope(f"<ListRecords>{''.join(records)}</ListRecords>")


def more(name):
    return f"<resumptionToken>{name}</resumptionToken>"


def only(transport, request=None):
    (page,) = OaiPmhSource("http://x/oai", transport).pages(request or HarvestRequest())
    return page


def test_a_window_has_from_and_set_but_no_until_of_its_own(invent):
    with StandinServer(invent()) as server, HttpTransport(NullGate()) as transport:
        source = OaiPmhSource(server.oai_url, transport)
        request = HarvestRequest(since=date(2026, 6, 30), set_spec="cs:cs:CL")
        (page,) = source.pages(request)
        assert server.log[0].query == {
            "verb": "ListRecords",
            "metadataPrefix": "arXivRaw",
            "from": "2026-06-30",
            "set": "cs:cs:CL",
        }
    assert page.server_time == datetime(2026, 6, 30, 5, tzinfo=UTC)
    assert len(page.records) == 7


def test_nothing_new_is_an_empty_last_page_with_the_servers_clock(invent):
    with StandinServer(invent()) as server, HttpTransport(NullGate()) as transport:
        source = OaiPmhSource(server.oai_url, transport)
        (page,) = source.pages(HarvestRequest(since=date(2026, 7, 1)))
    assert (page.records, page.cursor, page.total) == ((), None, 0)
    assert page.server_time == datetime(2026, 6, 30, 5, tzinfo=UTC)


def test_tokens_expire_at_midnight_utc(invent):
    with StandinServer(invent(), page_size=3) as server, HttpTransport(NullGate()) as transport:
        source = OaiPmhSource(server.oai_url, transport)
        first = next(source.pages(HarvestRequest()))
        server.today = date(2026, 7, 1)
        with pytest.raises(TokenExpired, match="restart the window"):
            next(source.pages(HarvestRequest(), first.cursor))


def test_by_id_one_request_each_and_unknown_ids_are_named(invent):
    with StandinServer(invent()) as server, HttpTransport(NullGate()) as transport:
        source = OaiPmhSource(server.oai_url, transport)
        ids = ("2606.10002v1", "2606.99999", "cs/0112001")
        pages = list(source.pages(HarvestRequest(ids=ids)))
        assert [l.query["verb"] for l in server.log] == ["GetRecord"] * 3  # noqa: E741
        rest = list(source.pages(HarvestRequest(ids=ids), pages[1].cursor))
    assert [r.paper.arxiv_id for p in pages for r in p.records] == ["2606.10002", "cs/0112001"]
    assert pages[1].rejected == (("2606.99999", "no such id"),)
    assert rest == pages[2:]


def test_identify(invent):
    with StandinServer(invent()) as server, HttpTransport(NullGate()) as transport:
        facts = OaiPmhSource(server.oai_url, transport).identify()
    assert facts["granularity"] == "YYYY-MM-DD"


def test_deleted_records_are_named(invent):
    lines = invent()
    lines[1]["deleted"] = True
    with StandinServer(lines) as server, HttpTransport(NullGate()) as transport:
        (page,) = OaiPmhSource(server.oai_url, transport).pages(HarvestRequest())
    assert page.deleted == (lines[1]["arxiv_id"],)
    assert len(page.records) == 6


@pytest.mark.parametrize("prefix", ["arXivRaw", "arXiv"])
def test_withdrawals(invent, prefix):
    lines = invent(3)
    lines[1]["withdrawn"] = True
    with StandinServer(lines) as server, HttpTransport(NullGate()) as transport:
        (page,) = OaiPmhSource(server.oai_url, transport, prefix).pages(HarvestRequest())
    assert [r.paper.withdrawn for r in page.records] == [False, True, False]


@pytest.mark.parametrize(
    ("last", "withdrawn"),
    [
        ("<size>0kb</size>", True),
        ("<size>0</size>", True),
        ("<size>12kb</size><source_type>I</source_type>", True),
        ("<size>12kb</size><source_type>withdrawn</source_type>", True),
        ("<size>10kb</size><source_type>D</source_type>", False),
        ("<size>100kb</size>", False),
        ("", False),
    ],
)
def test_a_withdrawal_is_the_last_version_without_a_source(last, withdrawn):
    earlier = '<version version="v1"><date>Wed, 24 Jun 2026 12:00:00 GMT</date></version>'
    latest = f'<version version="v2"><date>Fri, 26 Jun 2026 12:00:00 GMT</date>{last}</version>'
    # The order in the file does not matter.
    (record,) = only(Canned(listing(raw(versions=latest + earlier)))).records
    assert record.paper.withdrawn is withdrawn
    assert [v.version for v in record.paper.versions] == [1, 2]
    assert (record.paper.published, record.paper.updated) == (date(2026, 6, 24), date(2026, 6, 26))


def test_one_bad_record_is_named_and_the_others_stay():
    page = only(
        Canned(
            listing(
                raw("2606.00001"),
                raw("not-an-id"),
                raw("2606.00003", inside="<title>  </title>"),
                raw("2606.00004", versions='<version version="draft"/>'),
                "<record><header><identifier>oai:arXiv.org:2606.00005</identifier></header></record>",
                "<record/>",
                raw("2606.00006"),
            )
        )
    )
    assert [r.paper.arxiv_id for r in page.records] == ["2606.00001", "2606.00006"]
    names = [r.identifier.removeprefix("oai:arXiv.org:") for r in page.rejected]
    assert names == ["not-an-id", "2606.00003", "2606.00004", "2606.00005", "(no identifier)"]
    assert all(r.reason and "\n" not in r.reason for r in page.rejected)


def test_another_record_than_the_one_asked_for_is_not_taken():
    body = envelope(f"<GetRecord>{raw('2606.00002')}</GetRecord>")
    page = only(Canned(body), HarvestRequest(ids=("2606.00001",)))
    assert page.records == ()
    assert "asked for 2606.00001" in page.rejected[0].reason


def test_a_server_that_repeats_its_token_is_stopped():
    bodies = [listing(raw(), more(name)) for name in "abab"]
    with pytest.raises(MalformedResponse, match="same resumption token"):
        list(OaiPmhSource("http://x/oai", Canned(*bodies)).pages(HarvestRequest()))


def test_the_token_is_asked_for_alone():
    first = listing(raw(), more("next one"))
    canned = Canned(first, listing(raw("2606.00002"), more("")))
    pages = list(OaiPmhSource("http://x/oai", canned).pages(HarvestRequest(set_spec="cs")))
    assert canned.asked[1] == {"verb": "ListRecords", "resumptionToken": "next one"}
    assert [p.cursor for p in pages] == ["next one", None]


@pytest.mark.parametrize(
    ("body", "error", "status"),
    [
        (envelope('<error code="badArgument">no such\n set</error>'), SourceError, 200),
        (envelope('<error code="badArgument">no such set</error>'), SourceError, 400),
        (envelope('<error code="badResumptionToken"/>'), TokenExpired, 200),
        (envelope("<error/>"), SourceError, 200),
        (envelope("<ListRecords/>"), MalformedResponse, 200),
        (envelope(""), MalformedResponse, 200),
        ("<html><body>Bad gateway</body></html>", MalformedResponse, 200),
        ("<html><body>Not found", SourceError, 404),
        ("", MalformedResponse, 200),
        ("<!DOCTYPE x [<!ENTITY e 'e'>]><OAI-PMH>&e;</OAI-PMH>", MalformedResponse, 200),
        ("<a>" * 100 + "</a>" * 100, MalformedResponse, 200),
    ],
)
def test_answers_that_are_no_harvest(body, error, status):
    with pytest.raises(error) as caught:
        only(Canned(body, status=status))
    assert "\n" not in str(caught.value)


def test_an_unknown_format_is_a_configuration_error():
    with pytest.raises(ConfigError, match="arXivRaw or arXiv"):
        OaiPmhSource("http://x/oai", Canned(), "oai_dc")


def test_a_night_of_faults_asks_no_more_than_it_must(invent):
    clock = FakeClock()
    with (
        StandinServer(invent(20), page_size=4, faults=["429:every=3,after=9"]) as server,
        HttpTransport(NullGate(), clock=clock) as transport,
    ):
        pages = list(OaiPmhSource(server.oai_url, transport).pages(HarvestRequest()))
        assert len(server.log) == 7
    assert sum(len(p.records) for p in pages) == 20
    assert clock.slept == [9.0, 9.0]
