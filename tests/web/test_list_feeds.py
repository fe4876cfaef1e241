"""Feeds of the approved papers, and the ways to them from the library page."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import feedparser
import pytest
from lxml import etree, html

from litmine.publish.formats.registry import FORMATS
from litmine.review import ReviewDesk
from litmine.search.saved import SavedSearches
from litmine.store.audit import last_entry
from tests.publish.test_atom import checked
from tests.support.fake_search import FakeSearcher
from tests.support.shelf import HOSTILE, PAPERS, fill_library
from tests.support.web import PEOPLE

FEED = "/feeds/approved.atom"


@pytest.fixture
def shelf(sqlite_store, fake_clock):
    return fill_library(sqlite_store, fake_clock)


@pytest.fixture
def nobody(app, shelf, client_as):
    return client_as(None)


def ids(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/atom+xml"
    checked(answer.content)
    return [one.id.rpartition(":")[2] for one in feedparser.parse(answer.content).entries]


def test_anybody_can_read_what_is_approved_and_no_more(nobody, sqlite_store, fake_clock):
    reviewer = ReviewDesk(sqlite_store, "Zebulon", fake_clock)
    reviewer.reject("2605.00001")
    reviewer.approve("2605.00001", ["inf/mem"], ["kv-cache"])
    answer = nobody.get(FEED)
    assert sorted(ids(answer)) == sorted(PAPERS)
    text = answer.text
    for secret in ("Zebulon", "as good as", "0.9"):  # who, why, how probable
        assert secret not in text
    assert HOSTILE.split("$")[0] not in text
    titles = etree.fromstring(answer.content).xpath("//*[local-name()='title']/text()")
    assert any("<script>" in title for title in titles)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"stage": "inference"}, 4),
        ({"resource": "memory"}, 4),
        ({"cell": "inf/mem"}, 3),
        ({"technique": "kv-cache"}, 2),
        ({"stage": "pretraining"}, 0),
    ],
)
def test_parts(nobody, asked, found):
    answer = nobody.get(FEED, params=asked)
    assert len(ids(answer)) == found
    told = feedparser.parse(answer.content).feed
    address = next(link.href for link in told.links if link.rel == "self")
    assert nobody.get(address).content == answer.content
    page = next(link.href for link in told.links if link.rel == "alternate")
    assert urlsplit(page).path == "/library"


def test_a_part_that_is_none_is_refused(nobody):
    for asked in ({"stage": "nowhere"}, {"cell": "x"}, {"technique": "\x00"}):
        assert nobody.get(FEED, params=asked).status_code == 422


def test_readers_are_told_when_nothing_changed(nobody, shelf, fake_clock):
    answer = nobody.get(FEED)
    for headers in (
        {"If-None-Match": answer.headers["etag"]},
        {"If-Modified-Since": answer.headers["last-modified"]},
    ):
        assert nobody.get(FEED, headers=headers).status_code == 304
    assert nobody.get(FEED).content == answer.content
    fake_clock.advance(5)
    shelf.reject("2605.00001")
    for headers in (
        {"If-None-Match": answer.headers["etag"]},
        {"If-Modified-Since": answer.headers["last-modified"]},
    ):
        assert len(ids(nobody.get(FEED, headers=headers))) == 5


def test_a_decision_is_told_at_once(nobody, shelf, sqlite_store):
    with sqlite_store.read() as connection:
        before = last_entry(connection)
    assert "2605.00001" in ids(nobody.get(FEED))
    ReviewDesk(sqlite_store, "Ada").undo("2605.00001")
    with sqlite_store.read() as connection:
        assert last_entry(connection) > before
    assert "2605.00001" not in ids(nobody.get(FEED))


def test_the_library_page_leads_to_files_and_feed(app, shelf, client_as):
    reader = client_as("reader")
    page = html.fromstring(reader.get("/library?stage=inference&text=alpha&sort=title").text)
    links = {a.text_content(): a.get("href") for a in page.xpath("//a[@download]")}
    assert set(links) == {form.label for form in FORMATS.values()}
    for form in FORMATS.values():
        asked = parse_qs(urlsplit(links[form.label]).query)
        assert asked == {"stage": ["inference"], "text": ["alpha"], "format": [form.name]}
        assert reader.get(links[form.label]).status_code == 200
    (feed,) = page.xpath("//link[@type='application/atom+xml']/@href")
    assert feed == f"{FEED}?stage=inference"
    assert page.xpath(f"//a[@href='{feed}']")


def test_the_page_of_a_saved_search_leads_to_files(app, shelf, client_as, sqlite_store):
    fake = FakeSearcher(sqlite_store)
    app.state.services = replace(app.state.services, searcher=fake)
    reader = client_as("reader")
    SavedSearches(sqlite_store, fake).save(PEOPLE["reader"], "12", "alpha")
    page = html.fromstring(reader.get("/searches/1").text)
    links = page.xpath("//a[@download]/@href")
    assert len(links) == 3
    found = reader.get(links[0])
    assert (found.status_code, found.text.count("@misc")) == (200, 2)
