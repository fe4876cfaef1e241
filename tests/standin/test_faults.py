"""Fault switches: what they do, when they strike, how a running server is changed."""

from __future__ import annotations

import http.client
import json
import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from lxml import etree

from litmine.core.errors import InputError
from litmine.standin import Fault, StandinServer, load_records, parse_fault

IDENTIFY = {"verb": "Identify"}
LIST = {"verb": "ListRecords", "metadataPrefix": "arXivRaw"}


def test_writing_a_fault():
    fault = parse_fault("429:on=2+5,after=date:30,target=oai,times=1")
    assert (fault.kind, fault.on, fault.after, fault.target, fault.times) == (
        "429", (2, 5), "date:30", "oai", 1,
    )  # fmt: skip
    assert parse_fault("slow:wait=0.5").wait == 0.5


@pytest.mark.parametrize(
    "text", ["", "boom", "429:on", "429:on=x", "429:color=red", "cut:target=ftp", "cut:p=many"]
)
def test_writing_it_wrong_says_what_is_right(text):
    with pytest.raises(InputError, match=r"choose from|use |write|could not|invalid"):
        parse_fault(text)


def test_when_a_fault_strikes():
    def struck(fault, count=12):
        return [n for n in range(1, count + 1) if fault.strikes("oai")]

    assert struck(Fault("cut", on=(2, 5))) == [2, 5]
    assert struck(Fault("cut", every=4)) == [4, 8, 12]
    assert struck(Fault("cut", times=2)) == [1, 2]
    assert struck(Fault("cut", target="rss")) == []
    draws = struck(Fault("cut", probability=0.5, seed=7))
    assert draws == struck(Fault("cut", probability=0.5, seed=7))
    assert 1 <= len(draws) < 12
    assert draws != struck(Fault("cut", probability=0.5, seed=8))


@pytest.mark.parametrize("kind", ["429", "406", "500", "503"])
def test_statuses(server, get, kind):
    server.set_faults(f"{kind}:on=1")
    answer = get(server, "/oai", **IDENTIFY)
    assert answer.status == int(kind)
    assert "Retry-After" not in answer.headers
    assert get(server, "/oai", **IDENTIFY).status == 200


def test_retry_after_in_seconds_and_as_a_date(server, get):
    server.set_faults("429:on=1,after=17", "503:on=2,after=date:90")
    assert get(server, "/oai", **IDENTIFY).headers["Retry-After"] == "17"
    moment = parsedate_to_datetime(get(server, "/oai", **IDENTIFY).headers["Retry-After"])
    assert timedelta(seconds=30) < moment - datetime.now(UTC) <= timedelta(seconds=91)


def test_a_cut_connection_breaks_its_promise(server, get):
    server.set_faults("cut:on=1")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        get(server, "/oai", **LIST)
    assert (server.log[-1].status, server.log[-1].fault) == (0, "cut")


def test_truncated_xml_is_a_complete_answer_that_is_none(server, get):
    server.set_faults("truncate:on=1")
    answer = get(server, "/oai", **LIST)
    assert answer.status == 200
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(answer.body)


def test_an_empty_page_keeps_its_token(server, get):
    server.set_faults("empty:on=1")
    body = get(server, "/oai", **LIST).body
    assert b"<record>" not in body
    assert b"resumptionToken" in body


def test_faults_of_one_interface_leave_the_others_alone(server, get):
    server.set_faults("503:target=rss")
    assert get(server, "/oai", **IDENTIFY).status == 200
    assert get(server, "/rss/cs.CL").status == 503
    assert get(server, "/api/query", search_query="cat:cs.CL").status == 200


def test_the_log_tells_every_request(server, get):
    get(server, "/oai", **IDENTIFY)
    get(server, "/atom/cs.CL", headers={"User-Agent": "me", "Accept": "application/atom+xml"})
    assert [(e.target, e.path, e.status) for e in server.log] == [
        ("oai", "/oai?verb=Identify", 200), ("rss", "/atom/cs.CL", 200),
    ]  # fmt: skip
    assert server.log[0].query == IDENTIFY
    assert server.log[1].headers["User-Agent"] == "me"
    assert server.log[0].at <= server.log[1].at


def test_requests_at_the_same_time_are_seen(server, get):
    server.set_faults("slow:wait=0.3")
    threads = [threading.Thread(target=get, args=(server, "/rss/cs.CL")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.max_concurrency > 1


def test_a_running_server_can_be_changed(server, get):
    def control(**change):
        body = json.dumps(change)
        return get(server, "/_control", method="POST", body=body)

    answer = control(faults=["406:on=1"], today="2026-07-01", page_size=3)
    state = json.loads(answer.body)
    assert (state["today"], state["page_size"], state["faults"][0]["kind"]) == (
        "2026-07-01", 3, "406",
    )  # fmt: skip
    assert get(server, "/oai", **IDENTIFY).status == 406
    assert json.loads(get(server, "/_control").body)["requests"] == 1
    for wrong in ({"faults": ["boom"]}, {"today": "soon"}, {"faults": 3}):
        assert control(**wrong).status == 400
    assert get(server, "/elsewhere", method="POST", body="").status == 404


def test_files_of_any_kind(tmp_path, archive, lines):
    import gzip

    import zstandard

    later = tmp_path / "later.jsonl.gz"
    newer = lines[0] | {"day": "2026-07-01", "title": "Newer"}
    note = {"note": "about this file"}
    later.write_bytes(gzip.compress(f"{json.dumps(note)}\n\n{json.dumps(newer)}\n".encode()))
    packed = tmp_path / "packed.jsonl.zst"
    packed.write_bytes(zstandard.compress(archive.read_bytes()))
    records = {r.arxiv_id: r for r in load_records([later, archive, packed])}
    assert len(records) == 5
    assert records["2606.00001"].title == "Newer"


@pytest.mark.parametrize(
    "text", ["{", "[1]", '{"arxiv_id": "x", "title": "t"}', '{"id": "2606.00001", "title": "t"}']
)
def test_a_file_that_cannot_be_served_names_its_line(tmp_path, text):
    path = tmp_path / "bad.jsonl"
    path.write_text(f"\n{text}\n")
    with pytest.raises(InputError, match=r"bad\.jsonl, line 2"):
        load_records([path])
    with pytest.raises(InputError, match="cannot read"):
        load_records([tmp_path / "absent.jsonl"])


def test_a_port_that_is_taken(server, lines):
    with pytest.raises(InputError, match="cannot listen"):
        StandinServer(lines, port=int(server.base_url.rpartition(":")[2]))
