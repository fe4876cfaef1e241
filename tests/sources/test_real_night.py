"""A whole real night through every door, byte for byte."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import zstandard

from litmine.core.gate import NullGate
from litmine.core.paper import normalise_space
from litmine.sources.base import HarvestRequest
from litmine.sources.http import HttpTransport
from litmine.sources.oai import OaiPmhSource
from litmine.sources.rss import AnnouncementSource
from litmine.sources.search import SearchSource
from litmine.sources.snapshot import SnapshotSource
from litmine.standin import StandinServer, load_records

NIGHT = Path(__file__).resolve().parents[3] / "shared" / "data" / "nights" / "2026-06-30.jsonl.zst"
FEEDS = ("cs.CL", "cs.LG", "cs.AI", "cs.CV")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not NIGHT.exists(), reason="needs the shared nights beside the checkout"),
]


@pytest.fixture(scope="module")
def night():
    with NIGHT.open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file)
        lines = io.TextIOWrapper(reader, encoding="utf-8", newline="\n")
        return {line["arxiv_id"]: line for line in map(json.loads, lines)}


@pytest.fixture(scope="module")
def doors():
    with (
        StandinServer(load_records([NIGHT]), page_size=400) as server,
        HttpTransport(NullGate()) as transport,
    ):
        yield {
            "arXivRaw": OaiPmhSource(server.oai_url, transport),
            "arXiv": OaiPmhSource(server.oai_url, transport, "arXiv"),
            "atom": AnnouncementSource(server.rss_url, transport),
            "rss": AnnouncementSource(server.rss_url, transport, "rss"),
            "search": SearchSource(server.api_url, transport),
            "snapshot": SnapshotSource(NIGHT, page_size=400),
        }


@pytest.mark.parametrize("door", ["arXivRaw", "arXiv", "atom", "rss", "search", "snapshot"])
def test_every_paper_of_a_real_night(night, doors, door):
    request = {
        "atom": HarvestRequest(categories=FEEDS),
        "rss": HarvestRequest(categories=FEEDS),
        "search": HarvestRequest(ids=tuple(night)),
    }.get(door, HarvestRequest())
    pages = list(doors[door].pages(request))
    records = [record for page in pages for record in page.records]
    assert len(records) == len(night) == 1498
    assert not any(page.rejected or page.warnings for page in pages)
    for record in records:
        line = night[record.paper.arxiv_id]
        assert record.paper.title == normalise_space(line["title"])
        assert record.paper.abstract == normalise_space(line["abstract"])
        assert record.paper.categories == tuple(line["categories"])
        names = tuple(normalise_space(name.partition(" (")[0]) for name in line["authors"])
        assert record.paper.authors == names
        if door in {"atom", "rss", "snapshot"}:
            assert record.announce_type == line["announce_type"]
            assert record.announced.isoformat() == line["day"]
        if door != "arXiv":
            assert record.paper.version == line["version"]


def test_all_doors_agree_on_what_they_all_know(doors, night):
    papers = {}
    for door in ("arXivRaw", "snapshot"):
        for page in doors[door].pages(HarvestRequest()):
            for record in page.records:
                papers.setdefault(record.paper.arxiv_id, []).append(record.paper)
    for one, other in papers.values():
        assert one.content_hash == other.content_hash
        assert (one.version, one.datestamp, one.published) == (
            other.version,
            other.datestamp,
            other.published,
        )
