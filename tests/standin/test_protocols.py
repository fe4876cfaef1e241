"""What the stand-in sends, read by hand: namespaces, paging, tokens, feeds, search."""

from __future__ import annotations

from datetime import date

import pytest
from lxml import etree

OAI = "{http://www.openarchives.org/OAI/2.0/}"
RAW = "{http://arxiv.org/OAI/arXivRaw/}"
ARXIV = "{http://arxiv.org/OAI/arXiv/}"
ATOM = "{http://www.w3.org/2005/Atom}"
SCHEMA = "{http://arxiv.org/schemas/atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"


def ids(root):
    return [e.text.rpartition(":")[2] for e in root.iter(f"{OAI}identifier")]


def error(root):
    return root.find(f"{OAI}error").get("code")


def test_identify_sets_and_formats(server, get):
    facts = get(server, "/oai", verb="Identify").xml.find(f"{OAI}Identify")
    assert facts.findtext(f"{OAI}baseURL") == server.oai_url
    assert facts.findtext(f"{OAI}earliestDatestamp") == "2026-06-29"
    sets = {e.text for e in get(server, "/oai", verb="ListSets").xml.iter(f"{OAI}setSpec")}
    assert {"cs", "cs:cs", "cs:cs:CL", "stat:stat:ML", "physics", "physics:hep-th"} <= sets
    formats = get(server, "/oai", verb="ListMetadataFormats").xml.iter(f"{OAI}metadataPrefix")
    assert [e.text for e in formats] == ["oai_dc", "arXiv", "arXivRaw"]


def test_a_record_in_each_format(server, get):
    def record(prefix):
        query = {"verb": "GetRecord", "identifier": "oai:arXiv.org:2606.00002"}
        return get(server, "/oai", metadataPrefix=prefix, **query).xml

    raw = record("arXivRaw").find(f".//{RAW}arXivRaw")
    assert [child.tag.rpartition("}")[2] for child in raw] == [
        "id", "submitter", "version", "title", "authors", "categories", "license", "abstract",
    ]  # fmt: skip
    version = raw.find(f"{RAW}version")
    assert version.get("version") == "v1"
    assert version.findtext(f"{RAW}date") == "Sat, 20 Jun 2026 12:00:00 GMT"
    assert raw.findtext(f"{RAW}authors") == "Ada Author, Bo Writer (Inst. X)"
    assert raw.findtext(f"{RAW}abstract").startswith("  Sentence")
    plain = record("arXiv").find(f".//{ARXIV}arXiv")
    author = plain.findall(f"{ARXIV}authors/{ARXIV}author")[1]
    assert [author.findtext(f"{ARXIV}{t}") for t in ("keyname", "forenames", "affiliation")] == [
        "Writer", "Bo", "Inst. X",
    ]  # fmt: skip
    assert plain.findtext(f"{ARXIV}created") == "2026-06-20"
    core = record("oai_dc")
    assert core.findtext(f".//{DC}title") == "Invented title 2 & <more>"


def test_versions_are_made_up_where_only_their_number_is_known():
    from litmine.standin import record_from_line

    line = {
        "arxiv_id": "2601.00001",
        "title": "t",
        "abstract": "a",
        "version": 4,
        "day": "2026-06-30",
    }
    record = record_from_line(line | {"published": "2026-06-01"})
    days = [moment.date() for _, moment in record.versions]
    assert [n for n, _ in record.versions] == [1, 2, 3, 4]
    assert (days[0], days[-1]) == (date(2026, 6, 1), date(2026, 6, 30))
    assert days == sorted(days)
    # Without any date, the id tells the month.
    bare = record_from_line({"id": "cs/0112017", "title": "t", "abstract": "a"})
    assert bare.datestamp == date(2001, 12, 1)


def test_paging_follows_the_token_to_the_end(server, get):
    seen, query = [], {"metadataPrefix": "arXivRaw"}
    for _ in range(3):
        root = get(server, "/oai", verb="ListRecords", **query).xml
        seen += ids(root)
        token = root.find(f".//{OAI}resumptionToken")
        assert "completeListSize" not in token.attrib
        query = {"resumptionToken": token.text}
    assert seen == [f"2606.0000{i}" for i in range(1, 6)]
    assert token.text is None  # the last page of a list in parts ends with an empty token
    whole = get(server, "/oai", verb="ListIdentifiers", metadataPrefix="arXiv", set="physics").xml
    assert whole.find(f".//{OAI}resumptionToken") is None
    assert ids(whole) == ["2606.00002", "2606.00004"]


def test_windows_and_sets(server, get):
    def listed(**query):
        root = get(server, "/oai", verb="ListIdentifiers", metadataPrefix="arXiv", **query).xml
        return ids(root) or error(root)

    server.page_size = 100
    assert listed(**{"from": "2026-06-30"}) == ["2606.00003", "2606.00004", "2606.00005"]
    assert listed(until="2026-06-29") == ["2606.00001", "2606.00002"]
    assert listed(**{"from": "2026-07-01"}) == "noRecordsMatch"
    assert listed(**{"from": "2026-06-30", "until": "2026-06-29"}) == "badArgument"
    assert listed(**{"from": "June"}) == "badArgument"
    assert listed(set="cs:cs:LG") == ["2606.00002", "2606.00004"]
    assert listed(set="cs:cs:L") == "noRecordsMatch"


def test_protocol_errors(server, get):
    def code(**query):
        answer = get(server, "/oai", **query)
        assert answer.status == 200
        return error(answer.xml)

    assert code() == "badVerb"
    assert code(verb="Listen") == "badVerb"
    assert code(verb="ListRecords") == "badArgument"
    assert code(verb="ListRecords", metadataPrefix="marc") == "cannotDisseminateFormat"
    assert code(verb="ListRecords", metadataPrefix="arXiv", resumptionToken="x") == "badArgument"
    assert code(verb="ListRecords", resumptionToken="x") == "badResumptionToken"
    assert code(verb="GetRecord", metadataPrefix="arXiv", identifier="x") == "idDoesNotExist"
    assert code(verb="Identify", colour="red") == "badArgument"


def test_tokens_expire_at_midnight(server, get):
    root = get(server, "/oai", verb="ListRecords", metadataPrefix="arXiv").xml
    token = root.find(f".//{OAI}resumptionToken")
    assert token.get("expirationDate").startswith("2026-06-30")
    server.today = date(2026, 7, 1)
    root = get(server, "/oai", verb="ListRecords", resumptionToken=token.text).xml
    assert error(root) == "badResumptionToken"


def test_a_moved_record_hides_another_one(server, get):
    server.set_faults("moved:on=1")
    root = get(server, "/oai", verb="ListRecords", metadataPrefix="arXiv").xml
    first, token = ids(root), root.findtext(f".//{OAI}resumptionToken")
    second = ids(get(server, "/oai", verb="ListRecords", resumptionToken=token).xml)
    assert first == ["2606.00001", "2606.00002"]
    assert second == ["2606.00004", "2606.00005"]  # 3 slid onto the page already served


def test_updated_records_move_to_the_end(server, lines):
    server.replace_records([lines[0] | {"day": "2026-07-01", "title": "A new title"}])
    assert [r.arxiv_id for r in server.records][-1] == "2606.00001"
    assert len(server.records) == 5


def test_the_atom_feed(server, get):
    answer = get(server, "/atom/cs.CL+cs.LG")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    root = answer.xml
    assert root.findtext(f"{ATOM}updated") == "2026-06-30T00:00:00-04:00"
    entries = root.findall(f"{ATOM}entry")
    # Only tonight's, the new ones first; hep-th with a cs.LG listing is a cross-listed replacement.
    assert [e.findtext(f"{ATOM}id") for e in entries] == [
        "oai:arXiv.org:2606.00003v2", "oai:arXiv.org:2606.00005v2", "oai:arXiv.org:2606.00004v1",
    ]  # fmt: skip
    kinds = [e.findtext(f"{SCHEMA}announce_type") for e in entries]
    assert kinds == ["new", "new", "replace-cross"]
    summary = entries[0].findtext(f"{ATOM}summary")
    assert summary.startswith("arXiv:2606.00003v2 Announce Type: new \nAbstract: Sentence 3.")
    assert entries[0].findtext(f"{DC}creator") == "Ada Author, Bo Writer (Inst. X)"


def test_the_rss_feed(server, get):
    channel = get(server, "/rss/cs.CL").xml.find("channel")
    assert channel.findtext("pubDate") == "Tue, 30 Jun 2026 00:00:00 -0400"
    assert [d.text for d in channel.find("skipDays")] == ["Saturday", "Sunday"]
    assert [i.findtext("guid") for i in channel.findall("item")] == [
        "oai:arXiv.org:2606.00003v2", "oai:arXiv.org:2606.00005v2",
    ]  # fmt: skip


def test_the_feeds_of_a_quiet_day_are_empty(server, get):
    server.today = date(2026, 6, 28)
    assert get(server, "/atom/cs.CL").xml.find(f"{ATOM}entry") is None
    assert get(server, "/rss/cs.CL").xml.find("channel/item") is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("cat:cs.CL", "135"),
        ("cat:cs.*", "12345"),
        ("cat:hep-th AND ti:title", "24"),
        ("ti:invented ANDNOT cat:cs.CL", "24"),
        ("id:2606.00001 OR id:2606.00005", "15"),
        ('abs:"sentence 3"', "3"),
        ("au:writer AND all:more", "12345"),
        ("(cat:cs.CL) AND (cat:hep-th)", ""),
        ("ti:absent", ""),
    ],
)
def test_search_queries(server, get, query, found):
    root = get(server, "/api/query", search_query=query, max_results=50).xml
    assert "".join(e.text[-3] for e in root.iterfind(f"{ATOM}entry/{ATOM}id")) == found
    assert root.findtext(f"{SEARCH}totalResults") == str(len(found))


def test_search_slices_and_ids(server, get):
    root = get(server, "/api/query", search_query="cat:cs.*", start=3, max_results=2).xml
    assert len(root.findall(f"{ATOM}entry")) == 2
    assert root.findtext(f"{SEARCH}totalResults") == "5"
    wanted = "2606.00005v1,2606.00002,2606.99999"
    entries = get(server, "/api/query", id_list=wanted).xml.findall(f"{ATOM}entry")
    assert [e.findtext(f"{ATOM}id") for e in entries] == [
        "http://arxiv.org/abs/2606.00005v2", "http://arxiv.org/abs/2606.00002v1",
    ]  # fmt: skip
    entry = entries[0]
    assert entry.findtext(f"{ATOM}published") == "2026-06-20T12:00:00Z"
    assert entry.find(f"{SCHEMA}primary_category").get("term") == "cs.CL"
    for bad in ({"id_list": "nonsense"}, {"search_query": "x", "start": "-1"}):
        answer = get(server, "/api/query", **bad)
        assert answer.status == 400
        assert answer.xml.findtext(f"{ATOM}entry/{ATOM}title") == "Error"


def test_who_does_not_say_who_asks_is_refused(server, get):
    for headers in ({}, {"User-Agent": "x"}, {"Accept": "*/*"}, {"User-Agent": "", "Accept": "x"}):
        assert get(server, "/oai", headers=headers, verb="Identify").status == 406
    assert get(server, "/elsewhere").status == 404


def test_text_that_xml_cannot_carry_is_sent_as_spaces(server, get, lines):
    server.replace_records([lines[4] | {"title": "a\x00b\ud800c\ufffed ]]> <e>"}])
    root = get(server, "/atom/cs.CL").xml
    titles = [e.text for e in root.iterfind(f"{ATOM}entry/{ATOM}title")]
    assert "a b c d ]]> <e>" in titles


def test_every_answer_is_well_formed(server, get):
    for path, query in (
        ("/oai", {"verb": '<&"'}),
        ("/oai", {"verb": "GetRecord", "identifier": "\x01\ud7ff]]>", "metadataPrefix": "arXiv"}),
        ("/atom/%3C%26", {}),
        ("/rss/a+b", {}),
        ("/api/query", {"search_query": '<"&', "max_results": "1"}),
    ):
        assert etree.fromstring(get(server, path, **query).body) is not None
