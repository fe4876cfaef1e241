"""The contract of every source: what went in comes out, from every cursor, under every fault."""

from __future__ import annotations

import pytest

from litmine.core.errors import InputError, LitmineError, SourceError, TokenExpired
from litmine.core.paper import normalise_space
from litmine.sources.base import HarvestRequest

KINDS = ("oai-raw", "oai-arxiv", "rss-atom", "rss-rss", "search-query", "search-ids", "snapshot")
SERVED = tuple(kind for kind in KINDS if kind != "snapshot")
FAULTS = (
    "429:on=1+2,after=7",
    "429:on=2",
    "429:on=1,after=date:90",
    "406:on=1",
    "503:on=1,after=2",
    "500:on=1",
    "slow:on=1,wait=0.05",
    "drip:on=1,wait=0.05",
    "cut:on=1+3",
    "truncate:on=1+2",
    "429:p=0.3,seed=3",
    "cut:p=0.3,seed=5",
)


def everything(source, request, cursor=None):
    pages = list(source.pages(request, cursor))
    return pages, [record for page in pages for record in page.records]


def check_same(records, lines):
    expected = {line["arxiv_id"]: line for line in lines}
    assert {r.paper.arxiv_id for r in records} == set(expected)
    for record in records:
        line = expected[record.paper.arxiv_id]
        assert record.paper.title == normalise_space(line["title"])
        assert record.paper.abstract == normalise_space(line["abstract"])
        assert record.paper.authors == tuple(line["authors"])
        assert record.paper.categories == tuple(line["categories"])


@pytest.mark.parametrize("kind", KINDS)
def test_same_papers_out_as_put_in(kind, lines, open_source):
    with open_source(kind, lines) as h:
        pages, records = everything(h.source, h.request)
    assert len(records) == len(lines)
    check_same(records, lines)
    assert pages[-1].cursor is None
    assert all(page.cursor for page in pages[:-1])
    assert not any(page.rejected for page in pages)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_source_knows_of_versions_and_days_agrees(kind, lines, open_source):
    with open_source(kind, lines) as h:
        _, records = everything(h.source, h.request)
    expected = {line["arxiv_id"]: line for line in lines}
    for record in records:
        line, paper = expected[record.paper.arxiv_id], record.paper
        if kind != "oai-arxiv":  # that format tells no version
            assert paper.version == line["version"]
        if paper.published is not None:
            assert paper.published.isoformat() == line["published"]
        if paper.datestamp is not None:
            assert paper.datestamp.isoformat() == line["day"]
        if record.announced is not None:
            assert (record.announced.isoformat(), record.announce_type) == (
                line["day"],
                line["announce_type"],
            )
    if kind.startswith("rss") or kind == "snapshot":
        assert all(record.announced for record in records)


@pytest.mark.parametrize("kind", KINDS)
def test_resumes_from_every_cursor_in_a_new_process(kind, lines, open_source):
    with open_source(kind, lines) as h:
        pages, _ = everything(h.source, h.request)
        for i, page in enumerate(pages):
            if page.cursor is None:
                continue
            rest, _ = everything(h.again(), h.request, page.cursor)
            assert [p.records for p in rest] == [p.records for p in pages[i + 1 :]]
    if not kind.startswith("rss"):  # one feed is one page
        assert len(pages) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_ends_the_harvest(kind, lines, open_source):
    from dataclasses import replace

    with open_source(kind, lines) as h:
        for limit in (1, 3, 4, 50):
            pages, records = everything(h.source, replace(h.request, limit=limit))
            assert len(records) == min(limit, len(lines))
            assert pages[-1].cursor is None


@pytest.mark.parametrize("kind", KINDS)
def test_refuses_what_it_cannot_select_by(kind, lines, open_source):
    from datetime import date

    wrong = {
        "oai": HarvestRequest(query="cat:cs.LG"),
        "rss": HarvestRequest(categories=("cs.LG",), since=date(2026, 6, 1)),
        "search": HarvestRequest(query="cat:cs.LG", set_spec="cs"),
        "snapshot": HarvestRequest(set_spec="cs"),
    }
    with open_source(kind, lines) as h, pytest.raises(InputError, match="cannot select by"):
        everything(h.source, wrong[h.source.name])


@pytest.mark.parametrize("kind", KINDS)
def test_a_strange_cursor_is_an_error_not_a_fresh_start(kind, lines, open_source):
    with open_source(kind, lines) as h:
        for cursor in ("nonsense", "-1", "99999999", "1:2"):
            with pytest.raises(LitmineError):
                everything(h.source, h.request, cursor)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", SERVED)
def test_recovers_from_passing_faults(kind, fault, lines, open_source):
    with open_source(kind, lines, faults=[fault]) as h:
        pages, records = everything(h.source, h.request)
        assert h.server.max_concurrency == 1
    assert len(records) == len(lines)
    check_same(records, lines)
    assert not any(page.rejected for page in pages)


@pytest.mark.parametrize(
    "fault", ["429", "429:after=5", "406", "503", "500", "cut", "truncate", "429:after=99999"]
)
@pytest.mark.parametrize("kind", SERVED)
def test_lasting_faults_end_in_one_clean_line(kind, fault, lines, open_source):
    with open_source(kind, lines, faults=[fault]) as h:
        with pytest.raises(SourceError) as caught:
            everything(h.source, h.request)
        assert len(h.server.log) <= h.transport.max_attempts
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("kind", SERVED)
def test_a_fault_in_the_middle_keeps_the_pages_before_it(kind, lines, open_source):
    with open_source(kind, lines, faults=["500:on=2+3+4+5+6+7"]) as h:
        seen, cursor = [], None
        try:
            for page in h.source.pages(h.request):
                seen.extend(page.records)
                cursor = page.cursor
        except SourceError:
            h.server.set_faults()
            _, rest = everything(h.again(), h.request, cursor)
            seen.extend(rest)
    assert len(seen) == len(lines)
    check_same(seen, lines)


@pytest.mark.parametrize("kind", SERVED)
def test_empty_pages_are_never_a_quiet_success(kind, lines, open_source):
    with open_source(kind, lines, faults=["empty"]) as h:
        if kind.startswith("oai"):
            with pytest.raises(SourceError, match="without records"):
                everything(h.source, h.request)
        elif kind.startswith("rss"):
            # A feed without items is what a weekend looks like; only the calendar knows better.
            pages, records = everything(h.source, h.request)
            assert (records, pages[-1].total) == ([], 0)
        else:
            pages, records = everything(h.source, h.request)
            assert records == []
            assert any(page.rejected for page in pages)
        assert len(h.server.log) <= 12


@pytest.mark.parametrize("kind", [k for k in SERVED if not k.startswith("rss")])
def test_a_single_empty_page_is_asked_for_again(kind, lines, open_source):
    fault = "empty:on=2" if kind != "search-ids" else "slow:on=2,wait=0"
    with open_source(kind, lines, faults=[fault]) as h:
        _, records = everything(h.source, h.request)
    check_same(records, lines)


@pytest.mark.parametrize("kind", ["oai-raw", "oai-arxiv"])
def test_an_expired_token_says_so_and_the_window_can_restart(kind, lines, open_source):
    with open_source(kind, lines, faults=["expired:on=2"]) as h:
        with pytest.raises(TokenExpired):
            everything(h.source, h.request)
        _, records = everything(h.again(), h.request)
    check_same(records, lines)


@pytest.mark.parametrize("kind", ["oai-raw", "oai-arxiv"])
def test_a_record_that_moves_is_found_again_by_the_overlap(kind, lines, open_source):
    with open_source(kind, lines, faults=["moved:on=1"]) as h:
        _, first = everything(h.source, h.request)
        h.server.set_faults()
        _, again = everything(h.again(), h.request)
    # Nothing is invented by the move, and the overlapping window holds whatever it hid.
    known = {line["arxiv_id"] for line in lines}
    assert {r.paper.arxiv_id for r in first} < known
    assert {r.paper.arxiv_id for r in (*first, *again)} == known


def test_sources_open_from_the_settings_behind_one_transport(lines):
    from litmine.core.gate import NullGate
    from litmine.core.settings import ArxivSettings, Settings
    from litmine.sources import open_sources
    from litmine.standin import StandinServer

    with StandinServer(lines) as server:
        arxiv = ArxivSettings(
            oai_url=server.oai_url,
            rss_url=server.rss_url,
            api_url=server.api_url,
            contact="ops@example.org",
            min_gap_seconds=0,
        )
        with open_sources(Settings(arxiv=arxiv), NullGate()) as sources:
            for source, request in (
                (sources.oai, HarvestRequest()),
                (sources.announcements, HarvestRequest(categories=("cs",))),
                (sources.search, HarvestRequest(categories=("cs",))),
            ):
                _, records = everything(source, request)
                check_same(records, lines)
        assert all("mailto:ops@example.org" in e.headers["User-Agent"] for e in server.log)
        assert {e.headers["Accept"].partition(",")[0] for e in server.log} == {
            "text/xml",
            "application/atom+xml",
        }
