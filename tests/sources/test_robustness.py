"""Whatever bytes arrive: papers, or an error from our own tree; never anything else."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litmine.core.errors import LitmineError
from litmine.sources.base import HarvestRequest
from litmine.sources.http import Answer
from litmine.sources.oai import OaiPmhSource
from litmine.sources.rss import AnnouncementSource
from litmine.sources.search import SearchSource
from litmine.standin import StandinServer, api, feeds, oai


class Canned:
    """Answers every request with the same bytes."""

    def __init__(self, content):
        self.content = content

    def fetch(self, url, parse, **_):
        return parse(Answer(200, url, {}, self.content))


SOURCES = {
    "oai": lambda t: OaiPmhSource("http://x/oai", t).pages(HarvestRequest()),
    "ids": lambda t: OaiPmhSource("http://x/oai", t).pages(HarvestRequest(ids=("2606.10002",))),
    "atom": lambda t: AnnouncementSource("http://x", t).pages(
        HarvestRequest(categories=("cs.CL",))
    ),
    "rss": lambda t: AnnouncementSource("http://x", t, "rss").pages(
        HarvestRequest(categories=("cs.CL",))
    ),
    "search": lambda t: SearchSource("http://x/q", t).pages(HarvestRequest(query="cat:cs.CL")),
}


def good_answers(lines):
    server = StandinServer(lines)
    try:
        records, now, day = server.records, server.now, server.today
    finally:
        server.stop()
    verb = [("verb", "ListRecords"), ("metadataPrefix", "arXivRaw")]
    one = [
        ("verb", "GetRecord"), ("metadataPrefix", "arXivRaw"),
        ("identifier", "oai:arXiv.org:2606.10002"),
    ]  # fmt: skip
    options = {"base_url": "http://x/oai", "now": now, "page_size": 10}
    query = {"search_query": "cat:cs.CL", "max_results": "10"}
    return {
        "oai": oai.answer(records, verb, **options)[0],
        "ids": oai.answer(records, one, **options)[0],
        "atom": feeds.answer(records, "cs.CL", atom=True, day=day, base_url="http://x"),
        "rss": feeds.answer(records, "cs.CL", atom=False, day=day, base_url="http://x"),
        "search": api.answer(records, query, base_url="http://x", now=now),
    }


def survive(kind, content):
    """Read `content`; return the papers, or None for a clean error."""
    papers, message = [], None
    try:
        for n, page in enumerate(SOURCES[kind](Canned(content))):
            papers += [record.paper for record in page.records]
            if n > 3:
                break
    except LitmineError as error:
        message = str(error)
    assert message is None or "\n" not in message
    return papers if message is None else None


@pytest.mark.parametrize("kind", SOURCES)
@given(
    content=st.binary(max_size=200)
    | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
)
def test_random_bytes(kind, content):
    assert survive(kind, content) is None or b"<" in content


@pytest.mark.parametrize("kind", SOURCES)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(seed=st.integers(0, 2**32))
def test_mutated_answers(kind, seed, invent):
    content = bytearray(good_answers(invent(3))[kind])
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(content))
        choice = rng.randrange(4)
        if choice == 0:
            content[at] = rng.randrange(256)
        elif choice == 1:
            del content[at : at + rng.randint(1, 40)]
        elif choice == 2:
            content[at:at] = content[at : at + rng.randint(1, 60)]
        else:
            content[at:at] = rng.choice(
                [b"<", b"&", b"]]>", b"</record>", b"\0", b"<x/>", b"&#x0;"]
            )
    survive(kind, bytes(content))


@pytest.mark.parametrize("kind", SOURCES)
def test_a_prefix_of_an_answer_is_never_taken_for_an_answer(kind, invent):
    content = good_answers(invent(3))[kind]
    assert survive(kind, content)
    for cut in range(0, len(content), max(1, len(content) // 60)):
        assert survive(kind, content[:cut]) is None


@pytest.mark.parametrize("kind", SOURCES)
def test_elements_that_are_missing_or_empty(kind, invent):
    """Take out or empty every element in turn: what is left is read, rejected or refused."""
    from lxml import etree

    content = good_answers(invent(2))[kind]
    count = sum(1 for _ in etree.fromstring(content).iter())
    for n in range(1, count):
        for empty in (True, False):
            root = etree.fromstring(content)
            element = list(root.iter())[n]
            if empty:
                element.clear()
            else:
                element.getparent().remove(element)
            for paper in survive(kind, etree.tostring(root)) or ():
                assert paper.title
                assert paper.arxiv_id
