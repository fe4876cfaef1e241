"""Any text that arXiv could carry arrives unchanged, whichever door it comes through."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from litmine.core.clock import FakeClock
from litmine.core.gate import NullGate
from litmine.core.paper import normalise_space
from litmine.sources.base import HarvestRequest
from litmine.sources.http import HttpTransport
from litmine.sources.oai import OaiPmhSource
from litmine.sources.rss import AnnouncementSource
from litmine.sources.search import SearchSource
from litmine.sources.text import clean_text
from litmine.standin import StandinServer

# The Char production of XML 1.0, turned round.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

PIECES = st.one_of(
    st.sampled_from(
        [
            "$O(n^2)$", r"\alpha_{i}", r"M\"uller", r"Erd\H{o}s", "naïve", "Ångström",
            "量子化", "モデル", "한국",
            "🔥", "👩\u200d🔬", "<", ">", "&", "&amp;", "&lt;b&gt;", "]]>", "<![CDATA[",
            "<!--", "-->", "<?xml?>", "<b>bold</b>", "%20", "&#38;", "\t", "\n", "\r\n", "  ",
            "\u00a0", "\u2028", "\u0085", "\x00", "\x0b", "\x1f", "\ufffe", "'", '"', "\\",
            "Abstract: ", "arXiv:2601.00001v1 Announce Type: new \nAbstract: ", "e\u0301", "\ufeff",
            "http://example.org/?a=1&b=2", "<script>", "{", "}", "~", "--",
        ]
    ),
    st.text(max_size=12),
)  # fmt: skip
TEXT = st.lists(PIECES, max_size=12).map("".join)


def expected(text: str) -> str:
    return normalise_space(NOT_XML.sub(" ", text))


@pytest.fixture(scope="module")
def doors():
    """Five doors to one server."""
    with StandinServer([]) as server, HttpTransport(NullGate(), clock=FakeClock()) as transport:
        yield (
            server,
            {
                "arXivRaw": (OaiPmhSource(server.oai_url, transport), HarvestRequest()),
                "arXiv": (OaiPmhSource(server.oai_url, transport, "arXiv"), HarvestRequest()),
                "atom": (
                    AnnouncementSource(server.rss_url, transport),
                    HarvestRequest(categories=("cs.CL",)),
                ),
                "rss": (
                    AnnouncementSource(server.rss_url, transport, "rss"),
                    HarvestRequest(categories=("cs.CL",)),
                ),
                "search": (
                    SearchSource(server.api_url, transport),
                    HarvestRequest(ids=("2606.00001",)),
                ),
            },
        )


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(title=TEXT, abstract=TEXT)
@example(title="a < b & c ]]> d", abstract="x\u0000y\r\nz  &amp; <i>w</i>")
@example(title="Abstract: Abstract: t", abstract="arXiv:1v1 Announce Type: new \nAbstract: again")
def test_title_and_abstract_arrive_unchanged(doors, title, abstract):
    from datetime import date

    server, sources = doors
    title = f"T{title}"  # a paper has a title
    line = {
        "arxiv_id": "2606.00001",
        "title": title,
        "abstract": abstract,
        "authors": ["Ada Author"],
        "categories": ["cs.CL"],
        "day": "2026-06-30",
    }
    server.records.clear()
    server.replace_records([line])
    server.today = date(2026, 6, 30)
    for name, (source, request) in sources.items():
        (page,) = source.pages(request)
        assert not page.rejected, name
        (record,) = page.records
        assert (name, record.paper.title) == (name, expected(title))
        assert (name, record.paper.abstract) == (name, expected(abstract))


@given(TEXT)
def test_clean_text_is_normalise_space_on_what_xml_can_carry(text):
    assert clean_text(text) == expected(text)
    assert clean_text(clean_text(text)) == clean_text(text)


@given(st.text(alphabet=st.characters(categories=["Zs", "Zl", "Zp", "Cc", "Lu", "Nd"])))
def test_clean_text_knows_every_space_that_normalise_space_knows(text):
    assert clean_text(text) == expected(text)
