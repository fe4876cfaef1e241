"""Feeds: as RFC 4287 wants them, read back by feedparser, still while nothing changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from litmine.core.plain import clean
from litmine.core.taxonomy import load_taxonomy
from litmine.publish.entry import Approval
from litmine.publish.formats.atom import Entry, Feed, atom
from litmine.publish.formats.feeds import authority_of, feed_entry, list_feed, moved_at
from litmine.publish.selection import Selection
from tests.support.entries import HOSTILE, any_list, entry, hostile

TAXONOMY = load_taxonomy()
SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("data") / "atom.rng"))
NS = {"a": "http://www.w3.org/2005/Atom"}


def checked(data: bytes) -> etree._Element:
    """Parse a feed and hold it against the grammar and the rules that no grammar can hold."""
    root = etree.fromstring(data)
    SCHEMA.assertValid(root)
    ids = root.xpath("a:entry/a:id/text()", namespaces=NS)
    assert len(set(ids)) == len(ids)
    for one in (root, *root.findall("a:entry", NS)):
        # Sections 4.1.1 and 4.1.2: no two alternates of one media type.
        kinds = Counter((link.get("rel"), link.get("type")) for link in one.findall("a:link", NS))
        assert max(kinds.values(), default=1) == 1
    updated = root.xpath("a:entry/a:updated/text()", namespaces=NS)
    assert updated == sorted(updated, reverse=True)
    if updated:
        assert root.findtext("a:updated", None, NS) == updated[0]
    return root


def read(data: bytes) -> feedparser.FeedParserDict:
    found = feedparser.parse(data)
    assert not found.bozo, found.get("bozo_exception")
    return found


def test_the_feed_of_a_list():
    one = entry(
        title="Sub-$n^2$ <attention> & more",
        abstract="We <b>do</b> $x_1$.",
        venue="ICML 2026",
        keywords=("free",),
    )
    feed = list_feed(
        [one],
        TAXONOMY,
        selection=Selection(stage="inference"),
        address="https://example.org/feeds/a.atom?stage=inference&x=1",
        page="https://example.org/library",
        page_of=lambda paper: f"https://example.org/papers/{paper.arxiv_id}",
        authority="example.org",
    )
    data = atom(feed)
    checked(data)
    found = read(data)
    assert found.feed.id == "tag:example.org,2026:approved:stage-inference"
    assert found.feed.title == "Resource-Efficient LLM Papers: Inference"
    assert [(link.rel, link.href) for link in found.feed.links] == [
        ("self", "https://example.org/feeds/a.atom?stage=inference&x=1"),
        ("alternate", "https://example.org/library"),
    ]
    (told,) = found.entries
    assert told.id == "tag:example.org,2026:paper:2401.00001"
    assert told.title == "Sub-n² <attention> & more"
    assert told.updated == found.feed.updated == "2024-01-08T12:30:00Z"
    assert told.published == "2024-01-05T00:00:00Z"
    assert told.link == "https://arxiv.org/abs/2401.00001"
    assert [author.name for author in told.authors] == ["Ada Lovelace", "Ludwig van Beethoven"]
    assert [(tag.term, tag.label) for tag in told.tags] == [
        ("inference/memory", "Inference / Memory"),
        ("quantization", "Quantization"),
        ("cs.LG", "cs.LG"),
        ("cs.AI", "cs.AI"),
    ]
    (content,) = told.content
    assert content.type == "text/html"
    shown = html.fromstring(content.value).text_content()
    assert "ICML 2026" in shown
    assert "We <b>do</b> x1." in shown
    assert "May" not in shown
    assert "0.91" not in shown


@given(any_list(), st.booleans())
def test_any_text_makes_a_valid_feed(entries, linked):
    address = "https://example.org/feed.atom" if linked else ""
    root = checked(atom(list_feed(entries, TAXONOMY, address=address)))
    titles = {
        one.findtext("a:id", None, NS).rsplit(":", 1)[1]: one.findtext("a:title", None, NS)
        for one in root.findall("a:entry", NS)
    }
    assert titles == {one.arxiv_id: one.plain_title for one in entries}
    for one in root.findall("a:entry", NS):
        content = one.findtext("a:content", None, NS)
        tags = {element.tag for element in html.fragment_fromstring(content, "div").iter()}
        assert tags <= {"div", "p", "sub", "sup", "em", "strong", "code", "i"}


@given(hostile, hostile)
def test_any_text_reads_back_through_feedparser(title, name):
    one = entry(title=f"T {title}", authors=(f"N {name}",))
    (told,) = read(atom(list_feed([one], TAXONOMY))).entries
    root = etree.fromstring(atom(list_feed([one], TAXONOMY)))
    assert root.findtext("a:entry/a:title", None, NS) == one.plain_title
    assert clean(told.authors[0].name) == one.authors[0]


def test_the_writer_takes_any_text():
    now = datetime(2026, 7, 1, tzinfo=UTC)
    link = [("alternate", "text/html", "https://example.org/")]
    one = Entry(
        f"urn:x:{1}", HOSTILE, now, link, now, [HOSTILE, "\x00", " "], [("x", HOSTILE)], HOSTILE
    )
    checked(atom(Feed("urn:0", HOSTILE, now, link, [one], HOSTILE)))


def test_the_grammar_refuses():
    """A grammar that lets everything pass would prove nothing."""
    good = atom(list_feed([entry()], TAXONOMY)).decode()
    for before, after in [
        ("<id>tag:litmine,2026:paper:2401.00001</id>", ""),
        ("<id>tag:litmine,2026:paper:2401.00001</id>", "<id>2401.00001</id>"),
        ("12:30:00Z", "12:30:00"),
        ("<name>Ada Lovelace</name>", ""),
        ("<name>Ada Lovelace</name>", "<name> </name>"),
        ('term="quantization" ', ""),
        ('rel="alternate"', 'rel="nonsense"'),
        ("<title>A title</title>", "<title>A title</title><title>Another</title>"),
        ("</entry>", "<x/></entry>"),
    ]:
        assert before in good, before
        with pytest.raises(etree.DocumentInvalid):
            SCHEMA.assertValid(etree.fromstring(good.replace(before, after).encode()))


# ---- What changes, and what does not ----


def test_an_entry_is_the_same_in_every_feed():
    one = entry()
    whole = list_feed([one, entry("2401.00002")], TAXONOMY)
    part = list_feed([one], TAXONOMY, selection=Selection(technique="quantization"))
    assert part.entries[0] in whole.entries
    assert part.id != whole.id


def test_ids_do_not_hang_on_titles_or_places():
    one = entry()
    again = replace(one, title="New", cells=("system/network",), venue="TMLR")
    assert feed_entry(one, TAXONOMY).id == feed_entry(again, TAXONOMY).id


def test_updated_moves_with_approval_and_version_only():
    one = entry(updated=date(2024, 1, 6))
    assert moved_at(one) == datetime(2024, 1, 8, 12, 30, tzinfo=UTC)
    later = replace(one, updated=date(2024, 3, 1))
    assert moved_at(later) == datetime(2024, 3, 1, tzinfo=UTC)
    assert one.approval is not None
    anew = Approval("Bo", datetime(2025, 1, 1, 1, 1, 1, 999, UTC))
    assert moved_at(replace(one, approval=anew)) == datetime(2025, 1, 1, 1, 1, 1, tzinfo=UTC)
    assert moved_at(replace(one, approval=None)) == datetime(2024, 1, 6, tzinfo=UTC)


def test_one_more_paper_leaves_the_others_bytes_alone():
    papers = [entry(f"2401.{n:05}", f"Title {n}") for n in range(30)]
    before = atom(list_feed(papers[:-1], TAXONOMY, limit=None)).decode()
    after = atom(list_feed(papers, TAXONOMY, limit=None)).decode()
    assert atom(list_feed(papers[::-1], TAXONOMY, limit=None)).decode() == after
    kept = set(before.split("<entry>")[1:-1])
    assert kept <= set(after.split("<entry>"))


def test_the_newest_approvals_stand_first_and_the_rest_is_left_out():
    papers = [
        entry(f"2401.{n:05}", approval=Approval("May", datetime(2024, 1, n + 1, tzinfo=UTC)))
        for n in range(9)
    ]
    feed = list_feed(papers, TAXONOMY, limit=3)
    assert [one.id[-1] for one in feed.entries] == ["8", "7", "6"]
    assert feed.updated == datetime(2024, 1, 9, tzinfo=UTC)


def test_an_empty_feed_is_valid():
    feed = list_feed([], TAXONOMY)
    checked(atom(feed))
    assert atom(feed) == atom(list_feed([], TAXONOMY))


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://papers.example.org/site/", "papers.example.org"),
        ("https://Example.org:8443", "example.org"),
        ("", "litmine"),
        ("https://[::1]/", "litmine"),
    ],
)
def test_who_mints_ids(url, authority):
    assert authority_of(url) == authority
