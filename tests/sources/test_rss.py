"""Announcement feeds: quiet days, cut feeds, the strongest type, odd entries."""

from __future__ import annotations

from datetime import date

import pytest

from litmine.core.errors import ConfigError, InputError, MalformedResponse
from litmine.core.gate import NullGate
from litmine.sources import rss
from litmine.sources.base import HarvestRequest, strongest
from litmine.sources.http import Answer, HttpTransport
from litmine.sources.rss import AnnouncementSource
from litmine.standin import StandinServer, feeds


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_a_weekend_is_a_valid_empty_page(invent, form):
    with (
        StandinServer(invent(), today=date(2026, 6, 28)) as server,
        HttpTransport(NullGate()) as transport,
    ):
        source = AnnouncementSource(server.rss_url, transport, form)
        (page,) = source.pages(HarvestRequest(categories=("cs.CL",)))
    assert (page.records, page.cursor, page.total, page.warnings) == ((), None, 0, ())
    assert page.server_time.isoformat() == "2026-06-28T04:00:00+00:00"


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_a_winter_night_has_its_own_day(invent, form):
    lines = invent(2, day="2026-01-14")
    with StandinServer(lines) as server, HttpTransport(NullGate()) as transport:
        source = AnnouncementSource(server.rss_url, transport, form)
        (page,) = source.pages(HarvestRequest(categories=("cs.CL",)))
    assert {r.announced for r in page.records} == {date(2026, 1, 14)}


def test_types_follow_the_feeds_that_were_asked_for(invent):
    lines = invent(1, listings={"cs.CL": "cross", "cs.LG": "new"})
    with StandinServer(lines) as server, HttpTransport(NullGate()) as transport:
        source = AnnouncementSource(server.rss_url, transport)
        found = {}
        for wanted in (("cs.CL",), ("cs.LG",), ("cs.CL", "cs.LG"), ("cs",)):
            (page,) = source.pages(HarvestRequest(categories=wanted))
            found[wanted] = page.records[0].announce_type
    assert found == {
        ("cs.CL",): "cross",
        ("cs.LG",): "new",
        ("cs.CL", "cs.LG"): "new",
        ("cs",): "new",
    }
    assert strongest("replace-cross", None) == "replace-cross"
    assert strongest(None, None) is None


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_a_feed_that_reaches_the_limit_is_read_category_by_category(invent, form, monkeypatch):
    monkeypatch.setattr(rss, "FEED_LIMIT", 5)
    monkeypatch.setattr(feeds, "LIMIT", 5)
    lines = [
        line | {"categories": [cat], "announce_type": "new", "arxiv_id": f"2606.{20000 + n}"}
        for n, (line, cat) in enumerate(zip(invent(8), ["cs.CL"] * 4 + ["cs.LG"] * 4, strict=True))
    ]
    with StandinServer(lines) as server, HttpTransport(NullGate()) as transport:
        source = AnnouncementSource(server.rss_url, transport, form)
        request = HarvestRequest(categories=("cs.CL", "cs.LG"))
        pages = list(source.pages(request))
        assert list(source.pages(request, pages[0].cursor)) == pages[1:]
        (alone,) = source.pages(HarvestRequest(categories=("cs",)))
    assert "where arXiv cuts it" in pages[0].warnings[0]
    assert [len(p.records) for p in pages] == [5, 4, 4]
    assert {r.paper.arxiv_id for p in pages for r in p.records} == {x["arxiv_id"] for x in lines}
    # A single category cannot be divided: the warning is all there is.
    assert (len(alone.records), alone.cursor, len(alone.warnings)) == (5, None, 1)


def feed_of(*entries, updated="<updated>2026-06-30T00:00:00-04:00</updated>"):
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">'
        f"<id>x</id><title>t</title>{updated}{''.join(entries)}</feed>"
    )


def entry(identifier="oai:arXiv.org:2606.00001v1", title="An invented title", kind="new"):
    kind = f"<arxiv:announce_type>{kind}</arxiv:announce_type>" if kind else ""
    return (
        f"<entry><id>{identifier}</id><title>{title}</title><summary>arXiv:2606.00001v1 "
        f"Announce Type: cross \nAbstract: An invented sentence.</summary>{kind}</entry>"
    )


class Canned:
    def __init__(self, body):
        self.body = body

    def fetch(self, url, parse, **_):
        return parse(Answer(200, url, {}, self.body.encode()))


def read(body):
    (page,) = AnnouncementSource("http://x", Canned(body)).pages(
        HarvestRequest(categories=("cs.CL",))
    )
    return page


def test_entries_that_cannot_be_read_are_named():
    page = read(
        feed_of(
            entry(),
            entry("http://example.org/1"),
            entry(title=" "),
            entry(kind="absonly"),
            entry(kind=""),
        )
    )
    assert [r.announce_type for r in page.records] == ["new", "cross"]
    assert page.records[0].paper.abstract == "An invented sentence."
    assert len(page.rejected) == 3
    assert "absonly" in page.rejected[2].reason


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html/>",
        '<rss version="2.0"><channel/></rss>',
        feed_of(updated=""),
        feed_of(updated="<updated>soon</updated>"),
        "<!DOCTYPE x [<!ENTITY a 'b'>]><feed xmlns='http://www.w3.org/2005/Atom'/>",
    ],
)
def test_what_is_no_feed_is_an_error(body):
    with pytest.raises(MalformedResponse):
        read(body)


def test_requests_that_make_no_feed():
    source = AnnouncementSource("http://x/rss/", Canned(""))
    assert source.base_url == "http://x"
    with pytest.raises(InputError, match="needs categories"):
        next(source.pages(HarvestRequest()))
    with pytest.raises(InputError, match="not an arXiv category"):
        next(source.pages(HarvestRequest(categories=("cs.CL/../../x",))))
    with pytest.raises(ConfigError):
        AnnouncementSource("http://x", Canned(""), "json")
