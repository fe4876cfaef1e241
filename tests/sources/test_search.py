"""The search API: bounded slices and batches, early ends that say so, nothing unasked."""

from __future__ import annotations

import pytest

from litmine.core.clock import FakeClock
from litmine.core.errors import InputError, MalformedResponse, SourceError
from litmine.core.gate import NullGate
from litmine.sources.base import HarvestRequest
from litmine.sources.http import Answer, HttpTransport
from litmine.sources.search import SearchSource
from litmine.standin import StandinServer


class Canned:
    def __init__(self, *bodies, status=200):
        self.bodies, self.status, self.asked = list(bodies), status, 0

    def fetch(self, url, parse, **_):
        self.asked += 1
        return parse(Answer(self.status, url, {}, self.bodies.pop(0).encode()))


def feed(*entries, total=None):
    names = 'xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/"'
    count = len(entries) if total is None else total
    return f"<feed {names}><o:totalResults>{count}</o:totalResults>{''.join(entries)}</feed>"


def entry(
    identifier="http://arxiv.org/abs/2606.00001v2", title="Invented", date="2026-06-24T12:00:00Z"
):
    return (
        f"<entry><id>{identifier}</id><published>{date}</published><updated>{date}</updated>"
        f"<title>{title}</title><summary>s</summary><author><name>A B</name></author></entry>"
    )


def pages_of(*bodies, request=None, **options):
    source = SearchSource("http://x/api/query", Canned(*bodies), **options)
    return list(source.pages(request or HarvestRequest(query="cat:cs.CL")))


def test_ids_go_in_batches_without_versions_or_repetitions(invent):
    lines = invent(7)
    ids = [f"{line['arxiv_id']}v1" for line in lines] + [lines[0]["arxiv_id"], "2606.99999"]
    with StandinServer(lines) as server, HttpTransport(NullGate()) as transport:
        source = SearchSource(server.api_url, transport, id_batch=3)
        pages = list(source.pages(HarvestRequest(ids=tuple(ids))))
        asked = [entry.query["id_list"].split(",") for entry in server.log]
    assert [len(batch) for batch in asked] == [3, 3, 2]
    assert not any("v1" in name for batch in asked for name in batch)
    assert [r.identifier for p in pages for r in p.rejected] == ["2606.99999"]


def test_a_query_stops_at_an_empty_page_and_says_what_is_missing(invent):
    faults = ["empty:on=2+3+4+5"]
    with (
        StandinServer(invent(7), faults=faults) as server,
        HttpTransport(NullGate(), clock=FakeClock()) as transport,
    ):
        source = SearchSource(server.api_url, transport, page_size=4)
        pages = list(source.pages(HarvestRequest(query="cat:cs.CL OR cat:cs.LG")))
        assert len(server.log) == 4  # one good slice, three attempts at the next
    assert [len(p.records) for p in pages] == [4, 0]
    assert (pages[1].cursor, pages[1].total) == (None, 7)
    assert pages[1].rejected[0].identifier == "results 5 to 7"


def test_a_short_slice_goes_on_where_it_ended():
    bodies = (
        feed(entry("http://arxiv.org/abs/2606.00001v1"), total=3),
        feed(
            entry("http://arxiv.org/abs/2606.00002v1"),
            entry("http://arxiv.org/abs/2606.00003v1"),
            total=3,
        ),
    )
    pages = pages_of(*bodies, page_size=2)
    assert [p.cursor for p in pages] == ["1", None]
    assert [r.paper.arxiv_id[-1] for p in pages for r in p.records] == ["1", "2", "3"]


def test_categories_alone_are_a_query(invent):
    with StandinServer(invent()) as server, HttpTransport(NullGate()) as transport:
        source = SearchSource(server.api_url, transport)
        (page,) = source.pages(HarvestRequest(categories=("cs.LG", "cs")))
        assert server.log[0].query["search_query"] == "cat:cs.LG OR cat:cs.*"
    assert len(page.records) == 7


def test_what_the_api_cannot_answer(invent):
    with StandinServer(invent()) as server, HttpTransport(NullGate()) as transport:
        source = SearchSource(server.api_url, transport)
        with pytest.raises(InputError, match="needs a query"):
            next(source.pages(HarvestRequest()))
        with pytest.raises(InputError, match="not for both"):
            next(source.pages(HarvestRequest(ids=("2606.00001",), query="cat:cs.CL")))
        with pytest.raises(InputError, match="is not an arXiv id"):
            next(source.pages(HarvestRequest(ids=("nonsense",))))
        with pytest.raises(InputError, match="no more than 30000"):
            next(source.pages(HarvestRequest(query="cat:cs.CL"), "29999999"))
        assert server.log == []
    for options in ({"page_size": 5000}, {"page_size": 0}, {"id_batch": 1000}):
        with pytest.raises(InputError):
            SearchSource("http://x", None, **options)


def test_entries_the_package_would_drop_are_named():
    (page,) = pages_of(
        feed(
            entry(),
            entry("http://arxiv.org/abs/2606.00002v1", date="yesterday"),
            entry("", title="No id"),
            entry("http://arxiv.org/abs/nonsense"),
            entry("http://arxiv.org/abs/2606.00003v1", title=" "),
        )
    )
    assert [r.paper.arxiv_id for r in page.records] == ["2606.00001"]
    assert len(page.rejected) == 4
    assert page.cursor is None


def test_text_with_markup_in_it_is_read_whole():
    (page,) = pages_of(
        feed(entry(title="An <i>invented</i> title", date="2026-<b/>06-24T12:00:00Z"))
    )
    paper = page.records[0].paper
    assert (paper.title, str(paper.published)) == ("An invented title", "2026-06-24")


def test_version_history_is_what_an_entry_can_tell():
    (page,) = pages_of(feed(entry()))
    paper = page.records[0].paper
    assert [v.version for v in paper.versions] == [1, 2]
    assert paper.version == 2


def test_a_paper_that_was_not_asked_for_is_not_taken():
    with pytest.raises(MalformedResponse, match="not asked for"):
        pages_of(feed(entry()), request=HarvestRequest(ids=("2606.00009",)))


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("", 200, MalformedResponse),
        ("<html/>", 200, MalformedResponse),
        (feed(entry(), total="many"), 200, MalformedResponse),
        ("<html>", 400, SourceError),
        (feed(entry("http://arxiv.org/api/errors#x")), 200, InputError),
        ("<!DOCTYPE f [<!ENTITY e 'x'>]>" + feed(entry(title="&e;")), 200, MalformedResponse),
    ],
)
def test_answers_that_are_no_results(body, status, error):
    source = SearchSource("http://x/api/query", Canned(body, status=status))
    with pytest.raises(error) as caught:
        list(source.pages(HarvestRequest(query="cat:cs.CL")))
    assert "\n" not in str(caught.value)


def test_one_request_a_slice_whatever_the_package_would_like():
    canned = Canned(feed(entry(), total=50))
    source = SearchSource("http://x/api/query", canned, page_size=10)
    page = next(source.pages(HarvestRequest(query="cat:cs.CL")))
    assert (canned.asked, len(page.records), page.cursor) == (1, 1, "1")
